// SPDX-License-Identifier: Apache-2.0
// The drill in which a bad version has spread and the motor goes back: a tabletop exercise.
#include <csignal>

#include "base/time/time.h"
#include "control/chaos/drills.h"

namespace aiop::chaos {
namespace {

// 1.0.0 has no rule for two apps; the first fix has one and breaks what comes after it in one of
// them; the second is right.
constexpr std::string_view kNoRule =
    R"sh(  case "$1$app" in twomended|twostuck) fail "no rule for this app";; esac)sh";
constexpr std::string_view kBad =
    R"sh(  [ "$1$app" != threestuck ] || fail "the rule was wrong")sh";
constexpr std::string_view kGood = "  :";

constexpr std::string_view kBadVersion = "1.0.1";
constexpr Milliseconds kTarget{5'000};
// Durable writes of a rollback, at most.
constexpr int kWritesMost = 40;

std::vector<std::string> Rollback(std::vector<std::string> more) {
  std::vector<std::string> words = {"motor", "rollback", std::string(kPlant)};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// A version that is bad, and a run that went on on it.
Result<bool> Spread(Scene& scene) {
  const std::string plant(kPlant);
  AIOP_CHECK_OK(scene.AddPlant(plant, kNoRule));
  for (const char* app : {"mended", "stuck"}) AIOP_CHECK_OK(scene.AddApp(plant, app));
  AIOP_TRY([[maybe_unused]] const Said first, scene.Run({"mended", "stuck"}));
  AIOP_CHECK_OK(scene.Branch(plant, "fix/first", kBad));
  AIOP_TRY([[maybe_unused]] const Said second, scene.Run({"mended", "stuck"}));
  AIOP_TRY(const model::Run mended, scene.RunOf("mended"));
  AIOP_TRY(const model::Run stuck, scene.RunOf("stuck"));
  const bool spread = mended.state == model::RunState::kSuccess &&
                      stuck.motor_ctx.version == kBadVersion && stuck.checkpoint == "two";
  scene.Expect(
      spread, "a bad version is promoted, and runs go on on it",
      "mended: " + mended.cause + "; stuck, on " + stuck.motor_ctx.version + ": " + stuck.cause);
  return spread;
}

// What a dry run tells is what the rollback has to do; it does nothing itself.
Result<std::string> Planned(Scene& scene) {
  AIOP_TRY(const Said said, scene.Aiop(Rollback({"--dry-run"})));
  if (said.code != kDone || said.lines.empty()) return Unavailable("dry run: " + said.Brief());
  AIOP_TRY(const auto home, scene.Look());
  AIOP_TRY(const auto plant, home->motors().Get<model::Plant>(kPlant));
  scene.Expect(plant.active.version == kBadVersion, "a dry run moves nothing",
               "the active version is " + plant.active.version);
  std::string returned;
  const json::Value* runs = json::Member(said.lines.front(), "returned");
  if (runs != nullptr && runs->is_array()) {
    for (const json::Value& each : runs->get_array()) {
      returned += std::string(json::TextMember(each, "run")) + " ";
    }
  }
  return returned;
}

// The same command again and again, each time killed one write later, until its answer is there.
// The first kill is just when the pointer has moved and nothing else has.
Result<bool> GoBack(Scene& scene) {
  for (int at = 1; at <= kWritesMost && !scene.Stopped(); ++at) {
    const Stopwatch watch;
    AIOP_TRY(const Said said, scene.Aiop(Rollback({"--because", "exercise"}),
                                         {{"AIOP_CRASH_AT", std::to_string(at)}}));
    const bool told = !said.lines.empty() && said.code != kBadInput;
    if (said.signal == SIGKILL && !told) continue;
    scene.Recovered();
    const Milliseconds took = watch.Elapsed();
    scene.Expect(told, "the same command again does the rest", said.Brief());
    scene.Expect(took < kTarget, "it takes less than " + FormatDuration(kTarget),
                 FormatDuration(took));
    scene.Note("kills: " + std::to_string(at - 1) + ", each a step later; then it took " +
               std::to_string(took.count()) + " ms");
    return told && at > 1;
  }
  return Unavailable("the rollback does not end");
}

Status ExpectReturned(Scene& scene, const model::Run& before, const std::string& planned) {
  AIOP_TRY(const auto home, scene.Look());
  AIOP_TRY(const auto plant, home->motors().Get<model::Plant>(kPlant));
  scene.Expect(plant.active.version == "1.0.0", "version 1.0.0 is active again",
               plant.active.version);
  AIOP_TRY(const model::Run stuck, scene.RunOf("stuck"));
  const bool returned = stuck.id == before.id && stuck.state == model::RunState::kPaused &&
                        stuck.motor_ctx.version == "1.0.0" && stuck.checkpoint == "one";
  scene.Expect(
      returned, "the run on the bad version is back at checkpoint 'one' on 1.0.0",
      "checkpoint '" + stuck.checkpoint + "' on " + stuck.motor_ctx.version + ": " + stuck.cause);
  AIOP_TRY(const auto moves, home->motors().List<model::PointerMove>());
  std::string moved;
  int64_t times = 0;
  for (const auto& each : moves) {
    if (each.from.version != kBadVersion) continue;
    ++times;
    for (const std::string& run : each.returned) moved += run + " ";
  }
  scene.Expect(times == 1 && moved == planned && planned == before.id + " ",
               "the history has one move, which returned the runs that the dry run named",
               std::to_string(times) + " move(s), returned: " + moved + "; planned: " + planned);
  AIOP_TRY(const auto changes, home->ledger().List<model::Change>());
  for (const auto& each : changes) {
    scene.Expect(each.status == model::ChangeState::kRolledBack, "its change is rolled back",
                 std::string(describe::Name(each.status)));
  }
  return {};
}

// The right fix after it, and what the bad version had made, made anew.
Status ExpectGoodEnd(Scene& scene) {
  AIOP_CHECK_OK(scene.Branch(std::string(kPlant), "fix/second", kGood));
  AIOP_TRY(const Said said, scene.Run({"stuck"}));
  scene.ExpectSuccess(said, "stuck");
  AIOP_TRY(const model::Run stuck, scene.RunOf("stuck"));
  scene.Expect(stuck.steps_redone == 0 && stuck.motor_ctx.version != kBadVersion,
               "the next fix heals it, and no step that held is done again",
               std::to_string(stuck.steps_redone) + " were, on " + stuck.motor_ctx.version);
  AIOP_TRY(const Said again,
           scene.Aiop({"motor", "rerun", std::string(kPlant), std::string(kBadVersion)}));
  AIOP_TRY(const model::Run anew, scene.RunOf("mended"));
  const bool made = again.code == kDone && !anew.rerun_of.empty() &&
                    anew.state == model::RunState::kSuccess &&
                    anew.motor_ctx.version != kBadVersion;
  scene.Expect(made, "what the bad version made is made anew",
               again.Brief() + "; " + anew.cause + ", on " + anew.motor_ctx.version);
  return {};
}

}  // namespace

Status RollbackExercise(Scene& scene) {
  AIOP_TRY(const bool spread, Spread(scene));
  if (!spread) return {};
  AIOP_TRY(const model::Run before, scene.RunOf("stuck"));
  AIOP_TRY(const std::string planned, Planned(scene));
  scene.Injected();
  AIOP_TRY(const bool back, GoBack(scene));
  if (!back) return {};
  AIOP_CHECK_OK(ExpectReturned(scene, before, planned));
  return scene.guarded() ? ExpectGoodEnd(scene) : Status{};
}

}  // namespace aiop::chaos
