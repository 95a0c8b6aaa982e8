// SPDX-License-Identifier: Apache-2.0
#include "control/supervision/supervision.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "core/redact/redact.h"

namespace aiop::supervision {
namespace {

using model::PausedBecause;
using model::RunState;

// Rounds of run, decide, fix, resume. Each needs a new fix or a new failure to happen, so this is
// never reached unless something goes in circles.
constexpr int kRoundLimit = 50;

// Runs `work` on each item, `jobs` at a time; the first error is returned after all have ended.
template <class T>
Status ForEach(const std::vector<T>& items, int jobs, const std::function<Status(const T&)>& work) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  Status first;
  const auto loop = [&] {
    for (size_t i = next++; i < items.size(); i = next++) {
      const Status status = work(items[i]);
      const std::lock_guard lock(mutex);
      if (!status && first) first = status;
    }
  };
  const size_t count = std::min(items.size(), static_cast<size_t>(std::max(1, jobs)));
  std::vector<std::thread> threads;
  for (size_t i = 1; i < count; ++i) threads.emplace_back(loop);
  loop();
  for (auto& thread : threads) thread.join();
  return first;
}

bool Waits(const model::Run& run, PausedBecause because) {
  return run.state == RunState::kPaused && run.paused_because == because;
}

}  // namespace

struct Supervisor::Impl {
  contexts::Home& home;
  const policy::Policy& policy;
  engine::Engine engine;
  experiments::Harness harness;
  arbitration::Arbiter arbiter;
  governance::Governor governor;
  int jobs = 1;
  std::mutex pending_mutex;
  std::map<std::string, lifecycle::RunEvent>
      pending;  // asked for through the mailbox, to be done at the next safe point
  std::unique_ptr<Mailbox> mailbox;
  // Incidents for which every patch source was asked in this call: asked once.
  std::set<std::string> exhausted;

  Impl(contexts::Home& owned, const policy::Policy& rules, engine::Watcher watcher)
      : home(owned),
        policy(rules),
        engine(owned, std::move(watcher)),
        harness(engine, sandbox::Level::kReduced),
        arbiter(engine, harness, rules),
        governor(engine, harness, rules) {}

  Result<model::Run> Get(const std::string& id) { return home.ledger().Get<model::Run>(id); }

  Result<std::vector<std::string>> SelectRuns(const Request& request, const std::string& batch);
  Result<std::vector<std::string>> SelectRunsOf(const Request& request, const model::App& app,
                                                const std::string& batch);
  Status TakeOver(const model::Run& run);
  Status Cancel(const model::Run& run, const std::string& cause);
  Status ApplyPending();
  Result<Summary> Settle(const std::string& plant, const std::vector<std::string>& runs);
  Status WarnUndeclared(const std::vector<std::string>& runs);
  Status DriveAll(const std::vector<std::string>& runs);
  Status DecideAll(const std::vector<std::string>& runs);
  Status ActAll(const std::vector<std::string>& runs);
  Status ActOn(const model::DecisionRecord& decision, const std::vector<model::Run>& runs);
  Result<std::optional<model::Change>> AnsweredByActive(const model::DecisionRecord& decision,
                                                        const std::vector<model::Run>& runs);
  Status HealMotor(const model::DecisionRecord& decision, const std::vector<model::Run>& runs);
  Status ResumeOn(const model::Change& change, const model::DecisionRecord& decision,
                  const std::vector<model::Run>& runs);
  Status NoteReturns(const std::vector<std::string>& runs);
  Status CloseIncidents(const std::vector<std::string>& runs);
  Result<Summary> Summarise(const std::string& plant, const std::vector<std::string>& runs);
};

Supervisor::Supervisor(contexts::Home& home, const policy::Policy& policy, engine::Watcher watcher)
    : impl_(std::make_unique<Impl>(home, policy, std::move(watcher))) {
  impl_->mailbox = std::make_unique<Mailbox>(
      home.folder(), [this](const MailboxRequest& request) { return Handle(request); });
}
Supervisor::~Supervisor() { impl_->mailbox.reset(); }

engine::Engine& Supervisor::engine() { return impl_->engine; }
experiments::Harness& Supervisor::harness() { return impl_->harness; }
arbitration::Arbiter& Supervisor::arbiter() { return impl_->arbiter; }
governance::Governor& Supervisor::governor() { return impl_->governor; }
void Supervisor::Stop() { impl_->engine.StopAll(); }

// ---- Which runs ----

Result<std::vector<std::string>> Supervisor::Impl::SelectRunsOf(const Request& request,
                                                                const model::App& app,
                                                                const std::string& batch) {
  std::vector<std::string> profiles = request.profiles.empty() ? app.profiles : request.profiles;
  if (profiles.empty()) profiles = {""};
  AIOP_TRY(const auto history,
           home.ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kApp, app.name));
  std::vector<std::string> selected;
  for (const std::string& profile : profiles) {
    std::string found;
    for (const auto& run : history) {
      if (run.profile != profile || run.plant != request.plant) continue;
      if (!run.Ended()) {
        if (request.fresh) {
          AIOP_CHECK_OK(Cancel(run, "given up for a fresh run"));
          continue;
        }
        found = run.id;
      } else if (!request.fresh && !run.batch.empty()) {
        // Finished by a command that was killed before it could say so: this command is that one,
        // continued.
        AIOP_TRY(const auto made_by, home.ledger().Find<model::Batch>(run.batch));
        if (made_by && !made_by->closed) found = run.id;
      }
    }
    if (found.empty()) {
      AIOP_TRY(const model::Run run, engine.CreateRun({.plant = request.plant,
                                                       .app = app.name,
                                                       .profile = profile,
                                                       .batch = batch,
                                                       .motor_version = request.motor_version}));
      found = run.id;
    }
    selected.push_back(found);
  }
  return selected;
}

Result<std::vector<std::string>> Supervisor::Impl::SelectRuns(const Request& request,
                                                              const std::string& batch) {
  AIOP_TRY(const contexts::Motor motor,
           request.motor_version.empty()
               ? contexts::ActiveMotor(home, request.plant)
               : contexts::MotorAt(home, request.plant, request.motor_version));
  std::vector<model::App> apps;
  if (request.apps.empty()) {
    AIOP_TRY(apps,
             home.apps().ListBy<model::App>(store::Kind<model::App>::Field::kPlant, request.plant));
    if (apps.empty()) {
      return Invalid("plant '" + request.plant +
                     "' has no apps: add one with 'aiop app add NAME --plant " + request.plant +
                     " --spec PATH'");
    }
  }
  for (const std::string& name : request.apps) {
    AIOP_TRY(const model::App app, home.apps().Get<model::App>(name));
    if (app.plant != request.plant) {
      return Invalid("app '" + name + "' belongs to plant '" + app.plant + "', not to '" +
                     request.plant + "'");
    }
    apps.push_back(app);
  }
  for (const std::string& profile : request.profiles) {
    const auto& known = motor.manifest.profiles;
    if (std::find(known.begin(), known.end(), profile) == known.end()) {
      return Invalid("plant '" + request.plant + "' has no profile '" + profile + "'");
    }
  }
  std::vector<std::string> runs;
  for (const model::App& app : apps) {
    AIOP_TRY(const auto of_app, SelectRunsOf(request, app, batch));
    runs.insert(runs.end(), of_app.begin(), of_app.end());
  }
  return runs;
}

Status Supervisor::Impl::Cancel(const model::Run& run, const std::string& cause) {
  // A run that never ran is started and given up: IDLE has no other way out.
  if (run.state == RunState::kIdle) {
    AIOP_TRY([[maybe_unused]] const auto started,
             engine.Move(run.id, lifecycle::RunEvent::kStart, cause));
  } else if (run.state != RunState::kRunning && run.state != RunState::kPaused) {
    AIOP_TRY([[maybe_unused]] const auto paused,
             engine.Move(run.id, lifecycle::RunEvent::kPause, cause));
  }
  AIOP_TRY([[maybe_unused]] const auto ended,
           engine.Move(run.id, lifecycle::RunEvent::kCancel, cause));
  return {};
}

Status Supervisor::Impl::ApplyPending() {
  std::map<std::string, lifecycle::RunEvent> asked;
  {
    const std::lock_guard lock(pending_mutex);
    asked.swap(pending);
  }
  for (const auto& [id, event] : asked) {
    AIOP_TRY(const model::Run run, Get(id));
    if (run.Ended()) continue;
    if (event == lifecycle::RunEvent::kCancel) {
      AIOP_CHECK_OK(Cancel(run, "cancelled"));
    } else if (run.state != RunState::kIdle) {
      AIOP_TRY(
          [[maybe_unused]] const auto paused,
          engine.Move(id, lifecycle::RunEvent::kPause, "paused by a human", PausedBecause::kHuman));
    }
  }
  return {};
}

Status Supervisor::Handle(const MailboxRequest& request) {
  AIOP_TRY(const model::Run run, impl_->Get(request.run));
  if (request.verb != "pause" && request.verb != "cancel")
    return Invalid("a run can be asked to pause or cancel");
  if (run.Ended())
    return Invalid("run " + run.id + " has ended: " + std::string(describe::Name(run.state)));
  const auto event =
      request.verb == "cancel" ? lifecycle::RunEvent::kCancel : lifecycle::RunEvent::kPause;
  if (impl_->engine.RequestStop(request.run, event)) return {};
  const std::lock_guard lock(impl_->pending_mutex);
  impl_->pending[request.run] = event;
  return {};
}

// An unfinished run of an earlier command: what can go on, goes on.
Status Supervisor::Impl::TakeOver(const model::Run& run) {
  if (run.state != RunState::kPaused) return {};
  AIOP_TRY(const model::App app, home.apps().Get<model::App>(run.app));
  AIOP_TRY(const contexts::Motor own, contexts::MotorAtCommit(home, run.plant, run.motor_commit));
  const bool interrupted = Waits(run, PausedBecause::kOperator) || Waits(run, PausedBecause::kBoot);
  if (app.current != run.app_ctx) {
    AIOP_TRY([[maybe_unused]] const auto patching,
             engine.Move(run.id, lifecycle::RunEvent::kPatchApp,
                         "its app has a new version, " + app.current.version));
    AIOP_TRY([[maybe_unused]] const auto patched,
             engine.Move(run.id, lifecycle::RunEvent::kPatched,
                         "validating on app version " + app.current.version));
    AIOP_TRY([[maybe_unused]] const auto ready,
             engine.PrepareResume(
                 run.id, app.current, own,
                 "retried on app version " + app.current.version + " with the same motor version"));
    return {};
  }
  if (interrupted && run.incident.empty()) {
    AIOP_TRY([[maybe_unused]] const auto ready,
             engine.PrepareResume(run.id, run.app_ctx, own, "continued after an interruption"));
    return {};
  }
  if (interrupted) {
    // Stopped at a failure, then interrupted while that was being dealt with: back to where it
    // stood, unless it had been resumed already.
    AIOP_TRY(const auto transitions, home.ledger().ListBy<model::Transition>(
                                         store::Kind<model::Transition>::Field::kRun, run.id));
    const bool was_driven =
        transitions.size() >= 2 && (transitions.back().from == RunState::kRunning ||
                                    transitions.back().from == RunState::kResuming);
    if (was_driven) {
      AIOP_TRY([[maybe_unused]] const auto ready,
               engine.PrepareResume(run.id, run.app_ctx, own, "continued after an interruption"));
      return {};
    }
    AIOP_TRY([[maybe_unused]] const auto waits,
             engine.Move(run.id, lifecycle::RunEvent::kPause, "back to the failure it stands at",
                         PausedBecause::kEvidence));
  }
  return {};
}

// ---- The loop ----

// A spec outside what its motor version declares to accept: said before the run, which goes on all
// the same.
Status Supervisor::Impl::WarnUndeclared(const std::vector<std::string>& runs) {
  std::vector<std::string> asked;  // one run per app version: profiles share the answer
  std::set<std::string> seen;
  for (const std::string& id : runs) {
    AIOP_TRY(const model::Run run, Get(id));
    if (run.state != RunState::kIdle || !seen.insert(run.app_ctx.Text() + run.motor_commit).second)
      continue;
    AIOP_TRY(const contexts::Motor motor,
             contexts::MotorAtCommit(home, run.plant, run.motor_commit));
    const auto& accepts = motor.manifest.accepts;
    if (!accepts.schema.empty() || !accepts.dialects.empty()) asked.push_back(id);
  }
  return ForEach<std::string>(asked, jobs, [&](const std::string& id) -> Status {
    if (engine.stopping()) return {};
    AIOP_TRY(const model::Run run, Get(id));
    AIOP_TRY(const contexts::Motor motor,
             contexts::MotorAtCommit(home, run.plant, run.motor_commit));
    AIOP_TRY(const auto version, contexts::VersionOf(home, run.app_ctx));
    AIOP_TRY(const auto answer, harness.AskDeclared({}, run, version, motor));
    if (answer.result != model::ExperimentResult::kOtherFailure) return {};
    AIOP_TRY(const auto redactor, redact::Redactor::Create(motor.manifest.redact));
    model::StoredEvent event;
    // One per app version and motor, however often they are run.
    event.envelope.id =
        IdFromHash(HashBytes("undeclared " + run.app_ctx.Text() + " " + run.motor_ctx.Text()));
    event.envelope.trace_id = run.id;
    event.envelope.timestamp = Now();
    event.envelope.scope = model::Scope::kApp;
    event.envelope.signal_type = model::SignalType::kValidation;
    event.envelope.severity = model::Severity::kWarn;
    event.envelope.payload = {{"details", answer.answer}};
    event.envelope.context_ref = {run.app_ctx, run.motor_ctx};
    event.run = run.id;
    event.plant = run.plant;
    AIOP_TRY([[maybe_unused]] const bool is_new, engine.Store(std::move(event), redactor));
    return {};
  });
}

Status Supervisor::Impl::DriveAll(const std::vector<std::string>& runs) {
  std::vector<std::string> ready;
  for (const std::string& id : runs) {
    AIOP_TRY(const model::Run run, Get(id));
    if (run.state == RunState::kIdle || run.state == RunState::kResuming) ready.push_back(id);
  }
  // The set-up of a motor version is shared: done once, before the runs that wait for it start side
  // by side.
  std::set<std::string> commits;
  for (const std::string& id : ready) {
    AIOP_TRY(const model::Run run, Get(id));
    if (!commits.insert(run.motor_commit).second) continue;
    AIOP_TRY(const contexts::Motor motor,
             contexts::MotorAtCommit(home, run.plant, run.motor_commit));
    AIOP_TRY([[maybe_unused]] const auto checkout, contexts::Checkout(home, motor));
  }
  AIOP_CHECK_OK(WarnUndeclared(ready));
  return ForEach<std::string>(ready, jobs, [&](const std::string& id) -> Status {
    AIOP_CHECK_OK(ApplyPending());
    AIOP_TRY(const model::Run now, Get(id));
    if (now.state != RunState::kIdle && now.state != RunState::kResuming) return {};
    auto driven = engine.Drive(id);
    if (!driven && driven.error().code != Code::kCancelled) return std::unexpected(driven.error());
    return {};
  });
}

// Runs that failed again at the same incident after its fix: one step further back first, then the
// fix was useless.
Status Supervisor::Impl::NoteReturns(const std::vector<std::string>& runs) {
  for (const std::string& id : runs) {
    AIOP_TRY(const model::Run run, Get(id));
    if (!Waits(run, PausedBecause::kEvidence) || run.healed_by.empty()) continue;
    AIOP_TRY(const model::Change change, home.ledger().Get<model::Change>(run.healed_by));
    AIOP_TRY(const model::Incident incident, home.ledger().Get<model::Incident>(run.incident));
    if (incident.change != change.id || change.status != model::ChangeState::kPromoted) continue;
    AIOP_TRY(const contexts::Motor motor,
             contexts::MotorAtCommit(home, run.plant, run.motor_commit));
    AIOP_TRY(const auto checkpoints, engine.CheckpointsOf(id));
    const bool can_step_back = !checkpoints.empty() && run.resumed <= policy.GiveUpAfter();
    if (can_step_back) {
      AIOP_TRY(
          [[maybe_unused]] const auto ready,
          engine.PrepareResume(
              id, run.app_ctx, motor,
              "the same failure came back: one checkpoint further back, before the fix is called "
              "useless",
              true));
      continue;
    }
    // This app needs something else: it is examined on its own.
    AIOP_TRY([[maybe_unused]] const auto split,
             arbiter.SplitOff(run.incident, {id}, "change " + change.id + " did not heal it"));
    AIOP_TRY(model::Run fresh, Get(id));
    fresh.healed_by.clear();
    AIOP_CHECK_OK(home.ledger().Put(fresh));
  }
  return {};
}

Status Supervisor::Impl::DecideAll(const std::vector<std::string>& runs) {
  std::vector<std::string> incidents;
  for (const std::string& id : runs) {
    AIOP_TRY(const model::Run run, Get(id));
    if (!Waits(run, PausedBecause::kEvidence) || run.incident.empty()) continue;
    AIOP_TRY(model::Incident incident, home.ledger().Get<model::Incident>(run.incident));
    const bool decided =
        incident.state == model::IncidentState::kDecided && !incident.decision.empty();
    if (decided && run.decision == incident.decision) continue;
    if (decided) {
      AIOP_TRY(const auto decision, home.ledger().Get<model::DecisionRecord>(incident.decision));
      // A ruling on the motor covers who comes later; one on an app does not.
      if (decision.classification == model::Classification::kMotor) {
        AIOP_TRY(model::Run inherits, Get(id));
        inherits.decision = decision.decision_id;
        AIOP_CHECK_OK(home.ledger().Put(inherits));
        continue;
      }
      AIOP_TRY(incident, arbiter.SplitOff(incident.id, {id},
                                          "decision " + decision.decision_id +
                                              " was about other apps or versions"));
    }
    if (std::find(incidents.begin(), incidents.end(), incident.id) == incidents.end())
      incidents.push_back(incident.id);
  }
  while (!incidents.empty()) {
    AIOP_CHECK_OK(ForEach<std::string>(incidents, jobs, [&](const std::string& id) -> Status {
      const auto decision = arbiter.Arbitrate(id);
      if (decision || decision.error().code == Code::kCancelled ||
          decision.error().code == Code::kNotFound)
        return {};
      return std::unexpected(decision.error());
    }));
    if (engine.stopping()) return {};
    // Deciding may have split incidents: the new ones are decided too.
    incidents.clear();
    for (const std::string& id : runs) {
      AIOP_TRY(const model::Run run, Get(id));
      if (!Waits(run, PausedBecause::kEvidence) || !run.decision.empty() || run.incident.empty())
        continue;
      AIOP_TRY(const auto incident, home.ledger().Get<model::Incident>(run.incident));
      const bool open = incident.state == model::IncidentState::kOpen;
      if (open && std::find(incidents.begin(), incidents.end(), incident.id) == incidents.end()) {
        incidents.push_back(incident.id);
      }
    }
  }
  return {};
}

Status Supervisor::Impl::ResumeOn(const model::Change& change,
                                  const model::DecisionRecord& decision,
                                  const std::vector<model::Run>& runs) {
  AIOP_TRY(const contexts::Motor motor,
           contexts::MotorAtCommit(home, change.plant, change.candidate));
  for (const model::Run& run : runs) {
    if (run.state != RunState::kPatchingMotor && run.state != RunState::kPaused) continue;
    if (run.state == RunState::kPaused) {
      AIOP_TRY([[maybe_unused]] const auto patching,
               engine.Move(run.id, lifecycle::RunEvent::kPatchMotor,
                           "change " + change.id + " answers its incident"));
    }
    AIOP_TRY([[maybe_unused]] const auto validating,
             engine.Move(run.id, lifecycle::RunEvent::kPatched,
                         "motor " + change.version + " passed its gates", PausedBecause::kHuman,
                         [&](model::Run& record) { record.healed_by = change.id; }));
    AIOP_TRY(
        [[maybe_unused]] const auto ready,
        engine.PrepareResume(run.id, run.app_ctx, motor, "resumed on motor " + change.version));
  }
  return arbiter.SetOutcome(decision.decision_id, "patched: motor " + change.version);
}

// The change that made the active version, if the runs stand on an older one and pass with it:
// tried on one of them.
Result<std::optional<model::Change>> Supervisor::Impl::AnsweredByActive(
    const model::DecisionRecord& decision, const std::vector<model::Run>& runs) {
  AIOP_TRY(const contexts::Motor active, contexts::ActiveMotor(home, decision.plant));
  const auto behind = std::find_if(runs.begin(), runs.end(), [&](const model::Run& run) {
    return !run.pinned_motor && run.motor_commit != active.version.commit;
  });
  if (behind == runs.end() || active.version.change.empty()) return std::optional<model::Change>();
  AIOP_TRY(model::Incident incident, home.ledger().Get<model::Incident>(decision.incident_id));
  experiments::Question question;
  question.kind = model::ExperimentKind::kCandidate;
  question.run = *behind;
  AIOP_TRY(question.app, contexts::VersionOf(home, behind->app_ctx));
  question.motor = active;
  question.profile = behind->profile;
  question.to_the_end = true;
  question.question =
      "Does " + behind->app + " pass on the active motor " + active.version.reference.version + "?";
  question.changed =
      "motor " + behind->motor_ctx.version + " -> " + active.version.reference.version;
  AIOP_TRY(const auto experiment,
           harness.Ask({incident.id, incident.fingerprint, policy.PlantMillisecondsPerIncident()},
                       question));
  if (experiment.result != model::ExperimentResult::kPassed) return std::optional<model::Change>();
  AIOP_TRY(auto change, home.ledger().Get<model::Change>(active.version.change));
  incident.change = change.id;
  AIOP_CHECK_OK(home.ledger().Put(incident));
  return std::optional(std::move(change));
}

Status Supervisor::Impl::HealMotor(const model::DecisionRecord& decision,
                                   const std::vector<model::Run>& runs) {
  // A change that answers this incident already?
  AIOP_TRY(const auto incident, home.ledger().Get<model::Incident>(decision.incident_id));
  if (!incident.change.empty()) {
    AIOP_TRY(const auto change, home.ledger().Get<model::Change>(incident.change));
    if (change.status == model::ChangeState::kPromoted) return ResumeOn(change, decision, runs);
  }
  for (const model::Run& run : runs) {
    if (run.pinned_motor) {
      AIOP_TRY(
          [[maybe_unused]] const auto waits,
          engine.Move(run.id, lifecycle::RunEvent::kPause,
                      "the motor is at fault, but this run was started on a version named by hand",
                      PausedBecause::kFix));
    }
  }
  // The answer to another incident may answer this one too.
  AIOP_TRY(const auto answered, AnsweredByActive(decision, runs));
  if (answered) return ResumeOn(*answered, decision, runs);
  std::vector<model::Run> patching;
  for (const model::Run& run : runs) {
    if (run.pinned_motor) continue;
    AIOP_TRY(auto moved, engine.Move(run.id, lifecycle::RunEvent::kPatchMotor,
                                     "looking for a fix of the motor"));
    patching.push_back(std::move(moved));
  }
  if (patching.empty()) return {};
  const auto park = [&](PausedBecause because, const std::string& why) -> Status {
    for (const model::Run& run : patching) {
      AIOP_TRY([[maybe_unused]] const auto waits,
               engine.Move(run.id, lifecycle::RunEvent::kPause, why, because));
    }
    return {};
  };
  auto change = governor.HealMotor(decision);
  if (!change) {
    const Status parked = park(
        change.error().code == Code::kCancelled ? PausedBecause::kOperator : PausedBecause::kFix,
        "no fix could be prepared: " + change.error().message);
    return change.error().code == Code::kCancelled || change.error().code == Code::kForbidden
               ? parked
               : std::unexpected(change.error());
  }
  if (!*change) {
    exhausted.insert(decision.incident_id);
    AIOP_CHECK_OK(arbiter.SetOutcome(decision.decision_id,
                                     "waiting: no patch source has a fix that passes the gates"));
    return park(PausedBecause::kFix,
                "the motor is at fault and no patch source has a fix that passes the gates");
  }
  if ((*change)->status == model::ChangeState::kAwaitingApproval) {
    exhausted.insert(decision.incident_id);
    AIOP_CHECK_OK(arbiter.SetOutcome(decision.decision_id,
                                     "waiting: change " + (*change)->id + " awaits approval"));
    return park(PausedBecause::kApproval, "change " + (*change)->id + " awaits approval");
  }
  return ResumeOn(**change, decision, patching);
}

Status Supervisor::Impl::ActOn(const model::DecisionRecord& decision,
                               const std::vector<model::Run>& runs) {
  if (decision.outcome == "abstained") return {};
  if (decision.category == model::Category::kTransient) {
    for (const model::Run& run : runs) {
      if (run.resumed > policy.GiveUpAfter()) continue;
      AIOP_TRY(const contexts::Motor own,
               contexts::MotorAtCommit(home, run.plant, run.motor_commit));
      AIOP_TRY([[maybe_unused]] const auto ready,
               engine.PrepareResume(run.id, run.app_ctx, own,
                                    "the fault was gone on the unchanged re-run"));
    }
    return arbiter.SetOutcome(decision.decision_id, "resumed without a patch");
  }
  if (decision.classification == model::Classification::kApp) {
    for (const model::Run& run : runs) {
      AIOP_TRY([[maybe_unused]] const auto waits,
               engine.Move(run.id, lifecycle::RunEvent::kPause,
                           "the app has to change: " + decision.rationale, PausedBecause::kFix));
    }
    return arbiter.SetOutcome(decision.decision_id, "waiting: the app has to change");
  }
  return HealMotor(decision, runs);
}

Status Supervisor::Impl::ActAll(const std::vector<std::string>& runs) {
  // By decision, in the order they were made.
  std::map<std::string, std::vector<model::Run>> waiting;
  for (const std::string& id : runs) {
    AIOP_TRY(const model::Run run, Get(id));
    if (run.state != RunState::kPaused || run.decision.empty() || run.incident.empty()) continue;
    if (!Waits(run, PausedBecause::kEvidence) && !Waits(run, PausedBecause::kFix)) continue;
    if (exhausted.contains(run.incident)) continue;
    AIOP_TRY(const auto decision, home.ledger().Get<model::DecisionRecord>(run.decision));
    if (Waits(run, PausedBecause::kFix) && decision.classification == model::Classification::kApp)
      continue;
    waiting[run.decision].push_back(run);
  }
  // Motor alone, then mixed, then app; by app within these, so that parallel arbitration changes no
  // order.
  std::vector<std::pair<model::DecisionRecord, std::vector<model::Run>>> ordered;
  for (const auto& [id, members] : waiting) {
    AIOP_TRY(auto decision, home.ledger().Get<model::DecisionRecord>(id));
    ordered.emplace_back(std::move(decision), members);
  }
  const auto rank = [](const model::DecisionRecord& decision) {
    const int side = decision.classification == model::Classification::kMotor   ? 0
                     : decision.classification == model::Classification::kMixed ? 1
                                                                                : 2;
    return std::make_pair(side, decision.apps);
  };
  std::stable_sort(ordered.begin(), ordered.end(),
                   [&](const auto& a, const auto& b) { return rank(a.first) < rank(b.first); });
  for (const auto& [decision, members] : ordered) {
    if (engine.stopping()) return {};
    std::vector<model::Run> current;
    for (const auto& member : members) {
      AIOP_TRY(auto run, Get(member.id));
      if (run.state == RunState::kPaused) current.push_back(std::move(run));
    }
    AIOP_CHECK_OK(ActOn(decision, current));
  }
  return {};
}

// Incidents of which no run is left standing are resolved; changes get their impact, useless ones
// go back.
Status Supervisor::Impl::CloseIncidents(const std::vector<std::string>& runs) {
  std::set<std::string> incidents;
  std::set<std::string> changes;
  for (const std::string& id : runs) {
    AIOP_TRY(const model::Run run, Get(id));
    if (!run.incident.empty()) incidents.insert(run.incident);
    if (!run.healed_by.empty()) changes.insert(run.healed_by);
  }
  for (const std::string& id : incidents) {
    AIOP_TRY(model::Incident incident, home.ledger().Get<model::Incident>(id));
    if (incident.state != model::IncidentState::kDecided) continue;
    AIOP_TRY(const auto occurrences, home.ledger().ListBy<model::Occurrence>(
                                         store::Kind<model::Occurrence>::Field::kIncident, id));
    bool healed = !occurrences.empty();
    for (const auto& each : occurrences) {
      AIOP_TRY(const model::Run run, Get(each.run));
      if (run.state != RunState::kSuccess && run.incident == id) healed = false;
    }
    if (!healed) continue;
    AIOP_TRY(incident.state,
             lifecycle::StepIncident(incident.state, lifecycle::IncidentEvent::kHealed));
    AIOP_CHECK_OK(home.ledger().Put(incident));
    AIOP_CHECK_OK(arbiter.SetOutcome(incident.decision, "healed"));
  }
  for (const std::string& id : changes) {
    AIOP_TRY(const auto change, home.ledger().Get<model::Change>(id));
    if (change.side != model::Scope::kMotor) continue;
    AIOP_CHECK_OK(governor.MeasureImpact(id));
    AIOP_TRY(const auto version,
             home.motors().Get<model::MotorVersion>(change.plant + "/" + change.version));
    const bool useless =
        version.impact && version.impact->runs_healed == 0 && version.impact->runs_not_healed > 0;
    if (useless && change.status == model::ChangeState::kPromoted) {
      AIOP_CHECK_OK(governor.RollBackUseless(id, "no run it was made for was healed by it"));
      if (!change.decision.empty())
        AIOP_CHECK_OK(arbiter.SetOutcome(change.decision, "not healed: rolled back"));
    }
  }
  return {};
}

Result<Summary> Supervisor::Impl::Settle(const std::string& plant,
                                         const std::vector<std::string>& runs) {
  for (int round = 0; round < kRoundLimit && !engine.stopping(); ++round) {
    AIOP_CHECK_OK(ApplyPending());
    AIOP_CHECK_OK(DriveAll(runs));
    if (engine.stopping()) break;
    AIOP_CHECK_OK(ApplyPending());
    AIOP_CHECK_OK(NoteReturns(runs));
    AIOP_CHECK_OK(DecideAll(runs));
    if (engine.stopping()) break;
    AIOP_CHECK_OK(ApplyPending());
    AIOP_CHECK_OK(ActAll(runs));
    bool moved = false;
    for (const std::string& id : runs) {
      AIOP_TRY(const model::Run run, Get(id));
      moved = moved || run.state == RunState::kResuming || run.state == RunState::kIdle;
    }
    if (!moved) break;
  }
  if (!engine.stopping()) AIOP_CHECK_OK(CloseIncidents(runs));
  return Summarise(plant, runs);
}

Result<Summary> Supervisor::Impl::Summarise(const std::string& plant,
                                            const std::vector<std::string>& runs) {
  Summary summary;
  std::set<std::string> decisions;
  for (const std::string& id : runs) {
    AIOP_TRY(model::Run run, Get(id));
    AIOP_TRY(const auto occurrences, home.ledger().ListBy<model::Occurrence>(
                                         store::Kind<model::Occurrence>::Field::kRun, id));
    for (const auto& each : occurrences) {
      if (std::find(summary.incidents.begin(), summary.incidents.end(), each.incident) ==
          summary.incidents.end()) {
        summary.incidents.push_back(each.incident);
      }
    }
    summary.runs.push_back(std::move(run));
  }
  std::set<std::string> seen;
  for (const std::string& incident : summary.incidents) {
    AIOP_TRY(const auto made, home.ledger().ListBy<model::DecisionRecord>(
                                  store::Kind<model::DecisionRecord>::Field::kIncident, incident));
    for (const auto& decision : made) {
      if (seen.insert(decision.decision_id).second) summary.decisions.push_back(decision);
    }
  }
  AIOP_TRY(const auto changes,
           home.ledger().ListBy<model::Change>(store::Kind<model::Change>::Field::kPlant, plant));
  for (const auto& change : changes) {
    const bool concerns = std::find(summary.incidents.begin(), summary.incidents.end(),
                                    change.incident) != summary.incidents.end();
    if (concerns || change.status == model::ChangeState::kAwaitingApproval)
      summary.changes.push_back(change);
  }
  return summary;
}

Result<Summary> Supervisor::Supervise(const Request& request) {
  Impl& impl = *impl_;
  impl.jobs = request.jobs;
  impl.exhausted.clear();
  AIOP_TRY([[maybe_unused]] const model::Plant plant, contexts::GetPlant(impl.home, request.plant));
  AIOP_TRY([[maybe_unused]] const auto recovered, impl.engine.Recover());
  {
    AIOP_TRY(auto repository, contexts::OpenRepository(impl.home, request.plant));
    // Offline is no reason not to run: what is here is what is used.
    const Status fetched = repository.Fetch();
    if (!fetched) {
      impl.engine.Tell(
          {.what = engine::Notice::What::kStep,
           .run = {},
           .name = "fetch",
           .text = "the motor's source could not be read, going on with what is here: " +
                   fetched.error().message,
           .event = {}});
    }
  }
  AIOP_CHECK_OK(impl.governor.ContinueAll(request.plant));
  AIOP_CHECK_OK(impl.governor.AdoptOutside(request.plant));
  model::Batch batch;
  batch.id = NewId();
  batch.plant = request.plant;
  batch.created = Now();
  AIOP_TRY(const auto runs, impl.SelectRuns(request, batch.id));
  AIOP_CHECK_OK(impl.home.ledger().Put(batch));
  for (const std::string& id : runs) {
    AIOP_TRY(const model::Run run, impl.Get(id));
    AIOP_CHECK_OK(impl.TakeOver(run));
  }
  return impl.Settle(request.plant, runs);
}

Status Supervisor::Delivered(const std::string& plant) {
  AIOP_TRY(const auto batches, impl_->home.ledger().ListBy<model::Batch>(
                                   store::Kind<model::Batch>::Field::kPlant, plant));
  store::Ledger::Batch closing;
  for (model::Batch each : batches) {
    if (each.closed) continue;
    each.closed = true;
    closing.Put(each);
  }
  return closing.empty() ? Status{} : impl_->home.ledger().Commit(std::move(closing));
}

Result<Summary> Supervisor::Continue(const std::string& plant,
                                     const std::vector<std::string>& wanted, int jobs) {
  Impl& impl = *impl_;
  impl.jobs = jobs;
  impl.exhausted.clear();
  AIOP_TRY([[maybe_unused]] const auto recovered, impl.engine.Recover());
  AIOP_CHECK_OK(impl.governor.ContinueAll(plant));
  std::vector<std::string> runs = wanted;
  if (runs.empty()) {
    AIOP_TRY(const auto all,
             impl.home.ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kPlant, plant));
    for (const auto& run : all) {
      if (!run.Ended()) runs.push_back(run.id);
    }
  }
  for (const std::string& id : runs) {
    AIOP_TRY(const model::Run run, impl.Get(id));
    if (run.paused_because != PausedBecause::kHuman) AIOP_CHECK_OK(impl.TakeOver(run));
    // What waited for approval is looked at again: its change may have been promoted or rejected.
    AIOP_TRY(const model::Run now, impl.Get(id));
    if (Waits(now, PausedBecause::kApproval)) {
      AIOP_TRY([[maybe_unused]] const auto again,
               impl.engine.Move(id, lifecycle::RunEvent::kPause, "its change was decided",
                                PausedBecause::kFix));
    }
  }
  return impl.Settle(plant, runs);
}

// ---- The answer ----

json::Value ToJson(const Summary& summary) {
  json::Array runs;
  for (const model::Run& run : summary.runs) {
    json::Object object{{"id", run.id},
                        {"app", run.app},
                        {"profile", run.profile},
                        {"status", std::string(describe::Name(run.state))},
                        {"motor", run.motor_ctx.Text()},
                        {"app_ctx", run.app_ctx.Text()},
                        {"resumed", run.resumed > 0},
                        {"steps_done", run.steps_done},
                        {"steps_redone", run.steps_redone},
                        {"steps_kept", run.steps_kept},
                        {"steps_invalidated", run.steps_invalidated},
                        {"plant_ms", run.plant_ms},
                        {"incident", run.incident},
                        {"decision", run.decision},
                        {"cause", run.cause}};
    object["paused_because"] = run.paused_because
                                   ? json::Value(std::string(describe::Name(*run.paused_because)))
                                   : json::Value(nullptr);
    runs.push_back(std::move(object));
  }
  json::Array incidents;
  for (const auto& incident : summary.incidents) incidents.push_back(json::Value(incident));
  json::Array decisions;
  for (const auto& decision : summary.decisions) decisions.push_back(describe::ToJson(decision));
  json::Array changes;
  for (const model::Change& change : summary.changes) {
    changes.push_back(json::Object{{"id", change.id},
                                   {"status", std::string(describe::Name(change.status))},
                                   {"version", change.version},
                                   {"title", change.title},
                                   {"reason", change.reason}});
  }
  return json::Object{{"runs", std::move(runs)},
                      {"incidents", std::move(incidents)},
                      {"decisions", std::move(decisions)},
                      {"changes", std::move(changes)}};
}

int ExitCodeOf(const Summary& summary) {
  bool failed = false;
  bool waits = false;
  for (const model::Run& run : summary.runs) {
    failed = failed || run.state == RunState::kFailed;
    waits = waits || (run.state != RunState::kSuccess && run.state != RunState::kFailed);
  }
  for (const model::Change& change : summary.changes) {
    waits = waits || change.status == model::ChangeState::kAwaitingApproval;
  }
  return failed ? 1 : waits ? 3 : 0;
}

}  // namespace aiop::supervision
