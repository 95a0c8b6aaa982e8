// SPDX-License-Identifier: Apache-2.0
#include "control/supervision/supervision.h"

#include "base/identity/identity.h"
#include "control/figures/figures.h"
#include "control/supervision/impl.h"

namespace aiop::supervision {
namespace {

// Rounds of run, decide, fix, resume. Each needs a new fix or a new failure to happen, so this is
// never reached unless something goes in circles.
constexpr int kRoundLimit = 50;

}  // namespace

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
void Supervisor::UseForgeToken(std::string token) { impl_->liaison.UseToken(std::move(token)); }
void Supervisor::Stop() { impl_->engine.StopAll(); }

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

Status Supervisor::Impl::GoRound(const std::string& plant, const std::vector<std::string>& runs) {
  for (int round = 0; round < kRoundLimit && !engine.stopping(); ++round) {
    AIOP_CHECK_OK(ApplyPending());
    AIOP_CHECK_OK(DriveAll(runs));
    if (engine.stopping()) break;
    AIOP_CHECK_OK(ApplyPending());
    AIOP_CHECK_OK(NoteReturns(runs));
    AIOP_CHECK_OK(DecideAll(runs));
    if (engine.stopping()) break;
    AIOP_CHECK_OK(ApplyPending());
    AIOP_CHECK_OK(NoteUselessFixes(plant));
    AIOP_CHECK_OK(ActAll(runs));
    bool moved = false;
    for (const std::string& id : runs) {
      AIOP_TRY(const model::Run run, Get(id));
      moved = moved || run.state == RunState::kResuming || run.state == RunState::kIdle;
    }
    if (!moved) break;
  }
  return {};
}

Result<Summary> Supervisor::Impl::Settle(const std::string& plant,
                                         const std::vector<std::string>& selected) {
  std::vector<std::string> runs = selected;
  AIOP_CHECK_OK(GoRound(plant, runs));
  if (!engine.stopping()) AIOP_CHECK_OK(SettleTrials(plant, runs));
  if (!engine.stopping()) {
    AIOP_CHECK_OK(CloseIncidents(runs));
    AIOP_CHECK_OK(followup.Settle(plant));
    AIOP_CHECK_OK(followup.DeliverPages());
    AIOP_CHECK_OK(liaison.TellAll(plant));
    AIOP_TRY(auto standings, figures::Objectives(home, plant, Now()));
    AIOP_CHECK_OK(figures::NoteBreaches(engine, standings));
  }
  return Summarise(plant, runs);
}

Status Supervisor::UsePolicyOf(const std::string& plant) {
  AIOP_TRY(const model::Plant record, contexts::GetPlant(impl_->home, plant));
  impl_->policy = impl_->rules.For(record.name, record.team);
  impl_->OpenAsThePolicySays();
  return {};
}

Result<Summary> Supervisor::Supervise(const Request& request) {
  Impl& impl = *impl_;
  impl.jobs = request.jobs;
  impl.exhausted.clear();
  impl.liaison.StartAnew();
  AIOP_CHECK_OK(UsePolicyOf(request.plant));
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
  AIOP_CHECK_OK(impl.followup.DeliverPages());
  AIOP_CHECK_OK(impl.liaison.TellAll(request.plant));
  AIOP_CHECK_OK(impl.governor.ContinueAll(request.plant));
  AIOP_CHECK_OK(app_repair::ContinueAll(impl.engine, request.plant));
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

Status Delivered(contexts::Home& home, const std::string& plant) {
  AIOP_TRY(const auto batches,
           home.ledger().ListBy<model::Batch>(store::Kind<model::Batch>::Field::kPlant, plant));
  store::Ledger::Batch closing;
  for (model::Batch each : batches) {
    if (each.closed) continue;
    each.closed = true;
    closing.Put(each);
  }
  return closing.empty() ? Status{} : home.ledger().Commit(std::move(closing));
}

Result<Summary> Supervisor::Continue(const std::string& plant,
                                     const std::vector<std::string>& wanted, int jobs) {
  Impl& impl = *impl_;
  impl.jobs = jobs;
  impl.exhausted.clear();
  impl.liaison.StartAnew();
  AIOP_CHECK_OK(UsePolicyOf(plant));
  AIOP_TRY([[maybe_unused]] const auto recovered, impl.engine.Recover());
  AIOP_CHECK_OK(impl.followup.DeliverPages());
  AIOP_CHECK_OK(impl.liaison.TellAll(plant));
  AIOP_CHECK_OK(impl.governor.ContinueAll(plant));
  AIOP_CHECK_OK(app_repair::ContinueAll(impl.engine, plant));
  std::vector<std::string> runs = wanted;
  if (runs.empty()) {
    AIOP_TRY(const auto all,
             impl.home.ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kPlant, plant));
    for (const auto& run : all) {
      if (!run.Ended() && !run.shadow) runs.push_back(run.id);
    }
  }
  for (const std::string& id : runs) {
    AIOP_TRY(const model::Run run, impl.Get(id));
    if (run.paused_because != PausedBecause::kHuman) AIOP_CHECK_OK(impl.TakeOver(run));
  }
  return impl.Settle(plant, runs);
}

}  // namespace aiop::supervision
