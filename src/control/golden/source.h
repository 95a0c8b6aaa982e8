// SPDX-License-Identifier: Apache-2.0
// The motor's repository of a story, as its owner would keep it: a bare git repository. Private.
#pragma once

#include <map>

#include "control/golden/golden.h"

namespace aiop::golden {

struct TreeFile {
  std::string content;
  bool executable = false;
};
using FileTree = std::map<std::string, TreeFile>;

// The files below a folder.
Result<FileTree> ReadTree(const std::filesystem::path& folder);
// `plant` is the folder that the folder of the edits is in.
Status ApplyEdits(FileTree& tree, const Edits& edits, const std::filesystem::path& plant);
// `replacements` applied to a text; `name` is for messages.
Result<std::string> Replaced(std::string text, const Replacements& replacements,
                             std::string_view name);

class Source {
 public:
  // Makes the repository in `folder`, with the motor of the plant as main's first commit, tagged
  // with its version.
  static Result<Source> Create(const std::filesystem::path& folder,
                               const std::filesystem::path& plant);

  Status Release(const MotorStep& step);
  Status Branch(const BranchStep& step);
  const std::filesystem::path& folder() const { return folder_; }

 private:
  Source(std::filesystem::path folder, std::filesystem::path plant)
      : folder_(std::move(folder)), plant_(std::move(plant)) {}
  std::string Commit(const std::string& ref, const std::string& message, const FileTree& files,
                     bool has_parent);
  std::string Tag(const std::string& version);
  Status Import(const std::string& stream) const;

  std::filesystem::path folder_;
  std::filesystem::path plant_;
  FileTree main_;
  int commits_ = 0;
};

}  // namespace aiop::golden
