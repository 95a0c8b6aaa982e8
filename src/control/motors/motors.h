// SPDX-License-Identifier: Apache-2.0
//
// The versions of a motor: a bare git repository of our own, and clean checkouts of it.
//
// Repository owns `<folder>/repository.git` and `<folder>/source.json`. The source (a work tree, a
// bare repository, a bundle, a URL or a plain folder) is only ever read, by the `git` program; our
// own repository is read and written with libgit2. In it
//   refs/upstream/heads/*, refs/upstream/tags/*, refs/upstream/HEAD  follow the source: each fetch
//   overwrites them; refs/heads/*  is ours (refs/heads/main the promoted line; Import sets it,
//   later only MoveRef moves it); refs/tags/*   is ours: tags of the source are adopted once, never
//   moved or deleted by a fetch.
//
// A "revision" is the hexadecimal id of a commit or of a tree. Trees are taken only if every path
// is a plain relative one, symbolic links stay inside, and there are neither submodules nor Git LFS
// pointers: Import, Checkouts and all that makes trees refuse others with kInvalid, naming the
// path.
//
// Thread-safe: Repository and Checkouts may be used from several threads at once. Hooks are never
// run on our side. Errors: kInvalid (input), kNotFound (id, path, ref), kConflict (lost a
// compare-and-swap, merge conflict, patch that does not apply), kUnavailable (source or disk),
// kTimeout.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "base/time/time.h"
#include "core/version/version.h"

namespace aiop::motors {

inline constexpr uint64_t kFileLimitBytes = uint64_t{256} << 20;
inline constexpr uint64_t kTreeLimitBytes = uint64_t{4} << 30;
inline constexpr size_t kTreeLimitFiles = 200'000;
inline constexpr size_t kTreeLimitDepth = 64;
inline constexpr size_t kPathLimitBytes = 3'000;
inline constexpr size_t kPatchLimitBytes = size_t{64} << 20;
inline constexpr Milliseconds kFetchTimeout{600'000};

struct Author {
  std::string name;
  std::string email;
};

struct Tag {
  std::string name;    // "v1.4.0"
  std::string commit;  // annotated tags are followed to it
  std::string tree;
  std::optional<version::SemanticVersion> version;  // of names like v1.4.0
  bool upstream = false;                            // the source has it too, with the same commit
};

struct Branch {
  std::string name;  // "fix/date-format"
  std::string commit;
  Timestamp time;  // of the commit
};

struct FileEntry {
  std::string path;
  uint32_t mode = 0;  // 0100644, 0100755 or 0120000
  std::string blob;
};

// One ref to push: our `local` ("refs/heads/main", "refs/tags/v1.4.0") to the source's `remote`.
struct PushRef {
  std::string local;
  std::string remote;
};

// A file that both sides of a merge changed in the same place. Texts are whole files.
struct FileConflict {
  std::string path;
  std::string ancestor;
  std::string ours;
  std::string theirs;
};
// The merged text of one file; nothing where it cannot be known.
using Resolve = std::function<std::optional<std::string>(const FileConflict&)>;

enum class Overlap : uint8_t { kConflicts, kKeepsBoth };
// A three-way merge of texts, by lines. Nothing if they conflict; with kKeepsBoth they never do:
// where both changed the same lines, both stay, ours first.
std::optional<std::string> MergeText(const FileConflict& file, Overlap overlap);

class Repository {
 public:
  // Makes `folder` the home of a motor that comes from `path_or_url`. Doing it again is fine (it
  // then fetches); another source in the same folder is kConflict. A crash leaves nothing that a
  // second call does not repair.
  static Result<Repository> Import(const std::string& path_or_url,
                                   const std::filesystem::path& folder);
  static Result<Repository> Open(const std::filesystem::path& folder);

  // Brings refs/upstream/* up to date with the source and adopts its new tags. Never touches
  // refs/heads/*, nor a tag that exists. The changed content of a plain folder becomes a commit on
  // top of the last one.
  Status Fetch();

  // The heads of these pull requests (refs/pull/N/head, as GitHub and Gitea have them), fetched
  // from the source, by number; those that the source does not have are left out. kInvalid if the
  // source is no git repository, or one whose ids are converted.
  Result<std::map<int64_t, std::string>> FetchPullRequests(const std::vector<int64_t>& numbers);

  // The absolute path or URL the motor came from, without credentials in it.
  std::string SourceText() const;

  // The commit at the head of the source's default branch, as of the last fetch.
  Result<std::string> Head() const;
  // The name of that branch ("main"); kNotFound if the source's HEAD is on none.
  Result<std::string> DefaultBranch() const;

  // The tags that name commits: versions by precedence (lowest first), then other names.
  Result<std::vector<motors::Tag>> Tags() const;
  // Names of tags that the source has moved since they were adopted: ours stay as they were.
  Result<std::vector<std::string>> MovedTags() const;
  // The source's branches that match one of `globs` ('*' also matches '/') and have commits that
  // `base_commit` has not, by name.
  Result<std::vector<Branch>> Branches(const std::vector<std::string>& globs,
                                       const std::string& base_commit) const;

  Result<std::string> ReadFile(const std::string& revision, const std::string& path) const;
  // Every file and symbolic link, by path.
  Result<std::vector<FileEntry>> ListFiles(const std::string& revision) const;
  Result<std::string> TreeOf(const std::string& commit) const;
  // The target of one of our refs; nothing if it does not exist.
  Result<std::optional<std::string>> ReadRef(const std::string& name) const;
  // Also true of a commit and itself.
  Result<bool> IsAncestor(const std::string& ancestor, const std::string& commit) const;
  // Unified text that ApplyPatch takes; binary files included; renames are a deletion and an
  // addition.
  Result<std::string> Diff(const std::string& from_revision, const std::string& to_revision) const;
  // Sorted.
  Result<std::vector<std::string>> ChangedPaths(const std::string& from_revision,
                                                const std::string& to_revision) const;
  // Removes the lock files that a killed process left on refs: whoever calls this owns the
  // repository alone.
  Status RemoveStaleLocks();
  // SHA-256 over the sorted (path, mode, content), independent of git's ids.
  Result<std::string> ContentHash(const std::string& revision) const;
  // Fails on the first thing in the tree that a checkout would refuse.
  Status CheckTree(const std::string& revision) const;

  // The tree id after the change. Nothing becomes visible until Commit and MoveRef.
  // Unified diffs with or without git's headers; kConflict names the file and the line of the hunk.
  Result<std::string> ApplyPatch(const std::string& base_revision, std::string_view unified_diff);
  // A three-way merge; kConflict names the files that conflict and that `resolve` leaves open.
  Result<std::string> MergeBranch(const std::string& base_commit, const std::string& branch_commit,
                                  const Resolve& resolve = {});
  // Files written (an existing one keeps its mode) or, without content, deleted (kNotFound if
  // absent).
  Result<std::string> WithFiles(const std::string& base_revision,
                                const std::map<std::string, std::optional<std::string>>& files);

  // The same arguments always give the same id. Times are cut to seconds.
  Result<std::string> Commit(const std::string& tree, const std::vector<std::string>& parents,
                             const Author& author, Timestamp time, const std::string& message);
  // Points `name` (under refs/, but not ours to move: refs/upstream/, refs/tags/) at `commit` if it
  // is at `expected_old` (absent: must not exist). kConflict otherwise; fine if it is at `commit`
  // already.
  Status MoveRef(const std::string& name, const std::optional<std::string>& expected_old,
                 const std::string& commit);
  // Annotated if there is a message, lightweight otherwise. Fine if the tag names this commit
  // already, kConflict if another.
  Status Tag(const std::string& name, const std::string& commit, const std::string& message,
             const Author& author, Timestamp time);

  // Pushes to the source, all refs or none, fast-forward only. kConflict: the source moved on.
  // kForbidden: it refused. The receiving repository's own hooks are its own rules and do run.
  Status Push(const std::vector<PushRef>& refs);

  // For git's own tools, and for tests. Not to be changed by others.
  std::filesystem::path GitFolder() const;

 private:
  Repository(std::filesystem::path folder, std::string source)
      : folder_(std::move(folder)), source_(std::move(source)) {}

  std::filesystem::path folder_;
  std::string source_;
};

// What to do in a fresh checkout before it is used (`setup` in motor.yaml).
struct SetupSpec {
  std::vector<std::string> argv;  // empty: nothing to do
  Milliseconds timeout{600'000};
  std::filesystem::path
      home_folder;  // HOME of the command: caches may live here, the user's own home is not seen
  const std::atomic<bool>* stop = nullptr;  // kCancelled once this is set
  // If set: node_modules that a set-up made are kept here, and copied where the same command meets
  // the same manifests and lock files, instead of made again. Several processes may share it.
  std::filesystem::path installed = {};
};

// Checkouts of motors, in one folder. A sealed checkout is `<folder>/<name>/` and valid only
// together with its record
// `<folder>/<name>.sealed`, written last; the output of its set-up is in `<folder>/<name>.log`. One
// process at a time may use the folder.
class Checkouts {
 public:
  explicit Checkouts(const std::filesystem::path& folder);
  ~Checkouts();

  // The read-only checkout of this revision, made and set up if need be; one per tree and set-up
  // command, for ever at the same path. Concurrent callers wait for one. One that no longer passes
  // Verify is made anew.
  Result<std::filesystem::path> Sealed(const Repository& repository, const std::string& revision,
                                       const SetupSpec& setup);

  // A writable checkout in `to_folder`, which must not exist or be empty. Its node_modules are
  // copied from a sealed checkout whose set-up had the same command and the same manifests and lock
  // files, if it made nothing else; otherwise the set-up runs here, with its log in
  // `<to_folder>.log`.
  Status Scratch(const Repository& repository, const std::string& revision,
                 const std::filesystem::path& to_folder, const SetupSpec& setup);

  // Whether the sealed checkout at `path` still has the files, sizes, modes and times it was sealed
  // with (root is not stopped by read-only bits). kConflict names the first difference.
  Status Verify(const std::filesystem::path& path) const;
  // The same by content, every byte.
  Status VerifyContent(const std::filesystem::path& path) const;

 private:
  std::shared_ptr<std::mutex> LockFor(const std::string& name);
  // False if there is no sealed checkout whose node_modules would do.
  Result<bool> CopyInstalled(const Repository& repository, const std::string& revision,
                             const std::filesystem::path& to_folder, const SetupSpec& setup);

  std::filesystem::path folder_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<std::mutex>> locks_;  // one per checkout, guarded by mutex_
};

}  // namespace aiop::motors
