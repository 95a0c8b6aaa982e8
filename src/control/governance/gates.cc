// SPDX-License-Identifier: Apache-2.0
// The gates of a motor change.
#include <algorithm>
#include <set>

#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "control/governance/governance.h"

namespace aiop::governance {
namespace {

namespace fs = std::filesystem;

// Failing runs a candidate is proven on, at most; the rest is proven by resuming them.
constexpr size_t kProofRuns = 3;
// How often the unpatched run has to fail beside the patched one that passes.
constexpr int kRedRuns = 2;
// How often the patched one is run before another failure counts.
constexpr int kGreenRuns = 3;
// More checkpoints than a run has: from the start.
constexpr int64_t kAllTheWay = 1'000'000;

std::string Last(const std::string& text, size_t bytes) {
  return text.size() <= bytes ? text : "..." + text.substr(text.size() - bytes);
}

model::GateResult MakeResult(std::string_view gate, model::Verdict verdict, std::string details) {
  model::GateResult result;
  result.gate = gate;
  result.verdict = verdict;
  result.details = std::move(details);
  result.at = Now();
  return result;
}

}  // namespace

Result<model::GateResult> Governor::RunCommands(const model::Change& change,
                                                const contexts::Motor& candidate,
                                                std::string_view gate,
                                                const model::CommandList& commands,
                                                const fs::path& checkout) {
  const Stopwatch watch;
  std::string log;
  std::string failure;
  bool missing_sandbox = false;
  for (const auto& command : commands) {
    sandbox::Policy policy;
    policy.bind_writable = {{checkout, checkout}};
    const auto expanded = plants::Expand(command, {{"motor", checkout.string()}});
    auto output = harness_.RunCommand(candidate, expanded, checkout, policy, kGateTimeout);
    std::string line;
    for (const auto& word : command) line += (line.empty() ? "" : " ") + word;
    log += "$ " + line + "\n";
    if (!output) {
      if (output.error().code == Code::kCancelled) return std::unexpected(output.error());
      missing_sandbox = output.error().code == Code::kForbidden;
      failure = line + ": " + output.error().message;
      break;
    }
    log += output->out + output->err + output->exit.Describe() + "\n";
    if (!output->ok()) {
      failure = line + ": " +
                (output->timed_out ? "did not finish in time" : output->exit.Describe()) + "\n" +
                Last(output->err.empty() ? output->out : output->err, 1500);
      break;
    }
  }
  if (missing_sandbox) return Forbidden("gate '" + std::string(gate) + "': " + failure);
  AIOP_TRY(const auto redactor, redact::Redactor::Create(candidate.manifest.redact));
  model::GateResult result = MakeResult(
      gate, failure.empty() ? model::Verdict::kPass : model::Verdict::kFail,
      failure.empty() ? std::to_string(commands.size()) +
                            (commands.size() == 1 ? " command" : " commands") + " exited 0"
                      : json::ToValidUtf8(redactor.Text(failure)));
  AIOP_TRY(result.log, engine_.home().blobs().Put(json::ToValidUtf8(redactor.Text(log))));
  result.elapsed_ms = watch.Elapsed().count();
  result.sandbox = harness_.SandboxName();
  AIOP_CHECK_OK(engine_.TellMotor(
      change.plant, candidate.version.reference, model::SignalType::kValidation,
      failure.empty() ? model::Severity::kInfo : model::Severity::kError,
      {{"details", "gate " + std::string(gate) + " of change " + change.id + ": " + result.details},
       {"gate", std::string(gate)},
       {"change", change.id}}));
  return result;
}

Result<std::vector<model::GateResult>> Governor::RunGolden(const model::Change& change,
                                                           const contexts::Motor& base,
                                                           const contexts::Motor& candidate) {
  std::vector<model::GateResult> results;
  AIOP_TRY(const auto specs, contexts::GoldenSpecs(engine_.home(), base));
  if (specs.empty()) return results;
  AIOP_TRY(const auto checkout, contexts::Checkout(engine_.home(), base));
  // Any run of the plant lends its paths; before the first one there is one that never was.
  AIOP_TRY(const auto runs, engine_.home().ledger().List<model::Run>(
                                {.key = static_cast<int>(store::Kind<model::Run>::Field::kPlant),
                                 .value = change.plant,
                                 .limit = 1}));
  model::Run lent;
  model::AppVersion app;
  if (runs.empty()) {
    lent.id = IdFromHash(HashBytes("golden specs of change " + change.id));
    lent.plant = change.plant;
    lent.app = "golden";
    app.reference = {
        .name = "golden", .version = "0.0.0", .hash = std::string(ShortHash(HashBytes(lent.id)))};
    lent.app_ctx = app.reference;
  } else {
    lent = runs.front();
    AIOP_TRY(app, contexts::VersionOf(engine_.home(), lent.app_ctx));
  }
  const auto& profiles = base.manifest.profiles;
  for (const std::string& spec : specs) {
    experiments::Question question;
    question.kind = model::ExperimentKind::kGoldenApp;
    question.run = lent;
    question.app = app;
    question.motor = candidate;
    question.profile = profiles.empty() ? "" : profiles.front();
    question.spec_file =
        checkout / spec;  // the base's golden spec: the candidate may not redefine what must work
    question.from_scratch = true;
    question.to_the_end = true;
    question.question = "Does the golden spec " + spec + " still work with " +
                        candidate.version.reference.version + "?";
    question.changed = "golden spec and candidate motor";
    const Stopwatch watch;
    AIOP_TRY(const Held held, AskIfHolds(change, question, base));
    auto result = MakeResult("golden", held.verdict, spec + ": " + held.text);
    result.log = held.experiment.transcript;
    result.elapsed_ms = watch.Elapsed().count();
    result.sandbox = held.experiment.sandbox;
    results.push_back(result);
  }
  return results;
}

Result<std::vector<model::Run>> Governor::StandingAt(const std::string& incident) {
  auto& ledger = engine_.home().ledger();
  AIOP_TRY(const auto record, ledger.Get<model::Incident>(incident));
  AIOP_TRY(const auto occurrences, engine_.OccurrencesAt(record));
  std::vector<model::Run> runs;
  for (const auto& each : occurrences) {
    AIOP_TRY(const model::Run run, ledger.Get<model::Run>(each.run));
    const bool twice = std::any_of(runs.begin(), runs.end(), [&](const model::Run& known) {
      return known.id == run.id || (known.app == run.app && known.profile == run.profile);
    });
    if (!twice && run.incident == incident && !run.Ended()) runs.push_back(run);
  }
  std::sort(runs.begin(), runs.end(), [](const model::Run& a, const model::Run& b) {
    return std::tie(a.app, a.profile) < std::tie(b.app, b.profile);
  });
  if (runs.size() > kProofRuns) runs.resize(kProofRuns);
  return runs;
}

Result<std::vector<model::GateResult>> Governor::ProveOnIncident(model::Change& change,
                                                                 const contexts::Motor& base,
                                                                 const contexts::Motor& candidate) {
  std::vector<model::GateResult> results;
  if (change.incident.empty()) return results;
  AIOP_TRY(const auto incident, engine_.home().ledger().Get<model::Incident>(change.incident));
  AIOP_TRY(const auto runs, StandingAt(change.incident));
  const auto ask = [&](const model::Run& run, const contexts::Motor& motor,
                       model::ExperimentKind kind, const std::string& text, int steps_back,
                       bool fresh = false) -> Result<model::Experiment> {
    experiments::Asker asker{incident.id, "", policy_.PerIncident(), policy_.PerDay()};
    AIOP_TRY(asker.fingerprint, engine_.FingerprintOf(incident, run.id));
    experiments::Question question;
    question.steps_back = steps_back;
    question.from_scratch = steps_back > 1;
    question.kind = kind;
    question.run = run;
    AIOP_TRY(question.app, contexts::VersionOf(engine_.home(), run.app_ctx));
    question.motor = motor;
    question.profile = run.profile;
    question.to_the_end = kind == model::ExperimentKind::kCandidate;
    question.question = text;
    question.changed = kind == model::ExperimentKind::kCandidate ? change.title : "";
    question.fresh = fresh;
    AIOP_TRY(auto experiment, harness_.Ask(asker, question));
    if (kind == model::ExperimentKind::kCandidate) measured_.push_back({question, run, experiment});
    return experiment;
  };
  bool some_green = false;
  bool some_red = false;
  bool some_failed = false;
  std::string green;
  std::string red;
  std::string still;  // those that fail as before
  model::GateResult proof;
  for (const model::Run& run : runs) {
    const Stopwatch watch;
    const std::string text =
        "Does " + run.app + " pass with the candidate " + candidate.version.reference.version + "?";
    AIOP_TRY(auto with, ask(run, candidate, model::ExperimentKind::kCandidate, text, 0));
    // A checkpoint that the motor calls safe may hide the fix: one further back, then from the
    // start, before the candidate is called useless.
    for (int back = 1; back <= 2 && with.result == model::ExperimentResult::kSameFailure &&
                       !with.from_checkpoint.empty();
         ++back) {
      AIOP_TRY(with, ask(run, candidate, model::ExperimentKind::kCandidate, text, back));
      if (with.result == model::ExperimentResult::kPassed) {
        change.steps_back = back > 1 ? kAllTheWay : back;
      }
    }
    // Another failure may be chance.
    for (int i = 1; i < kGreenRuns && with.result == model::ExperimentResult::kOtherFailure; ++i) {
      AIOP_TRY(with, ask(run, candidate, model::ExperimentKind::kCandidate, text, 0, true));
    }
    green += (green.empty() ? "" : "; ") + run.app +
             (run.profile.empty() ? "" : "/" + run.profile) + ": " + with.answer;
    if (with.result == model::ExperimentResult::kPassed && !some_green) {
      // Asked anew, and more than once: a failure that comes and goes is healed by nothing.
      bool still_red = true;
      for (int i = 0; i < kRedRuns && still_red; ++i) {
        AIOP_TRY(const auto without,
                 ask(run, base, model::ExperimentKind::kControl,
                     "Does " + run.app + " still fail without the patch?", 0, true));
        red = run.app + ": " + without.answer;
        still_red = without.result == model::ExperimentResult::kSameFailure;
      }
      some_red = still_red;
      some_green = true;
    }
    some_failed = some_failed || with.result == model::ExperimentResult::kOtherFailure;
    if (with.result == model::ExperimentResult::kSameFailure) {
      still += (still.empty() ? "" : ", ") + run.app;
    }
    proof.elapsed_ms += watch.Elapsed().count();
    proof.log = with.transcript;
    proof.sandbox = with.sandbox;
    // The first that fails as before is proof enough against it.
    if (!still.empty()) break;
  }
  if (runs.empty()) {
    results.push_back(MakeResult("green_with", model::Verdict::kInconclusive,
                                 "no run stands at the incident any more"));
    return results;
  }
  if (some_green) {
    results.push_back(
        MakeResult("red_without", some_red ? model::Verdict::kPass : model::Verdict::kFail, red));
  }
  const bool heals = some_green && still.empty();
  // Nobody could be asked: that is no proof in either direction.
  const bool unknown = !heals && still.empty() && !some_failed;
  auto result = MakeResult(
      "green_with",
      heals     ? model::Verdict::kPass
      : unknown ? model::Verdict::kInconclusive
                : model::Verdict::kFail,
      (some_green && !heals ? "it heals some apps only, not " + still + ": " : "") + green);
  result.log = proof.log;
  result.elapsed_ms = proof.elapsed_ms;
  result.sandbox = proof.sandbox;
  results.push_back(std::move(result));
  return results;
}

Result<model::GateResult> Governor::ReRunPassing(const model::Change& change,
                                                 const contexts::Motor& base,
                                                 const contexts::Motor& candidate) {
  AIOP_TRY(auto runs, engine_.home().ledger().ListBy<model::Run>(
                          store::Kind<model::Run>::Field::kPlant, change.plant));
  std::erase_if(runs, [&](const model::Run& run) {
    return run.shadow || run.state != model::RunState::kSuccess ||
           run.motor_ctx.version != change.base_version;
  });
  std::sort(runs.begin(), runs.end(), [](const model::Run& a, const model::Run& b) {
    return std::tie(a.profile, a.app, a.id) < std::tie(b.profile, b.app, b.id);
  });
  // Spread over the profiles of the runs: one of each before a second of any.
  std::set<std::string> profiles;
  for (const auto& run : runs) profiles.insert(run.profile);
  std::vector<model::Run> chosen;
  for (size_t round = 0;
       chosen.size() < static_cast<size_t>(policy_.RegressionRuns()) && round < runs.size();
       ++round) {
    for (const auto& profile : profiles) {
      size_t seen = 0;
      for (const auto& run : runs) {
        if (run.profile == profile && seen++ == round &&
            chosen.size() < static_cast<size_t>(policy_.RegressionRuns())) {
          chosen.push_back(run);
        }
      }
    }
  }
  const Stopwatch watch;
  std::string details;
  model::Verdict verdict = chosen.empty() ? model::Verdict::kInconclusive : model::Verdict::kPass;
  for (const model::Run& run : chosen) {
    experiments::Question question;
    question.kind = model::ExperimentKind::kRegression;
    question.run = run;
    AIOP_TRY(question.app, contexts::VersionOf(engine_.home(), run.app_ctx));
    question.motor = candidate;
    question.profile = run.profile;
    question.to_the_end = true;
    question.question = "Does " + run.app + ", which passed on " + run.motor_ctx.version +
                        ", pass with the candidate?";
    question.changed = change.title;
    AIOP_TRY(const Held held, AskIfHolds(change, question, base));
    measured_.push_back({question, run, held.experiment});
    details += (details.empty() ? "" : "; ") + run.app +
               (run.profile.empty() ? "" : "/" + run.profile) + ": " + held.text;
    if (held.verdict == model::Verdict::kPass) continue;
    verdict = held.verdict;
    break;
  }
  if (chosen.empty()) details = "no run passed on " + change.base_version + " yet";
  auto result = MakeResult("regression", verdict, details);
  // Nothing to compare with is told, and holds nothing up.
  result.blocks = !chosen.empty();
  result.elapsed_ms = watch.Elapsed().count();
  result.sandbox = harness_.SandboxName();
  return result;
}

}  // namespace aiop::governance
