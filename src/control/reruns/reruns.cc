// SPDX-License-Identifier: Apache-2.0
#include "control/reruns/reruns.h"

#include <algorithm>
#include <map>

#include "base/fault/fault.h"
#include "base/identity/identity.h"
#include "base/time/time.h"
#include "control/blast_radius/blast_radius.h"
#include "core/pace/pace.h"

namespace aiop::reruns {
namespace {

using model::RunState;

// How often a wait for the limit looks whether it is to stop.
constexpr Milliseconds kPoll{100};

// The checkpoint before the one that the step ends with; empty: from the beginning.
Result<std::string> Before(const std::vector<model::Checkpoint>& checkpoints,
                           const std::string& step, const model::Run& run) {
  std::string before;
  for (const auto& each : checkpoints) {
    if (each.name == step) return before;
    before = each.name;
  }
  return Invalid("run " + run.id + " of app '" + run.app + "' has no step '" + step +
                 "': see 'aiop run show " + run.id + "'");
}

class Bulk {
 public:
  Bulk(supervision::Supervisor& supervisor, Request request)
      : supervisor_(supervisor), home_(supervisor.engine().home()), request_(std::move(request)) {}

  // The successful runs of the version, and the re-run of each that is there already.
  Status Find();
  // Creates as many as are allowed; those to be driven now.
  Result<std::vector<std::string>> Next(int64_t allowed);
  const std::vector<Timestamp>& begun() const { return begun_; }
  size_t left() const { return waiting_.size(); }
  size_t there() const { return there_; }

 private:
  Result<std::string> Create(const blast_radius::TouchedRun& origin);

  supervision::Supervisor& supervisor_;
  contexts::Home& home_;
  Request request_;
  contexts::Motor active_;
  std::vector<blast_radius::TouchedRun> waiting_;
  std::vector<std::string> unfinished_;
  std::vector<Timestamp> begun_;
  size_t there_ = 0;
};

Status Bulk::Find() {
  AIOP_TRY(active_, contexts::ActiveMotor(home_, request_.plant));
  if (active_.version.reference.version == request_.version) {
    return Forbidden("version " + request_.version +
                     " is the active one: roll it back, or promote a better one, before what it "
                     "made is made anew");
  }
  AIOP_TRY(auto radius, blast_radius::Of(home_, request_.plant, request_.version));
  std::map<std::string, model::Run> made;  // by the run they make anew
  AIOP_TRY(const auto runs, home_.ledger().ListBy<model::Run>(
                                store::Kind<model::Run>::Field::kPlant, request_.plant));
  for (const auto& run : runs) {
    if (run.rerun_of.empty()) continue;
    begun_.push_back(run.created);
    // One that was given up, or that the same version made, counts for nothing.
    if (run.state == RunState::kFailed || run.motor_ctx == radius.version.reference) continue;
    made[run.rerun_of] = run;
  }
  for (auto& each : radius.runs) {
    if (each.run.state != RunState::kSuccess || each.run.shadow) continue;
    // What was taken back since, and made by another version, is of that version.
    if (each.steps == 0 && each.run.motor_ctx != radius.version.reference) continue;
    const auto found = made.find(each.run.id);
    if (found == made.end()) {
      waiting_.push_back(std::move(each));
      continue;
    }
    ++there_;
    unfinished_.push_back(found->second.id);
  }
  return {};
}

// With the checkpoints of its origin that it starts from, in one commit.
Result<std::string> Bulk::Create(const blast_radius::TouchedRun& origin) {
  AIOP_TRY(const auto checkpoints, supervisor_.engine().CheckpointsOf(origin.run.id));
  std::string from = origin.last_before;
  if (!request_.from.empty()) {
    AIOP_TRY(from, Before(checkpoints, request_.from, origin.run));
  }
  model::Run run;
  run.id = NewId();
  run.plant = origin.run.plant;
  run.app = origin.run.app;
  run.profile = origin.run.profile;
  run.app_ctx = origin.run.app_ctx;
  run.motor_ctx = active_.version.reference;
  run.motor_commit = active_.version.commit;
  run.rerun_of = origin.run.id;
  run.cause = "makes anew what motor " + request_.version + " made in run " + origin.run.id;
  run.created = run.updated = Now();
  store::Ledger::Batch batch;
  if (!from.empty()) {
    run.state = RunState::kPaused;
    run.paused_because = model::PausedBecause::kOperator;
    run.forked_from = origin.run.id + " at " + from;
    for (model::Checkpoint copy : checkpoints) {
      copy.run = run.id;
      copy.ordinal = ++run.checkpoint_ordinal;
      copy.id = run.id + "/" + std::to_string(copy.ordinal);
      run.checkpoint = copy.name;
      batch.Put(copy);
      if (copy.name == from) break;
    }
  }
  batch.Put(run, store::Mode::kInsert);
  AIOP_CHECK_OK(home_.ledger().Commit(std::move(batch)));
  fault::Point("reruns.created");
  begun_.push_back(run.created);
  return run.id;
}

Result<std::vector<std::string>> Bulk::Next(int64_t allowed) {
  std::vector<std::string> now = std::move(unfinished_);
  unfinished_.clear();
  const size_t count = std::min(waiting_.size(), static_cast<size_t>(allowed));
  for (size_t i = 0; i < count; ++i) {
    AIOP_TRY(std::string id, Create(waiting_[i]));
    now.push_back(std::move(id));
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
  return now;
}

// What came of one part is part of the whole: of each record the newest.
void Add(supervision::Summary& all, supervision::Summary part) {
  const auto add = [](auto& to, auto from, auto id) {
    for (auto& each : from) {
      const auto same =
          std::ranges::find_if(to, [&](const auto& other) { return id(other) == id(each); });
      if (same == to.end()) {
        to.push_back(std::move(each));
      } else {
        *same = std::move(each);
      }
    }
  };
  add(all.runs, std::move(part.runs), [](const model::Run& run) { return run.id; });
  add(all.incidents, std::move(part.incidents), [](const std::string& id) { return id; });
  add(all.decisions, std::move(part.decisions),
      [](const model::DecisionRecord& decision) { return decision.decision_id; });
  add(all.changes, std::move(part.changes), [](const model::Change& change) { return change.id; });
}

}  // namespace

Result<supervision::Summary> ReRun(supervision::Supervisor& supervisor,
                                   const policy::Policy& policy, const Request& request,
                                   const Told& tell) {
  engine::Engine& engine = supervisor.engine();
  AIOP_CHECK_OK(supervisor.UsePolicyOf(request.plant));
  AIOP_TRY([[maybe_unused]] const auto recovered, engine.Recover());
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(engine.home(), request.plant));
  const int64_t limit = policy.For(plant.name, plant.team).Governing().reruns_per_minute;
  Bulk bulk(supervisor, request);
  AIOP_CHECK_OK(bulk.Find());
  tell(std::to_string(bulk.left()) + " run(s) of motor " + request.version + " are made anew on " +
       plant.active.version + ", " + std::to_string(bulk.there()) + " are there already");
  supervision::Summary summary;
  while (!engine.stopping()) {
    AIOP_TRY(const auto now, bulk.Next(pace::Allowed(bulk.begun(), Now(), limit)));
    if (!now.empty()) {
      AIOP_TRY(auto part, supervisor.Continue(request.plant, now, request.jobs));
      Add(summary, std::move(part));
    }
    if (bulk.left() == 0) break;
    const Milliseconds wait = pace::UntilNext(bulk.begun(), Now(), limit);
    if (wait.count() == 0) continue;
    tell(std::to_string(bulk.left()) + " more wait for the limit of " + std::to_string(limit) +
         " a minute (reruns_per_minute): the next in " + FormatDuration(wait));
    const Stopwatch watch;
    while (watch.Elapsed() < wait && !engine.stopping()) WaitFor(kPoll);
  }
  return summary;
}

}  // namespace aiop::reruns
