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
Status ApplyEdits(FileTree& tree, const Edits& edits);
// `replacements` applied to a text; `name` is for messages.
Result<std::string> Replaced(std::string text, const Replacements& replacements,
                             std::string_view name);

class Source {
 public:
  // Makes the repository with these files as main's first commit, tagged with their version.
  static Result<Source> Create(const std::filesystem::path& folder, FileTree files);

  Status Release(const MotorStep& step);
  Status Branch(const BranchStep& step);
  const std::filesystem::path& folder() const { return folder_; }

 private:
  explicit Source(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::string Commit(const std::string& ref, const std::string& message, const FileTree& files,
                     bool has_parent);
  std::string Tag(const std::string& version);
  Status Import(const std::string& stream) const;

  std::filesystem::path folder_;
  FileTree main_;
  int commits_ = 0;
};

}  // namespace aiop::golden
