// SPDX-License-Identifier: Apache-2.0
// Driving one run: folders, the plant, and what its end means.
#include <algorithm>
#include <limits>

#include "base/fault/fault.h"
#include "base/identity/identity.h"
#include "control/engine/attempt.h"
#include "control/engine/engine.h"
#include "control/observers/observers.h"
#include "core/fingerprint/fingerprint.h"

namespace aiop::engine {
namespace {

namespace fs = std::filesystem;

// How long a keeper of an earlier attempt may take to end everything before we give up on the work
// folder.
constexpr int kKeeperPatienceMilliseconds = 15'000;

constexpr Milliseconds kNoTimeout{86'400'000};
constexpr Milliseconds kScoreTimeout{120'000};
constexpr size_t kCauseBytes = 200;
constexpr size_t kScoreOutputBytes = size_t{1} << 20;
// What a run beside another one may use at most.
constexpr uint64_t kShadowMemoryBytes = uint64_t{8} << 30;
constexpr uint64_t kShadowProcesses = 2000;

std::string_view Word(const plants::Outcome& outcome) {
  switch (outcome.ending) {
    case plants::Ending::kResult:
      return outcome.result->status == model::ResultStatus::kSuccess  ? "success"
             : outcome.result->status == model::ResultStatus::kFailed ? "failed"
                                                                      : "partial";
    case plants::Ending::kTimeout:
      return "timeout";
    case plants::Ending::kStopped:
      return "stopped";
    default:
      return "crashed";
  }
}

// What an outcome says when the plant itself reported no failure.
std::string Unreported(const plants::Outcome& outcome) {
  switch (outcome.ending) {
    case plants::Ending::kResult:
      return "the plant gave the result '" + std::string(Word(outcome)) + "'" +
             (outcome.result->next_checkpoint.empty()
                  ? ""
                  : " at '" + outcome.result->next_checkpoint + "'") +
             " without saying why";
    case plants::Ending::kNoResult:
      return "the plant ended without a result";
    case plants::Ending::kTimeout:
      return "the plant did not finish in time";
    case plants::Ending::kMisbehaved:
      return "the plant said more than the limits allow";
    case plants::Ending::kNotStarted:
      return "the plant could not be started";
    default:
      return "the plant crashed";
  }
}

// However the clock jumps, a run waits no longer than this.
constexpr Milliseconds kLongestWait{600'000};
constexpr Milliseconds kLook{20};

// A run whose fault was transient gives what it met time to recover. A stop ends the wait.
void WaitUntilDue(const model::Run& run, const std::atomic<bool>& stop) {
  if (!run.not_before) return;
  Milliseconds waited{0};
  while (!stop && waited < kLongestWait && Now() < *run.not_before) {
    WaitFor(kLook);
    waited += kLook;
  }
}

}  // namespace

std::string UnreportedFailure(const plants::Outcome& outcome) {
  std::string text = Unreported(outcome);
  const bool says_more = outcome.ending != plants::Ending::kResult &&
                         outcome.ending != plants::Ending::kNoResult && !outcome.details.empty();
  if (says_more) text += " (" + outcome.details + ")";
  if (!outcome.error_tail.empty()) {
    const size_t tail = std::min(outcome.error_tail.size(), kErrorTailBytes);
    text += "\n" + outcome.error_tail.substr(outcome.error_tail.size() - tail);
  }
  return text;
}

Status Engine::PrepareFolders(const model::Run& run,
                              const std::optional<model::Checkpoint>& checkpoint) {
  const fs::path folder = home_.WorkFolder(run.id);
  AIOP_CHECK_OK(file::MakeFolders(folder));
  // Held by the keeper of an attempt until its last descendant is gone: only then is the folder
  // ours to restore.
  AIOP_TRY([[maybe_unused]] const auto lock,
           file::Lock::Acquire(folder / "lock", kKeeperPatienceMilliseconds));
  if (checkpoint && !checkpoint->root.empty()) {
    AIOP_CHECK_OK(snapshot::Restore(home_.blobs(), checkpoint->root, PlantFolder(run.id)));
  } else {
    AIOP_CHECK_OK(file::RemoveTree(PlantFolder(run.id)));
    AIOP_CHECK_OK(file::MakeFolders(PlantFolder(run.id)));
  }
  return {};
}

Result<model::Run> Engine::Drive(const std::string& id) {
  auto driving = std::make_shared<Driving>();
  {
    const std::lock_guard lock(driving_mutex_);
    if (stopping()) return Fail(Code::kCancelled, "aiop is stopping");
    driving_[id] = driving;
  }
  auto result = [&]() -> Result<model::Run> {
    AIOP_TRY(const store::Fence fence, home_.ledger().database().TakeLease(id, owner_));
    AIOP_TRY(model::Run run, home_.ledger().Get<model::Run>(id));
    WaitUntilDue(run, driving->stop);
    return RunAttempt(std::move(run), fence, driving->stop, driving->event);
  }();
  const std::lock_guard lock(driving_mutex_);
  driving_.erase(id);
  return result;
}

plants::Execution Engine::Attempting::MakeExecution(
    const fs::path& spec, const fs::path& checkout,
    const std::optional<model::Checkpoint>& from) const {
  plants::Execution execution;
  auto& request = execution.request;
  request.app_spec_ref = spec.string();
  if (!run.profile.empty()) request.profile_targets = {run.profile};
  request.motor_version = run.motor_ctx.version;
  request.run_mode = from ? model::RunMode::kResume : model::RunMode::kFresh;
  request.checkpoint = from ? from->name : "";
  request.trace_id = run.id;
  request.motor_ref = checkout.string();
  if (motor.manifest.run.http.empty()) request.work_dir = engine.PlantFolder(run.id).string();
  request.step_key = run.id + ":" + request.checkpoint;
  if (run.shadow) {
    request.purpose = model::Purpose::kShadow;
    execution.sandbox = ShadowPolicy(checkout);
  }
  if (from) request.state = from->state;
  execution.manifest = motor.manifest;
  execution.motor_folder = checkout;
  execution.home_folder = engine.home_.CacheFolder();
  execution.lock_file = engine.home_.WorkFolder(run.id) / "lock";
  execution.timeout =
      fault::GuardIsOff("plant-timeout") ? kNoTimeout : Milliseconds{motor.manifest.timeout_ms};
  execution.stop = &stop;
  return execution;
}

sandbox::Policy Engine::Attempting::ShadowPolicy(const fs::path& checkout) const {
  sandbox::Policy policy;
  policy.network = motor.manifest.sandbox.network;
  if (!checkout.empty()) policy.read_only = {checkout};
  for (const fs::path& folder : {engine.PlantFolder(run.id), engine.home_.CacheFolder()}) {
    policy.bind_writable.emplace_back(folder, folder);
  }
  policy.bind_read_only = {{engine.SpecFolder(run.id), engine.SpecFolder(run.id)}};
  policy.limits.memory_bytes = kShadowMemoryBytes;
  policy.limits.processes = kShadowProcesses;
  return policy;
}

Result<model::Run> Engine::RunAttempt(model::Run run, const store::Fence& fence,
                                      std::atomic<bool>& stop, std::atomic<int>& stop_event) {
  AIOP_TRY(const contexts::Motor motor,
           contexts::MotorAtCommit(home_, run.plant, run.motor_commit));
  AIOP_TRY(auto redactor, redact::Redactor::Create(motor.manifest.redact));
  AIOP_TRY(const auto version, contexts::VersionOf(home_, run.app_ctx));
  auto checkout = contexts::Checkout(home_, motor);
  if (!checkout) {
    AIOP_CHECK_OK(TellMotor(run.plant, motor.version.reference, model::SignalType::kError,
                            model::Severity::kError,
                            {{"details", "set-up failed: " + checkout.error().message}}));
    return std::unexpected(checkout.error());
  }
  AIOP_TRY(const auto checkpoints, CheckpointsOf(run.id));
  std::optional<model::Checkpoint> from;
  if (!checkpoints.empty()) from = checkpoints.back();
  AIOP_CHECK_OK(PrepareFolders(run, from));
  AIOP_CHECK_OK(file::MakeFolders(home_.CacheFolder()));
  AIOP_TRY(const fs::path spec, contexts::PlaceSpec(home_, version, SpecFolder(run.id)));

  model::Attempt record;
  record.run = run.id;
  record.number = ++run.attempts;
  if (run.shadow) record.purpose = model::Purpose::kShadow;
  record.id = run.id + "/" + std::to_string(record.number);
  record.app_ctx = run.app_ctx;
  record.motor_ctx = run.motor_ctx;
  record.from_checkpoint = from ? from->name : "";
  record.started = Now();
  store::Ledger::Batch batch;
  batch.Put(record);
  const bool fresh = run.state == model::RunState::kIdle;
  AIOP_TRY(
      run,
      Store(std::move(run), fresh ? lifecycle::RunEvent::kStart : lifecycle::RunEvent::kResumed,
            from ? "resumed after checkpoint '" + from->name + "'" : "started from the beginning",
            model::PausedBecause::kHuman, fence, std::move(batch)));

  Attempting attempt{.engine = *this,
                     .run = run,
                     .fence = fence,
                     .motor = motor,
                     .redactor = redactor,
                     .record = record,
                     .transcript = {home_.WorkFolder(run.id) / "transcript", redactor},
                     .meter = budget::BudgetMeter(motor.manifest.budgets),
                     .stop = stop};
  AIOP_CHECK_OK(AddEarlierSpending(attempt));
  attempt.cache = snapshot::ScanCache::Load(home_.WorkFolder(run.id) / "scan");
  for (const auto& each : checkpoints) attempt.held.insert(each.name);
  attempt.transcript.EnterStep(from ? "after " + from->name : "start");

  const plants::Execution execution = attempt.MakeExecution(spec, *checkout, from);
  AttemptSink sink(attempt);
  auto outcome = plants::Execute(execution, sink);
  if (!outcome) {
    if (outcome.error().code == Code::kConflict) return std::unexpected(outcome.error());
    // What we could not store or start is ours, not the plant's.
    AIOP_CHECK_OK(attempt.FinishRecord({.details = outcome.error().message}, "stopped"));
    store::Ledger::Batch failed;
    failed.Put(attempt.record);
    attempt.Explain("its attempt ended for another reason: " + outcome.error().message, failed);
    AIOP_TRY([[maybe_unused]] const auto paused,
             Store(attempt.run, lifecycle::RunEvent::kPause, outcome.error().message,
                   model::PausedBecause::kOperator, fence, std::move(failed)));
    return std::unexpected(outcome.error());
  }
  if (!checkout->empty()) {
    // As root nothing stops a plant from writing into its motor. The next attempt gets a clean one.
    if (const Status intact = home_.checkouts().Verify(*checkout); !intact) {
      AIOP_CHECK_OK(TellMotor(
          run.plant, run.motor_ctx, model::SignalType::kValidation, model::Severity::kError,
          {{"details", "the plant changed its motor's checkout: " + intact.error().message}}));
    }
  }
  [[maybe_unused]] const Status saved = attempt.cache.Save(home_.WorkFolder(run.id) / "scan");
  if (outcome->ending == plants::Ending::kStopped && !attempt.broken_off) {
    AIOP_CHECK_OK(attempt.FinishRecord(*outcome, "stopped"));
    store::Ledger::Batch stopped;
    stopped.Put(attempt.record);
    attempt.Explain("its attempt was stopped before the plant had ended", stopped);
    attempt.run.plant_ms += outcome->wall.count();
    const auto event = static_cast<lifecycle::RunEvent>(std::max(0, stop_event.load()));
    const std::string cause = event == lifecycle::RunEvent::kCancel  ? "cancelled"
                              : event == lifecycle::RunEvent::kPause ? "paused by a human"
                                                                     : "aiop was asked to stop";
    return Store(attempt.run, event, cause, model::PausedBecause::kHuman, fence,
                 std::move(stopped));
  }
  return Conclude(attempt, *outcome);
}

// Budgets count from the last patch on, over all attempts since.
Status Engine::AddEarlierSpending(Attempting& attempt) {
  AIOP_TRY(const auto attempts, home_.ledger().ListBy<model::Attempt>(
                                    store::Kind<model::Attempt>::Field::kRun, attempt.run.id));
  double latency_ms = 0;
  double cost_usd = 0;
  for (const auto& each : attempts) {
    if (each.number == attempt.record.number || each.app_ctx != attempt.run.app_ctx ||
        each.motor_ctx != attempt.run.motor_ctx) {
      continue;
    }
    latency_ms += each.usage.latency_ms.value_or(static_cast<double>(each.wall_ms));
    cost_usd += each.usage.cost_usd.value_or(0);
  }
  constexpr double kMost = std::numeric_limits<double>::max();
  attempt.meter.StartFrom(std::min(latency_ms, kMost), std::min(cost_usd, kMost));
  return {};
}

// The motor's scorer, on the finished work folder. A scorer that fails is a fault of the motor,
// said as an event.
Status Engine::Score(Attempting& attempt) {
  const auto& command = attempt.motor.manifest.score;
  if (command.empty()) return {};
  process::Command scorer;
  AIOP_TRY(scorer.folder, contexts::Checkout(home_, attempt.motor));
  scorer.argv = plants::Expand(command, {{"workDir", PlantFolder(attempt.run.id).string()},
                                         {"motor", scorer.folder.string()}});
  scorer.environment = process::CleanEnvironment(home_.CacheFolder());
  if (attempt.run.shadow) {
    AIOP_TRY(scorer, sandbox::Wrap(scorer, attempt.ShadowPolicy(scorer.folder)));
  }
  AIOP_TRY(const auto output, process::Run(scorer, "", kScoreTimeout, kScoreOutputBytes));
  const auto score =
      output.ok() ? observers::ParseScore(output.out)
                  : Result<double>(Unavailable("the scorer failed: " + output.exit.Describe()));
  if (!score) {
    return attempt.Keep(attempt.MakeEvent(model::Scope::kMotor, model::SignalType::kQualityScore,
                                          model::Severity::kWarn,
                                          {{"details", score.error().message}}));
  }
  return attempt.Keep(attempt.MakeEvent(
      model::Scope::kApp, model::SignalType::kQualityScore, model::Severity::kInfo,
      {{"details", "quality score"}, {"value", *score}, {"unit", "ratio"}}));
}

Result<model::Run> Engine::Conclude(Attempting& attempt, const plants::Outcome& outcome) {
  attempt.run.plant_ms += outcome.wall.count();
  if (outcome.result) {
    for (const auto& artifact : outcome.result->artifacts) attempt.artifacts.push_back(artifact);
    AttemptSink sink(attempt);
    for (const auto& signal : outcome.result->signals) {
      // Streamed already, with the same id or the same content: taken once.
      AIOP_CHECK_OK(sink.OnEvent(signal, ""));
    }
  }
  AIOP_CHECK_OK(attempt.Flush());
  const bool success = outcome.ending == plants::Ending::kResult &&
                       outcome.result->status == model::ResultStatus::kSuccess &&
                       !attempt.broken_off;
  if (!success) return ConcludeFailure(attempt, outcome);

  if (attempt.motor.manifest.run.http.empty()) {
    std::error_code ignored;
    const bool there = fs::is_directory(PlantFolder(attempt.run.id), ignored);
    const auto taken =
        there ? snapshot::Take(home_.blobs(), PlantFolder(attempt.run.id), attempt.cache)
              : Result<snapshot::Taken>(Invalid("the plant removed its work folder"));
    if (!taken && taken.error().code == Code::kInvalid) {
      attempt.broken_off = true;
      AIOP_CHECK_OK(attempt.Keep(attempt.MakeEvent(
          model::Scope::kApp, model::SignalType::kValidation, model::Severity::kError,
          {{"details", "the result cannot be stored: " + taken.error().message}})));
      return ConcludeFailure(attempt, outcome);
    }
    if (!taken) return std::unexpected(taken.error());
    attempt.run.result_root = taken->root;
  }
  AIOP_CHECK_OK(attempt.StoreArtifacts("result"));
  AIOP_CHECK_OK(Score(attempt));
  AIOP_CHECK_OK(attempt.CheckBudgets());
  if (outcome.exit_code != 0 || outcome.signal != 0) {
    AIOP_CHECK_OK(attempt.Keep(attempt.MakeEvent(
        model::Scope::kMotor, model::SignalType::kError, model::Severity::kWarn,
        {{"details", "the plant succeeded and then ended badly: " + outcome.details}})));
  }
  AIOP_CHECK_OK(attempt.FinishRecord(outcome, "success"));
  store::Ledger::Batch batch;
  attempt.Explain("the run succeeded all the same", batch);
  batch.Put(attempt.record);
  AIOP_TRY(model::Run run,
           Store(attempt.run, lifecycle::RunEvent::kSucceeded, "the plant succeeded",
                 model::PausedBecause::kHuman, attempt.fence, std::move(batch)));
  // All it made is stored: the folder is only a copy.
  [[maybe_unused]] const Status removed = file::RemoveTree(home_.WorkFolder(run.id));
  return run;
}

Result<model::Run> Engine::ConcludeFailure(Attempting& attempt, const plants::Outcome& outcome) {
  if (attempt.failures.empty() && !fault::GuardIsOff("unreported-failures")) {
    AIOP_CHECK_OK(attempt.Keep(attempt.MakeEvent(
        model::Scope::kMotor, model::SignalType::kError, model::Severity::kError,
        {{"details", json::ToValidUtf8(UnreportedFailure(outcome))}, {"exit", outcome.details}})));
  }
  if (attempt.failures.empty()) return Internal("a failure was not stored");
  AIOP_CHECK_OK(attempt.StoreArtifacts(attempt.run.checkpoint));
  AIOP_CHECK_OK(attempt.FinishRecord(outcome, attempt.broken_off ? "failed" : Word(outcome)));

  if (attempt.run.shadow) {
    store::Ledger::Batch nothing_of_it;
    attempt.Explain("its run was made beside another one: it is compared, and nothing follows",
                    nothing_of_it);
    nothing_of_it.Put(attempt.record);
    return Store(attempt.run, lifecycle::RunEvent::kGiveUp,
                 "failed beside the run that is used: " +
                     attempt.failures.front().envelope.Details().substr(0, kCauseBytes),
                 model::PausedBecause::kHuman, attempt.fence, std::move(nothing_of_it));
  }

  // The first failure names the incident: what comes after it is usually its consequence. A crash
  // of the plant itself after a report of its own adds nothing.
  const std::lock_guard lock(incidents_);
  // A line that was no message is a slip of the plant, hardly the reason why it failed.
  const auto named = std::find_if(attempt.failures.begin(), attempt.failures.end(),
                                  [](const model::StoredEvent& event) {
                                    return !event.envelope.Details().starts_with(kInvalidMessage);
                                  });
  model::StoredEvent& first = named == attempt.failures.end() ? attempt.failures.front() : *named;
  store::Ledger::Batch batch;
  AIOP_TRY(const Waiting waiting, FindWaiting(first, attempt.motor, batch));
  Filing filing;
  if (!waiting.waits) {
    AIOP_TRY(filing, FindOrOpenIncident(first, attempt.motor));
    AIOP_CHECK_OK(TakeIn(filing.own, waiting.earlier, batch));
  }
  const std::string& incident = filing.own.id;
  model::Occurrence occurrence;
  occurrence.incident =
      waiting.waits ? std::string(model::kWaitingPrefix) + first.fingerprint : incident;
  occurrence.id = occurrence.incident + "/" + first.envelope.id;
  occurrence.event = first.envelope.id;
  occurrence.run = attempt.run.id;
  occurrence.app = attempt.run.app;
  occurrence.profile = attempt.run.profile;
  occurrence.app_ctx = attempt.run.app_ctx;
  occurrence.motor_ctx = attempt.run.motor_ctx;
  occurrence.after_checkpoint = attempt.run.checkpoint;
  occurrence.events = std::max<int64_t>(1, attempt.reported[first.fingerprint]);
  occurrence.at = Now();
  std::string text = first.envelope.Details();
  text = text.substr(0, std::min<size_t>(text.find('\n'), 200));
  if (waiting.waits) {
    first.not_an_incident = "waiting for " + std::to_string(opening_.after) + " within " +
                            FormatDuration(opening_.within) + ": this is number " +
                            std::to_string(waiting.earlier.size() + 1);
    text += " (" + first.not_an_incident + ")";
  }
  for (auto& event : attempt.failures) {
    if (waiting.waits) {
      if (&event != &first) event.not_an_incident = "part of a failure that waits";
    } else if (&event == &first) {
      event.incident = incident;
    } else {
      event.not_an_incident = "part of the failure that opened incident " + incident;
    }
    batch.Put(event);
  }
  attempt.run.incident = filing.Current().id;
  if (!waiting.waits) batch.Put(filing.own);
  if (filing.merged_into) batch.Put(*filing.merged_into);
  batch.Put(occurrence).Put(attempt.record);
  return Store(attempt.run, lifecycle::RunEvent::kFailed, "failed: " + text,
               model::PausedBecause::kEvidence, attempt.fence, std::move(batch));
}

}  // namespace aiop::engine
