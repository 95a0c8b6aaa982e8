// SPDX-License-Identifier: Apache-2.0
// Driving all runs that are ready, and what is said about them before.
#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "control/supervision/impl.h"
#include "core/redact/redact.h"

namespace aiop::supervision {

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

// Lets a run wait whose plant could not even be started.
Status Supervisor::Impl::Park(const model::Run& run, const std::string& why) {
  if (run.Ended() || Waits(run, PausedBecause::kOperator)) return {};
  if (run.state == RunState::kIdle) {
    AIOP_TRY([[maybe_unused]] const auto started,
             engine.Move(run.id, lifecycle::RunEvent::kStart, "starting"));
  }
  AIOP_TRY([[maybe_unused]] const auto parked,
           engine.Move(run.id, lifecycle::RunEvent::kPause, why, PausedBecause::kOperator));
  return {};
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
    const auto checkout = contexts::Checkout(home, motor);
    if (checkout) continue;
    AIOP_CHECK_OK(engine.TellMotor(run.plant, run.motor_ctx, model::SignalType::kError,
                                   model::Severity::kError,
                                   {{"details", "set-up failed: " + checkout.error().message}}));
    for (const std::string& other : ready) {
      AIOP_TRY(const model::Run waiting, Get(other));
      if (waiting.motor_commit == run.motor_commit) {
        AIOP_CHECK_OK(Park(waiting, "set-up of the motor failed: " + checkout.error().message));
      }
    }
  }
  AIOP_CHECK_OK(WarnUndeclared(ready));
  return ForEach<std::string>(ready, jobs, [&](const std::string& id) -> Status {
    AIOP_CHECK_OK(ApplyPending());
    AIOP_TRY(const model::Run now, Get(id));
    if (now.state != RunState::kIdle && now.state != RunState::kResuming) return {};
    auto driven = engine.Drive(id);
    if (driven || driven.error().code == Code::kCancelled) return {};
    // One run that cannot be started keeps no other from going on.
    AIOP_CHECK_OK(engine.ExplainFailures(
        id, "its attempt ended for another reason: " + driven.error().message));
    AIOP_TRY(const model::Run failed, Get(id));
    return Park(failed, driven.error().message);
  });
}

}  // namespace aiop::supervision
