// SPDX-License-Identifier: Apache-2.0
// One attempt under way: where a plant's messages become records. Private to the engine.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/engine/engine.h"
#include "control/engine/transcript.h"
#include "control/sandbox/sandbox.h"
#include "core/budget/budget.h"

namespace aiop::engine {

// Events waiting to be written together; failures are written at once.
inline constexpr size_t kEventBuffer = 256;
inline constexpr std::chrono::milliseconds kEventPatience{200};
inline constexpr std::string_view kInvalidMessage = "the plant sent an invalid message: ";
// A failure reported more often than this in one attempt is a storm: what follows is stored in
// groups, as other events are, with the reason why it opens no incident of its own. The same goes
// for all failures once so many different ones were reported.
inline constexpr int64_t kStormBegins = 16;
inline constexpr size_t kFailuresHeld = 1000;
// How much of a crashed plant's standard error goes into its event.
inline constexpr size_t kErrorTailBytes = 8192;

struct Engine::Attempting {
  Engine& engine;
  model::Run run;
  store::Fence fence;
  contexts::Motor motor;
  redact::Redactor redactor;
  model::Attempt record;
  Transcript transcript;
  budget::BudgetMeter meter;
  std::atomic<bool>& stop;

  Stopwatch watch = {};
  snapshot::ScanCache cache = {};
  std::string step = {};  // the last checkpoint, for the transcript's index
  std::vector<model::StoredEvent> buffered = {};
  std::chrono::steady_clock::time_point oldest_buffered = {};
  std::vector<model::StoredEvent> failures =
      {};  // error and critical events of this attempt, stored; of a storm its beginning
  std::map<std::string, int64_t> reported = {};  // failures stored in this attempt, by fingerprint
  std::vector<model::ArtifactRef> artifacts = {};
  std::set<std::string> given = {};  // checkpoints of this attempt
  std::set<std::string> held = {};   // checkpoints stored before this attempt that still hold
  bool broken_off = false;           // stopped for what it did: a failure, not a pause
  bool plant_over_budget = false;    // it said so itself
  int64_t message_failures = 0;

  // What the plant is started with.
  plants::Execution MakeExecution(const std::filesystem::path& spec,
                                  const std::filesystem::path& checkout,
                                  const std::optional<model::Checkpoint>& from) const;
  // A run beside another one: where its programs can do nothing outside.
  sandbox::Policy ShadowPolicy(const std::filesystem::path& checkout) const;
  // Fills, checks and redacts an envelope as sent by the plant.
  Result<model::StoredEvent> ReadEvent(const json::Value& envelope,
                                       std::string_view raw_payload) const;
  // An event of our own about this attempt.
  model::StoredEvent MakeEvent(model::Scope scope, model::SignalType type, model::Severity severity,
                               json::Object payload) const;
  Status Keep(model::StoredEvent event);
  // Whether this failure is only one more of a storm; says so in it.
  bool IsOneMore(model::StoredEvent& event) const;
  Status Flush();
  // An event for the first budget that is exceeded and was not reported yet.
  Status CheckBudgets();
  Status StoreArtifacts(const std::string& checkpoint);
  Status StoreCheckpoint(const std::string& name, const json::Value& state, const std::string& key);
  Status FinishRecord(const plants::Outcome& outcome, std::string_view word);
  // Why its failures open no incident; stored with `batch`.
  void Explain(const std::string& why, store::Ledger::Batch& batch);
};

// What the plants module calls.
class AttemptSink : public plants::Sink {
 public:
  explicit AttemptSink(Engine::Attempting& attempt) : attempt_(attempt) {}
  Status OnEvent(const json::Value& envelope, std::string_view raw_payload) override;
  Status OnArtifact(const model::ArtifactRef& artifact) override;
  Status OnUsage(const model::Usage& usage) override;
  Status OnCheckpoint(const std::string& name, const json::Value& state,
                      const std::string& key) override;
  Status OnInvalid(std::string_view line, const std::string& why) override;
  void OnText(plants::Stream stream, std::string_view line) override;

 private:
  Engine::Attempting& attempt_;
};

}  // namespace aiop::engine
