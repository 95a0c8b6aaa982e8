// SPDX-License-Identifier: Apache-2.0
// The gates of a motor change.
#include <algorithm>

#include "base/identity/identity.h"
#include "control/governance/governance.h"

namespace aiop::governance {
namespace {

namespace fs = std::filesystem;

// Failing runs a candidate is proven on, at most; the rest is proven by resuming them.
constexpr size_t kProofRuns = 3;
// How often the unpatched run has to fail beside the patched one that passes.
constexpr int kRedRuns = 2;
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

// The scripts of a package.json, as canonical text: what `npm test` and its like run.
std::string ScriptsOf(const motors::Repository& repository, const std::string& revision) {
  const auto text = repository.ReadFile(revision, "package.json");
  if (!text) return "";
  const auto value = json::Parse(*text);
  const json::Value* scripts = value ? json::Member(*value, "scripts") : nullptr;
  return scripts ? json::CanonicalText(*scripts) : "";
}

template <class T>
bool Loses(const std::vector<T>& before, const std::vector<T>& after) {
  return std::any_of(before.begin(), before.end(), [&](const T& each) {
    return std::find(after.begin(), after.end(), each) == after.end();
  });
}

template <class T>
bool Differs(const T& before, const T& after) {
  return json::CanonicalText(describe::ToJson(before)) !=
         json::CanonicalText(describe::ToJson(after));
}

// What the candidate's manifest takes away from the checks of the base, by key. Adding is free.
std::vector<std::string> WeakenedKeys(const model::MotorManifest& base,
                                      const model::MotorManifest& candidate) {
  std::vector<std::string> keys;
  const bool gates = Loses(base.gates.lint, candidate.gates.lint) ||
                     Loses(base.gates.tests, candidate.gates.tests) ||
                     Loses(base.gates.validators, candidate.gates.validators);
  if (gates) keys.push_back("motor.yaml: gates");
  if (Loses(base.validate, candidate.validate)) keys.push_back("motor.yaml: validate");
  if (Loses(base.golden, candidate.golden)) keys.push_back("motor.yaml: golden");
  if (Loses(base.accepts.dialects, candidate.accepts.dialects) ||
      (!base.accepts.schema.empty() && base.accepts.schema != candidate.accepts.schema)) {
    keys.push_back("motor.yaml: accepts");
  }
  if ((base.budgets.latency_ms && base.budgets.latency_ms != candidate.budgets.latency_ms) ||
      (base.budgets.cost_usd && base.budgets.cost_usd != candidate.budgets.cost_usd)) {
    keys.push_back("motor.yaml: budgets");
  }
  if (!base.slos.empty() && Differs(base.slos, candidate.slos)) keys.push_back("motor.yaml: slos");
  if (base.timeout_ms != candidate.timeout_ms) keys.push_back("motor.yaml: timeout_ms");
  return keys;
}

}  // namespace

Result<model::GateResult> Governor::CheckTamper(const model::Change& change,
                                                const contexts::Motor& base,
                                                const contexts::Motor& candidate) {
  AIOP_TRY(const auto repository, contexts::OpenRepository(engine_.home(), change.plant));
  AIOP_TRY(const auto entries, repository.ListFiles(base.version.commit));
  std::vector<std::string> files;
  files.reserve(entries.size());
  for (const auto& entry : entries) files.push_back(entry.path);
  std::vector<std::string> touched;
  std::vector<std::string> guarded = ProtectedPaths(base.manifest, files);
  // What the checks import is a check too; so is a new file that takes the place of an import.
  for (const contexts::Motor* motor : {&base, &candidate}) {
    AIOP_TRY(const auto behind, CheckFiles(repository, motor->version.commit, base.manifest));
    guarded.insert(guarded.end(), behind.begin(), behind.end());
  }
  std::ranges::sort(guarded);
  const auto [twice, end] = std::ranges::unique(guarded);
  guarded.erase(twice, end);
  for (const auto& path : guarded) {
    if (std::find(change.changed_paths.begin(), change.changed_paths.end(), path) ==
        change.changed_paths.end()) {
      continue;
    }
    if (path == "package.json" && ScriptsOf(repository, base.version.commit) ==
                                      ScriptsOf(repository, candidate.version.commit)) {
      continue;
    }
    touched.push_back(path);
  }
  const std::vector<std::string> weakened = WeakenedKeys(base.manifest, candidate.manifest);
  if (touched.empty() && weakened.empty()) {
    return MakeResult("tamper", model::Verdict::kPass, "no check was edited or deleted");
  }
  std::string details = "edits or deletes checks: ";
  for (size_t i = 0; i < touched.size(); ++i) details += (i > 0 ? ", " : "") + touched[i];
  for (const auto& key : weakened) details += (details.ends_with(": ") ? "" : ", ") + key;
  if (weakened.empty()) {
    AIOP_TRY(const bool still_pass, OldChecksPass(change, base, candidate, touched));
    if (still_pass) {
      return MakeResult("tamper", model::Verdict::kPass,
                        details + "; the checks as they were before still pass");
    }
  }
  return MakeResult("tamper", model::Verdict::kInconclusive,
                    details + "; a human has to approve that");
}

// Whether the base version's checks pass on the patched tree: its protected files put back, its own
// commands run.
Result<bool> Governor::OldChecksPass(const model::Change& change, const contexts::Motor& base,
                                     const contexts::Motor& candidate,
                                     const std::vector<std::string>& touched) {
  contexts::Home& home = engine_.home();
  AIOP_TRY(auto repository, contexts::OpenRepository(home, change.plant));
  std::map<std::string, std::optional<std::string>> files;
  for (const auto& path : touched) {
    auto text = repository.ReadFile(base.version.commit, path);
    if (!text && text.error().code != Code::kNotFound) return std::unexpected(text.error());
    files[path] = text ? std::optional(*std::move(text)) : std::nullopt;  // added: taken out
  }
  AIOP_TRY(const std::string tree, repository.WithFiles(change.candidate, files));
  const fs::path scratch = home.ExperimentFolder() / ("old-checks-" + NewId());
  const auto passed = [&]() -> Result<bool> {
    const Status made =
        home.checkouts().Scratch(repository, tree, scratch, contexts::SetupOf(home, candidate));
    if (!made && made.error().code == Code::kCancelled) return std::unexpected(made.error());
    if (!made) return false;
    for (const auto* commands :
         {&base.manifest.gates.lint, &base.manifest.gates.tests, &base.manifest.gates.validators}) {
      if (commands->empty()) continue;
      AIOP_TRY(const auto gate, RunCommands(change, candidate, "tamper", *commands, scratch));
      if (gate.verdict != model::Verdict::kPass) return false;
    }
    return true;
  }();
  AIOP_CHECK_OK(file::RemoveTree(scratch));
  return passed;
}

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
  // Any run of the plant lends its paths; a plant without runs has nothing to compare yet.
  AIOP_TRY(const auto runs, engine_.home().ledger().List<model::Run>(
                                {.key = static_cast<int>(store::Kind<model::Run>::Field::kPlant),
                                 .value = change.plant,
                                 .limit = 1}));
  if (runs.empty()) {
    results.push_back(MakeResult("golden", model::Verdict::kInconclusive,
                                 "no run of this plant yet to run golden specs beside"));
    return results;
  }
  AIOP_TRY(const auto app, contexts::VersionOf(engine_.home(), runs.front().app_ctx));
  const auto& profiles = base.manifest.profiles;
  for (const std::string& spec : specs) {
    experiments::Question question;
    question.kind = model::ExperimentKind::kGoldenApp;
    question.run = runs.front();
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
    AIOP_TRY(
        const auto experiment,
        harness_.Ask({change.incident, "", policy_.PerIncident(), policy_.PerDay()}, question));
    const bool passed = experiment.result == model::ExperimentResult::kPassed;
    const bool failed = experiment.result == model::ExperimentResult::kOtherFailure ||
                        experiment.result == model::ExperimentResult::kSameFailure;
    auto result = MakeResult("golden",
                             passed   ? model::Verdict::kPass
                             : failed ? model::Verdict::kFail
                                      : model::Verdict::kInconclusive,
                             spec + ": " + experiment.answer);
    result.log = experiment.transcript;
    result.elapsed_ms = watch.Elapsed().count();
    result.sandbox = experiment.sandbox;
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
    return harness_.Ask(asker, question);
  };
  bool some_green = false;
  bool some_red = false;
  std::string green;
  std::string red;
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
    green += (green.empty() ? "" : "; ") + run.app +
             (run.profile.empty() ? "" : "/" + run.profile) + ": " + with.answer;
    if (with.result == model::ExperimentResult::kPassed) {
      // Asked anew, and more than once: a failure that comes and goes is healed by nothing.
      bool still_red = true;
      for (int i = 0; i < kRedRuns && still_red; ++i) {
        AIOP_TRY(const auto without,
                 ask(run, base, model::ExperimentKind::kControl,
                     "Does " + run.app + " still fail without the patch?", 0, true));
        red = run.app + ": " + without.answer;
        still_red = without.result == model::ExperimentResult::kSameFailure;
      }
      some_red = some_red || still_red;
      some_green = true;
    }
    // One healed run is proof enough to go on; the first that shows the same failure again is proof
    // against it.
    auto result =
        MakeResult("green_with", some_green ? model::Verdict::kPass : model::Verdict::kFail, green);
    result.log = with.transcript;
    result.elapsed_ms = watch.Elapsed().count();
    result.sandbox = with.sandbox;
    if (some_green || with.result == model::ExperimentResult::kSameFailure ||
        &run == &runs.back()) {
      results.push_back(result);
      break;
    }
  }
  if (results.empty()) {
    results.push_back(MakeResult("green_with", model::Verdict::kInconclusive,
                                 "no run stands at the incident any more"));
  } else if (some_green) {
    results.insert(
        results.begin(),
        MakeResult("red_without", some_red ? model::Verdict::kPass : model::Verdict::kFail, red));
  }
  return results;
}

Result<model::GateResult> Governor::ReRunPassing(const model::Change& change,
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
  // Spread over profiles: one of each before a second of any.
  std::vector<model::Run> chosen;
  for (size_t round = 0;
       chosen.size() < static_cast<size_t>(policy_.RegressionRuns()) && round < runs.size();
       ++round) {
    for (const auto& profile : candidate.manifest.profiles.empty() ? std::vector<std::string>{""}
                                                                   : candidate.manifest.profiles) {
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
    AIOP_TRY(
        const auto experiment,
        harness_.Ask({change.incident, "", policy_.PerIncident(), policy_.PerDay()}, question));
    details += (details.empty() ? "" : "; ") + run.app +
               (run.profile.empty() ? "" : "/" + run.profile) + ": " + experiment.answer;
    if (experiment.result == model::ExperimentResult::kPassed) continue;
    const bool broke = experiment.result == model::ExperimentResult::kOtherFailure ||
                       experiment.result == model::ExperimentResult::kSameFailure;
    verdict = broke ? model::Verdict::kFail : model::Verdict::kInconclusive;
    break;
  }
  if (chosen.empty()) details = "no run passed on " + change.base_version + " yet";
  auto result = MakeResult("regression", verdict, details);
  result.elapsed_ms = watch.Elapsed().count();
  result.sandbox = harness_.SandboxName();
  return result;
}

}  // namespace aiop::governance
