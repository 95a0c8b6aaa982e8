// SPDX-License-Identifier: Apache-2.0
#include "control/motors/tree.h"

#include <strings.h>

#include <algorithm>
#include <deque>
#include <set>

#include "control/motors/git.h"

namespace aiop::motors {
namespace {

constexpr int kLinkHops = 40;  // as many as the kernel follows
constexpr size_t kLfsPointerLimitBytes = 1024;
constexpr std::string_view kLfsPointer = "version https://git-lfs.github.com/spec/";

// What git itself would not check out, on any file system: its own folder under each of its names.
bool IsGitFolder(std::string_view name) {
  const std::string text(name);
  return strcasecmp(text.c_str(), ".git") == 0 || strcasecmp(text.c_str(), "git~1") == 0;
}

Status CheckName(std::string_view name, const std::string& path) {
  if (name.empty() || name == "." || name == ".." || IsGitFolder(name) ||
      name.find('/') != std::string_view::npos || name.find('\0') != std::string_view::npos) {
    return Invalid(path + ": such a path is not taken from a motor");
  }
  return {};
}

std::deque<std::string> Parts(std::string_view path) {
  std::deque<std::string> parts;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    parts.emplace_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

std::string Joined(const std::vector<std::string>& parts) {
  std::string path;
  for (const std::string& part : parts) path += (path.empty() ? "" : "/") + part;
  return path;
}

Result<uint32_t> CheckMode(const git_tree_entry* entry, const std::string& path) {
  switch (git_tree_entry_filemode(entry)) {
    case GIT_FILEMODE_BLOB:
      return 0100644;
    case GIT_FILEMODE_BLOB_EXECUTABLE:
      return 0100755;
    case GIT_FILEMODE_LINK:
      return 0120000;
    case GIT_FILEMODE_COMMIT:
      return Invalid(path + " is a git submodule; motors cannot have any: put its files in");
    default:
      return Invalid(path + " has a file mode that is not known");
  }
}

struct Walk {
  git_repository* repository;
  std::vector<FileEntry> files;

  Status Enter(git_tree* tree, const std::string& prefix, size_t depth) {
    if (depth > kTreeLimitDepth) return Invalid(prefix + " lies too deep");
    std::set<std::string, std::less<>> names;
    for (size_t i = 0; i < git_tree_entrycount(tree); ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(tree, i);
      const std::string name = git_tree_entry_name(entry);
      const std::string path = prefix + name;
      AIOP_CHECK_OK(CheckName(name, path));
      if (!names.insert(name).second) return Invalid(path + " is in its folder twice");
      AIOP_CHECK_OK(Take(entry, path, depth));
    }
    return {};
  }

  Status Take(const git_tree_entry* entry, const std::string& path, size_t depth) {
    if (path.size() > kPathLimitBytes) return Invalid(path.substr(0, 80) + "...: too long a path");
    if (git_tree_entry_filemode(entry) == GIT_FILEMODE_TREE) {
      git::TreeHandle tree;
      if (git_tree_lookup(git::Out(tree), repository, git_tree_entry_id(entry)) != 0) {
        return git::Failure(Code::kUnavailable, path + " cannot be read");
      }
      return Enter(tree.get(), path + "/", depth + 1);
    }
    AIOP_TRY(const uint32_t mode, CheckMode(entry, path));
    if (files.size() >= kTreeLimitFiles) {
      return Invalid("a motor has at most " + std::to_string(kTreeLimitFiles) + " files");
    }
    files.push_back({path, mode, git::Text(*git_tree_entry_id(entry))});
    return {};
  }
};

Status CheckContents(git_repository* repository, const std::vector<FileEntry>& files,
                     std::map<std::string, std::string>* links) {
  git::OdbHandle odb;
  if (git_repository_odb(git::Out(odb), repository) != 0) {
    return git::Failure(Code::kUnavailable, "cannot open the motor's objects");
  }
  uint64_t total = 0;
  for (const FileEntry& file : files) {
    AIOP_TRY(const git_oid id, git::ParseId(file.blob));
    size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (git_odb_read_header(&size, &type, odb.get(), &id) != 0 || type != GIT_OBJECT_BLOB) {
      return git::Failure(Code::kUnavailable, file.path + ": its content is missing");
    }
    total += size;
    if (size > kFileLimitBytes || total > kTreeLimitBytes) {
      return Invalid(file.path +
                     ": the file, or all files together, are larger than a motor may be");
    }
    const bool is_link = file.mode == 0120000;
    if (!is_link && size > kLfsPointerLimitBytes) continue;
    if (is_link && size > kPathLimitBytes) return Invalid(file.path + ": too long a link");
    AIOP_TRY(std::string content, git::ReadBlob(repository, id, file.path));
    if (is_link) {
      links->emplace(file.path, std::move(content));
    } else if (content.starts_with(kLfsPointer)) {
      return Invalid(file.path +
                     " is a Git LFS pointer; motors cannot use LFS: commit the file itself");
    }
  }
  return {};
}

}  // namespace

Status CheckPath(std::string_view path) {
  const std::string text(path);
  if (path.empty() || path.size() > kPathLimitBytes || path.back() == '/') {
    return Invalid("\"" + text + "\" is no path of a file in a motor");
  }
  for (const std::string& part : Parts(path)) AIOP_CHECK_OK(CheckName(part, text));
  return {};
}

Status CheckLink(const std::string& path, const std::map<std::string, std::string>& links) {
  std::vector<std::string> at;  // the folder reached so far
  std::deque<std::string> left = Parts(path);
  int hops = 0;
  while (!left.empty()) {
    const std::string part = std::move(left.front());
    left.pop_front();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (at.empty()) return Invalid(path + " is a symbolic link that leads out of the motor");
      at.pop_back();
      continue;
    }
    at.push_back(part);
    const auto link = links.find(Joined(at));
    if (link == links.end()) continue;
    const std::string& target = link->second;
    if (target.empty() || target[0] == '/' || target.find('\0') != std::string::npos) {
      return Invalid(path + " is a symbolic link that leads out of the motor");
    }
    if (++hops > kLinkHops) return Invalid(path + " is a symbolic link that goes in circles");
    at.pop_back();
    const auto more = Parts(target);
    left.insert(left.begin(), more.begin(), more.end());
  }
  return {};
}

Result<std::vector<FileEntry>> WalkTree(git_repository* repository, git_tree* tree) {
  Walk walk{repository, {}};
  AIOP_CHECK_OK(walk.Enter(tree, "", 0));
  std::ranges::sort(walk.files, {}, &FileEntry::path);
  return std::move(walk.files);
}

Result<std::vector<FileEntry>> WalkCheckedTree(git_repository* repository, git_tree* tree) {
  AIOP_TRY(auto files, WalkTree(repository, tree));
  std::map<std::string, std::string> links;
  AIOP_CHECK_OK(CheckContents(repository, files, &links));
  for (const auto& [path, target] : links) AIOP_CHECK_OK(CheckLink(path, links));
  return files;
}

void ContentHasher::Add(const std::string& path, uint32_t mode, std::string_view content) {
  hasher_.AddField(path);
  hasher_.AddField(mode == 0120000 ? "120000" : (mode & 0100) != 0 ? "100755" : "100644");
  hasher_.AddField(content);
}

std::string ContentHasher::Finish() { return hasher_.Finish(); }

Result<std::string> HashTree(git_repository* repository, git_tree* tree) {
  AIOP_TRY(const auto files, WalkTree(repository, tree));
  ContentHasher hasher;
  for (const FileEntry& file : files) {
    AIOP_TRY(const git_oid id, git::ParseId(file.blob));
    AIOP_TRY(const std::string content, git::ReadBlob(repository, id, file.path));
    hasher.Add(file.path, file.mode, content);
  }
  return hasher.Finish();
}

}  // namespace aiop::motors
