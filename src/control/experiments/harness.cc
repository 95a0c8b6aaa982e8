// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "control/experiments/experiments.h"
#include "core/budget/budget.h"
#include "core/fingerprint/fingerprint.h"
#include "core/redact/redact.h"

namespace aiop::experiments {
namespace {

namespace fs = std::filesystem;

// What an experiment's plant may use at most.
constexpr uint64_t kMemoryBytes = uint64_t{8} << 30;
constexpr uint64_t kProcesses = 2000;
constexpr size_t kTranscriptBytes = size_t{4} << 20;

// Listens to an experiment: keeps its first failure, and stops it once the failing step went
// through.
class ExperimentSink : public plants::Sink {
 public:
  ExperimentSink(const redact::Redactor& redactor, std::string motor, std::set<std::string> known,
                 bool to_the_end, std::optional<budget::BudgetMeter> meter,
                 const budget::Allowance& allowance)
      : left(allowance),
        meter_(meter),
        redactor_(redactor),
        motor_(std::move(motor)),
        known_(std::move(known)),
        to_the_end_(to_the_end) {}

  bool passed_the_step = false;
  bool used_up = false;
  model::Usage usage;
  budget::Allowance left;
  std::vector<std::string> fingerprints;  // of the failure, under each algorithm
  std::string failure;
  std::string transcript;
  std::set<std::string> artifacts;  // roles

  Status OnEvent(const json::Value& sent, std::string_view) override {
    json::Value filled = sent;
    if (auto* object = filled.if_object(); object && !object->contains("timestamp")) {
      (*object)["timestamp"] = FormatTimestamp(Timestamp{});
    }
    auto envelope = describe::FromJson<model::EventEnvelope>(filled);
    if (!envelope) return OnInvalid(json::Text(sent), envelope.error().message);
    if (!envelope->IsFailure()) return {};
    envelope->payload = redactor_.Json(envelope->payload).as_object();
    Fail(envelope->signal_type, envelope->Details());
    return {};
  }
  Status OnArtifact(const model::ArtifactRef& made) override {
    artifacts.insert(made.role);
    return {};
  }
  Status OnUsage(const model::Usage& used) override {
    if (meter_) meter_->Add(used);
    spent_.Add(used);
    usage = spent_.total();
    budget::Allowance rest = left;
    rest.Take(0, usage);
    used_up = !rest.UsedUp().empty();
    return used_up ? aiop::Fail(Code::kCancelled, "experiments may use no more") : Status();
  }
  Status OnCheckpoint(const std::string& name, const json::Value&, const std::string&) override {
    if (CheckBudget()) return aiop::Fail(Code::kCancelled, "over budget");
    if (to_the_end_ || known_.contains(name)) return {};
    passed_the_step = true;
    return aiop::Fail(Code::kCancelled, "the failing step went through");
  }
  Status OnInvalid(std::string_view, const std::string& why) override {
    // A slip of the plant, hardly the reason why it failed: it counts only if nothing else is said,
    // as in a real run.
    if (slip_.empty()) slip_ = "the plant sent an invalid message: " + why;
    return {};
  }
  void OnText(plants::Stream, std::string_view line) override {
    if (transcript.size() < kTranscriptBytes) transcript += redactor_.Text(line) + "\n";
  }
  // True: a budget is exceeded, and that is the failure.
  bool CheckBudget() {
    const auto spent =
        std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - started_);
    const auto excess = meter_ ? meter_->Check(static_cast<double>(spent.count())) : std::nullopt;
    if (excess) Fail(excess->type, budget::BudgetMeter::Details(excess->type));
    return excess.has_value();
  }
  // The failure of a plant that ended badly and reported none.
  void FailUnreported(const std::string& text) {
    if (!slip_.empty()) Fail(model::SignalType::kValidation, slip_);
    Fail(model::SignalType::kError, text);
  }
  void Fail(model::SignalType type, const std::string& text) {
    if (!fingerprints.empty()) return;
    fingerprints = fingerprint::AllIds(motor_, type, text);
    failure = text;
  }

 private:
  std::optional<budget::BudgetMeter> meter_;
  budget::BudgetMeter spent_{model::Budgets{}};
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  const redact::Redactor& redactor_;
  std::string motor_;
  std::set<std::string> known_;
  bool to_the_end_;
  std::string slip_;  // the first message that was none
};

// What the motor says its sandboxed commands may write besides.
void AllowDeclared(const model::MotorManifest& manifest, sandbox::Policy& policy) {
  policy.network = manifest.sandbox.network;
  for (const std::string& declared : manifest.sandbox.write) {
    const fs::path path(declared);
    std::error_code ignored;
    if (path.is_absolute() && fs::exists(path, ignored))
      policy.bind_writable.push_back({path, path});
  }
}

std::string FirstLine(const std::string& text) {
  return text.substr(0, std::min<size_t>(text.find('\n'), 200));
}

}  // namespace

Harness::Harness(engine::Engine& engine, sandbox::Level least) : engine_(engine), least_(least) {}

std::string Harness::SandboxName() const {
  return std::string(sandbox::LevelName(sandbox::ProbeOnce().level));
}

Result<model::Experiment> Harness::Begin(const Asker& asker, model::ExperimentKind kind,
                                         const model::Run& run, const model::AppVersion& app,
                                         const contexts::Motor& motor) const {
  model::Experiment experiment;
  experiment.id = NewId();
  experiment.kind = kind;
  experiment.incident = asker.incident;
  experiment.plant = run.plant;
  experiment.app = app.app;
  experiment.profile = run.profile;
  experiment.app_ctx = app.reference;
  experiment.motor_ctx = motor.version.reference;
  experiment.sandbox = SandboxName();
  experiment.at = Now();
  return experiment;
}

Result<model::Experiment> Harness::Remember(model::Experiment experiment) {
  AIOP_CHECK_OK(engine_.home().ledger().Put(experiment, store::Mode::kInsert));
  spending_.Add(experiment);
  engine_.Tell({.what = engine::Notice::What::kStep,
                .run = {},
                .name = std::string(describe::Name(experiment.kind)),
                .text = experiment.question + " " + experiment.answer,
                .event = {}});
  return experiment;
}

Result<std::optional<model::Experiment>> Harness::Remembered(const std::string& memo,
                                                             const Asker& asker,
                                                             const model::Experiment& asked) {
  AIOP_TRY(const auto known, engine_.home().ledger().ListBy<model::Experiment>(
                                 store::Kind<model::Experiment>::Field::kMemo, memo));
  for (const auto& each : known) {
    if (each.result == model::ExperimentResult::kOverBudget ||
        each.result == model::ExperimentResult::kNotPossible) {
      continue;
    }
    const bool same_question = each.incident == asker.incident && each.kind == asked.kind &&
                               each.app == asked.app && each.profile == asked.profile;
    if (same_question) return std::optional(each);
    model::Experiment again = each;
    again.id = asked.id;
    again.kind = asked.kind;
    again.incident = asker.incident;
    // Equal content under another name.
    again.plant = asked.plant;
    again.app = asked.app;
    again.profile = asked.profile;
    again.app_ctx = asked.app_ctx;
    again.motor_ctx = asked.motor_ctx;
    again.question = asked.question;
    again.changed = asked.changed;
    again.plant_ms = 0;
    again.usage = {};
    again.at = asked.at;
    // Whether a failure is "the same" depends on who asks.
    const bool plant = !each.fingerprint.empty();
    if (plant) {
      again.result = each.fingerprint == asker.fingerprint ? model::ExperimentResult::kSameFailure
                                                           : model::ExperimentResult::kOtherFailure;
    }
    AIOP_TRY(again, Remember(std::move(again)));
    return std::optional(std::move(again));
  }
  return std::optional<model::Experiment>();
}

Result<std::optional<model::Checkpoint>> Harness::StartOf(const Question& question) {
  if (question.from_scratch) return std::optional<model::Checkpoint>();
  AIOP_TRY(const auto checkpoints, engine_.CheckpointsOf(question.run.id));
  lifecycle::ResumeTarget target;
  target.app_ctx = question.app.reference;
  if (question.spec_text) target.app_ctx.hash = ShortHash(HashBytes(*question.spec_text));
  target.motor_ctx = question.motor.version.reference;
  target.declared = question.motor.manifest.resume;
  if (!question.spec_text) {
    AIOP_TRY(target.expected_keys,
             engine_.KeysFor(question.app.reference, question.profile, question.motor));
  }
  auto last = lifecycle::CheckpointsAfter(checkpoints, target).last;
  for (int step = 0; step < question.steps_back && last; ++step) {
    const int64_t dropped = last->ordinal;
    last.reset();
    for (const auto& each : checkpoints) {
      if (each.ordinal < dropped) last = each;
    }
  }
  return last;
}

Result<model::Experiment> Harness::Ask(const Asker& asker, const Question& asked) {
  Question question = asked;
  if (!asker.incident.empty()) {
    // What is spent before a checkpoint counts too: a budget is measured from the start.
    AIOP_TRY(const auto incident, engine_.home().ledger().Get<model::Incident>(asker.incident));
    if (incident.signal_type == model::SignalType::kLatency ||
        incident.signal_type == model::SignalType::kCost) {
      question.metered = question.from_scratch = true;
    }
  }
  AIOP_TRY(model::Experiment experiment,
           Begin(asker, question.kind, question.run, question.app, question.motor));
  experiment.profile = question.profile;
  experiment.question = question.question;
  experiment.changed = question.changed;
  AIOP_TRY(const auto start, StartOf(question));
  experiment.from_checkpoint = start ? start->name : "";
  std::string spec_hash = question.app.content_hash;
  if (question.spec_text) spec_hash = HashBytes(*question.spec_text);
  if (question.spec_file) spec_hash = "golden " + question.spec_file->string();
  Hasher memo;
  for (const std::string& part :
       {"plant " + std::to_string(kHarnessVersion), spec_hash, question.motor.version.content_hash,
        question.profile, start ? start->root + " " + start->name : std::string(),
        std::string(question.to_the_end ? "end" : "step"),
        std::string(question.metered ? "metered" : "")}) {
    memo.AddField(part);
  }
  experiment.memo = memo.Finish();
  if (!question.fresh) {
    AIOP_TRY(auto known, Remembered(experiment.memo, asker, experiment));
    if (known) return *std::move(known);
  }
  AIOP_TRY(const budget::Allowance left, LeftFor(asker, experiment.plant));
  if (const std::string used_up = left.UsedUp(); !used_up.empty()) {
    experiment.result = model::ExperimentResult::kOverBudget;
    experiment.answer = "not run: what experiments may use is used up: " + used_up;
    return Remember(std::move(experiment));
  }
  auto outcome = RunPlant(question, experiment.id, start, left);
  if (!outcome) {
    if (outcome.error().code == Code::kCancelled) return std::unexpected(outcome.error());
    experiment.result = model::ExperimentResult::kNotPossible;
    experiment.answer = "could not be set up: " + outcome.error().message;
    return Remember(std::move(experiment));
  }
  // The incident may be older than the newest algorithm: it is compared by its own.
  const bool same =
      std::ranges::find(outcome->fingerprints, asker.fingerprint) != outcome->fingerprints.end();
  if (!outcome->fingerprints.empty())
    experiment.fingerprint = same ? asker.fingerprint : outcome->fingerprints.front();
  experiment.plant_ms = outcome->plant_ms;
  experiment.usage = outcome->usage;
  experiment.artifacts = outcome->artifacts;
  experiment.transcript = outcome->transcript;
  experiment.answer = outcome->answer;
  experiment.result = outcome->passed ? model::ExperimentResult::kPassed
                      : same          ? model::ExperimentResult::kSameFailure
                                      : model::ExperimentResult::kOtherFailure;
  if (outcome->used_up ||
      (outcome->timed_out && left.plant_ms < question.motor.manifest.timeout_ms)) {
    experiment.result = model::ExperimentResult::kOverBudget;
    experiment.answer = "stopped: what experiments may use is used up";
  }
  return Remember(std::move(experiment));
}

Result<budget::Allowance> Harness::LeftFor(const Asker& asker, const std::string& plant) {
  AIOP_TRY(const auto today, spending_.Left(engine_.home().ledger(), plant, Now(), asker.per_day));
  return budget::Allowance::Least(asker.left, today);
}

Result<model::Experiment> Harness::Impossible(const Asker& asker, const Question& question,
                                              const std::string& why) {
  AIOP_TRY(model::Experiment experiment,
           Begin(asker, question.kind, question.run, question.app, question.motor));
  experiment.question = question.question;
  experiment.answer = why;
  return Remember(std::move(experiment));
}

Result<model::Experiment> Harness::KeepReduced(model::Experiment experiment,
                                               std::string_view spec) {
  AIOP_TRY(experiment.reduced_spec, engine_.home().blobs().Put(spec));
  AIOP_CHECK_OK(engine_.home().ledger().Put(experiment));
  return experiment;
}

// The plant sees the folders of the experiment where the real run sees its own.
plants::Execution Harness::Prepare(const Question& question, const std::string& id,
                                   const std::optional<model::Checkpoint>& start,
                                   Milliseconds timeout, const fs::path& checkout,
                                   const fs::path& spec) const {
  contexts::Home& home = engine_.home();
  const fs::path folder = home.ExperimentFolder() / id;
  const fs::path inside_work = engine_.PlantFolder(question.run.id);
  const fs::path inside_spec = engine_.SpecFolder(question.run.id);
  plants::Execution execution;
  execution.request.app_spec_ref = spec.string();
  if (!question.profile.empty()) execution.request.profile_targets = {question.profile};
  execution.request.motor_version = question.motor.version.reference.version;
  execution.request.run_mode = start ? model::RunMode::kResume : model::RunMode::kFresh;
  execution.request.checkpoint = start ? start->name : "";
  execution.request.trace_id = id;
  execution.request.motor_ref = checkout.string();
  if (question.motor.manifest.run.http.empty()) execution.request.work_dir = inside_work.string();
  execution.request.step_key = id + ":" + execution.request.checkpoint;
  execution.request.purpose = model::Purpose::kExperiment;
  if (start) execution.request.state = start->state;
  execution.manifest = question.motor.manifest;
  execution.motor_folder = checkout;
  execution.home_folder = home.CacheFolder();
  execution.lock_file = folder / "lock";
  execution.timeout = timeout;
  execution.stop = &home.stopping();
  sandbox::Policy policy;
  policy.read_only = {checkout};
  if (question.spec_file) policy.read_only.push_back(*question.spec_file);
  policy.bind_writable = {{folder / "work", inside_work}, {folder / "home", home.CacheFolder()}};
  policy.bind_read_only = {{folder / "spec", inside_spec}};
  AllowDeclared(question.motor.manifest, policy);
  policy.least = least_;
  policy.limits.memory_bytes = kMemoryBytes;
  policy.limits.processes = kProcesses;
  execution.sandbox = policy;
  return execution;
}

Result<Harness::Outcome> Harness::RunPlant(const Question& question, const std::string& id,
                                           const std::optional<model::Checkpoint>& start,
                                           const budget::Allowance& left) {
  contexts::Home& home = engine_.home();
  const Milliseconds timeout{std::min(left.plant_ms, question.motor.manifest.timeout_ms)};
  AIOP_TRY(const fs::path checkout, contexts::Checkout(home, question.motor));
  AIOP_TRY(const auto redactor, redact::Redactor::Create(question.motor.manifest.redact));
  const fs::path folder = home.ExperimentFolder() / id;
  const fs::path inside_spec = engine_.SpecFolder(question.run.id);
  for (const char* each : {"work", "home"}) AIOP_CHECK_OK(file::MakeFolders(folder / each));
  fs::path spec = inside_spec;
  if (question.spec_file) {
    spec = *question.spec_file;
    AIOP_CHECK_OK(file::MakeFolders(folder / "spec"));
  } else {
    AIOP_TRY(const fs::path placed, contexts::PlaceSpec(home, question.app, folder / "spec"));
    if (question.spec_text) AIOP_CHECK_OK(file::Write(placed, *question.spec_text));
    if (!question.app.entry.empty()) spec = inside_spec / question.app.entry;
  }
  if (start && !start->root.empty())
    AIOP_CHECK_OK(snapshot::Restore(home.blobs(), start->root, folder / "work"));

  std::set<std::string> known;
  AIOP_TRY(const auto checkpoints, engine_.CheckpointsOf(question.run.id, true));
  for (const auto& each : checkpoints) known.insert(each.name);

  const plants::Execution execution = Prepare(question, id, start, timeout, checkout, spec);
  ExperimentSink sink(redactor, question.motor.manifest.name, std::move(known),
                      question.to_the_end || question.metered,
                      question.metered
                          ? std::optional(budget::BudgetMeter(question.motor.manifest.budgets))
                          : std::nullopt,
                      left);
  ++plants_started_;
  const Stopwatch watch;
  auto ended = plants::Execute(execution, sink);
  const int64_t plant_ms = watch.Elapsed().count();
  Outcome outcome;
  outcome.plant_ms = plant_ms;
  outcome.usage = sink.usage;
  outcome.used_up = sink.used_up && !sink.passed_the_step;
  outcome.from_checkpoint = execution.request.checkpoint;
  if (ended && ended->ending == plants::Ending::kResult) sink.CheckBudget();
  const bool over_budget = question.metered && !sink.fingerprints.empty();
  if (!ended && !sink.passed_the_step && !over_budget && !sink.used_up) {
    AIOP_CHECK_OK(file::RemoveTree(folder));
    return std::unexpected(ended.error());
  }
  if (ended && ended->ending == plants::Ending::kNotStarted) {
    AIOP_CHECK_OK(file::RemoveTree(folder));
    return Unavailable(ended->details);
  }
  if (ended && ended->ending == plants::Ending::kStopped && !sink.passed_the_step && !over_budget &&
      !sink.used_up) {
    AIOP_CHECK_OK(file::RemoveTree(folder));
    return Fail(Code::kCancelled, "aiop is stopping");
  }
  if (ended && ended->result) {
    for (const auto& made : ended->result->artifacts) sink.artifacts.insert(made.role);
  }
  outcome.artifacts.assign(sink.artifacts.begin(), sink.artifacts.end());
  outcome.timed_out = ended && ended->ending == plants::Ending::kTimeout;
  outcome.passed =
      sink.passed_the_step || (!over_budget && ended && ended->ending == plants::Ending::kResult &&
                               ended->result->status == model::ResultStatus::kSuccess);
  if (!outcome.passed) {
    if (ended && ended->result) {
      for (const auto& signal : ended->result->signals) {
        AIOP_CHECK_OK(sink.OnEvent(signal, ""));
      }
    }
    if (sink.fingerprints.empty() && ended) {
      sink.FailUnreported(json::ToValidUtf8(engine::UnreportedFailure(*ended)));
    }
    outcome.fingerprints = sink.fingerprints;
  }
  const std::string from = start ? "from checkpoint '" + start->name + "'" : "from the start";
  outcome.answer = outcome.passed ? "It passed, run " + from + "."
                                  : "It failed, run " + from + ": " + FirstLine(sink.failure);
  AIOP_TRY(outcome.transcript, home.blobs().Put(json::ToValidUtf8(sink.transcript)));
  AIOP_CHECK_OK(file::RemoveTree(folder));
  return outcome;
}

Result<process::Output> Harness::RunCommand(const contexts::Motor& motor,
                                            const std::vector<std::string>& command,
                                            const fs::path& folder, sandbox::Policy policy,
                                            Milliseconds timeout) {
  const fs::path home = engine_.home().ExperimentFolder() / ("home-" + NewId());
  AIOP_CHECK_OK(file::MakeFolders(home));
  AllowDeclared(motor.manifest, policy);
  policy.bind_writable.push_back({home, engine_.home().CacheFolder()});
  policy.least = least_;
  policy.limits.memory_bytes = kMemoryBytes;
  policy.limits.processes = kProcesses;
  process::Command plain;
  plain.argv = command;
  plain.folder = folder;
  plain.environment = process::CleanEnvironment(engine_.home().CacheFolder());
  plain.stop = &engine_.home().stopping();
  auto output = [&]() -> Result<process::Output> {
    AIOP_TRY(const process::Command wrapped, sandbox::Wrap(plain, policy));
    return process::Run(wrapped, "", timeout, kValidatorOutputBytes);
  }();
  AIOP_CHECK_OK(file::RemoveTree(home));
  return output;
}

}  // namespace aiop::experiments
