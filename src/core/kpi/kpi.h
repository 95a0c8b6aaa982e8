// SPDX-License-Identifier: Apache-2.0
//
// The figures of a plant, its motor and the operator (specification section 13), and how its
// objectives stand: arithmetic over records that somebody else has read. docs/kpi.md says in plain
// words what each figure is.
//
// Every share carries its count and its 95 % interval (Wilson's, of core/verdict); every middle its
// count and the interval of its median. A figure that rests on nothing has no value. Whether a
// change made something better or worse is core/verdict's to say: pass, fail or inconclusive.
//
// Pure and thread-safe; never fails.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/evidence/evidence.h"
#include "core/kpi/report.h"
#include "core/model/model.h"

namespace aiop::kpi {

// ---- What is counted ----

// A run as it stands, with all that belongs to it.
struct Build {
  model::Run run;
  std::vector<model::Attempt> attempts;        // in their order
  std::vector<model::Checkpoint> checkpoints;  // in their order
  std::vector<model::Occurrence> occurrences;  // in their order
  std::optional<double> quality;               // the last score and coverage it was given
  std::optional<double> coverage;
};

// What a human said about a decision; the last word counts.
struct Correction {
  std::string decision;
  model::Category category = model::Category::kAppSpec;
};

using Builds = std::map<std::string, Build>;  // by run

struct Records {
  Builds builds;
  std::map<std::string, model::Incident> incidents;  // these three by id
  std::map<std::string, model::DecisionRecord> decisions;
  std::map<std::string, model::Change> changes;
  std::vector<model::Experiment> experiments;
  std::vector<Correction> corrections;              // oldest first
  std::map<std::string, model::AppReference> apps;  // the version that each app has now
  std::map<std::string, Timestamp> promoted;  // change -> when its version became the active one
  // "plant/version" -> how that motor version did, in the whole history.
  std::map<std::string, evidence::MotorRecord> motors;
};

// ---- Figures ----

// What happened in the window; a record counts by when it was last moved (runs), made (decisions,
// changes, experiments) or last seen (incidents).
Figures Compute(const Records& records, Timestamp since, Timestamp until);

// Whether a run came to a good end (true), failed or stands at a failure (false), or says nothing
// yet: under way, or paused by somebody.
std::optional<bool> Outcome(const model::Run& run);
// Whether a decision asked a human instead of deciding.
bool Abstained(const model::DecisionRecord& decision);
bool PatchesMotor(const model::DecisionRecord& decision);
// The side that has to change for a failure of this category.
model::Classification SideOf(model::Category category);

// What is known to be true of a decision, and by whom.
struct Truth {
  bool by_human = false;
  bool right = false;         // human: the category; else the side
  bool motor_changes = true;  // false: only the app had to change, or nobody
};
// From what a human said, else from what made the failure go away: the run's next attempt succeeded
// with another motor, another app version, or unchanged. Nothing if neither tells.
std::optional<Truth> TruthOf(const model::DecisionRecord& decision, const Records& records);

// Plant time that resuming saved one run: what restarts from the beginning would have repeated.
Milliseconds SavedOn(const Build& build);

// ---- Objectives ----

// How the objective stands. A window is what is counted, not a sample of something: the objective
// is missed as soon as its error budget is used up, and with no run in the window it is neither met
// nor missed. The short window of the burn rate is a twelfth of the long one (as in "The Site
// Reliability Workbook", chapter 5).
ObjectiveStanding Measure(const model::Objective& objective, const model::Budgets& budgets,
                          const Builds& builds, Timestamp now);

// The run's time and money since its last patch, as its budgets count them.
double LatencyOf(const Build& build);
std::optional<double> CostOf(const Build& build);

// ---- Compliance ----

// Records that speak for or against a line of the checklist: how many, and the newest few.
struct Witnesses {
  int64_t count = 0;
  std::vector<std::string> newest;  // ids, at most kWitnesses
  std::optional<Timestamp> at;      // of the newest

  void Add(const std::string& id, Timestamp time);
};
inline constexpr size_t kWitnesses = 3;

// What a home's records show. Each pair: what there is, and what of it is not as it has to be.
struct Practice {
  Witnesses app_versions, motor_versions;
  Witnesses runs, runs_without_context;  // whose app or motor version is not there
  Witnesses events, events_without_trace;
  Witnesses decisions, decisions_incomplete;  // without rationale or plan
  Witnesses undecided;                        // incidents that nobody decided yet
  std::string broken_chain;                   // empty: both chains are whole
  Witnesses resumed, resumed_with_redone_steps;
  Witnesses patches_waiting;                     // promoted, and its runs are still to end
  Witnesses promoted, promoted_without_figures;  // motor versions that aiop made
  Witnesses promoted_without_gates;              // and without break-glass
  Witnesses ungoverned;                          // made outside, and run without having been gated
  Witnesses unreviewed;                          // let through past gates, and nobody looked since
  Witnesses rollbacks, exercises, failed_exercises;
  int64_t mute_events = 0;
  int64_t checked_events = 0;
};

// The checklist of specification section 19, and that nothing is mute and no change ungoverned.
// Fails closed: a line without evidence does not hold.
std::vector<ChecklistLine> Checklist(const Practice& practice);

}  // namespace aiop::kpi
