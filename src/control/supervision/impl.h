// SPDX-License-Identifier: Apache-2.0
// What a Supervisor is made of; the parts of its loop are one file each. Private to the module.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "control/app_repair/app_repair.h"
#include "control/followup/followup.h"
#include "control/forge/forge.h"
#include "control/supervision/supervision.h"

namespace aiop::supervision {

using model::PausedBecause;
using model::RunState;

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

// How the outcome of a decision begins whose runs went on on the version before.
inline constexpr std::string_view kFellBack = "fell back:";

inline bool Waits(const model::Run& run, PausedBecause because) {
  return run.state == RunState::kPaused && run.paused_because == because;
}

// What waits in a motor's source, as experiments try it.
class FixesOf final : public arbitration::PendingFixes {
 public:
  explicit FixesOf(governance::Governor& governor) : governor_(governor) {}
  Result<std::vector<std::string>> NamesFor(const contexts::Motor& motor) override {
    return governor_.PendingFixes(motor);
  }
  Result<std::pair<contexts::Motor, std::string>> With(const contexts::Motor& motor,
                                                       const std::string& name,
                                                       const model::Incident& incident) override {
    return governor_.WithFix(motor, name, incident);
  }

 private:
  governance::Governor& governor_;
};

struct Supervisor::Impl {
  contexts::Home& home;
  const policy::Policy& rules;
  policy::Policy policy;  // in force for the plant that is supervised
  engine::Engine engine;
  experiments::Harness harness;
  forge::Liaison liaison;
  governance::Governor governor;
  followup::FollowUp followup;
  app_repair::Repairer repairer;
  FixesOf fixes;
  arbitration::Arbiter arbiter;
  int jobs = 1;
  std::mutex pending_mutex;
  std::map<std::string, lifecycle::RunEvent>
      pending;  // asked for through the mailbox, to be done at the next safe point
  std::unique_ptr<Mailbox> mailbox;
  // Decisions for which every patch source was asked in this call: asked once.
  std::set<std::string> exhausted;

  Impl(contexts::Home& owned, const policy::Policy& all_rules, engine::Watcher watcher)
      : home(owned),
        rules(all_rules),
        policy(all_rules),
        engine(owned, std::move(watcher)),
        harness(engine, sandbox::Level::kReduced),
        liaison(engine),
        governor(engine, harness, policy),
        followup(engine, governor, policy),
        repairer(engine, harness, policy),
        fixes(governor),
        arbiter(engine, harness, policy, &fixes) {
    governor.UseForge(liaison);
    OpenAsThePolicySays();
  }

  void OpenAsThePolicySays() {
    engine.SetOpening(
        {.after = policy.OpensAfter(), .within = Milliseconds{policy.OpensWithinMilliseconds()}});
  }

  Result<model::Run> Get(const std::string& id) { return home.ledger().Get<model::Run>(id); }

  Result<std::vector<std::string>> SelectRuns(const Request& request, const std::string& batch);
  Result<std::vector<std::string>> SelectRunsOf(const Request& request, const model::App& app,
                                                const std::string& batch);
  Status TakeOver(const model::Run& run);
  Status Cancel(const model::Run& run, const std::string& cause);
  Status ApplyPending();
  Status Park(const model::Run& run, const std::string& why);
  Result<Summary> Settle(const std::string& plant, const std::vector<std::string>& selected);
  // Run, decide, fix, resume, until nothing moves.
  Status GoRound(const std::string& plant, const std::vector<std::string>& runs);
  // ---- Trials; trials.cc
  // The version that an unfinished run goes on with: its own, unless the trial of that one failed.
  Result<contexts::Motor> OwnMotor(const model::Run& run);
  // Runs that fail on the version on trial wait for its end, and those that it answers take part in
  // the trial or wait for it; the others are returned.
  Result<std::vector<model::Run>> ActOnTrial(const model::DecisionRecord& decision,
                                             const std::vector<model::Run>& runs);
  Status JoinTrial(const model::Change& change, const model::DecisionRecord& decision,
                   std::vector<model::Run> runs);
  // What the end of a trial means for a run that stands because of it. True: it goes on.
  Result<bool> FreeFromTrial(const model::Run& run);
  Result<bool> FreeParticipant(const model::Run& run);
  Result<bool> FreeWaiting(const model::Run& run);
  // All such runs of the plant that go on now.
  Result<std::vector<std::string>> FreeRuns(const std::string& plant);
  // Beside each run of the cohort that came to its end, one on the candidate; nothing of it is
  // used.
  Status RunShadows(const std::string& plant);
  // Judges the trial and goes on with what that frees, until nothing moves.
  Status SettleTrials(const std::string& plant, std::vector<std::string>& runs);
  Status WarnUndeclared(const std::vector<std::string>& runs);
  Status DriveAll(const std::vector<std::string>& runs);
  Status DecideAll(const std::vector<std::string>& runs);
  Status ActAll(const std::vector<std::string>& runs);
  Status ActOn(const model::DecisionRecord& decision, const std::vector<model::Run>& runs);
  Result<std::optional<model::Change>> AnsweredByActive(const model::DecisionRecord& decision,
                                                        const std::vector<model::Run>& runs);
  Result<bool> StopAtBreaker(const model::DecisionRecord& decision, const model::Incident& incident,
                             const std::vector<model::Run>& runs);
  Status NoteUselessFixes(const std::string& plant);
  Status HealMotor(const model::DecisionRecord& decision, const std::vector<model::Run>& runs);
  // Where no patch of an app is found: what becomes of the decision and its runs.
  struct Otherwise {
    std::string outcome;
    std::string cause;
  };
  Status HealApps(const model::DecisionRecord& decision, const std::vector<model::Run>& runs,
                  const Otherwise& otherwise);
  Status HealApp(const model::DecisionRecord& decision, const std::vector<model::Run>& runs,
                 const Otherwise& otherwise);
  Status ResumeOnApp(const model::Change& change, const model::DecisionRecord& decision,
                     const std::vector<model::Run>& runs);
  // Whether the plant's motor lets the operator change nothing; then the runs wait.
  Result<bool> OnlyObserves(const model::DecisionRecord& decision,
                            const std::vector<model::Run>& runs, const std::string& what);
  // All of these that are not there yet wait for this reason.
  Status ParkAll(const std::vector<model::Run>& runs, PausedBecause because,
                 const std::string& why);
  // Where the motor allows it, runs go on on the version before, if that takes their app; returns
  // those that do not.
  Result<std::vector<model::Run>> FallBack(const model::DecisionRecord& decision,
                                           const std::vector<model::Run>& patching);
  Status ResumeOn(const model::Change& change, const model::DecisionRecord& decision,
                  const std::vector<model::Run>& runs);
  Result<bool> IsOutdated(const model::DecisionRecord& decision, const model::Run& run);
  Result<bool> IsAbout(const model::Run& run, const model::Incident& incident);
  Result<bool> IsHealed(const model::Incident& incident,
                        const std::vector<model::Occurrence>& occurrences);
  Result<bool> KeepsFailing(const model::Incident& incident, const model::Run& run);
  Status NoteReturns(const std::vector<std::string>& runs);
  Status CloseIncidents(const std::vector<std::string>& runs);
  Result<Summary> Summarise(const std::string& plant, const std::vector<std::string>& runs);
};

}  // namespace aiop::supervision
