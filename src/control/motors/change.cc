// SPDX-License-Identifier: Apache-2.0
//
// Making new trees and commits from old ones. Nothing here moves a ref.
#include <unistd.h>

#include <atomic>
#include <set>

#include "base/fault/fault.h"
#include "base/file/file.h"
#include "control/motors/git.h"
#include "control/motors/motors.h"
#include "control/motors/program.h"
#include "control/motors/tree.h"

namespace aiop::motors {
namespace {

namespace fs = std::filesystem;

constexpr size_t kNamedConflicts = 10;

// An index file of its own for one patch, gone afterwards.
class ScratchIndex {
 public:
  explicit ScratchIndex(const fs::path& folder) {
    static std::atomic<uint64_t> count{0};
    path_ = folder / ("index." + std::to_string(getpid()) + "." + std::to_string(++count));
  }
  ScratchIndex(const ScratchIndex&) = delete;
  ~ScratchIndex() {
    std::error_code ignored;
    fs::remove(path_, ignored);
    fs::remove(path_.string() + ".lock", ignored);
  }
  GitCall Call(std::vector<std::string> arguments, std::string_view input = {}) const {
    return {std::move(arguments), input, {{"GIT_INDEX_FILE", path_.string()}}, {}};
  }

 private:
  fs::path path_;
};

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// A patch that cannot be read is bad input; one that does not fit this base has come too late.
Error PatchFailure(const std::string& complaint) {
  for (const char* bad : {"corrupt patch", "No valid patches", "invalid path", "invalid mode",
                          "beyond a symbolic link", "unrecognized input", "lacks filename",
                          "patch fragment without header", "inconsistent", "corrupt binary"}) {
    if (Has(complaint, bad)) return {Code::kInvalid, "the patch is not taken: " + complaint};
  }
  return {Code::kConflict, "the patch does not apply: " + complaint};
}

// Patches written by hand or by a model often count their lines wrongly; those that count well must
// be taken by their count, because only it tells a signature line after the last hunk from a
// deleted line.
Status ApplyTo(const GitProgram& git, const ScratchIndex& index, std::string_view patch) {
  AIOP_TRY(auto output, git.Run(index.Call({"apply", "--cached", "-"}, patch)));
  if (!output.ok() && Has(output.err, "corrupt patch")) {
    AIOP_TRY(output, git.Run(index.Call({"apply", "--cached", "--recount", "-"}, patch)));
  }
  if (!output.ok()) return std::unexpected(PatchFailure(git.Complaint(output)));
  return {};
}

Result<std::string> CheckedTree(git_repository* repository, const std::string& id) {
  AIOP_TRY(const auto tree, git::LookUpTree(repository, id));
  AIOP_CHECK_OK(WalkCheckedTree(repository, tree.get()));
  return id;
}

Result<std::string> WriteIndex(git_repository* repository, git_index* index) {
  git_oid id;
  if (git_index_write_tree_to(&id, index, repository) != 0) {
    return git::Failure(Code::kInvalid, "the changed files make no tree that git takes");
  }
  fault::Point("motors.tree");
  return CheckedTree(repository, git::Text(id));
}

std::string NamesOfConflicts(git_index* index) {
  git::ConflictsHandle conflicts;
  if (git_index_conflict_iterator_new(git::Out(conflicts), index) != 0) return "unknown files";
  std::set<std::string> names;
  const git_index_entry *ancestor = nullptr, *ours = nullptr, *theirs = nullptr;
  while (git_index_conflict_next(&ancestor, &ours, &theirs, conflicts.get()) == 0) {
    const git_index_entry* const any = ours != nullptr     ? ours
                                       : theirs != nullptr ? theirs
                                                           : ancestor;
    names.insert(any->path);
  }
  std::string text;
  size_t count = 0;
  for (const std::string& name : names) {
    if (count++ == kNamedConflicts) {
      return text + " and " + std::to_string(names.size() - kNamedConflicts) + " more";
    }
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

// A file cannot be written below a file, or in place of a folder.
Status CheckRoom(git_index* index, const std::string& path) {
  for (size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (git_index_get_bypath(index, parent.c_str(), 0) != nullptr) {
      return Invalid(path + " cannot be written: " + parent + " is a file");
    }
  }
  size_t position = 0;
  if (git_index_find_prefix(&position, index, (path + "/").c_str()) == 0) {
    return Invalid(path + " cannot be written: it is a folder");
  }
  return {};
}

Status Write(git_repository* repository, git_index* index, const std::string& path,
             const std::string& content) {
  AIOP_CHECK_OK(CheckRoom(index, path));
  const git_index_entry* const old = git_index_get_bypath(index, path.c_str(), 0);
  git_index_entry entry{};
  entry.mode = old != nullptr && old->mode == 0100755 ? 0100755 : 0100644;
  entry.path = path.c_str();
  if (git_blob_create_from_buffer(&entry.id, repository, content.data(), content.size()) != 0 ||
      git_index_add(index, &entry) != 0) {
    return git::Failure(Code::kInvalid, path + " cannot be written");
  }
  return {};
}

Status Delete(git_index* index, const std::string& path) {
  if (git_index_get_bypath(index, path.c_str(), 0) == nullptr) {
    return NotFound("there is no " + path + " to delete");
  }
  if (git_index_remove(index, path.c_str(), 0) != 0) {
    return git::Failure(Code::kInternal, path + " cannot be deleted");
  }
  return {};
}

// The conflicts of the index that `resolve` has an answer for are replaced by that answer.
Status ResolveConflicts(git_repository* repository, git_index* index, const Resolve& resolve) {
  git::ConflictsHandle conflicts;
  if (git_index_conflict_iterator_new(git::Out(conflicts), index) != 0) return {};
  std::vector<std::pair<std::string, std::string>> resolved;
  const git_index_entry *ancestor = nullptr, *ours = nullptr, *theirs = nullptr;
  while (git_index_conflict_next(&ancestor, &ours, &theirs, conflicts.get()) == 0) {
    if (ours == nullptr || theirs == nullptr) continue;  // deleted by one side: nobody can know
    FileConflict file{.path = ours->path, .ancestor = {}, .ours = {}, .theirs = {}};
    if (ancestor != nullptr) {
      AIOP_TRY(file.ancestor, git::ReadBlob(repository, ancestor->id, file.path));
    }
    AIOP_TRY(file.ours, git::ReadBlob(repository, ours->id, file.path));
    AIOP_TRY(file.theirs, git::ReadBlob(repository, theirs->id, file.path));
    if (auto text = resolve(file)) resolved.emplace_back(file.path, *std::move(text));
  }
  for (const auto& [path, text] : resolved) {
    if (git_index_conflict_remove(index, path.c_str()) != 0) {
      return git::Failure(Code::kInternal, "cannot resolve " + path);
    }
    AIOP_CHECK_OK(Write(repository, index, path, text));
  }
  return {};
}

}  // namespace

std::optional<std::string> MergeText(const FileConflict& file, Overlap overlap) {
  const auto side = [&](const std::string& text) {
    git_merge_file_input input = GIT_MERGE_FILE_INPUT_INIT;
    input.ptr = text.data();
    input.size = text.size();
    input.path = file.path.c_str();
    input.mode = GIT_FILEMODE_BLOB;
    return input;
  };
  const git_merge_file_input ancestor = side(file.ancestor);
  const git_merge_file_input ours = side(file.ours);
  const git_merge_file_input theirs = side(file.theirs);
  git_merge_file_options options = GIT_MERGE_FILE_OPTIONS_INIT;
  if (overlap == Overlap::kKeepsBoth) options.favor = GIT_MERGE_FILE_FAVOR_UNION;
  git_merge_file_result merged{};
  if (git_merge_file(&merged, &ancestor, &ours, &theirs, &options) != 0) return std::nullopt;
  std::optional<std::string> text;
  if (merged.automergeable != 0) text.emplace(merged.ptr, merged.len);
  git_merge_file_result_free(&merged);
  return text;
}

Result<std::string> Repository::ApplyPatch(const std::string& base_revision,
                                           std::string_view unified_diff) {
  if (unified_diff.size() > kPatchLimitBytes) return Invalid("the patch is too large");
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  AIOP_TRY(const auto base, git::LookUpTree(repository.get(), base_revision));
  const GitProgram git(GitFolder(), folder_, "/");
  const ScratchIndex index(folder_);
  AIOP_CHECK_OK(
      git.Read(index.Call({"read-tree", git::Text(*git_tree_id(base.get()))}), Code::kInvalid));
  AIOP_CHECK_OK(ApplyTo(git, index, unified_diff));
  AIOP_TRY(std::string tree, git.Read(index.Call({"write-tree"}), Code::kUnavailable));
  while (!tree.empty() && tree.back() == '\n') tree.pop_back();
  fault::Point("motors.tree");
  return CheckedTree(repository.get(), tree);
}

Result<std::string> Repository::MergeBranch(const std::string& base_commit,
                                            const std::string& branch_commit,
                                            const Resolve& resolve) {
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  AIOP_TRY(const auto ours, git::LookUpCommit(repository.get(), base_commit));
  AIOP_TRY(const auto theirs, git::LookUpCommit(repository.get(), branch_commit));
  const git_merge_options options = GIT_MERGE_OPTIONS_INIT;
  git::IndexHandle index;
  if (git_merge_commits(git::Out(index), repository.get(), ours.get(), theirs.get(), &options) !=
      0) {
    return git::Failure(Code::kConflict, "cannot merge " + branch_commit);
  }
  if (resolve) AIOP_CHECK_OK(ResolveConflicts(repository.get(), index.get(), resolve));
  if (git_index_has_conflicts(index.get()) != 0) {
    return Fail(Code::kConflict, "merging " + branch_commit + " into " + base_commit +
                                     " conflicts in " + NamesOfConflicts(index.get()));
  }
  return WriteIndex(repository.get(), index.get());
}

Result<std::string> Repository::WithFiles(
    const std::string& base_revision,
    const std::map<std::string, std::optional<std::string>>& files) {
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  AIOP_TRY(const auto base, git::LookUpTree(repository.get(), base_revision));
  git::IndexHandle index;
  if (git_index_new(git::Out(index)) != 0 || git_index_read_tree(index.get(), base.get()) != 0) {
    return git::Failure(Code::kUnavailable, "cannot read the files of " + base_revision);
  }
  // Deletions first: "a" may make room for "a/b".
  for (const auto& [path, content] : files) {
    AIOP_CHECK_OK(CheckPath(path));
    if (!content) AIOP_CHECK_OK(Delete(index.get(), path));
  }
  for (const auto& [path, content] : files) {
    if (content) AIOP_CHECK_OK(Write(repository.get(), index.get(), path, *content));
  }
  return WriteIndex(repository.get(), index.get());
}

Result<std::string> Repository::Commit(const std::string& tree,
                                       const std::vector<std::string>& parents,
                                       const Author& author, Timestamp time,
                                       const std::string& message) {
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  AIOP_TRY(const auto content, git::LookUpTree(repository.get(), tree));
  std::vector<git::CommitHandle> owned;
  std::vector<const git_commit*> pointers;
  for (const std::string& parent : parents) {
    AIOP_TRY(auto commit, git::LookUpCommit(repository.get(), parent));
    pointers.push_back(commit.get());
    owned.push_back(std::move(commit));
  }
  git::SignatureHandle signature;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.since_epoch).count();
  if (git_signature_new(git::Out(signature), author.name.c_str(), author.email.c_str(), seconds,
                        0) != 0) {
    return git::Failure(Code::kInvalid, "\"" + author.name + "\" is no author git takes");
  }
  const std::string text = message.ends_with('\n') ? message : message + "\n";
  git_oid id;
  if (git_commit_create(&id, repository.get(), nullptr, signature.get(), signature.get(), nullptr,
                        text.c_str(), content.get(), pointers.size(), pointers.data()) != 0) {
    return git::Failure(Code::kUnavailable, "cannot write the commit");
  }
  fault::Point("motors.commit");
  return git::Text(id);
}

}  // namespace aiop::motors
