// SPDX-License-Identifier: Apache-2.0
// What the loop has to do with forges.
#include <optional>

#include "base/fault/fault.h"
#include "control/forge/forge.h"
#include "core/redact/redact.h"

namespace aiop::forge {
namespace {

std::string Numbered(const PullRequest& request) {
  return "pull request #" + std::to_string(request.number) + " (" + request.title + ")";
}

// Why it is not tried; empty if it may be.
std::string WhyNot(const PullRequest& request, const std::string& branch) {
  if (request.draft) return "it is a draft";
  if (request.conflicts) return "it conflicts with " + request.base;
  if (!branch.empty() && !request.base.empty() && request.base != branch) {
    return "it is for " + request.base + ", not for " + branch;
  }
  if (request.outside) {
    return "it comes from another repository, by somebody who does not belong to this one: what it "
           "brings would be run here. Look at it, and push it to a branch of the source";
  }
  return "";
}

bool IsTold(const model::Change& change, Timestamp now) {
  return !change.pull_request || !StateFor(change.status) ||
         change.pull_request->told == describe::Name(change.status) ||
         now - change.updated > kToldWithin;
}

}  // namespace

void Liaison::UseToken(std::string token) {
  const std::lock_guard lock(mutex_);
  token_ = std::move(token);
}

void Liaison::StartAnew() {
  const std::lock_guard lock(mutex_);
  pending_.clear();
  unreachable_.clear();
}

Result<std::unique_ptr<Forge>> Liaison::ForgeOf(const contexts::Motor& motor) const {
  return Forge::Create(*motor.manifest.forge, token_, [this] { return engine_.stopping(); });
}

Status Liaison::Warn(const contexts::Motor& motor, const std::string& text) {
  engine_.Tell(
      {.what = engine::Notice::What::kStep, .run = {}, .name = "forge", .text = text, .event = {}});
  return engine_.TellMotor(motor.version.plant, motor.version.reference,
                           model::SignalType::kValidation, model::Severity::kWarn,
                           {{"details", text}});
}

Result<std::vector<Liaison::Pending>> Liaison::PendingOf(const contexts::Motor& motor) {
  const std::lock_guard lock(mutex_);
  if (!motor.manifest.forge) return std::vector<Pending>();
  const auto known = pending_.find(motor.version.plant);
  if (known != pending_.end()) return known->second;
  auto found = Look(motor);
  if (!found) {
    if (found.error().code == Code::kCancelled) return std::unexpected(found.error());
    AIOP_CHECK_OK(Warn(motor, "pull requests are left out: " + found.error().message));
    found.emplace();
  }
  pending_[motor.version.plant] = *found;
  return *found;
}

Result<std::vector<Liaison::Pending>> Liaison::Look(const contexts::Motor& motor) {
  AIOP_TRY(const auto forge, ForgeOf(motor));
  AIOP_TRY(const auto open, forge->ListOpenPullRequests());
  AIOP_TRY(auto repository, contexts::OpenRepository(engine_.home(), motor.version.plant));
  const std::string branch = repository.DefaultBranch().value_or("");
  std::vector<Pending> pending;
  std::vector<int64_t> numbers;
  for (const PullRequest& request : open) {
    const std::string why = WhyNot(request, branch);
    if (!why.empty()) {
      AIOP_CHECK_OK(Warn(motor, Numbered(request) + " is passed over: " + why));
      continue;
    }
    pending.push_back({.request = request, .commit = ""});
    numbers.push_back(request.number);
  }
  AIOP_TRY(const auto heads, repository.FetchPullRequests(numbers));
  std::erase_if(pending, [&](Pending& each) {
    const auto head = heads.find(each.request.number);
    if (head != heads.end()) each.commit = head->second;
    return each.commit.empty();
  });
  if (pending.size() < numbers.size()) {
    AIOP_CHECK_OK(Warn(motor, std::to_string(numbers.size() - pending.size()) +
                                  " pull request(s) are left out: the source " +
                                  repository.SourceText() + " does not have their heads"));
  }
  return pending;
}

Status Liaison::TellOne(const contexts::Motor& motor, model::Change& change) {
  AIOP_TRY(const auto forge, ForgeOf(motor));
  AIOP_TRY(const auto redactor, redact::Redactor::Create(motor.manifest.redact));
  const model::PullRequest& request = *change.pull_request;
  if (token_.empty()) {
    return Forbidden("pull request #" + std::to_string(request.number) + " of " +
                     motor.manifest.forge->repository +
                     " cannot be told what became of it without a token: set AIOP_FORGE_TOKEN");
  }
  AIOP_CHECK_OK(
      forge->SetStatus(request.head, *StateFor(change.status), DescriptionFor(change), ""));
  fault::Point("forge.status");
  AIOP_CHECK_OK(forge->Comment(request.number, change.id, redactor.Text(CommentFor(change))));
  fault::Point("forge.comment");
  return {};
}

Status Liaison::Tell(model::Change& change) {
  const std::lock_guard lock(mutex_);
  if (IsTold(change, Now()) || unreachable_.contains(change.plant)) return {};
  AIOP_TRY(const contexts::Motor motor, contexts::ActiveMotor(engine_.home(), change.plant));
  if (!motor.manifest.forge) return {};
  const std::string state(describe::Name(change.status));
  const std::string number = std::to_string(change.pull_request->number);
  const Status told = TellOne(motor, change);
  if (!told) {
    // The next one would fare no better.
    const Code code = told.error().code;
    if (code == Code::kCancelled) return {};  // the next command tells it
    if (code == Code::kUnavailable || code == Code::kForbidden) unreachable_.insert(change.plant);
    return Warn(motor, "pull request #" + number + " was not told that its change is " + state +
                           ", which is tried again at the next command: " + told.error().message);
  }
  change.pull_request->told = state;
  AIOP_CHECK_OK(engine_.home().ledger().Put(change));
  fault::Point("forge.told");
  const std::string text = "pull request #" + number + " was told that its change is " + state;
  engine_.Tell(
      {.what = engine::Notice::What::kStep, .run = {}, .name = "forge", .text = text, .event = {}});
  return {};
}

Status Liaison::TellAll(const std::string& plant) {
  const std::lock_guard lock(mutex_);
  unreachable_.erase(plant);
  AIOP_TRY(auto changes, engine_.home().ledger().ListBy<model::Change>(
                             store::Kind<model::Change>::Field::kPlant, plant));
  for (model::Change& change : changes) AIOP_CHECK_OK(Tell(change));
  return {};
}

}  // namespace aiop::forge
