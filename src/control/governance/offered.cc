// SPDX-License-Identifier: Apache-2.0
// What a motor offers, and whether the number of a change says what it does to that.
#include <algorithm>
#include <set>

#include "control/governance/governance.h"
#include "core/interface/interface.h"

namespace aiop::governance {
namespace {

Result<interface::Interface> InterfaceOf(const motors::Repository& repository,
                                         const std::string& revision,
                                         const model::MotorManifest& manifest) {
  interface::Interface offered{.name = manifest.name,
                               .profiles = manifest.profiles,
                               .dialects = manifest.accepts.dialects,
                               .schema = std::nullopt,
                               .artifacts = {}};
  if (manifest.accepts.schema.empty()) return offered;
  const auto text = repository.ReadFile(revision, manifest.accepts.schema);
  if (!text && text.error().code != Code::kNotFound) return std::unexpected(text.error());
  if (!text) return offered;
  AIOP_TRY(offered.schema, json::Parse(*text));
  return offered;
}

}  // namespace

model::GateResult SemverResult(model::Verdict verdict, std::string details) {
  model::GateResult result;
  result.gate = "semver";
  result.verdict = verdict;
  result.details = std::move(details);
  result.at = Now();
  return result;
}

Result<Numbered> NumberOf(const motors::Repository& repository, const contexts::Motor& base,
                          const std::string& tree, const model::MotorManifest& manifest) {
  AIOP_TRY(const auto current, version::Parse(base.manifest.version));
  AIOP_TRY(const auto claimed, version::Parse(manifest.version));
  AIOP_TRY(const auto before, InterfaceOf(repository, base.version.commit, base.manifest));
  auto after = InterfaceOf(repository, tree, manifest);
  if (!after) {
    return Invalid(manifest.accepts.schema + ": " + after.error().message);
  }
  const auto difference = interface::Compare(before, *after);
  const auto derived = version::Bump(current, difference.bump);
  const std::string why = version::Text(derived) + " (" + difference.Text() + ")";
  if (manifest.version == base.manifest.version) {
    return Numbered{derived, SemverResult(model::Verdict::kPass, "derived: " + why)};
  }
  if (claimed <= current || claimed < derived) {
    return Numbered{derived, SemverResult(model::Verdict::kFail,
                                          "the patch says version " + manifest.version + " after " +
                                              base.manifest.version +
                                              ", but what it changes needs at least " + why)};
  }
  return Numbered{claimed,
                  SemverResult(model::Verdict::kPass,
                               "the patch says " + manifest.version + ", at least " + why)};
}

// Roles of what a run made and an experiment did not.
Result<std::vector<std::string>> Governor::MissingIn(const model::Run& run,
                                                     const model::Experiment& experiment) {
  AIOP_TRY(const auto made, engine_.home().apps().ListBy<model::Artifact>(
                                store::Kind<model::Artifact>::Field::kRun, run.id));
  std::vector<std::string> missing;
  for (const auto& artifact : made) {
    const bool still = std::ranges::binary_search(experiment.artifacts, artifact.role);
    if (!still) missing.push_back(artifact.role);
  }
  return missing;
}

// What the same runs made on the base and do not make any more is taken away from whoever used it.
Result<std::vector<model::GateResult>> Governor::CheckArtifacts(const model::Change& change) {
  std::vector<model::GateResult> results;
  std::set<std::string> lost;
  bool compared = false;
  const auto measured = measured_;
  for (const auto& each : measured) {
    // Of a run that failed on the base nothing is known.
    const bool known = each.run.motor_ctx.version == change.base_version &&
                       each.run.state == model::RunState::kSuccess;
    if (!known || each.experiment.result != model::ExperimentResult::kPassed) continue;
    AIOP_TRY(auto missing, MissingIn(each.run, each.experiment));
    if (!missing.empty() && !each.experiment.from_checkpoint.empty()) {
      // It made the rest only: from the start.
      experiments::Question whole = each.question;
      whole.from_scratch = true;
      AIOP_TRY(const auto experiment,
               harness_.Ask({change.incident, "", policy_.PerIncident(), policy_.PerDay()}, whole));
      if (experiment.result != model::ExperimentResult::kPassed) continue;
      AIOP_TRY(missing, MissingIn(each.run, experiment));
    }
    compared = true;
    lost.insert(missing.begin(), missing.end());
  }
  if (!compared) return results;
  AIOP_TRY(const auto before, version::Parse(change.base_version));
  AIOP_TRY(const auto after, version::Parse(change.version));
  std::string named;
  for (const auto& role : lost) named += (named.empty() ? "'" : ", '") + role + "'";
  const bool says_so = lost.empty() || after.major > before.major;
  results.push_back(SemverResult(says_so ? model::Verdict::kPass : model::Verdict::kFail,
                                 lost.empty()
                                     ? "the artifacts that were made are still made"
                                     : "artifacts of role " + named +
                                           " are not made any more: that is breaking, and " +
                                           change.version + " is no new major version"));
  return results;
}

}  // namespace aiop::governance
