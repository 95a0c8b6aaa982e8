// SPDX-License-Identifier: Apache-2.0
//
// A motor's repository as a whole: import, fetch, push.
#include <algorithm>

#include "base/fault/fault.h"
#include "base/file/file.h"
#include "base/json/json.h"
#include "control/motors/git.h"
#include "control/motors/motors.h"
#include "control/motors/program.h"
#include "control/motors/source.h"
#include "control/motors/tree.h"

namespace aiop::motors {
namespace {

namespace fs = std::filesystem;

constexpr int kLockPatienceMs = int(kFetchTimeout.count());
constexpr char kPromoted[] = "refs/heads/main";

Result<std::string> ReadRecord(const Layout& layout) {
  AIOP_TRY(const std::string text, file::Read(layout.Record()));
  auto record = json::Parse(text);
  std::string source(record ? json::TextMember(*record, "source") : "");
  if (source.empty()) return Unavailable(layout.Record().string() + " is damaged");
  return source;
}

// Tags are adopted once: what the source does to them later is its own affair.
Status AdoptTags(const fs::path& git_folder) {
  AIOP_TRY(const auto repository, git::Open(git_folder));
  git::ReferencesHandle all;
  const std::string glob = std::string(kUpstreamTags) + "*";
  if (git_reference_iterator_glob_new(git::Out(all), repository.get(), glob.c_str()) != 0) {
    return git::Failure(Code::kUnavailable, "cannot list the source's tags");
  }
  for (;;) {
    git::ReferenceHandle tag;
    const int code = git_reference_next(git::Out(tag), all.get());
    if (code == GIT_ITEROVER) return {};
    if (code != 0) return git::Failure(Code::kUnavailable, "cannot list the source's tags");
    const git_oid* target = git_reference_target(tag.get());
    if (target == nullptr) continue;
    const std::string name =
        "refs/tags/" + std::string(git_reference_name(tag.get()) + sizeof kUpstreamTags - 1);
    git::ReferenceHandle ours;
    const int made = git_reference_create(git::Out(ours), repository.get(), name.c_str(), target,
                                          /*force=*/0, nullptr);
    if (made == GIT_EEXISTS) continue;
    if (made != 0) return git::Failure(Code::kUnavailable, "cannot adopt " + name);
    fault::Point("motors.tag");
  }
}

// What an import that did not end well has left.
Status Discard(const Layout& layout) {
  AIOP_CHECK_OK(file::RemoveTree(layout.Importing()));
  AIOP_CHECK_OK(file::RemoveTree(layout.Converted()));
  return file::RemoveTree(layout.Mirror());
}

Status Build(const Layout& layout, const std::string& source) {
  AIOP_CHECK_OK(git::Create(layout.Importing()));
  AIOP_CHECK_OK(FetchSource(layout, layout.Importing(), source));
  AIOP_TRY(const auto repository, git::Open(layout.Importing()));
  AIOP_TRY(const std::string head, git::ResolveToCommit(repository.get(), kUpstreamHead));
  AIOP_TRY(const auto tree, git::LookUpTree(repository.get(), head));
  AIOP_CHECK_OK(WalkCheckedTree(repository.get(), tree.get()));
  AIOP_TRY(const git_oid id, git::ParseId(head));
  git::ReferenceHandle promoted;
  if (git_reference_create(git::Out(promoted), repository.get(), kPromoted, &id, /*force=*/1,
                           nullptr) != 0) {
    return git::Failure(Code::kUnavailable, std::string("cannot create ") + kPromoted);
  }
  return AdoptTags(layout.Importing());
}

// The repository counts from the moment it has its name; the record is there before it.
Status Publish(const Layout& layout, const std::string& source) {
  const json::Object record{{"source", source}};
  AIOP_CHECK_OK(file::WriteDurably(layout.Record(), json::PrettyText(record), 0600));
  if (rename(layout.Importing().c_str(), layout.Repository().c_str()) != 0) {
    return SystemError("cannot rename to " + layout.Repository().string(), errno);
  }
  AIOP_CHECK_OK(file::FlushFolder(layout.folder));
  fault::Point("motors.import");
  return {};
}

Status CheckPush(const PushRef& ref) {
  for (const std::string& name : {ref.local, ref.remote}) {
    const bool ours = name.starts_with("refs/heads/") || name.starts_with("refs/tags/");
    int valid = 0;
    if (!ours || git_reference_name_is_valid(&valid, name.c_str()) != 0 || valid == 0) {
      return Invalid("\"" + name + "\" is no branch or tag to push");
    }
  }
  return {};
}

// What git says of each ref, as our error: who has to act, and how.
Error PushFailure(const process::Output& output, const std::string& complaint) {
  for (const char* moved : {"[rejected] (non-fast-forward)", "[rejected] (fetch first)",
                            "[rejected] (already exists)", "[rejected] (stale info)"}) {
    if (output.out.find(moved) != std::string::npos) {
      return {Code::kConflict, "the source has moved on; fetch first. " + complaint};
    }
  }
  if (output.out.find("[remote rejected]") != std::string::npos) {
    return {Code::kForbidden, "the source refuses the push: " + output.out + complaint};
  }
  return {Code::kUnavailable, complaint};
}

}  // namespace

Result<Repository> Repository::Import(const std::string& path_or_url, const fs::path& folder) {
  AIOP_TRY(std::string source, NormaliseSource(path_or_url));
  const Layout layout{fs::absolute(folder)};
  AIOP_CHECK_OK(file::MakeFolders(layout.folder));
  if (std::error_code error; fs::exists(layout.Repository(), error)) {
    AIOP_TRY(Repository repository, Open(folder));
    if (repository.source_ != source) {
      return Fail(Code::kConflict, folder.string() + " already is the home of the motor from " +
                                       repository.SourceText());
    }
    AIOP_CHECK_OK(repository.Fetch());
    return repository;
  }
  AIOP_TRY(const auto lock, file::Lock::Acquire(layout.Lock(), kLockPatienceMs));
  AIOP_CHECK_OK(Discard(layout));
  Status built = Build(layout, source);
  if (built) built = Publish(layout, source);
  if (!built) {
    AIOP_CHECK_OK(Discard(layout));
    return std::unexpected(std::move(built).error());
  }
  return Repository(layout.folder, std::move(source));
}

Result<Repository> Repository::Open(const fs::path& folder) {
  const Layout layout{fs::absolute(folder)};
  if (std::error_code error; !fs::exists(layout.Repository(), error)) {
    return NotFound("there is no motor in " + folder.string());
  }
  AIOP_TRY(std::string source, ReadRecord(layout));
  AIOP_CHECK_OK(git::Open(layout.Repository()));
  return Repository(layout.folder, std::move(source));
}

Status Repository::Fetch() {
  const Layout layout{folder_};
  AIOP_TRY(const auto lock, file::Lock::Acquire(layout.Lock(), kLockPatienceMs));
  AIOP_CHECK_OK(FetchSource(layout, layout.Repository(), source_));
  return AdoptTags(layout.Repository());
}

Result<std::map<int64_t, std::string>> Repository::FetchPullRequests(
    const std::vector<int64_t>& numbers) {
  std::map<int64_t, std::string> heads;
  if (numbers.empty()) return heads;
  const Layout layout{folder_};
  AIOP_TRY(const auto lock, file::Lock::Acquire(layout.Lock(), kLockPatienceMs));
  if (IsPlainFolder(source_) || IsConverted(layout) ||
      (IsLocal(source_) && fs::is_regular_file(source_))) {
    return Invalid("the motor's source " + SourceText() +
                   " has no pull requests: it is no full SHA-1 git repository");
  }
  const Status together = FetchPullHeads(layout, layout.Repository(), source_, numbers);
  AIOP_TRY(const auto repository, git::Open(layout.Repository()));
  for (const int64_t number : numbers) {
    // git gives none if it cannot give all.
    if (!together) {
      const Status alone = FetchPullHeads(layout, layout.Repository(), source_, {number});
      if (!alone) continue;
    }
    auto head = git::ResolveToCommit(repository.get(), kUpstreamPulls + std::to_string(number));
    if (head) heads.emplace(number, *std::move(head));
  }
  if (heads.empty() && !together) return std::unexpected(together.error());
  return heads;
}

Status Repository::Push(const std::vector<PushRef>& refs) {
  const Layout layout{folder_};
  if (refs.empty()) return Invalid("no refs to push");
  if (IsPlainFolder(source_) || IsConverted(layout) ||
      (IsLocal(source_) && fs::is_regular_file(source_))) {
    return Invalid("the motor's source " + SourceText() +
                   " cannot be pushed to: it is no full SHA-1 git repository");
  }
  // --atomic: a tag must never arrive without its branch. No force of any kind: fast-forward or
  // nothing.
  GitCall call{.arguments = {"push", "--porcelain", "--atomic", "--no-verify", "--", source_}};
  for (const PushRef& ref : refs) {
    AIOP_CHECK_OK(CheckPush(ref));
    call.arguments.push_back(ref.local + ":" + ref.remote);
  }
  const GitProgram git(layout.Repository(), layout.folder, source_);
  AIOP_TRY(const auto output, git.Run(call));
  if (!output.ok()) return std::unexpected(PushFailure(output, git.Complaint(output)));
  fault::Point("motors.push");
  return {};
}

std::string Repository::SourceText() const { return WithoutCredentials(source_); }

fs::path Repository::GitFolder() const { return Layout{folder_}.Repository(); }

Status Repository::RemoveStaleLocks() {
  std::vector<fs::path> locks;
  std::error_code error;
  for (const char* name : {"HEAD.lock", "packed-refs.lock", "config.lock", "shallow.lock"}) {
    if (fs::exists(GitFolder() / name, error)) locks.push_back(GitFolder() / name);
  }
  for (fs::recursive_directory_iterator entry(GitFolder() / "refs", error), end;
       !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".lock") locks.push_back(entry->path());
  }
  if (error) return Unavailable("cannot read " + (GitFolder() / "refs").string());
  for (const fs::path& lock : locks) {
    if (!fs::remove(lock, error) && error) return Unavailable("cannot remove " + lock.string());
  }
  return {};
}

}  // namespace aiop::motors
