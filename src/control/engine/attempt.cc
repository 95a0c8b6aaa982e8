// SPDX-License-Identifier: Apache-2.0
#include "control/engine/attempt.h"

#include "base/fault/fault.h"
#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "core/fingerprint/fingerprint.h"

namespace aiop::engine {
namespace {

namespace fs = std::filesystem;

// Artifacts larger than this are listed without a hash.
constexpr uint64_t kArtifactHashLimitBytes = uint64_t{256} << 20;

bool StaysInside(const fs::path& relative) {
  if (relative.empty() || relative.is_absolute()) return false;
  for (const auto& part : relative) {
    if (part == "..") return false;
  }
  return true;
}

}  // namespace

model::StoredEvent Engine::Attempting::MakeEvent(model::Scope scope, model::SignalType type,
                                                 model::Severity severity,
                                                 json::Object payload) const {
  model::StoredEvent event;
  event.envelope.id = NewId();
  event.envelope.trace_id = run.id;
  event.envelope.timestamp = Now();
  event.envelope.scope = scope;
  event.envelope.signal_type = type;
  event.envelope.severity = severity;
  event.envelope.payload = redactor.Json(std::move(payload)).as_object();
  event.envelope.context_ref = {run.app_ctx, run.motor_ctx};
  event.run = run.id;
  event.plant = run.plant;
  event.attempt = record.number;
  event.after_checkpoint = run.checkpoint;
  return event;
}

Result<model::StoredEvent> Engine::Attempting::ReadEvent(const json::Value& sent,
                                                         std::string_view raw_payload) const {
  json::Value filled = sent;
  if (auto* object = filled.if_object()) {
    if (!object->contains("timestamp")) (*object)["timestamp"] = FormatTimestamp(Now());
    if (!object->contains("trace_id")) (*object)["trace_id"] = run.id;
  }
  AIOP_TRY(auto envelope, describe::FromJson<model::EventEnvelope>(filled));
  if (model::IsRemarkId(envelope.id)) return Invalid(std::string(model::kRemarkIdRefused));
  model::StoredEvent event = MakeEvent(envelope.scope, envelope.signal_type, envelope.severity, {});
  const json::Object original = envelope.payload;
  event.envelope.payload = redactor.Json(envelope.payload).as_object();
  if (event.envelope.payload == original) event.raw_payload = raw_payload;
  if (!envelope.id.empty()) event.envelope.id = envelope.id;
  event.envelope.timestamp = envelope.timestamp;
  if (!envelope.trace_id.empty()) event.envelope.trace_id = envelope.trace_id;
  event.envelope.artifact_ids = std::move(envelope.artifact_ids);
  if (!envelope.context_ref.app_ctx.empty())
    event.envelope.context_ref.app_ctx = envelope.context_ref.app_ctx;
  if (!envelope.context_ref.motor_ctx.empty())
    event.envelope.context_ref.motor_ctx = envelope.context_ref.motor_ctx;
  return event;
}

Status Engine::Attempting::Keep(model::StoredEvent event) {
  const bool failure = event.envelope.IsFailure();
  if (failure) {
    event.fingerprint =
        fingerprint::Of(run.motor_ctx.name, event.envelope.signal_type, event.envelope.Details())
            .id;
    meter.PlantReported(event.envelope.signal_type);
    const auto& budgets = motor.manifest.budgets;
    plant_over_budget =
        plant_over_budget ||
        (event.envelope.signal_type == model::SignalType::kLatency && budgets.latency_ms) ||
        (event.envelope.signal_type == model::SignalType::kCost && budgets.cost_usd);
  }
  const bool at_once = failure && !IsOneMore(event);
  if (buffered.empty()) oldest_buffered = std::chrono::steady_clock::now();
  buffered.push_back(std::move(event));
  const bool late = std::chrono::steady_clock::now() - oldest_buffered > kEventPatience;
  return at_once || late || buffered.size() >= kEventBuffer ? Flush() : Status{};
}

bool Engine::Attempting::IsOneMore(model::StoredEvent& event) const {
  if (fault::GuardIsOff("storm-groups")) return false;
  const auto same = reported.find(event.fingerprint);
  if (same != reported.end() && same->second >= kStormBegins) {
    event.not_an_incident = "the same failure was reported " + std::to_string(kStormBegins) +
                            " times before in this attempt";
  } else if (failures.size() >= kFailuresHeld) {
    event.not_an_incident =
        "the attempt reported " + std::to_string(kFailuresHeld) + " failures before";
  }
  return !event.not_an_incident.empty();
}

Status Engine::Attempting::Flush() {
  if (buffered.empty()) return {};
  store::Ledger::Batch batch;
  batch.Guard(fence);
  for (const auto& event : buffered) batch.Put(event, store::Mode::kInsertIfNew);
  AIOP_TRY(const std::vector<bool> news, engine.home_.ledger().CommitAndTell(std::move(batch)));
  for (size_t i = 0; i < buffered.size(); ++i) {
    model::StoredEvent event = std::move(buffered[i]);
    if (!news[i]) {
      // The same id from another run is another event: plants count from 1 in each run.
      AIOP_TRY(const auto stored,
               engine.home_.ledger().Find<model::StoredEvent>(event.envelope.id));
      if (fault::GuardIsOff("foreign-ids")) continue;
      if (stored && stored->run == run.id) {
        if (event.envelope.IsFailure() && stored->attempt == event.attempt) continue;
        if (!event.envelope.IsFailure()) continue;
      }
      event.envelope.id = run.id + "/" + std::to_string(record.number) + "/" + event.envelope.id;
      AIOP_CHECK_OK(engine.home_.ledger().Put(event, store::Mode::kInsertIfNew));
    }
    if (event.envelope.IsFailure()) {
      ++reported[event.fingerprint];
      if (event.not_an_incident.empty()) failures.push_back(event);
    }
    engine.Tell({.what = Notice::What::kEvent,
                 .run = run,
                 .name = {},
                 .text = {},
                 .event = event.envelope});
  }
  buffered.clear();
  return {};
}

Status Engine::Attempting::StoreArtifacts(const std::string& checkpoint) {
  // Nothing that is made beside a run is used.
  if (artifacts.empty() || run.shadow) return {};
  store::AppStore::Batch batch;
  for (const auto& artifact : artifacts) {
    model::Artifact stored;
    stored.key = run.id + "/" + artifact.id;
    stored.run = run.id;
    stored.id = artifact.id;
    stored.path = artifact.path;
    stored.role = artifact.role;
    stored.checkpoint = checkpoint;
    stored.app_ctx = run.app_ctx;
    stored.motor_ctx = run.motor_ctx;
    stored.created = Now();
    const fs::path relative =
        fs::path(artifact.path).lexically_proximate(engine.PlantFolder(run.id));
    const bool inside = StaysInside(relative);
    std::error_code ignored;
    if (inside) {
      stored.path = relative.string();
      const auto content =
          file::Read(engine.PlantFolder(run.id) / relative, kArtifactHashLimitBytes);
      if (content) stored.hash = HashBytes(*content);
    }
    const bool there = inside && fs::exists(engine.PlantFolder(run.id) / relative, ignored);
    if (!there && motor.manifest.run.http.empty()) {
      AIOP_CHECK_OK(Keep(MakeEvent(
          model::Scope::kApp, model::SignalType::kValidation, model::Severity::kWarn,
          {{"details", "artifact '" + artifact.id + "': " + artifact.path +
                           (inside ? " does not exist" : " is not in the work folder")}})));
    }
    batch.Put(stored);
  }
  artifacts.clear();
  return engine.home_.apps().Commit(std::move(batch));
}

Status Engine::Attempting::StoreCheckpoint(const std::string& name, const json::Value& state,
                                           const std::string& key) {
  AIOP_CHECK_OK(Flush());
  model::Checkpoint checkpoint;
  if (motor.manifest.run.http.empty()) {
    std::error_code ignored;
    if (!fs::is_directory(engine.PlantFolder(run.id), ignored)) {
      return Invalid("the plant removed its work folder");
    }
    AIOP_TRY(const snapshot::Taken taken,
             snapshot::Take(engine.home_.blobs(), engine.PlantFolder(run.id), cache));
    checkpoint.root = taken.root;
  }
  AIOP_CHECK_OK(StoreArtifacts(name));
  // Read again: a pause or a cancel may have moved the run meanwhile.
  AIOP_TRY(model::Run current, engine.home_.ledger().Get<model::Run>(run.id));
  ++current.steps_done;
  if (held.contains(name)) ++current.steps_redone;
  held.insert(name);
  checkpoint.ordinal = current.checkpoint_ordinal + 1;
  checkpoint.id = run.id + "/" + std::to_string(checkpoint.ordinal);
  checkpoint.run = run.id;
  checkpoint.name = name;
  checkpoint.key = key;
  checkpoint.app_ctx = run.app_ctx;
  checkpoint.motor_ctx = run.motor_ctx;
  checkpoint.attempt = record.number;
  checkpoint.state = state;
  checkpoint.created = Now();
  checkpoint.usage_ms = watch.Elapsed().count();
  current.checkpoint = name;
  current.checkpoint_ordinal = checkpoint.ordinal;
  current.updated = checkpoint.created;
  store::Ledger::Batch batch;
  batch.Guard(fence).Put(checkpoint).Put(current);
  AIOP_CHECK_OK(engine.home_.ledger().Commit(std::move(batch)));
  run = current;
  transcript.EnterStep("after " + name);
  engine.Tell(
      {.what = Notice::What::kCheckpoint, .run = run, .name = name, .text = {}, .event = {}});
  return {};
}

Status Engine::Attempting::CheckBudgets() {
  const auto wall = static_cast<double>(watch.Elapsed().count());
  const auto excess = meter.Check(wall);
  if (!excess) return {};
  return Keep(MakeEvent(model::Scope::kApp, excess->type, model::Severity::kError,
                        {{"details", budget::BudgetMeter::Details(excess->type)},
                         {"value", excess->value},
                         {"unit", excess->type == model::SignalType::kLatency ? "ms" : "usd"},
                         {"budget", excess->budget}}));
}

Status Engine::Attempting::FinishRecord(const plants::Outcome& outcome, std::string_view word) {
  AIOP_CHECK_OK(Flush());
  record.outcome = word;
  record.exit = outcome.details;
  record.wall_ms = outcome.wall.count();
  record.cpu_ms = outcome.cpu.count();
  record.usage = meter.total();
  record.ended = Now();
  AIOP_TRY(record.transcript, transcript.Keep(engine.home_, run.id, record.id));
  return {};
}

void Engine::Attempting::Explain(const std::string& why, store::Ledger::Batch& batch) {
  for (auto& event : failures) {
    event.not_an_incident = why;
    batch.Put(event);
  }
}

Status AttemptSink::OnEvent(const json::Value& envelope, std::string_view raw_payload) {
  auto event = attempt_.ReadEvent(envelope, raw_payload);
  if (!event) return OnInvalid(json::Text(envelope), event.error().message);
  return attempt_.Keep(*std::move(event));
}

Status AttemptSink::OnArtifact(const model::ArtifactRef& artifact) {
  attempt_.artifacts.push_back(artifact);
  return {};
}

Status AttemptSink::OnUsage(const model::Usage& usage) {
  attempt_.meter.Add(usage);
  return {};
}

Status AttemptSink::OnCheckpoint(const std::string& name, const json::Value& state,
                                 const std::string& key) {
  const Status stored = attempt_.StoreCheckpoint(name, state, key);
  if (!stored && stored.error().code == Code::kInvalid) {
    // A work folder that cannot be kept is the plant's doing, not ours.
    attempt_.broken_off = attempt_.stop = true;
    return attempt_.Keep(attempt_.MakeEvent(
        model::Scope::kApp, model::SignalType::kValidation, model::Severity::kError,
        {{"details", "checkpoint '" + name + "' cannot be stored: " + stored.error().message}}));
  }
  AIOP_CHECK_OK(stored);
  if (!attempt_.given.insert(name).second) {
    AIOP_CHECK_OK(attempt_.Keep(attempt_.MakeEvent(
        model::Scope::kMotor, model::SignalType::kValidation, model::Severity::kWarn,
        {{"details", "the plant gave the checkpoint '" + name + "' twice in one run"}})));
  }
  AIOP_CHECK_OK(attempt_.CheckBudgets());
  // Over budget, by its own word or by ours: it stops here.
  if (attempt_.plant_over_budget) attempt_.broken_off = attempt_.stop = true;
  return {};
}

Status AttemptSink::OnInvalid(std::string_view line, const std::string& why) {
  if (++attempt_.message_failures > 100) return {};
  return attempt_.Keep(attempt_.MakeEvent(model::Scope::kMotor, model::SignalType::kValidation,
                                          model::Severity::kError,
                                          {{"details", std::string(kInvalidMessage) + why},
                                           {"line", json::ToValidUtf8(line.substr(0, 500))}}));
}

void AttemptSink::OnText(plants::Stream stream, std::string_view line) {
  attempt_.transcript.Add(stream, line);
}

}  // namespace aiop::engine
