// SPDX-License-Identifier: Apache-2.0
//
// Owns runs: creates them, drives their plant, stores what it says, and moves them along
// core/lifecycle. The engine does not decide anything: a run that fails is PAUSED (evidence) with
// its incident, and the supervisor goes on from there.
//
// Durable: events, checkpoints and state moves are on disk before anybody is told. Each run is
// owned through a lease; everything written for it carries the lease's fence. Thread-safe: Drive
// may run for different runs at once.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "control/contexts/contexts.h"
#include "control/plants/plants.h"
#include "core/lifecycle/lifecycle.h"
#include "core/model/model.h"
#include "core/redact/redact.h"

namespace aiop::engine {

// What the engine tells whoever watches; called after the thing is on disk, from any thread.
struct Notice {
  enum class What { kTransition, kCheckpoint, kEvent, kStep, kAttempt } what = What::kTransition;
  model::Run run;
  std::string name;  // checkpoint or step name
  std::string text;  // for people
  model::EventEnvelope event;
};
using Watcher = std::function<void(const Notice&)>;

struct NewRun {
  std::string plant;
  std::string app;
  std::string profile;
  std::string batch;
  std::string motor_version;  // empty: the active one
  // Part of the trial of a change: on its candidate, not on the active version.
  std::string canary = {};
  std::string commit = {};
  // Made beside another run, with an id of its own that follows from that: compared, never used.
  std::string beside = {};
  std::string id = {};
};

// How a run is to go on.
struct Resumption {
  std::string cause;
  int steps_back = 0;     // so many checkpoints further back than needed
  std::string healed_by;  // the change that lets it go on
  Milliseconds wait{0};   // goes on no earlier than in so long
  // The change whose trial it takes part in from now on; empty: in none any more.
  std::optional<std::string> canary = std::nullopt;
};

// What ingesting a stream of envelopes came to.
struct Ingested {
  int64_t accepted = 0;
  int64_t duplicates = 0;
  struct Refused {
    int64_t line = 0;
    std::string reason;
  };
  std::vector<Refused> refused;
};

// A failure becomes an incident the `after`-th time within so long; a critical one at once. Until
// then it is stored with the reason, and its run is PAUSED (evidence) without an incident.
struct Opening {
  int64_t after = 1;
  Milliseconds within{600'000};
};

// What stands for the failure of a plant that reported none itself; fingerprinted like a report.
std::string UnreportedFailure(const plants::Outcome& outcome);

// The incident, or the one that it was merged into in the end.
Result<model::Incident> CurrentIncident(const store::Ledger& ledger, const std::string& id);
// What happened at an incident, and at those that were merged into it.
Result<std::vector<model::Occurrence>> OccurrencesAt(const store::Ledger& ledger,
                                                     const model::Incident& incident);

class Engine {
 public:
  Engine(contexts::Home& home, Watcher watcher);

  contexts::Home& home() { return home_; }
  // Before any run is driven.
  void SetOpening(Opening opening) { opening_ = opening; }

  Result<model::Run> CreateRun(const NewRun& request);
  // A new run that starts from a checkpoint of another one, which stays as it is.
  Result<model::Run> Fork(const std::string& run, const std::string& checkpoint);

  // One step of the state machine, stored with its cause. `change` may set other fields of the run
  // in the same commit.
  Result<model::Run> Move(const std::string& run, lifecycle::RunEvent event,
                          const std::string& cause,
                          model::PausedBecause because = model::PausedBecause::kHuman,
                          const std::function<void(model::Run&)>& change = nullptr);

  // Makes a PAUSED (or VALIDATING) run ready to go on with this app version and motor: marks the
  // checkpoints that no longer hold, and moves it to RESUMING.
  Result<model::Run> PrepareResume(const std::string& run, const model::AppReference& app,
                                   const contexts::Motor& motor, const Resumption& resumption);

  // Runs the plant of an IDLE or RESUMING run until it is SUCCESS, PAUSED or FAILED, and returns it
  // as it is then. The caller's errors are the machine's; whatever the plant does wrong ends in the
  // run's state.
  Result<model::Run> Drive(const std::string& run);

  Result<model::Incident> CurrentIncident(const std::string& id);
  // Whether an occurrence is of this incident, or of one that was merged into it.
  Result<bool> IsAt(const model::Occurrence& occurrence, const std::string& incident);
  Result<std::vector<model::Occurrence>> OccurrencesAt(const model::Incident& incident);
  // The fingerprint this run failed with at this incident: where incidents were merged, not
  // always the incident's own.
  Result<std::string> FingerprintOf(const model::Incident& incident, const std::string& run);
  // Asks the thread that drives this run to stop. False if none does.
  bool RequestStop(const std::string& run, lifecycle::RunEvent event);
  // Asks all to stop (PAUSED, operator) and starts none any more.
  void StopAll();
  bool stopping() const { return home_.stopping(); }

  // Runs that were under way when their owner died become PAUSED (operator); their half-written
  // transcripts are kept.
  Result<std::vector<model::Run>> Recover();

  // Stores an event that some observer made. False: an event with this id is stored already.
  Result<bool> Store(model::StoredEvent event, const redact::Redactor& redactor);
  // NDJSON envelopes from outside.
  Result<Ingested> Ingest(std::string_view ndjson);
  // An event of scope motor about a plant: gates, set-up, golden apps.
  Status TellMotor(const std::string& plant, const model::MotorReference& motor,
                   model::SignalType type, model::Severity severity, json::Object payload);
  // Stores why the failures of this run that have neither an incident nor a reason opened none.
  Status ExplainFailures(const std::string& run, const std::string& why);

  Result<std::vector<model::Checkpoint>> CheckpointsOf(const std::string& run,
                                                       bool with_stale = false);

  // The checkpoint key that ExpectedKeys gives for this app version and motor; empty for plants
  // without keys.
  Result<std::map<std::string, std::string>> KeysFor(const model::AppReference& app,
                                                     const std::string& profile,
                                                     const contexts::Motor& motor);

  // Where a run's plant sees its spec and its work folder. Experiments bind theirs at the same
  // places.
  std::filesystem::path SpecFolder(std::string_view run) const {
    return home_.WorkFolder(run) / "spec";
  }
  std::filesystem::path PlantFolder(std::string_view run) const {
    return home_.WorkFolder(run) / "work";
  }

  void Tell(const Notice& notice) const {
    if (watcher_) watcher_(notice);
  }

 private:
  friend class AttemptSink;
  struct Attempting;  // one Drive under way; attempt.h

  Result<model::Run> Store(model::Run run, lifecycle::RunEvent event, const std::string& cause,
                           model::PausedBecause because, const std::optional<store::Fence>& fence,
                           store::Ledger::Batch batch);
  Result<model::Run> RunAttempt(model::Run run, const store::Fence& fence, std::atomic<bool>& stop,
                                std::atomic<int>& stop_event);
  Status AddEarlierSpending(Attempting& attempt);
  Status Score(Attempting& attempt);
  Result<model::Run> Conclude(Attempting& attempt, const plants::Outcome& outcome);
  Result<model::Run> ConcludeFailure(Attempting& attempt, const plants::Outcome& outcome);
  // Why a failure that was told of outside of an attempt opens no incident. `how`: it came here.
  Result<std::string> WhyNoIncident(const model::StoredEvent& event, std::string_view how);
  // The incident of a failure's fingerprint in its plant, with this occurrence counted; not stored
  // yet.
  struct Filing {
    model::Incident own;
    std::optional<model::Incident> merged_into;  // where runs that stop at it stand
    const model::Incident& Current() const { return merged_into ? *merged_into : own; }
  };
  Result<Filing> FindOrOpenIncident(const model::StoredEvent& event, const contexts::Motor& motor);
  // Whether this failure has to wait, and how many like it wait already, itself counted; adds to
  // `batch` what has waited too long.
  struct Waiting {
    bool waits = false;
    std::vector<model::Occurrence> earlier;
  };
  Result<Waiting> FindWaiting(const model::StoredEvent& event, const contexts::Motor& motor,
                              store::Ledger::Batch& batch);
  // Those that waited for this incident become occurrences of it.
  Status TakeIn(model::Incident& incident, const std::vector<model::Occurrence>& waited,
                store::Ledger::Batch& batch);
  // The incidents of this failure in its plant that are there already.
  Result<std::vector<model::Incident>> KnownIncidents(const model::StoredEvent& event,
                                                      const contexts::Motor& motor);
  Status PrepareFolders(const model::Run& run, const std::optional<model::Checkpoint>& checkpoint);

  contexts::Home& home_;
  Watcher watcher_;
  std::string owner_;
  Opening opening_;
  std::mutex incidents_;  // held while an incident is looked up and stored
  std::mutex driving_mutex_;
  struct Driving {
    std::atomic<bool> stop{false};
    std::atomic<int> event{-1};
  };
  std::map<std::string, std::shared_ptr<Driving>> driving_;
};

}  // namespace aiop::engine
