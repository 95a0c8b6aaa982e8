// SPDX-License-Identifier: Apache-2.0
// The evidence put in order: what each comparison showed, and which experiment of each kind could
// come next.
//
// A comparison is one changed thing against the failing run. History (a real run) and experiments
// both give them; an experiment counts only once the unchanged control reproduced the failure in
// the same harness, because otherwise a pass may come from the harness or from chance. Holds
// references: `evidence` and `tuning` must outlive it.
#pragma once

#include <algorithm>
#include <map>
#include <set>

#include "core/policy/rule.h"

namespace aiop::policy {

// One comparison.
struct Trial {
  std::string what;  // the version, app, profile, revision or golden spec it was done with
  model::ExperimentResult result = model::ExperimentResult::kNotPossible;
  std::string reference;  // experiment or run
  bool past = false;      // a real run of history, no experiment

  bool Passed() const { return result == model::ExperimentResult::kPassed; }
  bool Same() const { return result == model::ExperimentResult::kSameFailure; }
  bool Answered() const {
    return Passed() || Same() || result == model::ExperimentResult::kOtherFailure;
  }
};

// Whether a check or a twin was made with another motor version than the failing one.
bool IsElsewhere(const Evidence& evidence, const model::Experiment& experiment);

enum class Direction { kOlder, kNewer, kAny };

class Knowledge {
 public:
  Knowledge(const Evidence& evidence, const Tuning& tuning);

  const Evidence& evidence;
  const Tuning& tuning;

  // ---- The control ----
  std::vector<Trial> controls;
  Truth reproduced = Truth::kUnknown;  // the unchanged run failed the same way, and never passed
  bool control_differs = false;        // it failed in another way
  // The real runs that failed this way on this motor version, the failing one among them. If there
  // are several, chance is excluded without a control.
  std::set<std::string> failing_runs;
  // How many there are, also where the evidence does not name all.
  int64_t FailingRuns() const {
    return std::max(evidence.failing_runs, static_cast<int64_t>(failing_runs.size()));
  }
  bool Recurs() const { return FailingRuns() > 1; }
  std::vector<std::string> unchanged_passes;  // real runs of exactly the same that went through
  // Real runs of other apps that failed this way, and of exactly the same that went through.
  std::map<std::string, std::string> passes_of_failing_apps;  // app -> run that went through

  // ---- Comparisons that count ----
  std::vector<Trial> versions;  // the unchanged app on other motor versions
  std::vector<Trial> twins;     // the repaired spec
  // The repaired spec on motor versions that take it unrepaired.
  std::vector<Trial> twins_elsewhere;
  std::vector<Trial> fixes;   // the unchanged app on this motor with a pending fix
  std::vector<Trial> motors;  // the same spec on other motors
  // The least spec that fails the same way, and whether validators accept it.
  const model::Experiment* reduced = nullptr;
  std::vector<Trial> golden;     // golden apps on this motor version
  std::vector<Trial> profiles;   // the app under its other profiles
  std::vector<Trial> revisions;  // earlier app versions
  // Other apps on this motor version: app -> where it was seen.
  std::map<std::string, Trial> failing_apps;             // under any profile
  std::map<std::string, Trial> failing_apps_in_profile;  // under the failing profile
  std::map<std::string, Trial> passing_apps;             // under the failing profile, never failing
  std::map<std::string, std::string>
      passing_for_real;  // app -> its first real run that went through

  std::vector<Trial> VersionTrials(Direction direction) const;
  const SpecFacts* Spec(std::string_view app) const;
  // What was found out about an app's spec without a plant; nothing = nobody knows.
  std::optional<bool> Declared(std::string_view app) const;
  std::optional<bool> Valid(std::string_view app) const;
  std::vector<std::string> SpecReferences(std::string_view app, model::ExperimentKind kind) const;
  // The failing app and the others that fail, the failing one first.
  std::vector<std::string> AllFailingApps() const;

  // ---- What could be asked next; nothing if there are no means, or the limit or budget is used up
  // ----
  std::optional<Wish> AskDeclared(const std::string& app) const;
  std::optional<Wish> AskValidators(const std::string& app) const;
  std::optional<Wish> AskControl() const;
  std::optional<Wish> AskVersion(Direction direction) const;
  std::optional<Wish> AskThisVersion(const std::string& version) const;
  std::optional<Wish> AskTwin() const;
  std::optional<Wish> AskTwinOn(const std::string& version) const;
  std::optional<Wish> AskDeclaredOn(const std::string& version) const;
  std::optional<Wish> AskValidatorsOf(const std::string& version) const;
  std::optional<Wish> AskGolden() const;
  std::optional<Wish> AskOtherApp() const;
  std::optional<Wish> AskApp(const std::string& app) const;
  std::optional<Wish> AskProfile() const;
  std::optional<Wish> AskRevision() const;
  std::optional<Wish> AskReduced() const;
  std::optional<Wish> AskOtherMotor() const;
  std::optional<Wish> AskPendingFix() const;

 private:
  void ReadControls();
  void ReadExperiments();
  void ReadHistory();
  void FindPassesOfFailingApps();
  void ReadOwnHistory(const Sighting& sighting);
  void ReadOtherApp(const std::string& app, const std::string& profile, const Trial& trial);
  bool SameMotor(const Sighting& sighting) const;
  bool IsOlder(const std::string& version) const;
  bool IsNewer(const std::string& version) const;
  int64_t Count(model::ExperimentKind kind) const;
  Wish Blank(model::ExperimentKind kind) const;
  // The control first, if it was not run yet; nothing once it is known not to reproduce.
  std::optional<Wish> AfterControl(Wish wish) const;
  std::optional<Wish> AskSpec(model::ExperimentKind kind, const std::string& app,
                              std::string question) const;
};

// The order in which other motor versions are asked: the nearest older one (most breaks are
// regressions of the last release), the oldest, the newest, then the rest, middle first.
std::vector<std::string> VersionOrder(const std::vector<std::string>& older,
                                      const std::vector<std::string>& newer);

bool IsSpecCheck(model::ExperimentKind kind);  // answered without a plant

}  // namespace aiop::policy
