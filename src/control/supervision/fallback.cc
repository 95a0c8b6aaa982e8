// SPDX-License-Identifier: Apache-2.0
// Where no fix is found: on with the version before, if the motor's owner allows that and the
// version is known by experiment to take the app.
#include "control/supervision/impl.h"
#include "core/version/version.h"

namespace aiop::supervision {
namespace {

// The version that this one was made from, or of those that came with the motor the next lower one.
Result<std::optional<model::MotorVersion>> VersionBefore(contexts::Home& home,
                                                         const model::MotorVersion& version) {
  AIOP_TRY(const auto known, home.motors().ListBy<model::MotorVersion>(
                                 store::Kind<model::MotorVersion>::Field::kPlant, version.plant));
  AIOP_TRY(const auto own, version::Parse(version.reference.version));
  std::optional<model::MotorVersion> before;
  std::optional<version::SemanticVersion> highest;
  for (const auto& each : known) {
    if (!version.parent.empty() && each.commit == version.parent) return std::optional(each);
    if (each.status != model::VersionStatus::kAdopted &&
        each.status != model::VersionStatus::kPromoted)
      continue;
    const auto number = version::Parse(each.reference.version);
    if (!number || *number >= own || (highest && *number <= *highest)) continue;
    highest = *number;
    before = each;
  }
  return before;
}

}  // namespace

Result<std::vector<model::Run>> Supervisor::Impl::FallBack(
    const model::DecisionRecord& decision, const std::vector<model::Run>& patching) {
  AIOP_TRY(const contexts::Motor active, contexts::ActiveMotor(home, decision.plant));
  if (active.manifest.fallback != model::Fallback::kPreviousVersion) return patching;
  AIOP_TRY(const auto before, VersionBefore(home, active.version));
  if (!before) return patching;
  AIOP_TRY(const contexts::Motor older,
           contexts::MotorAtCommit(home, decision.plant, before->commit));
  AIOP_TRY(const model::Incident incident, engine.CurrentIncident(decision.incident_id));
  const std::string number = older.version.reference.version;
  std::vector<model::Run> left;
  for (const model::Run& run : patching) {
    // Once: what fails on the version before as well goes back no further.
    if (run.motor_commit != active.version.commit) {
      left.push_back(run);
      continue;
    }
    experiments::Question question;
    question.kind = model::ExperimentKind::kOtherVersion;
    question.run = run;
    AIOP_TRY(question.app, contexts::VersionOf(home, run.app_ctx));
    question.motor = older;
    question.profile = run.profile;
    question.to_the_end = true;
    question.question = "Does " + run.app + " pass on the version before, " + number + "?";
    question.changed = "motor " + run.motor_ctx.version + " -> " + number;
    experiments::Asker asker{incident.id, "", policy.PerIncident(), policy.PerDay()};
    AIOP_TRY(asker.fingerprint, engine.FingerprintOf(incident, run.id));
    AIOP_TRY(const auto experiment, harness.Ask(asker, question));
    if (experiment.result != model::ExperimentResult::kPassed) {
      left.push_back(run);
      continue;
    }
    AIOP_TRY([[maybe_unused]] const auto validating,
             engine.Move(run.id, lifecycle::RunEvent::kPatched,
                         "motor " + number + " took it in experiment " + experiment.id));
    AIOP_TRY([[maybe_unused]] const auto ready,
             engine.PrepareResume(
                 run.id, run.app_ctx, older,
                 {.cause = "goes on on the version before, motor " + number + ": version " +
                           run.motor_ctx.version +
                           " is at fault, no patch source has a fix, and motor.yaml has fallback: "
                           "previous_version"}));
  }
  if (left.size() < patching.size()) {
    AIOP_CHECK_OK(arbiter.SetOutcome(decision.decision_id,
                                     std::string(kFellBack) + " on motor " + number + "; version " +
                                         active.version.reference.version + " has no fix"));
  }
  return left;
}

}  // namespace aiop::supervision
