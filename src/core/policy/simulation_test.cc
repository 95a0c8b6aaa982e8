// SPDX-License-Identifier: Apache-2.0
// Simulated plants whose true cause is known answer the operator's questions. The cause is what was
// built into the world, never what the operator said.
#include <algorithm>
#include <array>
#include <cstdio>
#include <random>

#include "core/policy/testing.h"

namespace aiop::policy {
namespace {

using model::Category;
using model::ExperimentKind;
using model::ExperimentResult;

constexpr int kWorldsPerCause = 400;
constexpr uint64_t kSeed = 20250819;

class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}
  int Below(int limit) { return static_cast<int>(engine_() % static_cast<uint64_t>(limit)); }
  bool Chance(int percent) { return Below(100) < percent; }

 private:
  std::mt19937_64 engine_;
};

// What a plant is run with.
struct Setting {
  std::string app;
  int revision = 0;  // of the failing app; the failing one is World::revision
  bool profile_changed = false;
  int version = 0;  // the failing one is World::version
  bool twin = false;
  bool golden = false;
};

struct World {
  std::string cause;
  Category truth = Category::kAppSpec;
  Evidence evidence;
  int version = 0;
  int revision = 0;
  bool control_passes = false;
  std::function<bool(const Setting&)> fails;
  std::map<std::string, bool> valid;
  std::map<std::string, bool> declared;
};

std::string VersionText(int version) { return std::to_string(version + 1) + ".0.0"; }
std::string RevisionText(int revision) { return "1." + std::to_string(revision) + ".0"; }
int IndexOf(const std::string& version) { return std::stoi(version) - 1; }
int RevisionOf(const std::string& version) { return std::stoi(version.substr(2)); }

bool AsksOf(const World& world, const Wish& wish, bool& static_answer) {
  const auto& table = wish.kind == ExperimentKind::kDeclared ? world.declared : world.valid;
  if (testing::NeedsPlant(wish.kind)) return false;
  const auto found = table.find(wish.app);
  static_answer = found == table.end() || found->second;
  return true;
}

ExperimentResult AnswerOf(const World& world, const Wish& wish) {
  bool accepted = false;
  if (AsksOf(world, wish, accepted)) {
    return accepted ? ExperimentResult::kPassed : ExperimentResult::kSameFailure;
  }
  if (wish.kind == ExperimentKind::kControl && world.control_passes) {
    return ExperimentResult::kPassed;
  }
  if (wish.kind == ExperimentKind::kReducedSpec) {
    // What fails without any defect is left without one when the spec is cut down.
    const bool fails_without = world.fails(
        {.app = wish.app, .revision = world.revision, .version = world.version, .twin = true});
    return fails_without ? ExperimentResult::kPassed : ExperimentResult::kSameFailure;
  }
  if (wish.kind == ExperimentKind::kOtherMotor) {
    const bool motor = world.truth == Category::kMotorRules || world.truth == Category::kMotorPerf;
    return motor ? ExperimentResult::kPassed : ExperimentResult::kSameFailure;
  }
  const Setting setting{
      .app = wish.app,
      .revision = wish.app_version.empty() ? world.revision : RevisionOf(wish.app_version),
      .profile_changed = wish.profile != world.evidence.profile,
      .version = IndexOf(wish.motor_version),
      .twin = wish.kind == ExperimentKind::kRepairedTwin,
      .golden = wish.kind == ExperimentKind::kGoldenApp};
  return world.fails(setting) ? ExperimentResult::kSameFailure : ExperimentResult::kPassed;
}

// A plant with means of every kind, its history still empty.
World Plant(Dice& dice, std::string cause, Category truth) {
  World world;
  world.cause = std::move(cause);
  world.truth = truth;
  world.evidence = testing::BareEvidence();
  world.version = 1 + dice.Below(3);
  world.revision = 1 + dice.Below(2);
  Evidence& evidence = world.evidence;
  evidence.motor_version = VersionText(world.version);
  evidence.app_version = RevisionText(world.revision);
  for (int i = world.version - 1; i >= 0; --i) evidence.older_versions.push_back(VersionText(i));
  if (dice.Chance(50)) evidence.newer_versions.push_back(VersionText(world.version + 1));
  for (int i = world.revision - 1; i >= 0; --i) {
    evidence.earlier_revisions.push_back(RevisionText(i));
  }
  for (int i = 1 + dice.Below(5); i > 0; --i)
    evidence.other_apps.push_back("app-" + std::to_string(i));
  evidence.golden = {"golden.yaml"};
  evidence.other_profiles = {"client"};
  if (dice.Chance(30)) evidence.other_motors = {"second"};
  evidence.has_validators = true;
  evidence.has_accepts = dice.Chance(50);
  return world;
}

// History: some of the other apps have run on the failing version.
void AddHistory(World& world, Dice& dice, int percent) {
  for (const std::string& app : world.evidence.other_apps) {
    if (!dice.Chance(percent)) continue;
    Sighting sighting{.run = "run-of-" + app,
                      .app = app,
                      .profile = world.evidence.profile,
                      .app_version = "1.0.0",
                      .motor_version = world.evidence.motor_version};
    sighting.failed = world.fails({.app = app, .version = world.version});
    world.evidence.sightings.push_back(std::move(sighting));
  }
}

void CannotBeJudged(World& world) {
  world.evidence.has_validators = false;
  world.evidence.has_accepts = false;
}

// A subset of the other apps, plus the failing one.
std::set<std::string> Affected(const World& world, Dice& dice, int percent) {
  std::set<std::string> apps = {world.evidence.app};
  for (const std::string& app : world.evidence.other_apps) {
    if (dice.Chance(percent)) apps.insert(app);
  }
  return apps;
}

using Builder = World (*)(Dice&);

World MotorRegression(Dice& dice) {
  World world = Plant(dice, "motor regression", Category::kMotorRules);
  const auto affected = Affected(world, dice, 40);
  const int since = 1 + dice.Below(world.version);
  world.fails = [=](const Setting& s) {
    return affected.contains(s.app) && !s.golden && s.version >= since;
  };
  return world;
}

World MotorRegressionUnjudged(Dice& dice) {
  World world = MotorRegression(dice);
  world.cause = "motor regression, specs unjudged";
  CannotBeJudged(world);
  return world;
}

World MotorRegressionDeclared(Dice& dice) {
  World world = MotorRegression(dice);
  world.cause = "motor regression, only declared";
  world.evidence.has_validators = false;
  world.evidence.has_accepts = true;
  return world;
}

World MotorNeverWorked(Dice& dice) {
  World world = Plant(dice, "motor never worked", Category::kMotorRules);
  const auto affected = Affected(world, dice, 20);
  world.fails = [=](const Setting& s) { return affected.contains(s.app) && !s.golden; };
  return world;
}

World ReleaseBrokeAll(Dice& dice) {
  World world = Plant(dice, "release broke every app", Category::kMotorRules);
  CannotBeJudged(world);
  world.fails = [version = world.version](const Setting& s) { return s.version >= version; };
  return world;
}

World WrongValidator(Dice& dice) {
  World world = MotorNeverWorked(dice);
  world.cause = "plant's validator is wrong";
  world.evidence.event.scope = model::Scope::kApp;
  world.evidence.event.signal_type = model::SignalType::kValidation;
  return world;
}

World BrokenProfile(Dice& dice) {
  World world = Plant(dice, "motor's profile is broken", Category::kMotorRules);
  CannotBeJudged(world);
  world.evidence.earlier_revisions.clear();
  world.fails = [](const Setting& s) { return !s.profile_changed && !s.golden; };
  return world;
}

World AppDefect(Dice& dice) {
  World world = Plant(dice, "app defect", Category::kAppSpec);
  if (dice.Chance(70)) {  // the plant notices by itself
    world.evidence.event.scope = model::Scope::kApp;
    world.evidence.event.signal_type = model::SignalType::kValidation;
  }
  const auto affected = Affected(world, dice, 30);  // the same generic message
  for (const auto& app : affected) world.valid[app] = false;
  world.fails = [=](const Setting& s) { return affected.contains(s.app) && !s.golden && !s.twin; };
  return world;
}

World AppDefectUnjudged(Dice& dice) {
  World world = Plant(dice, "app defect of a revision, unjudged", Category::kAppSpec);
  CannotBeJudged(world);
  const int since = 1 + dice.Below(world.revision);
  world.fails = [since, app = world.evidence.app](const Setting& s) {
    return s.app == app && !s.golden && s.revision >= since;
  };
  return world;
}

World AppBuild(Dice& dice) {
  World world = AppDefectUnjudged(dice);
  world.cause = "app does not build";
  world.truth = Category::kAppBuild;
  world.evidence.spec_is_folder = true;
  world.evidence.event.payload = {{"details", "npm ERR! ERESOLVE could not resolve"}};
  world.evidence.has_validators = dice.Chance(50);
  return world;
}

World DefectAccompanies(Dice& dice) {
  World world = MotorRegression(dice);
  world.cause = "motor bug, unrelated defect";
  world.valid[world.evidence.app] = false;
  return world;
}

World ToleratedDefect(Dice& dice) {
  World world = Plant(dice, "defect others tolerate", Category::kMixedDrift);
  const int since = 1 + dice.Below(world.version);
  world.valid[world.evidence.app] = false;
  world.fails = [since, app = world.evidence.app](const Setting& s) {
    return s.app == app && !s.golden && !s.twin && s.version >= since;
  };
  return world;
}

World UndeclaredDialect(Dice& dice) {
  World world = Plant(dice, "undeclared dialect", Category::kMixedDrift);
  world.evidence.has_accepts = true;
  const auto affected = Affected(world, dice, 50);  // it hits all its users at once
  for (const auto& app : affected) world.declared[app] = false;
  const int since = dice.Below(world.version + 1);
  world.fails = [=](const Setting& s) {
    return affected.contains(s.app) && !s.golden && s.version >= since;
  };
  return world;
}

World QualityDrop(Dice& dice) {
  World world = MotorRegression(dice);
  world.cause = "quality drop";
  world.truth = Category::kMixedDrift;
  world.evidence.event.signal_type = model::SignalType::kQualityScore;
  return world;
}

World Flake(Dice& dice) {
  World world = MotorNeverWorked(dice);
  world.cause = "flake";
  world.truth = Category::kTransient;
  world.control_passes = true;
  world.fails = [](const Setting&) { return false; };
  return world;
}

World SlowMotor(Dice& dice) {
  World world = MotorRegression(dice);
  world.cause = "motor too slow";
  world.truth = Category::kMotorPerf;
  world.evidence.event.signal_type = model::SignalType::kLatency;
  return world;
}

World LargeApp(Dice& dice) {
  World world = AppDefectUnjudged(dice);
  world.cause = "app too large";
  world.evidence.event.signal_type = model::SignalType::kCost;
  world.evidence.has_validators = dice.Chance(50);
  return world;
}

constexpr auto kBuilders = std::to_array<Builder>(
    {MotorRegression, MotorRegressionUnjudged, MotorRegressionDeclared, MotorNeverWorked,
     ReleaseBrokeAll, WrongValidator, BrokenProfile, AppDefect, AppDefectUnjudged, AppBuild,
     DefectAccompanies, ToleratedDefect, UndeclaredDialect, QualityDrop, Flake, SlowMotor,
     LargeApp});

struct Tally {
  std::map<std::string, std::map<std::string, int>> confusion;  // truth -> said -> count
  std::map<std::string, std::pair<int, int64_t>> cost;     // cause -> worlds, plant experiments
  std::map<std::string, std::pair<int, int>> calibration;  // "confidence rule" -> said, right
  int worlds = 0;
  int right = 0;
  int abstained = 0;
  int motor_fixes = 0;
  int false_motor_fixes = 0;
  int motor_truths = 0;
  int64_t plant_experiments = 0;

  void Add(const World& world, const testing::Arbitration& arbitration) {
    const Ruling& ruling = arbitration.ruling;
    const std::string truth(describe::Name(world.truth));
    const bool is_right = !ruling.abstained && ruling.category == world.truth;
    ++confusion[truth]
               [ruling.abstained ? "abstains" : std::string(describe::Name(ruling.category))];
    auto& [count, spent] = cost[world.cause];
    ++count;
    spent += arbitration.plant_experiments;
    plant_experiments += arbitration.plant_experiments;
    ++worlds;
    right += is_right;
    abstained += ruling.abstained;
    const bool motor_truth =
        world.truth == Category::kMotorRules || world.truth == Category::kMotorPerf;
    motor_truths += motor_truth;
    if (!ruling.abstained) {
      std::array<char, 8> confidence{};
      std::snprintf(confidence.data(), confidence.size(), "%.2f", ruling.confidence);
      auto& [said, good] = calibration[std::string(confidence.data()) + " " + ruling.rule];
      ++said;
      good += is_right;
      if (ruling.classification == model::Classification::kMotor) {
        ++motor_fixes;
        false_motor_fixes += truth.starts_with("APP") || truth == "TRANSIENT";
      }
    }
  }

  void Print(const char* title) const {
    std::printf("\n%s\n%-12s", title, "truth\\said");
    const std::array<const char*, 7> said = {"APP-SPEC",   "APP-BUILD",   "MOTOR-RULES",
                                             "MOTOR-PERF", "MIXED-DRIFT", "TRANSIENT",
                                             "abstains"};
    for (const char* name : said) std::printf("%12s", name);
    std::printf("\n");
    for (const auto& [truth, row] : confusion) {
      std::printf("%-12s", truth.c_str());
      for (const char* name : said) std::printf("%12d", row.contains(name) ? row.at(name) : 0);
      std::printf("\n");
    }
    for (const auto& [cause, spent] : cost) {
      std::printf("  %-36s %5.2f plant experiments per decision\n", cause.c_str(),
                  static_cast<double>(spent.second) / spent.first);
    }
    for (const auto& [confidence, counts] : calibration) {
      std::printf("  at confidence %-46s %4d of %4d right\n", confidence.c_str(), counts.second,
                  counts.first);
    }
    std::printf(
        "worlds %d, right %.3f, of those decided %.3f, abstained %.3f, false motor-fix rate %.3f, "
        "always-motor %.3f, plant experiments per decision %.2f\n",
        worlds, Ratio(right, worlds), Ratio(right, worlds - abstained), Ratio(abstained, worlds),
        Ratio(false_motor_fixes, motor_fixes), Ratio(motor_truths, worlds),
        static_cast<double>(plant_experiments) / worlds);
  }

  static double Ratio(int part, int whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / whole;
  }
};

TEST(Simulation, IsAlwaysRightWhereTheEvidenceSuffices) {
  Dice dice(kSeed);
  Tally tally;
  for (const Builder build : kBuilders) {
    for (int i = 0; i < kWorldsPerCause; ++i) {
      World world = build(dice);
      AddHistory(world, dice, 50);
      const auto arbitration =
          testing::Arbitrate(world.evidence, testing::DefaultPolicy(),
                             [&](const Wish& wish) { return AnswerOf(world, wish); });
      tally.Add(world, arbitration);
      EXPECT_EQ(describe::Name(arbitration.ruling.category), describe::Name(world.truth))
          << world.cause << "\n"
          << arbitration.ruling.rationale;
      EXPECT_FALSE(arbitration.ruling.abstained) << world.cause << "\n"
                                                 << arbitration.ruling.rationale;
    }
  }
  tally.Print("Noise-free worlds, all means there");
  EXPECT_EQ(tally.right, tally.worlds);
}

// Takes means and plant time away at random: what is left need not suffice.
void Impoverish(World& world, Dice& dice) {
  Evidence& evidence = world.evidence;
  if (dice.Chance(30)) evidence.has_validators = false;
  // Without a declaration nothing is undeclared: the truth would be another.
  if (dice.Chance(30) && world.cause != "undeclared dialect") evidence.has_accepts = false;
  if (dice.Chance(30)) evidence.older_versions.clear();
  if (dice.Chance(30)) evidence.newer_versions.clear();
  if (dice.Chance(30)) evidence.golden.clear();
  if (dice.Chance(30)) evidence.other_profiles.clear();
  if (dice.Chance(30)) evidence.other_apps.clear();
  if (dice.Chance(30)) evidence.earlier_revisions.clear();
  if (dice.Chance(30)) evidence.plant_ms_budget = dice.Below(5) * testing::kPlantMilliseconds;
}

TEST(Simulation, BeatsGuessingAndSeldomBlamesTheMotorWhereMeansAreMissing) {
  Dice dice(kSeed + 1);
  Tally tally;
  for (const Builder build : kBuilders) {
    for (int i = 0; i < kWorldsPerCause; ++i) {
      World world = build(dice);
      AddHistory(world, dice, 30);
      Impoverish(world, dice);
      const auto arbitration =
          testing::Arbitrate(world.evidence, testing::DefaultPolicy(), [&](const Wish& wish) {
            // One in ten cannot be set up.
            return dice.Chance(10) ? ExperimentResult::kNotPossible : AnswerOf(world, wish);
          });
      tally.Add(world, arbitration);
    }
  }
  tally.Print("The same causes, means and plant time taken away at random");
  EXPECT_GT(Tally::Ratio(tally.right, tally.worlds),
            Tally::Ratio(tally.motor_truths, tally.worlds));
  EXPECT_GT(Tally::Ratio(tally.right, tally.worlds - tally.abstained), 0.85);
  EXPECT_LT(Tally::Ratio(tally.false_motor_fixes, tally.motor_fixes), 0.06);
}

}  // namespace
}  // namespace aiop::policy
