// SPDX-License-Identifier: Apache-2.0
//
// Who has to change for a failure to go away? Decide() answers from evidence, or names the
// experiment that would tell, or abstains. Pure: same evidence and policy, same answer, byte for
// byte.
//
// The policy is a versioned file (policies/default.yaml) of ordered rules over named
// *propositions*. A proposition is true, false or unknown; each is computed from the evidence by
// one function (proposition.cc). The first rule whose condition is true decides. A rule whose
// condition is still unknown, and could become true, asks for the cheapest experiment that settles
// one of its unknown propositions; if none is left (not possible, over budget), it is skipped.
// Confidence below `abstain_below`, or no rule at all, is an abstention: the likeliest
// classification, and what a human could check next.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json/json.h"
#include "base/result/result.h"
#include "core/budget/budget.h"
#include "core/model/model.h"

namespace aiop::policy {

// A fact names at most so many of the events, runs and experiments it rests on.
inline constexpr size_t kReferencesKept = 50;

// ---- What is known ----

// One app under one profile on one motor version, as history shows it for this incident's failure.
struct Sighting {
  std::string run;
  std::string app;
  std::string profile;
  std::string app_version;    // semver
  std::string motor_version;  // semver
  std::string motor_commit;
  bool failed = false;    // true: stopped at this incident; false: went through the same point
  bool shadowed = false;  // stopped earlier at another failure: says nothing about this one
};

// What is known of one app's spec without running a plant. Absent = nobody has asked yet.
struct SpecFacts {
  std::string app;
  std::optional<bool> declared;       // inside what the motor version declares to accept
  std::optional<bool> valid;          // independent validators accept it
  std::vector<std::string> findings;  // "POINTER message", for people
  std::vector<std::string> refs;      // experiments it rests on
};

// Everything Decide() may look at: one slice, handed in by the engine.
struct Evidence {
  model::Incident incident;
  // The failing run that experiments vary: app, profile, versions.
  std::string run;
  std::string app;
  std::string profile;
  std::string app_version;
  std::string motor_version;
  std::string motor_commit;
  model::EventEnvelope event;  // the failure itself
  bool spec_is_folder = false;
  // How often this very run, repeated on the same versions, failed this way in reality.
  int64_t real_failures = 1;

  // Of this incident, and of runs that went through. Not every one need be here, see core/evidence.
  std::vector<Sighting> sightings;
  // Distinct real runs that failed this way on this motor version, the failing one among them; 0:
  // those in `sightings` are all.
  int64_t failing_runs = 0;
  // A decision that blames this motor version for this failure of apps whose specs are in order.
  std::string motor_decision;
  std::vector<std::string> motor_decision_apps;
  std::vector<SpecFacts> specs;                // of the apps in `sightings`, the failing app first
  std::vector<model::Experiment> experiments;  // done for this incident, oldest first

  // What could be asked: experiments whose means do not exist are not proposed.
  bool has_accepts = false;
  bool has_validators = false;
  bool has_network = true;                  // in experiments
  std::vector<std::string> older_versions;  // motor versions before the failing one, newest first
  std::vector<std::string> newer_versions;  // after it, oldest first
  std::vector<std::string> golden;          // golden specs of the motor
  std::vector<std::string> other_profiles;  // profiles of the app besides the failing one
  std::vector<std::string> other_apps;  // apps of the plant besides the failing one (for kOtherApp)
  std::vector<std::string> earlier_revisions;  // app versions before the failing one, newest first
  std::vector<std::string> pending_fixes;      // fixes that wait in the motor's source, by name
  std::vector<std::string> other_motors;       // other plants whose motors take such specs, by name

  int64_t plant_ms_spent = 0;  // on experiments of this incident so far
  int64_t plant_ms_budget = 0;
};

// ---- What follows ----

// A wish for one experiment. The engine runs it and calls Decide() again with its answer in the
// evidence; an experiment that could not be run comes back as kNotPossible or kOverBudget and is
// not wished again.
struct Wish {
  model::ExperimentKind kind = model::ExperimentKind::kControl;
  std::string
      app;  // whose spec; the failing app unless kOtherApp, or kDeclared/kValidators of another app
  std::string profile;
  std::string
      motor_version;        // semver to run on; differs from the failing one for kOtherVersion only
  std::string golden;       // kGoldenApp: path in the motor
  std::string app_version;  // kEarlierRevision
  std::string fix;          // kPendingFix: which
  std::string plant;        // kOtherMotor: whose motor
  std::string question;     // for people: "Does it fail again when nothing is changed?"
};

// For which of the runs that stopped at the same incident a ruling holds.
enum class Covers {
  kAll,
  kSound,  // those of the examined app, and of apps whose specs are declared and valid
  kApp,    // those of the examined app
};
constexpr auto EnumNames(Covers) {
  using enum Covers;
  return std::to_array<std::pair<Covers, std::string_view>>(
      {{kAll, "all"}, {kSound, "sound"}, {kApp, "app"}});
}

struct Ruling {
  model::Classification classification = model::Classification::kApp;
  model::Category category = model::Category::kAppSpec;
  std::string rule;
  double confidence = 0;
  bool abstained = false;
  Covers covers = Covers::kAll;
  std::string rationale;  // one plain paragraph
  std::vector<model::Fact>
      evidence;  // facts that carried the ruling, with ids of events, runs and experiments
  std::vector<model::Rejected> rejected;
  std::vector<std::string> next_checks;  // when abstained: what a human could check
};

using Answer = std::variant<Ruling, Wish>;

// ---- The policy ----

// What becomes of a version whose fix did not keep the failure away from an app it was made for:
// left at once, or kept until the next fix goes on top of it.
enum class WhenBack { kRollBack, kRollForward };
constexpr auto EnumNames(WhenBack) {
  return std::to_array<std::pair<WhenBack, std::string_view>>(
      {{WhenBack::kRollBack, "roll_back"}, {WhenBack::kRollForward, "roll_forward"}});
}

// How changes are governed, beyond what a motor says itself.
struct Governance {
  int64_t after_care_runs = 3;  // runs past the point of a failure before its fix is confirmed
  int64_t after_care_ms = 0;    // and so long
  int64_t confirmations = 2;    // confirmed uses before a pattern is promoted
  WhenBack when_back = WhenBack::kRollBack;
  int64_t breaker_after = 3;  // useless fixes of one failure before nothing more is tried
  int64_t suggest_after = 3;  // like faults of apps before a validator is suggested
  int64_t approval_ms = 0;    // an approval waits so long; then the change is rejected
  model::Role approves = model::Role::kApprover;
  int64_t break_glass_ms = 0;  // a change let through is reviewed within so long
  int64_t canary_min_runs = 3;
  int64_t reruns_per_minute = 60;  // of a bulk re-run
};

class Policy {
 public:
  // Reads a policy file; errors name file, line and field. `value` is the file's content as JSON,
  // `line_of` maps a JSON pointer to its line.
  static Result<Policy> Load(const json::Value& value, std::string_view file,
                             int (*line_of)(const void*, std::string_view) = nullptr,
                             const void* lines = nullptr);

  const std::string& Id() const { return id_; }  // "default@1.0.0", "default@1.0.0+careful"
  // The policy in force for a plant of a team (may be empty): the first override that names both,
  // else this one.
  Policy For(std::string_view plant, std::string_view team) const;
  // What experiments may use: for one incident, and for one plant in a day.
  const budget::Allowance& PerIncident() const { return per_incident_; }
  const budget::Allowance& PerDay() const { return per_day_; }
  int64_t GiveUpAfter() const {
    return give_up_after_;
  }  // useless fixes of one incident before it stays PAUSED
  int64_t RegressionRuns() const {
    return regression_runs_;
  }  // passing runs re-run against a candidate
  int64_t CandidatesPerIncident() const { return candidates_per_incident_; }
  double AbstainBelow() const { return abstain_below_; }
  // Runs of the plant at most, to find the least of a spec that still fails.
  int64_t ReductionRuns() const { return reduction_runs_; }
  // How long to wait before a run whose fault was transient goes on for the nth time (from 1).
  int64_t BackOffMilliseconds(int64_t resumed) const;

  const Governance& Governing() const { return governance_; }

  // What a ruling by this rule holds for; all, if there is no such rule.
  Covers CoveredBy(std::string_view rule) const;

  // A failure opens an incident the n-th time within so long; before that it is stored and waits.
  int64_t OpensAfter() const { return opens_after_; }
  int64_t OpensWithinMilliseconds() const { return opens_within_ms_; }

  struct Condition;  // private form of `when`
  struct Rule;
  struct Tuning;    // private form of `thresholds` and `limits`
  struct Override;  // private form of `overrides`

 private:
  friend Answer Decide(const Evidence& evidence, const Policy& policy);
  friend struct Examination Examine(const Evidence& evidence, const Policy& policy);
  friend std::optional<struct Bisection> Bisect(const Evidence& evidence, const Policy& policy);
  std::string id_;
  budget::Allowance per_incident_;
  budget::Allowance per_day_;
  int64_t give_up_after_ = 0;
  int64_t regression_runs_ = 0;
  int64_t candidates_per_incident_ = 0;
  int64_t reduction_runs_ = 0;
  int64_t back_off_first_ms_ = 0;
  int64_t back_off_most_ms_ = 0;
  double abstain_below_ = 0;
  int64_t opens_after_ = 1;
  int64_t opens_within_ms_ = 0;
  Governance governance_;
  std::shared_ptr<const Tuning> tuning_;
  std::shared_ptr<const std::vector<Rule>> rules_;
  std::shared_ptr<const std::vector<Override>> overrides_;

  static Result<Policy> LoadOne(const json::Value& value, std::string_view file,
                                int (*line_of)(const void*, std::string_view), const void* lines);
  friend class OverrideReader;
};

Answer Decide(const Evidence& evidence, const Policy& policy);

// Adds the answer to a wish to the evidence, as Decide() expects it: with its plant time, and what
// it says of a spec.
void Learn(Evidence& evidence, const model::Experiment& experiment);

// How everything stands on this evidence, for whoever wants to know why a ruling is as it is.
struct PropositionState {
  std::string name;
  std::optional<bool> holds;  // nothing: not known
  std::string fact;           // known: one sentence
};
struct RuleState {
  std::string name;
  std::optional<bool> holds;
  std::string blocked_by;  // the first proposition that keeps its condition from being true
};
struct Examination {
  std::vector<PropositionState> propositions;  // in the order of Propositions()
  std::vector<RuleState> rules;                // in the order of the policy
};
Examination Examine(const Evidence& evidence, const Policy& policy);

// Between which versions of the motor the failure came in. No evidence for a decision (that is
// Decide's), but what a motor's people want to know next. Nothing if there is no older version, or
// the failure cannot be reproduced. `next` halves what lies between, as far as the plant time
// lasts; its answers go into the same evidence.
struct Bisection {
  std::string last_good;  // empty: none is known
  std::string first_bad;
  std::optional<Wish> next;
};
std::optional<Bisection> Bisect(const Evidence& evidence, const Policy& policy);
// What it found, for the decision record; nothing if that is nothing.
std::optional<model::Fact> FactOf(const Bisection& bisection, const Evidence& evidence);

// The names of all propositions a rule may use, with one line of explanation each; docs and `aiop`
// help list them.
std::vector<std::pair<std::string, std::string>> Propositions();

}  // namespace aiop::policy
