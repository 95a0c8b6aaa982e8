// SPDX-License-Identifier: Apache-2.0
#include "core/policy/proposition.h"

#include <array>

namespace aiop::policy {
namespace {

constexpr auto kTable = std::to_array<Proposition>({
    {"declared", "The app's spec is inside what this motor version declares to accept.",
     found::Declared},
    {"undeclared_by_misspelling",
     "The app's spec is outside what the motor declares only because a word is misspelt.",
     found::UndeclaredByMisspelling},
    {"accepted_by_other_validators",
     "The validators of another motor version, which takes the app, accept its spec.",
     found::AcceptedByOtherValidators},
    {"spec_valid", "Independent validators accept the app's spec.", found::SpecValid},
    {"spec_defective", "Independent validators object to the app's spec.", found::SpecDefective},
    {"validity_known", "Independent validators have judged the app's spec.", found::ValidityKnown},
    {"spec_conforms",
     "No validator can judge the spec, but it is inside what the motor version declares.",
     found::SpecConforms},
    {"taken_undeclared_elsewhere",
     "Another motor version takes the spec, and does not declare that it does either.",
     found::TakenUndeclaredElsewhere},
    {"sound_apps_fail_so",
     "A decision blames this motor version for the same failure of apps whose specs are in order.",
     found::SoundAppsFailSo},
    {"spec_is_folder", "The app's spec is a folder, so that it may bring code and dependencies.",
     found::SpecIsFolder},
    {"several_valid_apps_fail",
     "Several distinct apps show this failure on this motor version whose specs validate and are "
     "declared.",
     found::SeveralValidAppsFail},
    {"several_conforming_apps_fail",
     "Several distinct apps show this failure on this motor version whose specs it declares to "
     "take.",
     found::SeveralConformingAppsFail},
    {"control_passed", "The unchanged run went through when it was repeated.",
     found::ControlPassed},
    {"reproduced", "The unchanged run failed the same way when it was repeated.",
     found::Reproduced},
    {"recurs", "Several real runs failed this way on this motor version.", found::Recurs},
    {"fails_for_real", "This very run failed this way again each time it was repeated in reality.",
     found::FailsForReal},
    {"went_through_unchanged",
     "A real run with the same app version, profile and motor version went through.",
     found::WentThroughUnchanged},
    {"harness_lacks_network",
     "The failure speaks of the network, which experiments of this motor do not have, and an app "
     "that goes through in reality fails the same way in them.",
     found::HarnessLacksNetwork},
    {"other_versions_exist", "The motor has versions besides the failing one.",
     found::OtherVersionsExist},
    {"other_version_passes", "The unchanged app goes through on another motor version.",
     found::OtherVersionPasses},
    {"older_version_passes", "The unchanged app goes through on an older motor version.",
     found::OlderVersionPasses},
    {"newer_version_passes", "The unchanged app goes through on a newer motor version.",
     found::NewerVersionPasses},
    {"twin_passes", "The spec goes through once what the validators object to is cut out.",
     found::TwinPasses},
    {"twin_same_failure",
     "It fails the same way although what the validators object to is cut out.",
     found::TwinSameFailure},
    {"twin_decides", "The repaired twin could be run and either passed or failed the same way.",
     found::TwinDecides},
    {"golden_fails", "A golden app of the motor fails the same way.", found::GoldenFails},
    {"golden_passes", "A golden app of the motor goes through.", found::GoldenPasses},
    {"several_apps_fail", "Several distinct apps show this failure on this motor version.",
     found::SeveralAppsFail},
    {"all_apps_fail",
     "Several apps show this failure on this motor version and profile, and none goes through.",
     found::AllAppsFail},
    {"only_this_app", "No other app shows this failure on this motor version, and some go through.",
     found::OnlyThisApp},
    {"other_app_passes", "Another app goes through on the same motor version and profile.",
     found::OtherAppPasses},
    {"other_apps_fail_in_profile", "Other apps show this failure under the same profile.",
     found::OtherAppsFailInProfile},
    {"other_profile_passes", "The unchanged app goes through under another profile.",
     found::OtherProfilePasses},
    {"earlier_revision_passes", "An earlier version of the app goes through on this motor version.",
     found::EarlierRevisionPasses},
    {"reduced_spec_valid", "Validators accept the least of the spec that still fails the same way.",
     found::ReducedSpecValid},
    {"reduced_spec_defective",
     "Validators object even to the least of the spec that still fails the same way.",
     found::ReducedSpecDefective},
    {"pending_fix_passes",
     "The unchanged app goes through with a fix that waits in the motor's source.",
     found::PendingFixPasses},
    {"other_motor_passes", "Another motor that takes such specs handles the same spec.",
     found::OtherMotorPasses},
    {"is_budget", "The failure is a latency or cost budget that was exceeded.", found::IsBudget},
    {"several_apps_over_budget",
     "Several apps, and a large share of those seen, exceed this budget on this motor version.",
     found::SeveralAppsOverBudget},
    {"within_budget_on_older_version",
     "The unchanged app stays within its budget on an older motor version.",
     found::WithinBudgetOnOlderVersion},
    {"is_quality", "The failure is a quality or coverage figure that is too low.",
     found::IsQuality},
    {"quality_dropped_on_new_version",
     "Quality or coverage is too low, and is not for the same app on an older motor version.",
     found::QualityDroppedOnNewVersion},
    {"plant_says_app", "The plant itself reports a validation failure of the app.",
     found::PlantSaysApp},
    {"about_build",
     "The failure's text speaks of dependencies, compilation or tests, and the app brings code. "
     "The only proposition that reads the text.",
     found::AboutBuild},
});

}  // namespace

std::span<const Proposition> AllPropositions() { return kTable; }

std::optional<size_t> FindProposition(std::string_view name) {
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (kTable[i].name == name) return i;
  }
  return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> Propositions() {
  std::vector<std::pair<std::string, std::string>> out;
  out.reserve(kTable.size());
  for (const Proposition& proposition : kTable) {
    out.emplace_back(proposition.name, proposition.meaning);
  }
  return out;
}

Known Contrary(Known known) {
  if (known.truth != Truth::kUnknown) {
    known.truth = known.truth == Truth::kYes ? Truth::kNo : Truth::kYes;
  }
  return known;
}

}  // namespace aiop::policy
