// SPDX-License-Identifier: Apache-2.0
// Turns a wish of the policy into an experiment.
#include <tuple>

#include "control/arbitration/arbitration.h"
#include "core/twin/twin.h"

namespace aiop::arbitration {
namespace {

Result<model::AppVersion> FindVersion(contexts::Home& home, const std::string& app,
                                      const std::string& number) {
  AIOP_TRY(const auto versions,
           home.apps().ListBy<model::AppVersion>(store::Kind<model::AppVersion>::Field::kApp, app));
  for (const auto& each : versions) {
    if (each.reference.version == number) return each;
  }
  return NotFound("app '" + app + "' has no version " + number);
}

// A motor version that is known to take the failing app as it is.
std::optional<std::string> VersionThatTakes(const policy::Evidence& evidence) {
  for (const auto& experiment : evidence.experiments) {
    if (experiment.kind == model::ExperimentKind::kOtherVersion &&
        experiment.result == model::ExperimentResult::kPassed) {
      return experiment.motor_ctx.version;
    }
  }
  for (const auto& sighting : evidence.sightings) {
    if (sighting.app == evidence.app && sighting.app_version == evidence.app_version &&
        sighting.profile == evidence.profile && !sighting.failed && !sighting.shadowed &&
        sighting.motor_version != evidence.motor_version) {
      return sighting.motor_version;
    }
  }
  return std::nullopt;
}

}  // namespace

Result<model::Experiment> Arbiter::Fulfil(const policy::Evidence& evidence, const model::Run& run,
                                          const contexts::Motor& motor, const policy::Wish& wish) {
  contexts::Home& home = engine_.home();
  experiments::Asker asker{.incident = evidence.incident.id,
                           .fingerprint = "",
                           .left = policy_.PerIncident(),
                           .per_day = policy_.PerDay()};
  for (const auto& each : evidence.experiments) asker.left.Take(each.plant_ms, each.usage);
  AIOP_TRY(asker.fingerprint, engine_.FingerprintOf(evidence.incident, run.id));
  experiments::Question question;
  question.kind = wish.kind;
  question.run = run;
  question.motor = motor;
  question.profile = run.profile;
  question.question = wish.question;
  AIOP_TRY(question.app, contexts::VersionOf(home, run.app_ctx));
  using enum model::ExperimentKind;
  switch (wish.kind) {
    case kDeclared:
    case kValidators: {
      if (wish.motor_version != run.motor_ctx.version && !wish.motor_version.empty()) {
        AIOP_TRY(const auto other, contexts::MotorAt(home, run.plant, wish.motor_version));
        return wish.kind == kDeclared ? harness_.AskDeclared(asker, run, question.app, other)
                                      : harness_.AskValidators(asker, run, question.app, other);
      }
      if (!wish.app.empty() && wish.app != run.app) {
        AIOP_TRY(question.app, contexts::CurrentVersion(home, wish.app));
      }
      return wish.kind == kDeclared ? harness_.AskDeclared(asker, run, question.app, motor)
                                    : harness_.AskValidators(asker, run, question.app, motor);
    }
    case kControl:
      break;
    case kOtherVersion: {
      AIOP_TRY(question.motor, contexts::MotorAt(home, run.plant, wish.motor_version));
      question.changed = "motor " + run.motor_ctx.version + " -> " + wish.motor_version;
      break;
    }
    case kPendingFix: {
      auto fixed = fixes_->With(motor, wish.fix, evidence.incident);
      question.changed = wish.fix;
      if (!fixed) return harness_.Impossible(asker, question, fixed.error().message);
      std::tie(question.motor, question.changed) = *std::move(fixed);
      question.from_scratch = true;  // a checkpoint may hide what the fix does
      break;
    }
    case kRepairedTwin:
      return FulfilTwin(asker, run, motor, wish);
    case kReducedSpec:
      return FulfilReduced(asker, evidence, run, motor, wish);
    case kOtherMotor: {
      AIOP_TRY(question.motor, contexts::ActiveMotor(home, wish.plant));
      const auto& profiles = question.motor.manifest.profiles;
      question.profile = profiles.empty() ? "" : profiles.front();
      question.from_scratch = true;
      question.to_the_end = true;
      question.changed = "motor " + motor.manifest.name + " -> " + wish.plant;
      break;
    }
    case kOtherApp: {
      AIOP_TRY(question.app, contexts::CurrentVersion(home, wish.app));
      question.from_scratch = true;
      question.changed = "app " + run.app + " -> " + wish.app;
      break;
    }
    case kGoldenApp: {
      AIOP_TRY(const auto checkout, contexts::Checkout(home, motor));
      question.spec_file = checkout / wish.golden;
      question.from_scratch = true;
      question.to_the_end = true;
      question.changed = "golden spec " + wish.golden + " instead of the app's";
      break;
    }
    case kOtherProfile:
      question.profile = wish.profile;
      question.from_scratch = true;
      question.changed = "profile " + run.profile + " -> " + wish.profile;
      break;
    case kEarlierRevision: {
      AIOP_TRY(question.app, FindVersion(home, run.app, wish.app_version));
      question.changed = "app " + run.app_ctx.version + " -> " + wish.app_version;
      break;
    }
    case kCandidate:
    case kRegression:
      return Internal("the policy wished for an experiment that only gates make");
  }
  return harness_.Ask(asker, question);
}

Result<experiments::Question> Arbiter::AboutSpec(const model::Run& run,
                                                 const contexts::Motor& motor,
                                                 const policy::Wish& wish) {
  experiments::Question question;
  question.kind = wish.kind;
  question.run = run;
  question.motor = motor;
  question.profile = run.profile;
  question.question = wish.question;
  AIOP_TRY(question.app, contexts::VersionOf(engine_.home(), run.app_ctx));
  return question;
}

// The failing run again and again, each time with less of the spec.
Result<model::Experiment> Arbiter::FulfilReduced(experiments::Asker asker,
                                                 const policy::Evidence& evidence,
                                                 const model::Run& run,
                                                 const contexts::Motor& motor,
                                                 const policy::Wish& wish) {
  AIOP_TRY(experiments::Question question, AboutSpec(run, motor, wish));
  if (question.app.entry.empty()) {
    return harness_.Impossible(asker, question, "not reduced: the spec is a folder");
  }
  AIOP_TRY(const std::string original,
           snapshot::ReadFile(engine_.home().blobs(), question.app.root, question.app.entry));
  std::optional<contexts::Motor> takes_it;
  if (const auto version = VersionThatTakes(evidence)) {
    AIOP_TRY(takes_it, contexts::MotorAt(engine_.home(), run.plant, *version));
  }
  const auto ask = [&](const contexts::Motor& on) -> Result<model::Experiment> {
    question.motor = on;
    AIOP_TRY(auto experiment, harness_.Ask(asker, question));
    asker.left.Take(experiment.plant_ms, experiment.usage);
    return experiment;
  };
  std::optional<model::Experiment> last;
  const auto still_fails = [&](std::string_view text) -> Result<bool> {
    question.spec_text = text;
    question.changed = "the spec is cut down to " + std::to_string(text.size()) + " of " +
                       std::to_string(original.size()) + " bytes";
    AIOP_TRY(auto experiment, ask(motor));
    if (experiment.result != model::ExperimentResult::kSameFailure) return false;
    // Cutting can break a spec in a way of its own: what takes the whole has to take the rest.
    if (takes_it) {
      AIOP_TRY(const auto elsewhere, ask(*takes_it));
      if (elsewhere.result != model::ExperimentResult::kPassed) return false;
    }
    last = std::move(experiment);
    return true;
  };
  auto shrunk = twin::Shrink(original, still_fails, static_cast<int>(policy_.ReductionRuns()));
  if (!shrunk && shrunk.error().code == Code::kInvalid) {
    return harness_.Impossible(asker, question, "not reduced: " + shrunk.error().message);
  }
  if (!shrunk) return std::unexpected(shrunk.error());
  if (!last) return harness_.Impossible(asker, question, "nothing of the spec can be left out");
  AIOP_TRY(const auto opinion, harness_.Validate(motor, shrunk->cutting.text, question.app.entry));
  last->findings = opinion.accepted ? std::vector<model::Finding>() : opinion.findings;
  return harness_.KeepReduced(*std::move(last), shrunk->cutting.text);
}

Result<model::Experiment> Arbiter::FulfilTwin(const experiments::Asker& asker,
                                              const model::Run& run, const contexts::Motor& motor,
                                              const policy::Wish& wish) {
  contexts::Home& home = engine_.home();
  AIOP_TRY(experiments::Question question, AboutSpec(run, motor, wish));
  const auto impossible = [&](const std::string& why) -> Result<model::Experiment> {
    return harness_.Impossible(asker, question, "no repaired twin: " + why);
  };
  if (question.app.entry.empty()) return impossible("the spec is a folder");
  AIOP_TRY(const std::string original,
           snapshot::ReadFile(home.blobs(), question.app.root, question.app.entry));
  const auto validator = [&](std::string_view text) -> Result<twin::Opinion> {
    AIOP_TRY(const auto opinion, harness_.Validate(motor, text, question.app.entry));
    twin::Opinion out{.accepted = opinion.accepted, .pointers = {}};
    for (const auto& finding : opinion.findings) {
      if (!finding.path.empty()) out.pointers.push_back(finding.path);
    }
    return out;
  };
  auto repaired = twin::Repair(original, validator);
  if (!repaired) return impossible(repaired.error().message);
  if (!wish.motor_version.empty() && wish.motor_version != run.motor_ctx.version) {
    AIOP_TRY(question.motor, contexts::MotorAt(home, run.plant, wish.motor_version));
  }
  question.spec_text = repaired->text;
  question.changed = "cut from the spec:";
  for (size_t i = 0; i < repaired->cut.size() && i < 20; ++i)
    question.changed += " " + repaired->cut[i];
  if (repaired->cut.size() > 20)
    question.changed += " and " + std::to_string(repaired->cut.size() - 20) + " more";
  return harness_.Ask(asker, question);
}

}  // namespace aiop::arbitration
