// SPDX-License-Identifier: Apache-2.0
// The drill in which the wall clock jumps.
#include "control/chaos/drills.h"

namespace aiop::chaos {
namespace {

// The run's budget: less than any jump, more than the drill takes.
constexpr int64_t kBudgetMilliseconds = 120'000;
constexpr std::string_view kBudget = "budgets: {latency_ms: 120000}\n";

// Back by an hour in the second step, which fails then; forward by a day in the third.
constexpr std::string_view kTurnsTheClock = R"sh(
  real || return 0
  turn() { echo "$1" > "$world/../clock.new" && mv "$world/../clock.new" "$world/../clock"; }
  tell info "before $1"
  case $1 in
    two) turn -3600000; once failed && fail "the other side did not answer" ;;
    three) turn 86400000 ;;
  esac
  tell info "after $1")sh";

bool Sane(int64_t milliseconds) { return milliseconds >= 0 && milliseconds < kBudgetMilliseconds; }

Status ExpectDurations(Scene& scene, contexts::Home& home, const model::Run& run) {
  std::string wrong;
  const auto check = [&](const std::string& what, int64_t milliseconds) {
    if (!Sane(milliseconds)) wrong += what + " took " + std::to_string(milliseconds) + " ms; ";
  };
  AIOP_TRY(const auto attempts,
           home.ledger().ListBy<model::Attempt>(store::Kind<model::Attempt>::Field::kRun, run.id));
  for (const auto& each : attempts) check("attempt " + each.id, each.wall_ms);
  AIOP_TRY(const auto checkpoints, home.ledger().ListBy<model::Checkpoint>(
                                       store::Kind<model::Checkpoint>::Field::kRun, run.id));
  for (const auto& each : checkpoints) check("checkpoint " + each.name, each.usage_ms);
  AIOP_TRY(const auto experiments, home.ledger().List<model::Experiment>());
  for (const auto& each : experiments) check("experiment " + each.id, each.plant_ms);
  AIOP_TRY(const auto decisions, home.ledger().List<model::DecisionRecord>());
  for (const auto& each : decisions) check("decision " + each.decision_id, each.cost.plant_ms);
  check("the plant of run " + run.id, run.plant_ms);
  scene.Expect(wrong.empty(), "every duration is as the clock had stood still", wrong);
  return {};
}

Status ExpectOrder(Scene& scene, contexts::Home& home, const model::Run& run) {
  AIOP_TRY(const auto events, home.ledger().ListBy<model::StoredEvent>(
                                  store::Kind<model::StoredEvent>::Field::kRun, run.id));
  std::string order;
  for (const auto& each : events) {
    if (!each.envelope.IsFailure()) order += each.envelope.Details() + ", ";
  }
  const std::string wanted =
      "before one, after one, before two, before two, after two, before three, after three, ";
  scene.Expect(order == wanted, "events are in the order in which they came", order);
  AIOP_TRY(const auto moves, home.ledger().ListBy<model::Transition>(
                                 store::Kind<model::Transition>::Field::kRun, run.id));
  bool joined = !moves.empty();
  for (size_t i = 1; i < moves.size(); ++i) joined = joined && moves[i].from == moves[i - 1].to;
  scene.Expect(joined, "each transition begins where the one before it ended", "they do not");
  return {};
}

}  // namespace

Status ClockJump(Scene& scene) {
  const std::string plant(kPlant);
  AIOP_CHECK_OK(scene.AddPlant(plant, kTurnsTheClock, kBudget));
  AIOP_CHECK_OK(scene.AddApp(plant, "app"));
  scene.Injected();
  AIOP_TRY(const Said said, scene.Run({"app"}));
  scene.Recovered();  // by a clock that does not jump
  scene.ExpectSuccess(said, "app");
  AIOP_CHECK_OK(scene.ExpectCategory("app", model::Category::kTransient));
  AIOP_TRY(const auto home, scene.Look());
  AIOP_TRY(const model::Run run, scene.RunOf("app"));
  AIOP_CHECK_OK(ExpectDurations(scene, *home, run));
  AIOP_CHECK_OK(ExpectOrder(scene, *home, run));
  AIOP_TRY(const Said verified, scene.Aiop({"decisions", "verify"}));
  scene.Expect(verified.code == kDone, "the chain of decisions is whole", verified.Brief());
  return {};
}

}  // namespace aiop::chaos
