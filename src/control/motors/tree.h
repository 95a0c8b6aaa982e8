// SPDX-License-Identifier: Apache-2.0
//
// The files of a tree, and the rules for which trees are taken at all: what is in a motor's
// repository was made by others and may be made to harm (paths that leave the folder, links that
// lead out of it).
#pragma once

#include <git2.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash/hash.h"
#include "base/result/result.h"
#include "control/motors/motors.h"

namespace aiop::motors {

// A relative path of plain names: no "..", no ".git", no empty part, no control over what is
// outside.
Status CheckPath(std::string_view path);

// Whether the link at `path` stays inside, followed step by step through `links` (path -> target),
// as the kernel would. Links to what does not exist are fine as long as the way there stays inside.
Status CheckLink(const std::string& path, const std::map<std::string, std::string>& links);

// Every file and link, by path, names and modes checked.
Result<std::vector<FileEntry>> WalkTree(git_repository* repository, git_tree* tree);

// WalkTree, and all other rules: links, LFS pointers, sizes.
Result<std::vector<FileEntry>> WalkCheckedTree(git_repository* repository, git_tree* tree);

// SHA-256 over path, mode and content of what is added, which must come sorted by path.
class ContentHasher {
 public:
  void Add(const std::string& path, uint32_t mode, std::string_view content);
  std::string Finish();

 private:
  Hasher hasher_;
};

// The same over a whole tree.
Result<std::string> HashTree(git_repository* repository, git_tree* tree);

}  // namespace aiop::motors
