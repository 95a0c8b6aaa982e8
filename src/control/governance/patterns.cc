// SPDX-License-Identifier: Apache-2.0
// The patch source `pattern`: fixes that were confirmed before, carried out on the motor as it is
// now.
#include <algorithm>

#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "control/governance/governance.h"
#include "control/upgrade/upgrade.h"
#include "core/fingerprint/fingerprint.h"
#include "core/learning/learning.h"

namespace aiop::governance {
namespace {

constexpr const char* kManifestFile = "motor.yaml";
constexpr const char* kChangelogFile = "CHANGELOG.md";

using contexts::Home;
using Files = std::map<std::string, std::optional<std::string>>;

std::optional<std::string> Content(const motors::Repository& repository,
                                   const std::string& revision, const std::string& path) {
  auto content = repository.ReadFile(revision, path);
  if (!content) return std::nullopt;
  return *std::move(content);
}

// What a change did to its base, but for the number and the changelog of the version it became.
Result<std::string> TreeOfFix(motors::Repository& repository, const model::Change& change) {
  AIOP_TRY(const std::string manifest, repository.ReadFile(change.candidate, kManifestFile));
  AIOP_TRY(const std::string as_before, WithVersion(manifest, change.base_version));
  Files files{{kManifestFile, as_before}};
  const auto before = Content(repository, change.base_commit, kChangelogFile);
  const auto after = Content(repository, change.candidate, kChangelogFile);
  if (before != after) files[kChangelogFile] = before;
  return repository.WithFiles(change.candidate, files);
}

Result<model::Recipe> RecipeOf(Home& home, const model::Change& change) {
  if (change.source == model::PatchSource::kUpgrade) {
    const auto step = learning::ParseUpgrade("npm " + change.origin);
    if (step) {
      return model::Recipe{.kind = model::RecipeKind::kUpgrade,
                           .text = learning::Text(*step),
                           .paths = change.changed_paths};
    }
  }
  AIOP_TRY(auto repository, contexts::OpenRepository(home, change.plant));
  AIOP_TRY(const std::string tree, TreeOfFix(repository, change));
  model::Recipe recipe;
  AIOP_TRY(recipe.paths, repository.ChangedPaths(change.base_commit, tree));
  if (recipe.paths.empty()) return recipe;
  AIOP_TRY(recipe.text, repository.Diff(change.base_commit, tree));
  if (recipe.text.size() > kDiffLimitBytes || recipe.text != json::ToValidUtf8(recipe.text)) {
    recipe.text.clear();  // nothing that a record can hold
  }
  return recipe;
}

// One file of the fix, on the file as it is now; nothing to do is no entry.
Status MergeFile(const motors::FileConflict& file, bool was_there, bool stays,
                 const std::optional<std::string>& now, Files& files) {
  const auto conflict = [&](const std::string& why) {
    return Fail(Code::kConflict, file.path + " " + why);
  };
  if (!stays) {
    if (!now) return {};
    if (*now != file.ancestor) return conflict("has changed, and the fix deletes it");
    files[file.path] = std::nullopt;
    return {};
  }
  if (now && *now == file.theirs) return {};
  if (!was_there) {
    if (now) return conflict("is there already, and the fix adds it");
    files[file.path] = file.theirs;
    return {};
  }
  if (!now) return conflict("is not there any more");
  if (*now == file.ancestor) {
    files[file.path] = file.theirs;
    return {};
  }
  auto merged = motors::MergeText(file, motors::Overlap::kConflicts);
  if (!merged) return conflict("has changed in the same place");
  if (*merged != *now) files[file.path] = *std::move(merged);
  return {};
}

// The fix as a change of then, merged three-way with the motor of now.
Result<std::string> MergeFix(Home& home, const model::Change& then, motors::Repository& repository,
                             const std::string& now) {
  AIOP_TRY(auto source, contexts::OpenRepository(home, then.plant));
  AIOP_TRY(const std::string fixed, TreeOfFix(source, then));
  AIOP_TRY(const auto paths, source.ChangedPaths(then.base_commit, fixed));
  AIOP_TRY(const auto entries, repository.ListFiles(now));
  std::vector<std::string> names;
  for (const auto& entry : entries) names.push_back(entry.path);
  Files files;
  for (const std::string& path : paths) {
    const auto before = Content(source, then.base_commit, path);
    const auto after = Content(source, fixed, path);
    // A new file goes where it was; one that is changed may have moved.
    const std::string place = before ? learning::PlaceOf(path, names).value_or(path) : path;
    const auto current = Content(repository, now, place);
    const motors::FileConflict file{.path = place,
                                    .ancestor = before.value_or(""),
                                    .ours = current.value_or(""),
                                    .theirs = after.value_or("")};
    AIOP_CHECK_OK(MergeFile(file, before.has_value(), after.has_value(), current, files));
  }
  if (files.empty()) return Fail(Code::kConflict, "the motor has this fix already");
  return repository.WithFiles(now, files);
}

// At least the version that healed: that one, else the next that can be had.
Result<std::string> Upgraded(Home& home, motors::Repository& repository, const std::string& now,
                             const model::Recipe& recipe) {
  const auto step = learning::ParseUpgrade(recipe.text);
  if (!step) return Invalid("'" + recipe.text + "' is no upgrade");
  AIOP_TRY(const auto wanted, version::Parse(step->to));
  const auto npm = upgrade::MakeNpm(home.CacheFolder());
  if (!npm->Serves(repository, now)) return Fail(Code::kConflict, "the motor uses no npm");
  AIOP_TRY(const auto pins, npm->Pins(repository, now));
  const auto pin = std::ranges::find(pins, step->dependency, &decltype(pins)::value_type::first);
  if (pin == pins.end()) {
    return Fail(Code::kConflict, "the motor does not pin " + step->dependency);
  }
  AIOP_TRY(const auto pinned, version::Parse(pin->second));
  if (!(pinned < wanted)) return Fail(Code::kConflict, "the motor has this upgrade already");
  upgrade::Upgrade attempt{"npm", step->dependency, pin->second, step->to};
  auto tree = npm->Apply(repository, now, attempt);
  if (tree) return tree;
  AIOP_TRY(const auto published, npm->Published(step->dependency));
  for (const std::string& each : published) {
    const auto newer = version::Parse(each);
    if (!newer || !(wanted < *newer) || newer->major != wanted.major) continue;
    attempt.to = each;
    return npm->Apply(repository, now, attempt);
  }
  return tree;
}

// The tree of the motor with the recipe carried out. kConflict: it does not fit the motor.
Result<std::string> CarryOut(Home& home, const contexts::Motor& motor,
                             const model::Pattern& pattern) {
  AIOP_TRY(auto repository, contexts::OpenRepository(home, motor.version.plant));
  const std::string& now = motor.version.commit;
  if (pattern.recipe.kind == model::RecipeKind::kUpgrade) {
    return Upgraded(home, repository, now, pattern.recipe);
  }
  auto applied = repository.ApplyPatch(now, pattern.recipe.text);
  if (applied) return applied;
  // The motor has moved: the fixes themselves say more than their diff. The newest first, those of
  // this plant before others.
  std::vector<model::PatternUse> uses;
  for (const bool here : {true, false}) {
    for (auto use = pattern.uses.rbegin(); use != pattern.uses.rend(); ++use) {
      if ((use->plant == motor.version.plant) == here) uses.push_back(*use);
    }
  }
  Status why = std::unexpected(applied.error());
  for (const model::PatternUse& use : uses) {
    if (use.outcome != "healed") continue;
    AIOP_TRY(const auto then, home.ledger().Find<model::Change>(use.change));
    if (!then || then->candidate.empty()) continue;
    auto merged = MergeFix(home, *then, repository, now);
    if (merged) return merged;
    why = std::unexpected(merged.error());
  }
  return std::unexpected(why.error());
}

// The failure without the motor's name, from its whole text.
Result<std::string> FamilyOf(Home& home, const model::Incident& incident) {
  AIOP_TRY(const auto events, home.ledger().ListBy<model::StoredEvent>(
                                  store::Kind<model::StoredEvent>::Field::kIncident, incident.id));
  const std::string text = events.empty() ? incident.example : events.front().envelope.Details();
  return fingerprint::Of("", incident.signal_type, text).id;
}

Result<learning::Failure> FailureOf(Home& home, const contexts::Motor& motor,
                                    const model::Incident& incident) {
  learning::Failure failure{.plant = incident.plant, .components = motor.manifest.components};
  AIOP_TRY(const auto others, home.ledger().ListBy<model::Incident>(
                                  store::Kind<model::Incident>::Field::kPlant, incident.plant));
  for (const auto& each : others) {
    AIOP_TRY(const auto current, engine::CurrentIncident(home.ledger(), each.id));
    if (current.id != incident.id) continue;
    failure.fingerprints.insert(each.fingerprint);
    AIOP_TRY(std::string family, FamilyOf(home, each));
    failure.families.insert(std::move(family));
  }
  return failure;
}

// From the decision, or the submission of the patch, to the moment it was the active version.
Result<int64_t> ElapsedOf(Home& home, const model::Change& change) {
  Timestamp from = change.created;
  if (!change.decision.empty()) {
    AIOP_TRY(const auto decision, home.ledger().Find<model::DecisionRecord>(change.decision));
    if (decision) from = decision->created;
  }
  AIOP_TRY(const auto moves, home.motors().ListBy<model::PointerMove>(
                                 store::Kind<model::PointerMove>::Field::kPlant, change.plant));
  for (const auto& move : moves) {
    if (move.because.starts_with("change " + change.id))
      return std::max<int64_t>(0, (move.at - from).count());
  }
  return 0;
}

Result<model::PatternUse> UseOf(Home& home, const model::Change& change,
                                const std::string& outcome) {
  model::PatternUse use;
  use.change = change.id;
  use.plant = change.plant;
  use.incident = change.incident;
  use.outcome = outcome;
  AIOP_TRY(use.elapsed_ms, ElapsedOf(home, change));
  use.at = change.created;
  return use;
}

// The pattern of a fix that nobody learned yet; the one that is there, if the same fix was
// confirmed for the same failure before.
Result<std::optional<model::Pattern>> NewPattern(Home& home, const model::Change& change,
                                                 Timestamp now) {
  const std::string id = IdFromHash(HashBytes("pattern of change " + change.id));
  AIOP_TRY(auto known, home.ledger().Find<model::Pattern>(id));
  if (known) return known;
  model::Pattern pattern;
  AIOP_TRY(pattern.recipe, RecipeOf(home, change));
  if (pattern.recipe.text.empty()) return std::optional<model::Pattern>();
  AIOP_TRY(const auto incident, home.ledger().Get<model::Incident>(change.incident));
  AIOP_TRY(const auto alike,
           home.ledger().ListBy<model::Pattern>(store::Kind<model::Pattern>::Field::kFingerprint,
                                                incident.fingerprint));
  for (const auto& each : alike) {
    const bool same =
        each.side == model::Scope::kMotor && each.state != model::PatternState::kDemoted &&
        each.recipe.kind == pattern.recipe.kind && each.recipe.text == pattern.recipe.text;
    if (same) return std::optional(each);
  }
  AIOP_TRY(const contexts::Motor base,
           contexts::MotorAtCommit(home, change.plant, change.base_commit));
  pattern.id = id;
  pattern.fingerprint = incident.fingerprint;
  AIOP_TRY(pattern.family, FamilyOf(home, incident));
  pattern.title = incident.title;
  pattern.plant = change.plant;
  pattern.components = base.manifest.components;
  pattern.created = pattern.updated = now;
  return std::optional(std::move(pattern));
}

std::string OriginOf(const model::Pattern& pattern) {
  return pattern.id + " v" + std::to_string(pattern.version);
}

}  // namespace

Result<std::vector<Candidate>> Governor::FromPatterns(const contexts::Motor& motor,
                                                      const model::Incident& incident) {
  Home& home = engine_.home();
  std::vector<Candidate> candidates;
  AIOP_TRY(const auto all, home.ledger().List<model::Pattern>());
  if (all.empty()) return candidates;
  AIOP_TRY(const auto failure, FailureOf(home, motor, incident));
  std::vector<model::Pattern> fitting;
  for (const auto& each : all) {
    if (learning::WhyTry(each, failure)) fitting.push_back(each);
  }
  learning::Rank(fitting);
  for (const model::Pattern& pattern : fitting) {
    auto tree = CarryOut(home, motor, pattern);
    if (!tree) {
      if (tree.error().code == Code::kCancelled) return std::unexpected(tree.error());
      AIOP_CHECK_OK(engine_.TellMotor(
          motor.version.plant, motor.version.reference, model::SignalType::kValidation,
          model::Severity::kWarn,
          {{"details", "the learned fix " + pattern.id +
                           " cannot be carried out on this version: " + tree.error().message},
           {"pattern", pattern.id}}));
      continue;
    }
    candidates.push_back({.source = model::PatchSource::kPattern,
                          .origin = OriginOf(pattern),
                          .title = "Learned fix of: " + pattern.title + " (" +
                                   *learning::WhyTry(pattern, failure) + ")",
                          .tree = *tree,
                          .pattern = pattern.id});
  }
  return candidates;
}

Status Governor::NotePatternUse(const model::Change& change) {
  if (change.pattern.empty()) return {};
  AIOP_TRY(auto pattern, engine_.home().ledger().Find<model::Pattern>(change.pattern));
  if (!pattern) return {};
  const bool refused = change.status == model::ChangeState::kRejected ||
                       change.status == model::ChangeState::kSuperseded;
  AIOP_TRY(const auto use, UseOf(engine_.home(), change, refused ? "refused" : "trying"));
  learning::NoteUse(*pattern, use);
  return engine_.home().ledger().Put(*pattern);
}

Result<std::optional<model::Pattern>> Governor::Confirmed(const model::Change& change) {
  Home& home = engine_.home();
  const Timestamp now = Now();
  std::optional<model::Pattern> pattern;
  if (!change.pattern.empty()) {
    AIOP_TRY(pattern, home.ledger().Find<model::Pattern>(change.pattern));
  }
  if (pattern && pattern->recipe.kind == model::RecipeKind::kDiff) {
    AIOP_TRY(const auto recipe, RecipeOf(home, change));
    learning::Retarget(*pattern, recipe, now);
  }
  if (!pattern) {
    AIOP_TRY(pattern, NewPattern(home, change, now));
  }
  if (!pattern) return pattern;
  AIOP_TRY(const auto use, UseOf(home, change, "healed"));
  learning::Confirm(*pattern, use, policy_.Governing().confirmations, now);
  return pattern;
}

Result<std::vector<model::Pattern>> Governor::Refuted(const model::Change& change,
                                                      const std::string& because) {
  Home& home = engine_.home();
  std::vector<model::Pattern> refuted;
  AIOP_TRY(const auto all, home.ledger().List<model::Pattern>());
  for (model::Pattern each : all) {
    const bool of_it =
        each.id == change.pattern ||
        std::ranges::find(each.uses, change.id, &model::PatternUse::change) != each.uses.end();
    if (!of_it) continue;
    AIOP_TRY(const auto use, UseOf(home, change, "not_healed"));
    learning::Fail(each, use, because, Now());
    refuted.push_back(std::move(each));
  }
  return refuted;
}

}  // namespace aiop::governance
