// SPDX-License-Identifier: Apache-2.0
// Propositions about comparisons: the failing run with one thing changed.
#include <algorithm>

#include "core/policy/proposition.h"
#include "core/policy/template.h"

namespace aiop::policy {
namespace {

struct Outcome {
  std::vector<std::string> names;
  std::vector<std::string> references;
};

template <class Test>
Outcome Those(const std::vector<Trial>& trials, Test test) {
  Outcome outcome;
  for (const Trial& trial : trials) {
    if (!test(trial)) continue;
    if (!Contains(outcome.names, trial.what)) outcome.names.push_back(trial.what);
    outcome.references.push_back(trial.reference);
  }
  return outcome;
}

// Yes as soon as one trial went through; no once there is nothing more to ask and at least one
// failed the same way. A trial that failed in another way says nothing about this failure.
Known SomePass(const std::vector<Trial>& trials, std::optional<Wish> wish,
               const std::string& passes, const std::string& fails) {
  Outcome passed = Those(trials, [](const Trial& trial) { return trial.Passed(); });
  if (!passed.names.empty()) {
    return Yes(passes + Listed(passed.names) + ".", std::move(passed.references));
  }
  if (wish) return Open(std::move(wish));
  Outcome same = Those(trials, [](const Trial& trial) { return trial.Same(); });
  if (same.names.empty()) return Open(std::nullopt);
  return No(fails + Listed(same.names) + ".", std::move(same.references));
}

Known VersionPasses(const Knowledge& knowledge, Direction direction) {
  return SomePass(knowledge.VersionTrials(direction), knowledge.AskVersion(direction),
                  "The unchanged app goes through on motor version ",
                  "The unchanged app fails the same way on motor version ");
}

const Trial* TwinAnswer(const Knowledge& knowledge) {
  for (const Trial& trial : knowledge.twins) {
    if (trial.Passed() || trial.Same()) return &trial;
  }
  return nullptr;
}

// A repair can break a spec in a way that validators do not see. So where a motor version takes the
// spec as it is, it has to take the repaired one too, or the twin says nothing.
Known RepairBroke(const Knowledge& knowledge) {
  for (const Trial& trial : knowledge.twins_elsewhere) {
    if (!trial.Answered()) continue;
    return trial.Passed() ? No("The repaired spec goes through on motor version " + trial.what +
                                   ", as the spec itself does.",
                               {trial.reference})
                          : Yes("Motor version " + trial.what +
                                    " takes the spec as it is and not the repaired one, so the "
                                    "repair broke something.",
                                {trial.reference});
  }
  for (const Trial& trial : knowledge.versions) {
    if (!trial.Passed()) continue;
    if (auto wish = knowledge.AskTwinOn(trial.what)) return Open(std::move(wish));
  }
  const bool some_answer = std::ranges::any_of(knowledge.versions, &Trial::Answered);
  if (!some_answer) {
    if (auto wish = knowledge.AskVersion(Direction::kAny)) return Open(std::move(wish));
  }
  return No("No motor version is known that takes the spec as it is.");
}

Known Twin(const Knowledge& knowledge, bool wanted_pass) {
  const Trial* answer = TwinAnswer(knowledge);
  if (answer == nullptr) return Open(knowledge.AskTwin());
  if (answer->Same()) {
    Known broke = RepairBroke(knowledge);
    if (broke.truth == Truth::kUnknown) return broke;
    if (broke.truth == Truth::kYes) return No(broke.fact, broke.references);
  }
  const std::string fact =
      answer->Passed() ? "With what the validators object to cut out, its spec goes through."
                       : "With what the validators object to cut out, it fails the same way.";
  return answer->Passed() == wanted_pass ? Yes(fact, {answer->reference})
                                         : No(fact, {answer->reference});
}

}  // namespace

namespace found {

Known Reproduced(const Knowledge& knowledge) {
  if (knowledge.controls.empty()) return Open(knowledge.AskControl());
  const std::string& reference = knowledge.controls.back().reference;
  switch (knowledge.reproduced) {
    case Truth::kYes:
      return Yes("Repeated unchanged, it failed the same way.", {reference});
    case Truth::kNo:
      return No(knowledge.control_differs
                    ? "Repeated unchanged apart from the real run, it failed in another way."
                    : "Repeated unchanged, it went through.",
                {reference});
    case Truth::kUnknown:
      return Open(std::nullopt);
  }
  return Open(std::nullopt);
}

Known ControlPassed(const Knowledge& knowledge) {
  Known known = Reproduced(knowledge);
  const bool passed = std::ranges::any_of(knowledge.controls, &Trial::Passed);
  if (known.truth != Truth::kUnknown) known.truth = passed ? Truth::kYes : Truth::kNo;
  return known;
}

Known Recurs(const Knowledge& knowledge) {
  if (!knowledge.Recurs()) return No("Only one real run failed this way on this motor version.");
  return Yes(
      std::to_string(knowledge.FailingRuns()) + " real runs failed this way on this motor version.",
      {knowledge.failing_runs.begin(), knowledge.failing_runs.end()});
}

Known FailsForReal(const Knowledge& knowledge) {
  const int64_t times = knowledge.evidence.real_failures;
  const std::string fact = "This very run failed this way " + std::to_string(times) +
                           (times == 1 ? " time." : " times on the same versions.");
  return times >= knowledge.tuning.real_failures ? Yes(fact, {knowledge.evidence.run})
                                                 : No(fact, {knowledge.evidence.run});
}

Known WentThroughUnchanged(const Knowledge& knowledge) {
  const bool budget = IsBudget(knowledge).truth == Truth::kYes;
  if (knowledge.unchanged_passes.empty() && !knowledge.passes_of_failing_apps.empty() && !budget) {
    const auto& [app, run] = *knowledge.passes_of_failing_apps.begin();
    return Yes("The app " + app +
                   ", which fails this way too, went through with the same app version and profile "
                   "on the same motor version.",
               {run});
  }
  if (knowledge.unchanged_passes.empty()) {
    return No("No real run of exactly the same went through.");
  }
  return Yes(
      "A real run of the same app version and profile on the same motor version went through.",
      knowledge.unchanged_passes);
}

Known OtherVersionsExist(const Knowledge& knowledge) {
  const Evidence& evidence = knowledge.evidence;
  return evidence.older_versions.empty() && evidence.newer_versions.empty()
             ? No("The motor has no other version.")
             : Yes("The motor has other versions.");
}

Known OtherVersionPasses(const Knowledge& knowledge) {
  return VersionPasses(knowledge, Direction::kAny);
}

Known OlderVersionPasses(const Knowledge& knowledge) {
  return VersionPasses(knowledge, Direction::kOlder);
}

Known NewerVersionPasses(const Knowledge& knowledge) {
  return VersionPasses(knowledge, Direction::kNewer);
}

Known WithinBudgetOnOlderVersion(const Knowledge& knowledge) {
  Known budget = IsBudget(knowledge);
  if (budget.truth == Truth::kNo) return budget;
  return SomePass(knowledge.VersionTrials(Direction::kOlder),
                  knowledge.AskVersion(Direction::kOlder),
                  "The unchanged app stays within its budget on motor version ",
                  "The unchanged app exceeds its budget on motor version ");
}

Known QualityDroppedOnNewVersion(const Knowledge& knowledge) {
  Known quality = IsQuality(knowledge);
  if (quality.truth == Truth::kNo) return quality;
  return SomePass(knowledge.VersionTrials(Direction::kOlder),
                  knowledge.AskVersion(Direction::kOlder),
                  "The same app reaches its quality on motor version ",
                  "The same app misses its quality on motor version ");
}

Known TwinPasses(const Knowledge& knowledge) { return Twin(knowledge, true); }

Known TwinSameFailure(const Knowledge& knowledge) { return Twin(knowledge, false); }

Known TwinDecides(const Knowledge& knowledge) {
  const Trial* answer = TwinAnswer(knowledge);
  if (answer != nullptr && answer->Same()) {
    Known broke = RepairBroke(knowledge);
    if (broke.truth == Truth::kUnknown) return broke;
    if (broke.truth == Truth::kYes) return No(broke.fact, broke.references);
  }
  if (answer != nullptr) return Yes(Twin(knowledge, true).fact, {answer->reference});
  if (auto wish = knowledge.AskTwin()) return Open(std::move(wish));
  std::vector<std::string> references;
  references.reserve(knowledge.twins.size());
  for (const Trial& trial : knowledge.twins) references.push_back(trial.reference);
  return No("Cutting out what the validators object to gives no answer.", std::move(references));
}

Known GoldenFails(const Knowledge& knowledge) {
  Outcome same = Those(knowledge.golden, [](const Trial& trial) { return trial.Same(); });
  if (!same.names.empty()) {
    return Yes("The motor's own golden app " + Listed(same.names) + " fails the same way.",
               std::move(same.references));
  }
  if (auto wish = knowledge.AskGolden()) return Open(std::move(wish));
  Outcome other = Those(knowledge.golden, [](const Trial& trial) { return trial.Passed(); });
  if (other.names.empty()) return Open(std::nullopt);
  return No("The motor's golden app " + Listed(other.names) + " goes through.",
            std::move(other.references));
}

Known GoldenPasses(const Knowledge& knowledge) { return Contrary(GoldenFails(knowledge)); }

Known OtherProfilePasses(const Knowledge& knowledge) {
  return SomePass(knowledge.profiles, knowledge.AskProfile(), "It goes through under the profile ",
                  "It fails the same way under the profile ");
}

Known EarlierRevisionPasses(const Knowledge& knowledge) {
  return SomePass(knowledge.revisions, knowledge.AskRevision(),
                  "On the same motor version the app went through in its version ",
                  "On the same motor version the app fails the same way in its version ");
}

Known ReducedSpecValid(const Knowledge& knowledge) {
  if (knowledge.reduced == nullptr) return Open(knowledge.AskReduced());
  const model::Experiment& reduced = *knowledge.reduced;
  if (reduced.findings.empty()) {
    return Yes(
        "The least of its spec that still fails the same way has nothing that validators "
        "object to.",
        {reduced.id});
  }
  return No("The least of its spec that still fails the same way has what validators object to: " +
                reduced.findings.front().path + " " + reduced.findings.front().message + ".",
            {reduced.id});
}

Known ReducedSpecDefective(const Knowledge& knowledge) {
  return Contrary(ReducedSpecValid(knowledge));
}

Known PendingFixPasses(const Knowledge& knowledge) {
  if (knowledge.evidence.pending_fixes.empty()) return No("No fix of the motor is pending.");
  return SomePass(knowledge.fixes, knowledge.AskPendingFix(),
                  "The unchanged app goes through with the pending fix ",
                  "The unchanged app fails the same way with the pending fix ");
}

Known OtherMotorPasses(const Knowledge& knowledge) {
  return SomePass(knowledge.motors, knowledge.AskOtherMotor(),
                  "The same spec goes through on another motor, that of ",
                  "The same spec fails on another motor too, that of ");
}

}  // namespace found
}  // namespace aiop::policy
