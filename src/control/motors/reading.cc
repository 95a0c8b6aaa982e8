// SPDX-License-Identifier: Apache-2.0
//
// Looking into revisions of a motor: files, differences, content hashes.
#include <algorithm>
#include <set>

#include "control/motors/git.h"
#include "control/motors/motors.h"
#include "control/motors/tree.h"

namespace aiop::motors {
namespace {

Result<git::DiffHandle> Compare(git_repository* repository, const std::string& from,
                                const std::string& to) {
  AIOP_TRY(const auto before, git::LookUpTree(repository, from));
  AIOP_TRY(const auto after, git::LookUpTree(repository, to));
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.flags =
      GIT_DIFF_SHOW_BINARY;  // a link that becomes a file: deleted and added, as git applies it
  options.id_abbrev = GIT_OID_HEXSZ;  // binary patches apply only with full ids
  options.max_size = int64_t(kFileLimitBytes);
  git::DiffHandle diff;
  if (git_diff_tree_to_tree(git::Out(diff), repository, before.get(), after.get(), &options) != 0) {
    return git::Failure(Code::kUnavailable, "cannot compare " + from + " and " + to);
  }
  return diff;
}

}  // namespace

Result<std::string> Repository::ReadFile(const std::string& revision,
                                         const std::string& path) const {
  AIOP_CHECK_OK(CheckPath(path));
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  AIOP_TRY(const auto tree, git::LookUpTree(repository.get(), revision));
  git::EntryHandle entry;
  if (git_tree_entry_bypath(git::Out(entry), tree.get(), path.c_str()) != 0) {
    return NotFound("there is no " + path + " in " + revision);
  }
  if (git_tree_entry_type(entry.get()) != GIT_OBJECT_BLOB) return Invalid(path + " is no file");
  return git::ReadBlob(repository.get(), *git_tree_entry_id(entry.get()), path);
}

Result<std::vector<FileEntry>> Repository::ListFiles(const std::string& revision) const {
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  AIOP_TRY(const auto tree, git::LookUpTree(repository.get(), revision));
  return WalkTree(repository.get(), tree.get());
}

Result<std::string> Repository::TreeOf(const std::string& commit) const {
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  AIOP_TRY(const auto tree, git::LookUpTree(repository.get(), commit));
  return git::Text(*git_tree_id(tree.get()));
}

Result<std::string> Repository::Diff(const std::string& from_revision,
                                     const std::string& to_revision) const {
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  AIOP_TRY(const auto diff, Compare(repository.get(), from_revision, to_revision));
  git_buf text = GIT_BUF_INIT;
  if (git_diff_to_buf(&text, diff.get(), GIT_DIFF_FORMAT_PATCH) != 0) {
    return git::Failure(Code::kUnavailable, "cannot write the difference as text");
  }
  std::string result(text.ptr, text.size);
  git_buf_dispose(&text);
  return result;
}

Result<std::vector<std::string>> Repository::ChangedPaths(const std::string& from_revision,
                                                          const std::string& to_revision) const {
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  AIOP_TRY(const auto diff, Compare(repository.get(), from_revision, to_revision));
  std::set<std::string> paths;
  for (size_t i = 0; i < git_diff_num_deltas(diff.get()); ++i) {
    const git_diff_delta* delta = git_diff_get_delta(diff.get(), i);
    paths.insert(delta->old_file.path);
    paths.insert(delta->new_file.path);
  }
  return std::vector<std::string>(paths.begin(), paths.end());
}

Result<std::string> Repository::ContentHash(const std::string& revision) const {
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  AIOP_TRY(const auto tree, git::LookUpTree(repository.get(), revision));
  return HashTree(repository.get(), tree.get());
}

Status Repository::CheckTree(const std::string& revision) const {
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  AIOP_TRY(const auto tree, git::LookUpTree(repository.get(), revision));
  AIOP_CHECK_OK(WalkCheckedTree(repository.get(), tree.get()));
  return {};
}

}  // namespace aiop::motors
