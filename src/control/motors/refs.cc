// SPDX-License-Identifier: Apache-2.0
//
// Heads, tags and branches of a motor's repository: listing them and moving ours.
#include <fnmatch.h>

#include <algorithm>
#include <functional>

#include "base/fault/fault.h"
#include "control/motors/git.h"
#include "control/motors/motors.h"
#include "control/motors/source.h"

namespace aiop::motors {
namespace {

constexpr std::string_view kTags = "refs/tags/";

using Visitor = std::function<Status(const std::string& name, const std::string& commit)>;

// Calls `visit` with what follows `prefix` in each ref's name and the commit it leads to; refs to
// other objects are passed over.
Status ForEachCommit(git_repository* repository, const std::string& prefix, const Visitor& visit) {
  git::ReferencesHandle all;
  if (git_reference_iterator_glob_new(git::Out(all), repository, (prefix + "*").c_str()) != 0) {
    return git::Failure(Code::kUnavailable, "cannot list " + prefix);
  }
  for (;;) {
    git::ReferenceHandle reference;
    const int code = git_reference_next(git::Out(reference), all.get());
    if (code == GIT_ITEROVER) return {};
    if (code != 0) return git::Failure(Code::kUnavailable, "cannot list " + prefix);
    git::ObjectHandle commit;
    if (git_reference_peel(git::Out(commit), reference.get(), GIT_OBJECT_COMMIT) != 0) continue;
    const std::string name = std::string(git_reference_name(reference.get())).substr(prefix.size());
    AIOP_CHECK_OK(visit(name, git::Text(*git_object_id(commit.get()))));
  }
}

Result<std::map<std::string, std::string>> CommitsOf(git_repository* repository,
                                                     const std::string& prefix) {
  std::map<std::string, std::string> commits;
  AIOP_CHECK_OK(ForEachCommit(repository, prefix,
                              [&](const std::string& name, const std::string& commit) -> Status {
                                commits.emplace(name, commit);
                                return {};
                              }));
  return commits;
}

Result<bool> Contains(git_repository* repository, std::string_view descendant,
                      std::string_view ancestor) {
  AIOP_TRY(const auto younger, git::LookUpCommit(repository, descendant));
  AIOP_TRY(const auto older, git::LookUpCommit(repository, ancestor));
  const git_oid* const younger_id = git_commit_id(younger.get());
  const git_oid* const older_id = git_commit_id(older.get());
  if (git_oid_equal(younger_id, older_id) != 0) return true;
  const int code = git_graph_descendant_of(repository, younger_id, older_id);
  if (code < 0) return git::Failure(Code::kUnavailable, "cannot compare commits");
  return code == 1;
}

bool MatchesAny(const std::vector<std::string>& globs, const std::string& name) {
  return std::ranges::any_of(
      globs, [&](const std::string& glob) { return fnmatch(glob.c_str(), name.c_str(), 0) == 0; });
}

Status CheckName(const std::string& name) {
  int valid = 0;
  if (git_reference_name_is_valid(&valid, name.c_str()) != 0 || valid == 0 ||
      name.find('\0') != std::string::npos) {
    return Invalid("\"" + name + "\" is no name that git takes");
  }
  return {};
}

bool ComesBefore(const Tag& a, const Tag& b) {
  if (a.version.has_value() != b.version.has_value()) return a.version.has_value();
  if (a.version) {
    if (const auto order = *a.version <=> *b.version; order != 0) return order < 0;
  }
  return a.name < b.name;
}

// The object an annotated tag is; the same arguments give the same id.
Result<git_oid> Annotation(git_repository* repository, const std::string& name,
                           const git_commit* commit, const std::string& message,
                           const Author& author, Timestamp time) {
  git::SignatureHandle signature;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.since_epoch).count();
  if (git_signature_new(git::Out(signature), author.name.c_str(), author.email.c_str(), seconds,
                        0) != 0) {
    return git::Failure(Code::kInvalid, "\"" + author.name + "\" is no author git takes");
  }
  git_oid id;
  if (git_tag_annotation_create(&id, repository, name.c_str(),
                                reinterpret_cast<const git_object*>(commit), signature.get(),
                                message.c_str()) != 0) {
    return git::Failure(Code::kUnavailable, "cannot write the tag " + name);
  }
  return id;
}

std::unexpected<Error> Moved(const std::string& name, const std::optional<std::string>& found,
                             const std::optional<std::string>& expected) {
  return Fail(Code::kConflict, name + (found ? " is at " + *found : " does not exist") +
                                   (expected ? ", not at " + *expected : ", and may not exist"));
}

}  // namespace

Result<std::string> Repository::Head() const {
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  return git::ResolveToCommit(repository.get(), kUpstreamHead);
}

Result<std::string> Repository::DefaultBranch() const {
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  git::ReferenceHandle head;
  const char* target = nullptr;
  if (git_reference_lookup(git::Out(head), repository.get(), kUpstreamHead) == 0) {
    target = git_reference_symbolic_target(head.get());
  }
  if (target == nullptr || !std::string_view(target).starts_with(kUpstreamHeads)) {
    return NotFound("the source's HEAD is on no branch");
  }
  return std::string(target).substr(std::string_view(kUpstreamHeads).size());
}

Result<std::vector<Tag>> Repository::Tags() const {
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  AIOP_TRY(const auto upstream, CommitsOf(repository.get(), kUpstreamTags));
  std::vector<motors::Tag> tags;
  AIOP_CHECK_OK(ForEachCommit(
      repository.get(), std::string(kTags),
      [&](const std::string& name, const std::string& commit) -> Status {
        AIOP_TRY(const auto tree, git::LookUpTree(repository.get(), commit));
        const auto theirs = upstream.find(name);
        tags.push_back({name, commit, git::Text(*git_tree_id(tree.get())), version::FromTag(name),
                        theirs != upstream.end() && theirs->second == commit});
        return {};
      }));
  std::ranges::sort(tags, ComesBefore);
  return tags;
}

Result<std::vector<std::string>> Repository::MovedTags() const {
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  AIOP_TRY(const auto ours, CommitsOf(repository.get(), std::string(kTags)));
  AIOP_TRY(const auto upstream, CommitsOf(repository.get(), kUpstreamTags));
  std::vector<std::string> moved;
  for (const auto& [name, commit] : upstream) {
    const auto found = ours.find(name);
    if (found != ours.end() && found->second != commit) moved.push_back(name);
  }
  return moved;
}

Result<std::vector<Branch>> Repository::Branches(const std::vector<std::string>& globs,
                                                 const std::string& base_commit) const {
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  std::vector<Branch> branches;
  AIOP_CHECK_OK(
      ForEachCommit(repository.get(), kUpstreamHeads,
                    [&](const std::string& name, const std::string& commit) -> Status {
                      if (!MatchesAny(globs, name)) return {};
                      AIOP_TRY(const bool merged, Contains(repository.get(), base_commit, commit));
                      if (merged) return {};
                      AIOP_TRY(const auto found, git::LookUpCommit(repository.get(), commit));
                      const std::chrono::seconds time(git_commit_time(found.get()));
                      branches.push_back({name, commit, Timestamp{time}});
                      return {};
                    }));
  std::ranges::sort(branches, {}, &Branch::name);
  return branches;
}

Result<bool> Repository::IsAncestor(const std::string& ancestor, const std::string& commit) const {
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  return Contains(repository.get(), commit, ancestor);
}

Result<std::optional<std::string>> Repository::ReadRef(const std::string& name) const {
  AIOP_CHECK_OK(CheckName(name));
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  auto commit = git::ResolveToCommit(repository.get(), name);
  if (!commit) return std::nullopt;
  return *std::move(commit);
}

Status Repository::MoveRef(const std::string& name, const std::optional<std::string>& expected_old,
                           const std::string& commit) {
  AIOP_CHECK_OK(CheckName(name));
  if (!name.starts_with("refs/") || name.starts_with("refs/upstream/") || name.starts_with(kTags)) {
    return Invalid(name + " is not ours to move");
  }
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  AIOP_TRY(const auto target, git::LookUpCommit(repository.get(), commit));
  git::ReferenceHandle made;
  int code = 0;
  if (expected_old) {
    AIOP_TRY(const git_oid expected, git::ParseId(*expected_old));
    code =
        git_reference_create_matching(git::Out(made), repository.get(), name.c_str(),
                                      git_commit_id(target.get()), /*force=*/1, &expected, nullptr);
  } else {
    code = git_reference_create(git::Out(made), repository.get(), name.c_str(),
                                git_commit_id(target.get()), /*force=*/0, nullptr);
  }
  if (code != 0) {
    // Driving the same move again after a crash is no conflict.
    AIOP_TRY(const auto found, ReadRef(name));
    if (found == commit) return {};
    if (found != expected_old) return Moved(name, found, expected_old);
    return git::Failure(Code::kUnavailable, "cannot move " + name);
  }
  fault::Point("motors.ref");
  return {};
}

Status Repository::Tag(const std::string& name, const std::string& commit,
                       const std::string& message, const Author& author, Timestamp time) {
  const std::string full = std::string(kTags) + name;
  AIOP_CHECK_OK(CheckName(full));
  AIOP_TRY(const auto repository, git::Open(GitFolder()));
  AIOP_TRY(const auto target, git::LookUpCommit(repository.get(), commit));
  git_oid id = *git_commit_id(target.get());
  if (!message.empty()) {
    AIOP_TRY(id, Annotation(repository.get(), name, target.get(), message, author, time));
  }
  git::ReferenceHandle made;
  if (git_reference_create(git::Out(made), repository.get(), full.c_str(), &id, /*force=*/0,
                           nullptr) != 0) {
    AIOP_TRY(const auto found, ReadRef(full));
    if (found == commit) return {};
    if (found) return Fail(Code::kConflict, "the tag " + name + " names " + *found + " already");
    return git::Failure(Code::kUnavailable, "cannot create the tag " + name);
  }
  fault::Point("motors.tag");
  return {};
}

}  // namespace aiop::motors
