// SPDX-License-Identifier: Apache-2.0
// Where patches come from.
#include <algorithm>
#include <sstream>

#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "control/app_repair/app_repair.h"
#include "control/forge/forge.h"
#include "control/governance/governance.h"
#include "control/upgrade/upgrade.h"

namespace aiop::governance {
namespace {

constexpr Milliseconds kListTimeout{120'000};  // of a command that lists versions
constexpr std::string_view kUpgradeWord = "upgrade ";
constexpr std::string_view kPullRequestWord = "pull request #";
constexpr Milliseconds kPatchTimeout{60'000};
constexpr size_t kPatchOutputBytes = size_t{1} << 20;
constexpr size_t kSubmittedDiffBytes = size_t{16} << 20;

std::string NameOf(const forge::Liaison::Pending& pending) {
  return std::string(kPullRequestWord) + std::to_string(pending.request.number);
}

model::PullRequest RecordOf(const forge::Liaison::Pending& pending) {
  return {.number = pending.request.number,
          .head = pending.commit,
          .url = pending.request.url,
          .told = ""};
}

}  // namespace

Result<std::vector<Candidate>> Governor::FromBranches(const contexts::Motor& motor) {
  AIOP_TRY(auto repository, contexts::OpenRepository(engine_.home(), motor.version.plant));
  AIOP_TRY(const auto branches, repository.Branches(motor.manifest.branches, motor.version.commit));
  std::vector<Candidate> candidates;
  for (const auto& branch : branches) {
    auto tree = MergeOnto(repository, motor.version.commit, branch.commit);
    if (!tree) {
      AIOP_CHECK_OK(engine_.TellMotor(
          motor.version.plant, motor.version.reference, model::SignalType::kValidation,
          model::Severity::kWarn,
          {{"details", "branch " + branch.name + " cannot be merged: " + tree.error().message}}));
      continue;
    }
    candidates.push_back({.source = model::PatchSource::kBranch,
                          .origin = branch.name + "@" + branch.commit.substr(0, 12),
                          .title = "Merge branch " + branch.name,
                          .tree = *tree,
                          .merges = branch.commit});
  }
  return candidates;
}

Result<std::vector<Candidate>> Governor::FromSource(const contexts::Motor& motor) {
  AIOP_TRY(auto candidates, FromBranches(motor));
  if (liaison_ == nullptr) return candidates;
  AIOP_TRY(const auto pending, liaison_->PendingOf(motor));
  if (pending.empty()) return candidates;
  AIOP_TRY(auto repository, contexts::OpenRepository(engine_.home(), motor.version.plant));
  for (const auto& each : pending) {
    // One of a pending branch is that branch, and is told what becomes of it.
    const auto branch = std::ranges::find(candidates, each.commit, &Candidate::merges);
    if (branch != candidates.end()) {
      if (!branch->pull_request) branch->pull_request = RecordOf(each);
      continue;
    }
    AIOP_TRY(const bool merged, repository.IsAncestor(each.commit, motor.version.commit));
    if (merged) continue;
    auto tree = MergeOnto(repository, motor.version.commit, each.commit);
    if (!tree) {
      AIOP_CHECK_OK(engine_.TellMotor(
          motor.version.plant, motor.version.reference, model::SignalType::kValidation,
          model::Severity::kWarn,
          {{"details", NameOf(each) + " cannot be merged: " + tree.error().message}}));
      continue;
    }
    candidates.push_back(
        {.source = model::PatchSource::kBranch,
         .origin = NameOf(each) + "@" + each.commit.substr(0, 12),
         .title = each.request.title.empty() ? "Merge " + NameOf(each) : each.request.title,
         .tree = *tree,
         .merges = each.commit,
         .pull_request = RecordOf(each)});
  }
  return candidates;
}

Result<std::string> Governor::MovedOn(const model::Change& change) {
  const size_t at = change.origin.rfind('@');
  if (at == std::string::npos) return "";
  const std::string name = change.origin.substr(0, at);
  AIOP_TRY(auto repository, contexts::OpenRepository(engine_.home(), change.plant));
  // Offline, what is here is what counts.
  if (name.starts_with(kPullRequestWord) && change.pull_request) {
    const int64_t number = change.pull_request->number;
    const auto heads = repository.FetchPullRequests({number});
    if (!heads || !heads->contains(number)) return "";
    return heads->at(number) == change.pull_request->head ? "" : name;
  }
  [[maybe_unused]] const Status fetched = repository.Fetch();
  AIOP_TRY(const auto branches, repository.Branches({name}, change.base_commit));
  const bool there = std::ranges::any_of(branches, [&](const auto& each) {
    return change.origin == each.name + "@" + each.commit.substr(0, 12);
  });
  return there || branches.empty() ? "" : "branch " + name;
}

Result<std::vector<std::string>> Governor::PendingFixes(const contexts::Motor& motor) {
  std::vector<std::string> names;
  for (const model::PatchSource source : motor.manifest.patch_sources) {
    if (source == model::PatchSource::kBranch) {
      AIOP_TRY(auto repository, contexts::OpenRepository(engine_.home(), motor.version.plant));
      AIOP_TRY(const auto branches,
               repository.Branches(motor.manifest.branches, motor.version.commit));
      for (const auto& branch : branches) names.push_back(branch.name);
      if (liaison_ == nullptr) continue;
      AIOP_TRY(const auto pending, liaison_->PendingOf(motor));
      for (const auto& each : pending) {
        const auto same = std::ranges::find(branches, each.commit, &motors::Branch::commit);
        if (same != branches.end()) continue;
        AIOP_TRY(const bool merged, repository.IsAncestor(each.commit, motor.version.commit));
        if (!merged) names.push_back(NameOf(each));
      }
    } else if (source == model::PatchSource::kUpgrade) {
      names.push_back(std::string(kUpgradeWord) + "1");
    }
  }
  return names;
}

Result<std::optional<Candidate>> Governor::FindFix(const contexts::Motor& motor,
                                                   const std::string& fix,
                                                   const model::Incident& incident) {
  const bool upgrade = fix.starts_with(kUpgradeWord);
  std::vector<Candidate> candidates;
  if (upgrade) {
    AIOP_TRY(candidates, FromUpgrades(motor, incident));
    if (candidates.empty()) return std::optional<Candidate>();
    return std::optional(candidates.front());
  }
  AIOP_TRY(candidates, FromSource(motor));
  for (const Candidate& each : candidates) {
    if (each.origin.starts_with(fix + "@")) return std::optional(each);
  }
  return std::optional<Candidate>();
}

Result<std::pair<contexts::Motor, std::string>> Governor::WithFix(const contexts::Motor& motor,
                                                                  const std::string& fix,
                                                                  const model::Incident& incident) {
  AIOP_TRY(const auto candidate, FindFix(motor, fix, incident));
  if (!candidate) return NotFound("there is no " + fix);
  AIOP_TRY(const std::string tree, TreeOf(motor, *candidate));
  AIOP_TRY(auto repository, contexts::OpenRepository(engine_.home(), motor.version.plant));
  AIOP_CHECK_OK(repository.CheckTree(tree));
  std::vector<std::string> parents = {motor.version.commit};
  if (!candidate->merges.empty()) parents.push_back(candidate->merges);
  // The same every time, so that what was learned with it is remembered.
  AIOP_TRY(
      const std::string commit,
      repository.Commit(tree, parents, {std::string(kOperatorName), std::string(kOperatorMail)},
                        motor.version.created, "Try: " + candidate->title + "\n"));
  AIOP_TRY(auto fixed, contexts::MotorAtCommit(engine_.home(), motor.version.plant, commit));
  return std::pair(std::move(fixed), candidate->title);
}

// The registries of a motor: what it declares, then npm.
std::vector<std::unique_ptr<upgrade::Registry>> Governor::RegistriesOf(
    const contexts::Motor& motor) {
  std::vector<upgrade::Listed> listed;
  for (const model::Dependency& each : motor.manifest.dependencies) {
    listed.push_back({each.name, each.file, each.pattern});
  }
  std::vector<std::unique_ptr<upgrade::Registry>> registries;
  registries.push_back(upgrade::MakeListed(
      std::move(listed),
      [this, motor](const std::string& name) { return ListVersions(motor, name); }));
  registries.push_back(upgrade::MakeNpm(engine_.home().CacheFolder()));
  return registries;
}

// What the command of a declared dependency prints, line by line.
Result<std::vector<std::string>> Governor::ListVersions(const contexts::Motor& motor,
                                                        const std::string& name) {
  const auto& declared = motor.manifest.dependencies;
  const auto found = std::ranges::find(declared, name, &model::Dependency::name);
  if (found == declared.end()) return NotFound("no dependency '" + name + "' is declared");
  AIOP_TRY(const auto checkout, contexts::Checkout(engine_.home(), motor));
  sandbox::Policy policy;
  policy.read_only = {checkout};
  AIOP_TRY(
      const auto output,
      harness_.RunCommand(motor, plants::Expand(found->versions, {{"motor", checkout.string()}}),
                          checkout, policy, kListTimeout));
  if (!output.ok()) {
    return Unavailable("the versions of " + name +
                       " could not be listed: " + json::ToValidUtf8(output.err));
  }
  std::vector<std::string> lines;
  std::istringstream text(output.out);
  for (std::string line; std::getline(text, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

Result<std::string> Governor::TreeOf(const contexts::Motor& base, const Candidate& candidate) {
  if (candidate.source != model::PatchSource::kUpgrade) return candidate.tree;
  AIOP_TRY(auto repository, contexts::OpenRepository(engine_.home(), base.version.plant));
  const size_t space = candidate.origin.find(' ');
  const size_t arrow = candidate.origin.find(" -> ");
  const std::string name = candidate.origin.substr(0, space);
  const bool declared =
      std::ranges::find(base.manifest.dependencies, name, &model::Dependency::name) !=
      base.manifest.dependencies.end();
  const auto registries = RegistriesOf(base);
  const auto& registry = declared ? registries.front() : registries.back();
  return registry->Apply(
      repository, base.version.commit,
      {std::string(registry->name()), name, candidate.origin.substr(space + 1, arrow - space - 1),
       candidate.origin.substr(arrow + 4)});
}

Result<std::vector<Candidate>> Governor::FromUpgrades(const contexts::Motor& motor,
                                                      const model::Incident& incident) {
  AIOP_TRY(auto repository, contexts::OpenRepository(engine_.home(), motor.version.plant));
  std::vector<Candidate> candidates;
  // What broke is often named by the plant itself; the text comes second.
  std::string hint = incident.example;
  AIOP_TRY(const auto events, engine_.home().ledger().ListBy<model::StoredEvent>(
                                  store::Kind<model::StoredEvent>::Field::kIncident, incident.id));
  if (!events.empty())
    hint = std::string(json::TextMember(events.front().envelope.payload, "tool")) + "\n" + hint;
  const auto limit = static_cast<size_t>(policy_.CandidatesPerIncident());
  for (const auto& registry : RegistriesOf(motor)) {
    const auto upgrades =
        upgrade::Candidates(*registry, repository, motor.version.commit, hint, limit);
    if (!upgrades) {
      AIOP_CHECK_OK(engine_.TellMotor(
          motor.version.plant, motor.version.reference, model::SignalType::kError,
          model::Severity::kWarn,
          {{"details", "no upgrades could be looked up: " + upgrades.error().message}}));
      continue;
    }
    for (const auto& each : *upgrades) {
      candidates.push_back(
          {.source = model::PatchSource::kUpgrade,
           .origin = each.Text(),
           .title = "Upgrade " + each.dependency + " from " + each.from + " to " + each.to,
           .tree = ""});
    }
  }
  if (candidates.size() > limit) candidates.resize(limit);
  return candidates;
}

Result<bool> Governor::TriedBefore(const contexts::Motor& base, const Candidate& candidate,
                                   const std::string& incident) {
  AIOP_TRY(const auto changes, engine_.home().ledger().ListBy<model::Change>(
                                   store::Kind<model::Change>::Field::kPlant, base.version.plant));
  return std::any_of(changes.begin(), changes.end(), [&](const model::Change& change) {
    const bool ended = change.status == model::ChangeState::kRejected ||
                       change.status == model::ChangeState::kRolledBack;
    return ended && change.incident == incident && change.base_commit == base.version.commit &&
           change.origin == candidate.origin;
  });
}

Result<std::optional<model::Change>> Governor::Try(const contexts::Motor& base,
                                                   const Candidate& offered,
                                                   const model::Incident& incident,
                                                   const model::DecisionRecord& decision) {
  AIOP_TRY(const bool tried, TriedBefore(base, offered, incident.id));
  if (tried) return std::optional<model::Change>();
  Candidate candidate = offered;
  auto tree = TreeOf(base, candidate);
  if (!tree) {
    AIOP_CHECK_OK(engine_.TellMotor(
        base.version.plant, base.version.reference, model::SignalType::kError,
        model::Severity::kWarn,
        {{"details", candidate.title + " could not be prepared: " + tree.error().message}}));
    return std::optional<model::Change>();
  }
  candidate.tree = *tree;
  auto drafted = Draft(base, candidate, incident.id, decision.decision_id, "");
  if (!drafted) {
    if (drafted.error().code != Code::kInvalid) return std::unexpected(drafted.error());
    AIOP_CHECK_OK(engine_.TellMotor(
        base.version.plant, base.version.reference, model::SignalType::kValidation,
        model::Severity::kWarn,
        {{"details", candidate.title + " was refused: " + drafted.error().message}}));
    return std::optional<model::Change>();
  }
  AIOP_TRY(model::Change change, Gate(*std::move(drafted)));
  return std::optional(std::move(change));
}

Result<std::optional<model::Change>> Governor::HealMotor(const model::DecisionRecord& decision) {
  const std::lock_guard lock(motors_);
  AIOP_TRY(const auto incident, engine_.CurrentIncident(decision.incident_id));
  AIOP_TRY(const contexts::Motor base, contexts::ActiveMotor(engine_.home(), decision.plant));
  int64_t tried = 0;
  for (const model::PatchSource source : base.manifest.patch_sources) {
    std::vector<Candidate> candidates;
    if (source == model::PatchSource::kPattern) {
      AIOP_TRY(candidates, FromPatterns(base, incident));
    } else if (source == model::PatchSource::kBranch) {
      AIOP_TRY(candidates, FromSource(base));
    } else if (source == model::PatchSource::kUpgrade) {
      AIOP_TRY(candidates, FromUpgrades(base, incident));
    } else if (source == model::PatchSource::kLlm) {
      AIOP_TRY(candidates, FromModel(base, incident, decision));
    }
    for (const Candidate& candidate : candidates) {
      if (engine_.stopping()) return Fail(Code::kCancelled, "aiop is stopping");
      if (tried >= policy_.CandidatesPerIncident()) return std::optional<model::Change>();
      AIOP_TRY(auto change, Try(base, candidate, incident, decision));
      if (!change) continue;
      ++tried;
      AIOP_CHECK_OK(NotePatternUse(*change));
      // Promoted, awaiting approval, on trial, or waiting for the end of another trial.
      if (change->status != model::ChangeState::kRejected &&
          change->status != model::ChangeState::kSuperseded) {
        return change;
      }
    }
  }
  return std::optional<model::Change>();
}

Result<model::Change> Governor::SubmitMotor(const std::string& plant, const std::string& diff,
                                            const std::string& branch, const std::string& by) {
  const std::lock_guard lock(motors_);
  AIOP_TRY(const contexts::Motor base, contexts::ActiveMotor(engine_.home(), plant));
  AIOP_TRY(auto repository, contexts::OpenRepository(engine_.home(), plant));
  Candidate candidate;
  candidate.source = model::PatchSource::kHuman;
  if (!branch.empty()) {
    AIOP_CHECK_OK(repository.Fetch());
    AIOP_TRY(const auto branches, repository.Branches({branch}, base.version.commit));
    if (branches.empty())
      return NotFound("the motor's source has no unmerged branch '" + branch + "'");
    candidate.origin = branches.front().name + "@" + branches.front().commit.substr(0, 12);
    candidate.title = "Merge branch " + branches.front().name;
    candidate.merges = branches.front().commit;
    AIOP_TRY(candidate.tree, MergeOnto(repository, base.version.commit, candidate.merges));
  } else {
    if (diff.size() > kSubmittedDiffBytes)
      return Invalid("the patch is larger than a patch can be");
    candidate.origin = "patch " + std::string(ShortHash(HashBytes(diff)));
    candidate.title = "Patch submitted by " + by;
    auto tree = repository.ApplyPatch(base.version.commit, diff);
    if (!tree)
      return Invalid("the patch does not apply to " + base.version.reference.Text() + ": " +
                     tree.error().message);
    candidate.tree = *tree;
  }
  // The incident it answers, where exactly one of this motor waits for a fix.
  AIOP_TRY(const auto incidents, engine_.home().ledger().ListBy<model::Incident>(
                                     store::Kind<model::Incident>::Field::kPlant, plant));
  std::vector<model::Incident> waiting;
  for (const auto& incident : incidents) {
    if (incident.state != model::IncidentState::kDecided) continue;
    AIOP_TRY(const auto decision,
             engine_.home().ledger().Find<model::DecisionRecord>(incident.decision));
    if (decision && decision->classification != model::Classification::kApp)
      waiting.push_back(incident);
  }
  const std::string incident = waiting.size() == 1 ? waiting.front().id : "";
  const std::string decision = waiting.size() == 1 ? waiting.front().decision : "";
  AIOP_TRY(model::Change change, Draft(base, candidate, incident, decision, by));
  return Gate(std::move(change));
}

Result<model::Change> Governor::SubmitApp(const std::string& app, const std::string& diff,
                                          const std::string& by) {
  contexts::Home& home = engine_.home();
  if (diff.size() > kSubmittedDiffBytes) return Invalid("the patch is larger than a patch can be");
  AIOP_TRY(const model::App record, home.apps().Get<model::App>(app));
  AIOP_TRY(const model::AppVersion current, contexts::VersionOf(home, record.current));
  const auto folder = home.ExperimentFolder() / ("patch-" + NewId());
  auto change = [&]() -> Result<model::Change> {
    AIOP_TRY(const auto spec, contexts::PlaceSpec(home, current, folder));
    process::Command command;
    command.argv = {"git", "apply", "--whitespace=nowarn", "-"};
    command.folder = folder;
    command.environment = process::CleanEnvironment(home.CacheFolder());
    // Never the repository that happens to be around the home.
    command.environment["GIT_CEILING_DIRECTORIES"] = folder.parent_path().string();
    AIOP_TRY(const auto output, process::Run(command, diff, kPatchTimeout, kPatchOutputBytes));
    if (!output.ok())
      return Invalid("the patch does not apply to " + current.reference.Text() + ": " + output.err);
    AIOP_TRY(const auto version,
             contexts::UpdateApp(home, app, {spec}, "owner", "patch submitted by " + by));
    if (version.reference == current.reference) return Invalid("the patch changes nothing");
    model::Change made;
    made.id = NewId();
    made.side = model::Scope::kApp;
    made.plant = record.plant;
    made.app = app;
    made.source = model::PatchSource::kHuman;
    made.origin = "patch " + std::string(ShortHash(HashBytes(diff)));
    made.title = "Patch submitted by " + by;
    made.base_version = current.reference.version;
    made.version = version.reference.version;
    made.candidate = version.root;
    made.candidate_entry = version.entry;
    made.diff = json::ToValidUtf8(diff.substr(0, kDiffLimitBytes));
    made.diff_hash = HashBytes(diff);
    made.submitted_by = by;
    made.status = model::ChangeState::kPromoted;
    made.reason =
        "the app's owner decides about its spec; its runs are retried on the same motor version";
    made.created = made.updated = Now();
    AIOP_CHECK_OK(home.ledger().Put(made, store::Mode::kInsert));
    AIOP_CHECK_OK(app_repair::SupersedeOpen(engine_, app));
    return made;
  }();
  [[maybe_unused]] const Status removed = file::RemoveTree(folder);
  return change;
}

Status Governor::NotAdopted(const model::MotorVersion& outside, const std::string& why) {
  const std::string text = "version " + outside.reference.version +
                           " of the motor's owner (commit " + outside.commit.substr(0, 12) +
                           ") is not used: " + why;
  engine_.Tell({.what = engine::Notice::What::kStep,
                .run = {},
                .name = "source",
                .text = text,
                .event = {}});
  return engine_.TellMotor(outside.plant, outside.reference, model::SignalType::kValidation,
                           model::Severity::kWarn, {{"details", text}});
}

Status Governor::AdoptOutside(const std::string& plant) {
  const std::lock_guard lock(motors_);
  AIOP_TRY(const contexts::Motor active, contexts::ActiveMotor(engine_.home(), plant));
  const auto noticed = contexts::NoticeOutsideVersions(engine_.home(), plant);
  if (!noticed) {
    // A broken source keeps nobody from running what is active.
    engine_.Tell({.what = engine::Notice::What::kStep,
                  .run = {},
                  .name = "source",
                  .text = "the head of the motor's source cannot be used, going on with " +
                          active.version.reference.version + ": " + noticed.error().message,
                  .event = {}});
    return engine_.TellMotor(
        plant, active.version.reference, model::SignalType::kValidation, model::Severity::kWarn,
        {{"details", "the head of the motor's source cannot be used: " + noticed.error().message}});
  }
  for (const auto& outside : *noticed) {
    AIOP_CHECK_OK(engine_.TellMotor(
        plant, outside.reference, model::SignalType::kValidation, model::Severity::kWarn,
        {{"details", "version " + outside.reference.version + " was made outside of aiop (commit " +
                         outside.commit.substr(0, 12) + "): it is gated before it runs"}}));
    AIOP_TRY(const contexts::Motor base, contexts::ActiveMotor(engine_.home(), plant));
    AIOP_TRY(auto repository, contexts::OpenRepository(engine_.home(), plant));
    auto tree = MergeOnto(repository, base.version.commit, outside.commit);
    if (!tree) {
      AIOP_CHECK_OK(NotAdopted(outside, tree.error().message));
      continue;
    }
    Candidate candidate{.source = model::PatchSource::kHuman,
                        .origin = "commit " + outside.commit.substr(0, 12),
                        .title = "Version made outside: commit " + outside.commit.substr(0, 12),
                        .tree = *tree,
                        .merges = outside.commit};
    // Made on top of what is active, with a version of its own: it is taken as it is.
    AIOP_TRY(const bool on_top, repository.IsAncestor(base.version.commit, outside.commit));
    const auto before = version::Parse(base.version.reference.version);
    const auto after = version::Parse(outside.reference.version);
    if (on_top && before && after && *before < *after) candidate.commit = outside.commit;
    AIOP_TRY(const bool tried, TriedBefore(base, candidate, ""));
    if (tried) continue;
    auto change = Draft(base, candidate, "", "", std::string(kMotorOwner));
    if (!change) {
      if (change.error().code != Code::kInvalid) return std::unexpected(change.error());
      AIOP_CHECK_OK(NotAdopted(outside, change.error().message));
      continue;
    }
    AIOP_TRY([[maybe_unused]] const auto gated, Gate(*std::move(change)));
  }
  return {};
}

}  // namespace aiop::governance
