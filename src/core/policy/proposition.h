// SPDX-License-Identifier: Apache-2.0
// The propositions a rule may use: each one function from evidence to yes, no or unknown.
#pragma once

#include <span>

#include "core/policy/knowledge.h"

namespace aiop::policy {

// What is known of one proposition.
struct Known {
  Truth truth = Truth::kUnknown;
  std::optional<Wish> wish;  // unknown: the experiment that comes closest to settling it, if any
  std::string fact;          // known: one sentence
  std::vector<std::string> references;  // what the sentence rests on
};

struct Proposition {
  std::string_view name;
  std::string_view meaning;
  Known (*find)(const Knowledge& knowledge);
};

// Everything a rule may name, in the order of the documentation.
std::span<const Proposition> AllPropositions();

std::optional<size_t> FindProposition(std::string_view name);

// ---- One file per kind of evidence ----
namespace found {

// spec_facts.cc: what is known without a plant
Known Declared(const Knowledge& knowledge);
Known SpecValid(const Knowledge& knowledge);
Known SpecDefective(const Knowledge& knowledge);
Known ValidityKnown(const Knowledge& knowledge);
Known SpecConforms(const Knowledge& knowledge);
Known UndeclaredByMisspelling(const Knowledge& knowledge);
Known AcceptedByOtherValidators(const Knowledge& knowledge);
Known TakenUndeclaredElsewhere(const Knowledge& knowledge);
Known SpecIsFolder(const Knowledge& knowledge);
Known SeveralValidAppsFail(const Knowledge& knowledge);
Known SeveralConformingAppsFail(const Knowledge& knowledge);

// signal.cc: what the failing event is
Known IsBudget(const Knowledge& knowledge);
Known IsQuality(const Knowledge& knowledge);
Known PlantSaysApp(const Knowledge& knowledge);
Known AboutBuild(const Knowledge& knowledge);
Known HarnessLacksNetwork(const Knowledge& knowledge);

// comparison.cc: one thing changed
Known ControlPassed(const Knowledge& knowledge);
Known Reproduced(const Knowledge& knowledge);
Known Recurs(const Knowledge& knowledge);
Known FailsForReal(const Knowledge& knowledge);
Known WentThroughUnchanged(const Knowledge& knowledge);
Known OtherVersionsExist(const Knowledge& knowledge);
Known OtherVersionPasses(const Knowledge& knowledge);
Known OlderVersionPasses(const Knowledge& knowledge);
Known NewerVersionPasses(const Knowledge& knowledge);
Known WithinBudgetOnOlderVersion(const Knowledge& knowledge);
Known QualityDroppedOnNewVersion(const Knowledge& knowledge);
Known TwinPasses(const Knowledge& knowledge);
Known TwinSameFailure(const Knowledge& knowledge);
Known TwinDecides(const Knowledge& knowledge);
Known GoldenFails(const Knowledge& knowledge);
Known GoldenPasses(const Knowledge& knowledge);
Known OtherProfilePasses(const Knowledge& knowledge);
Known EarlierRevisionPasses(const Knowledge& knowledge);
Known ReducedSpecValid(const Knowledge& knowledge);
Known ReducedSpecDefective(const Knowledge& knowledge);
Known PendingFixPasses(const Knowledge& knowledge);
Known OtherMotorPasses(const Knowledge& knowledge);

// other_apps.cc: who else fails
Known SoundAppsFailSo(const Knowledge& knowledge);
Known SeveralAppsFail(const Knowledge& knowledge);
Known AllAppsFail(const Knowledge& knowledge);
Known OnlyThisApp(const Knowledge& knowledge);
Known OtherAppPasses(const Knowledge& knowledge);
Known OtherAppsFailInProfile(const Knowledge& knowledge);
Known SeveralAppsOverBudget(const Knowledge& knowledge);

}  // namespace found

// ---- Helpers of these files ----
inline Known Yes(std::string fact, std::vector<std::string> references = {}) {
  return {Truth::kYes, std::nullopt, std::move(fact), std::move(references)};
}
inline Known No(std::string fact, std::vector<std::string> references = {}) {
  return {Truth::kNo, std::nullopt, std::move(fact), std::move(references)};
}
inline Known Open(std::optional<Wish> wish) { return {Truth::kUnknown, std::move(wish), "", {}}; }
// The contrary, with the same fact.
Known Contrary(Known known);

}  // namespace aiop::policy
