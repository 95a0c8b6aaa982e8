// SPDX-License-Identifier: Apache-2.0
//
// Decides incidents: gathers what history proves, asks the policy, runs the experiments it wishes,
// and writes the decision record. One arbitration of an incident at a time; the decision is on disk
// when Arbitrate returns.
//
// A ruling that blames the motor covers every run that stopped at the incident, but for those whose
// own specs are undeclared or defective where the rule says so. A ruling that blames the app (or
// the meeting of both) covers the app that was examined. Other runs are split off into an incident
// of their own, because the same message can have another cause there. Where that one is ruled the
// same, and is not about an app alone, both are one incident again.
//
// What history proves comes from an index that is filled from the ledger at the first decision and
// told of all that is stored from then on, so that a decision costs the same however much happened.
//
// Thread-safe for different incidents.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "control/engine/engine.h"
#include "control/experiments/experiments.h"
#include "core/evidence/evidence.h"
#include "core/policy/policy.h"

namespace aiop::arbitration {

// More wishes than this in one arbitration are a bug of the policy.
inline constexpr int kWishLimit = 60;

// Of how many other apps the specs are judged before a ruling on the motor covers them; the rest is
// taken to be in order, and examined if the fix does not heal it.
inline constexpr size_t kSpecsJudgedPerRuling = 200;

// An abstention says nothing of other apps. While few stand there, each is examined by itself.
inline constexpr size_t kAppsExaminedApart = 5;

// Fixes of a motor that wait in its source, for experiments: who governs motors knows them.
class PendingFixes {
 public:
  virtual ~PendingFixes() = default;
  virtual Result<std::vector<std::string>> NamesFor(const contexts::Motor& motor) = 0;
  // The motor with this fix, and what that is, for people; nothing is recorded about it.
  virtual Result<std::pair<contexts::Motor, std::string>> With(const contexts::Motor& motor,
                                                               const std::string& name,
                                                               const model::Incident& incident) = 0;
};

class History;  // the index over all that happened; private to the module

class Arbiter {
 public:
  // `fixes` may be null: then none is pending.
  Arbiter(engine::Engine& engine, experiments::Harness& harness, const policy::Policy& policy,
          PendingFixes* fixes);
  ~Arbiter();

  // Decides an open incident.
  Result<model::DecisionRecord> Arbitrate(const std::string& incident);

  // Whether a decision on the motor holds for a run that stopped at its incident later.
  Result<bool> Covers(const model::DecisionRecord& decision, const model::Run& run);

  // Moves the occurrences of these runs into a new incident of the same fingerprint; with `since`,
  // only later ones.
  Result<model::Incident> SplitOff(const std::string& incident,
                                   const std::vector<std::string>& runs, const std::string& why,
                                   std::optional<Timestamp> since = std::nullopt);

  // An incident that was split off, and decided by itself as the one it came from was, is the same
  // failure after all: it is merged into the oldest that has such a decision. Rulings on an app
  // alone never join. Call it with what was decided, when no arbitration is going on.
  Status JoinAlike(const std::vector<std::string>& incidents);

  // How a motor version did in real runs so far, for core/verdict.
  Result<evidence::MotorRecord> RecordOf(const model::MotorReference& motor);

  // Records what came of a decision. The outcome is no part of the hash chain.
  Status SetOutcome(const std::string& decision, const std::string& outcome);

 private:
  Result<policy::Evidence> Gather(const model::Incident& incident, const model::Run& run);
  Status GatherSightings(policy::Evidence& evidence, const model::Run& run);
  Status GatherMotorDecision(policy::Evidence& evidence);
  Status GatherEvent(policy::Evidence& evidence, const model::Run& run);
  Status GatherMeans(policy::Evidence& evidence, const model::Run& run,
                     const contexts::Motor& motor);
  Status GatherOtherMotors(policy::Evidence& evidence, const model::AppVersion& version,
                           const contexts::Motor& motor);
  Result<model::Experiment> Fulfil(const policy::Evidence& evidence, const model::Run& run,
                                   const contexts::Motor& motor, const policy::Wish& wish);
  Result<experiments::Question> AboutSpec(const model::Run& run, const contexts::Motor& motor,
                                          const policy::Wish& wish);
  Result<model::Experiment> FulfilTwin(const experiments::Asker& asker, const model::Run& run,
                                       const contexts::Motor& motor, const policy::Wish& wish);
  Result<model::Experiment> FulfilReduced(experiments::Asker asker,
                                          const policy::Evidence& evidence, const model::Run& run,
                                          const contexts::Motor& motor, const policy::Wish& wish);
  // Which of the runs that stand at an incident a ruling holds for.
  struct Coverage {
    std::vector<model::Run> covered;
    std::vector<std::string> others;
    std::string about;  // for people: what the covered ones have in common
  };
  Result<model::Run> ChooseRun(const model::Incident& incident);
  Result<Coverage> Cover(const model::Incident& incident, const model::Run& examined,
                         const policy::Evidence& evidence, const policy::Ruling& ruling);
  Result<bool> IsSound(const model::Incident& incident, const model::Run& run,
                       const policy::SpecFacts& known);
  // Since which version the motor fails so: for the record, not for the ruling.
  Status FindBeginning(const model::Run& run, const contexts::Motor& motor, policy::Ruling& ruling,
                       policy::Evidence& evidence, model::DecisionHistory& history);
  Result<model::DecisionRecord> Record(const model::Incident& incident, const model::Run& run,
                                       const policy::Evidence& evidence,
                                       const policy::Ruling& ruling,
                                       model::DecisionHistory history);

  engine::Engine& engine_;
  experiments::Harness& harness_;
  const policy::Policy& policy_;
  PendingFixes* fixes_;
  std::unique_ptr<History> history_;
  std::mutex chain_;  // held while a record is appended to the chain
};

// Whether the chain of decision records is whole; kInvalid naming the first that was changed.
Status VerifyChain(const store::Ledger& ledger);

// ---- Incidents that are one ----
// What was done is a remark (control/remarks), so that it can be undone exactly.

// Whether the runs that move with a merged incident keep the decision made about them.
enum class Decisions { kForget, kKeep };

// `id` is the same failure as `into`: it becomes `merged`, runs that wait at it wait at the other.
// Occurrences stay where they are, so that Unmerge restores exactly.
Result<model::Incident> Merge(contexts::Home& home, const std::string& id, const std::string& into,
                              const std::string& by, Decisions decisions = Decisions::kForget);
Result<model::Incident> Unmerge(contexts::Home& home, const std::string& id, const std::string& by);

// The hash of a record: over everything but outcome and hash, and over previous_hash.
std::string HashOf(const model::DecisionRecord& record);

}  // namespace aiop::arbitration
