// SPDX-License-Identifier: Apache-2.0
// The drill in which the motor's owner releases faults.
#include "control/chaos/drills.h"

namespace aiop::chaos {
namespace {

constexpr std::string_view kGood = "  :";
constexpr std::string_view kBreaksKnown =
    R"sh(  [ "$1$app" != twoknown ] || fail "no rule for known apps")sh";
constexpr std::string_view kBreaksNew =
    R"sh(  [ "$1$app" != twonew ] || fail "no rule for new apps")sh";

Result<std::string> ActiveVersion(Scene& scene) {
  AIOP_TRY(const auto home, scene.Look());
  AIOP_TRY(const auto plant, home->motors().Get<model::Plant>(kPlant));
  return plant.active.version;
}

Status ReleasedAndHeldBack(Scene& scene) {
  AIOP_CHECK_OK(scene.Release(std::string(kPlant), "1.1.0", kBreaksKnown));
  scene.Injected();
  AIOP_TRY(const Said said, scene.Run({"known"}));
  AIOP_TRY(const auto home, scene.Look());
  AIOP_TRY(const auto changes, home->ledger().List<model::Change>());
  std::string seen = "no change was made of it";
  bool rejected = false;
  for (const auto& each : changes) {
    seen = std::string(describe::Name(each.status)) + ": " + each.reason;
    rejected = each.status == model::ChangeState::kRejected;
  }
  if (rejected) scene.Note("the release was refused: " + seen);
  scene.Expect(rejected, "the gates refuse a release that breaks a known app", seen);
  AIOP_TRY(const std::string active, ActiveVersion(scene));
  scene.Expect(active == "1.0.0", "runs stay on version 1.0.0", active);
  scene.ExpectSuccess(said, "known");
  return {};
}

Status FoundOutLater(Scene& scene) {
  const std::string plant(kPlant);
  AIOP_CHECK_OK(scene.Release(plant, "1.2.0", kBreaksNew));
  AIOP_TRY(const Said adopted, scene.Run({"known"}));
  AIOP_TRY(const std::string released, ActiveVersion(scene));
  scene.Expect(released == "1.2.0", "a release that breaks nothing known gets through", released);
  AIOP_CHECK_OK(scene.Branch(plant, "fix/new-apps", kGood));
  AIOP_CHECK_OK(scene.AddApp(plant, "new"));
  scene.Injected();
  AIOP_TRY(const Said said, scene.Run({"new"}));
  AIOP_CHECK_OK(scene.MeasureBy("new"));
  scene.ExpectSuccess(said, "new");
  AIOP_CHECK_OK(scene.ExpectCategory("new", model::Category::kMotorRules));
  AIOP_TRY(const std::string healed, ActiveVersion(scene));
  scene.Expect(healed == "1.2.1", "its fault is found, and version 1.2.1 replaces it", healed);
  return {};
}

}  // namespace

Status BadMotorRelease(Scene& scene) {
  const std::string plant(kPlant);
  AIOP_CHECK_OK(scene.AddPlant(plant, kGood));
  AIOP_CHECK_OK(scene.AddApp(plant, "known"));
  AIOP_TRY(const Said first, scene.Run({"known"}));
  if (!scene.ExpectSuccess(first, "known")) return {};
  AIOP_CHECK_OK(ReleasedAndHeldBack(scene));
  return scene.guarded() ? FoundOutLater(scene) : Status{};
}

}  // namespace aiop::chaos
