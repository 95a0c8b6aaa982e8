// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/evidence.h"

#include <gtest/gtest.h>

#include <set>

#include "base/file/file.h"
#include "base/yaml/yaml.h"
#include "core/evidence/testing.h"

namespace aiop::evidence {
namespace {

using testing::History;
using testing::QuestionAbout;
using testing::Shape;
using testing::Stored;

int LineIn(const void* lines, std::string_view pointer) {
  return yaml::LineOf(*static_cast<const yaml::Document*>(lines), pointer);
}

const policy::Policy& DefaultPolicy() {
  static const policy::Policy policy = [] {
    const std::string file = std::string(AIOP_SOURCE_DIR) + "/policies/default.yaml";
    const auto document = yaml::Parse(*file::Read(file), file);
    return *policy::Policy::Load(document->value, file, LineIn, &*document);
  }();
  return policy;
}

Index IndexOf(const std::vector<Stored>& stored) {
  Index index;
  for (const Stored& each : stored) Put(index, each);
  return index;
}

// Everything an answer says, as text.
std::string TextOf(const policy::Answer& answer) {
  std::string text;
  if (const auto* wish = std::get_if<policy::Wish>(&answer)) {
    return "wish " + std::string(describe::Name(wish->kind)) + "|" + wish->app + "|" +
           wish->profile + "|" + wish->motor_version + "|" + wish->golden + "|" +
           wish->app_version + "|" + wish->question;
  }
  const auto& ruling = std::get<policy::Ruling>(answer);
  text = ruling.rule + "|" + std::string(describe::Name(ruling.category)) + "|" +
         std::to_string(ruling.confidence) + "|" + ruling.rationale;
  for (const auto& fact : ruling.evidence) {
    text += "\n" + fact.fact;
    for (const auto& reference : fact.refs) text += " " + reference;
  }
  for (const auto& each : ruling.rejected) text += "\nnot " + each.hypothesis + ": " + each.why;
  for (const auto& each : ruling.next_checks) text += "\nnext: " + each;
  return text;
}

policy::Evidence EvidenceFor(const Question& question, History& history) {
  policy::Evidence evidence;
  evidence.incident.id = question.incident;
  evidence.run = question.run;
  evidence.app = question.app;
  evidence.profile = question.profile;
  evidence.app_version = question.app_version;
  evidence.motor_version = question.motor_version;
  evidence.motor_commit = question.motor_commit;
  evidence.event.id = "event";
  evidence.event.signal_type =
      history.Below(3) == 0 ? model::SignalType::kLatency : model::SignalType::kError;
  evidence.event.payload = {{"details", "it broke"}};
  evidence.has_accepts = history.Below(2) == 0;
  evidence.has_validators = history.Below(2) == 0;
  evidence.older_versions = question.older_versions;
  evidence.newer_versions = question.newer_versions;
  evidence.earlier_revisions = question.earlier_revisions;
  evidence.golden = {"golden/one.yaml"};
  evidence.other_profiles = {question.profile == "profile-0" ? "profile-1" : "profile-0"};
  for (int i = 0; i < 8; ++i) {
    if (const std::string app = "app-" + std::to_string(i); app != question.app)
      evidence.other_apps.push_back(app);
  }
  evidence.plant_ms_budget = 1'000'000;
  return evidence;
}

model::Experiment Answered(const policy::Wish& wish, const policy::Evidence& evidence,
                           model::ExperimentResult result) {
  model::Experiment experiment;
  experiment.id = "experiment-" + std::to_string(evidence.experiments.size());
  experiment.kind = wish.kind;
  experiment.app = wish.app;
  experiment.profile = wish.profile;
  experiment.app_ctx.version = wish.app_version.empty() ? evidence.app_version : wish.app_version;
  experiment.motor_ctx.version = wish.motor_version;
  experiment.question = wish.question;
  experiment.result = result;
  experiment.plant_ms = 1;
  return experiment;
}

// Decides from all sightings and from those the index gives, answering wishes by chance, and holds
// each answer of the one against the other.
void DecideBoth(History& history, const Index& index, const Shape& shape) {
  const auto run = history.Failing();
  if (!run) return;
  const Question question = QuestionAbout(history, *run, shape);
  policy::Evidence all = EvidenceFor(question, history);
  policy::Evidence indexed = all;
  all.sightings = history.AllSightings(question);
  Surroundings around = index.Around(question);
  indexed.sightings = std::move(around.sightings);
  indexed.failing_runs = around.failing_runs;
  for (int i = 0; i < 60; ++i) {
    const policy::Answer answer = policy::Decide(all, DefaultPolicy());
    ASSERT_EQ(TextOf(policy::Decide(indexed, DefaultPolicy())), TextOf(answer));
    const auto found = policy::Bisect(all, DefaultPolicy());
    const auto again = policy::Bisect(indexed, DefaultPolicy());
    ASSERT_EQ(found.has_value(), again.has_value());
    if (found) {
      ASSERT_EQ(found->last_good + " " + found->first_bad,
                again->last_good + " " + again->first_bad);
    }
    const auto* wish = std::get_if<policy::Wish>(&answer);
    if (wish == nullptr) return;
    using enum model::ExperimentResult;
    constexpr std::array kResults = {kPassed, kSameFailure, kSameFailure, kOtherFailure,
                                     kNotPossible};
    auto result = kResults[static_cast<size_t>(history.Below(5))];
    if (wish->kind == model::ExperimentKind::kControl && history.Below(3) > 0)
      result = kSameFailure;
    all.experiments.push_back(Answered(*wish, all, result));
    indexed.experiments.push_back(all.experiments.back());
  }
}

TEST(Around, DecidesAsIfEverySightingWereThere) {
  for (uint32_t seed = 0; seed < 150; ++seed) {
    const Shape shape;
    History history(seed, shape);
    const Index index = IndexOf(history.stored);
    for (int i = 0; i < 6; ++i) DecideBoth(history, index, shape);
    ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
  }
}

// More runs than references are kept.
TEST(Around, DecidesTheSameFromManyRunsOfFewKinds) {
  for (uint32_t seed = 0; seed < 12; ++seed) {
    const Shape shape{.runs = 3000, .apps = 2, .profiles = 2, .motors = 4, .app_versions = 2};
    History history(seed, shape);
    const Index index = IndexOf(history.stored);
    for (int i = 0; i < 8; ++i) DecideBoth(history, index, shape);
    ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
  }
}

TEST(Around, NamesNoMoreRunsThanCanMatter) {
  const Shape shape{.runs = 20000, .apps = 3, .profiles = 2, .motors = 4, .app_versions = 2};
  History history(1, shape);
  const Index index = IndexOf(history.stored);
  const auto run = history.Failing();
  ASSERT_TRUE(run.has_value());
  const Question question = QuestionAbout(history, *run, shape);
  EXPECT_GT(history.AllSightings(question).size(), 10000U);
  const Surroundings around = index.Around(question);
  EXPECT_LT(around.sightings.size(), 20 * kReferencesKept);
  EXPECT_GT(around.failing_runs, static_cast<int64_t>(kReferencesKept));
}

TEST(Around, OfAnEmptyHistoryIsTheFailingRunAlone) {
  const Surroundings around = Index().Around({.plant = "plant", .incident = "i", .run = "r"});
  EXPECT_TRUE(around.sightings.empty());
  EXPECT_EQ(around.failing_runs, 1);
}

// ---- Order and repetition ----

std::string TextOf(const Index& index, History& history, const Shape& shape) {
  std::string text;
  for (const model::Run& run : history.runs) {
    const Surroundings around = index.Around(QuestionAbout(history, run, shape));
    text += run.id + " " + std::to_string(around.failing_runs) + "\n";
    for (const auto& each : around.sightings) {
      text += each.run + each.app + each.profile + each.app_version + each.motor_version +
              each.motor_commit + (each.failed ? " failed\n" : "\n");
    }
    const MotorRecord record = index.RecordOf(run.motor_ctx);
    text += std::to_string(record.succeeded) + "/" + std::to_string(record.ended);
    for (const Figures& figures : record.figures) {
      text += " " + std::to_string(figures.count);
      for (const double value : figures.values) text += "," + std::to_string(value);
    }
  }
  for (const model::Incident& incident : history.incidents) {
    for (const auto& each : index.StandingAt(incident.id))
      text += each.run + each.app + each.profile + std::to_string(each.sequence) + "\n";
    const Failure failure = index.Shown(incident.plant, incident.fingerprint);
    text += std::to_string(failure.occurrences) + " " + std::to_string(failure.runs) + " " +
            FormatTimestamp(failure.first_seen) + FormatTimestamp(failure.last_seen);
    for (const auto& event : failure.events) text += " " + event;
    for (const auto* tallies :
         {&failure.apps, &failure.profiles, &failure.motor_versions, &failure.checkpoints}) {
      for (const auto& tally : *tallies)
        text += " " + tally.name + std::to_string(tally.occurrences);
    }
    for (const auto& clean : index.RanClean(incident.plant, incident.fingerprint, "2.1.0"))
      text += clean.app + clean.profile + clean.app_version + clean.run +
              std::to_string(clean.runs) + "\n";
  }
  return text;
}

TEST(Index, SaysTheSameInWhateverOrderAndHoweverOftenRecordsCome) {
  const Shape shape;
  for (uint32_t seed = 0; seed < 20; ++seed) {
    History history(seed, shape);
    const std::string expected = TextOf(IndexOf(history.stored), history, shape);
    std::vector<Stored> mixed = history.stored;
    for (size_t i = 0; i < history.stored.size(); i += 3) mixed.push_back(history.stored[i]);
    std::mt19937 random(seed + 1000);
    std::ranges::shuffle(mixed, random);
    ASSERT_EQ(TextOf(IndexOf(mixed), history, shape), expected) << "seed " << seed;
  }
}

TEST(Index, TakesARecordTwiceWithoutAnyChange) {
  const Shape shape;
  History history(5, shape);
  Index index = IndexOf(history.stored);
  const std::string expected = TextOf(index, history, shape);
  for (const model::Run& run : history.runs) index.Put(run, int64_t{1} << 40);
  for (const Stored& each : history.stored) {
    if (!std::holds_alternative<model::Run>(each.record)) Put(index, each);
  }
  EXPECT_EQ(TextOf(index, history, shape), expected);
}

// ---- Failures ----

TEST(Shown, CountsWhatAWalkOverAllOccurrencesCounts) {
  for (uint32_t seed = 0; seed < 30; ++seed) {
    History history(seed, Shape{.runs = 200});
    const Index index = IndexOf(history.stored);
    std::set<std::string> incidents;
    for (const auto& each : history.incidents) {
      if (each.plant == "plant" && each.fingerprint == "print-1") incidents.insert(each.id);
    }
    ASSERT_EQ(incidents.size(), 2U);
    std::map<std::string, int64_t> apps;
    std::map<std::string, int64_t> checkpoints;
    std::set<std::string> runs;
    int64_t occurrences = 0;
    Timestamp last;
    for (const auto& each : history.occurrences) {
      if (!incidents.contains(each.incident)) continue;
      ++occurrences;
      ++apps[each.app];
      ++checkpoints[each.after_checkpoint];
      runs.insert(each.run);
      last = std::max(last, each.at);
    }
    const Failure failure = index.Shown("plant", "print-1");
    ASSERT_EQ(failure.occurrences, occurrences);
    ASSERT_EQ(failure.runs, static_cast<int64_t>(runs.size()));
    ASSERT_EQ(failure.last_seen, last);
    ASSERT_EQ(failure.apps.size(), apps.size());
    for (const auto& tally : failure.apps) ASSERT_EQ(tally.occurrences, apps[tally.name]);
    ASSERT_EQ(failure.checkpoints.size(), checkpoints.size());
    for (const auto& tally : failure.checkpoints)
      ASSERT_EQ(tally.occurrences, checkpoints[tally.name]);
    ASSERT_EQ(failure.events.size(), std::min(kReferencesKept, static_cast<size_t>(occurrences)));
  }
}

TEST(Shown, KnowsNothingOfAFailureThatNeverWas) {
  History history(1, {});
  const Index index = IndexOf(history.stored);
  EXPECT_EQ(index.Shown("plant", "unheard-of").occurrences, 0);
  EXPECT_EQ(index.Shown("unheard-of", "print-1").occurrences, 0);
  EXPECT_TRUE(index.RanClean("plant", "unheard-of", "2.0.0").empty());
}

model::Run RunOf(const std::string& id, const std::string& app, model::RunState state) {
  model::Run run;
  run.id = id;
  run.plant = "plant";
  run.app = app;
  run.app_ctx = {app, "1.0.0", "000000000000"};
  run.motor_ctx = {"motor", "2.0.0", "aaaaaaaaaaaa"};
  run.motor_commit = "commit";
  run.attempts = 1;
  run.state = state;
  return run;
}

void Hold(Index& index, const std::string& run, const std::vector<std::string>& names) {
  for (size_t i = 0; i < names.size(); ++i) {
    model::Checkpoint checkpoint;
    checkpoint.run = run;
    checkpoint.ordinal = static_cast<int64_t>(i + 1);
    checkpoint.name = names[i];
    index.Put(checkpoint, 0);
  }
}

// A run that failed on an older version, and on this one when it went on: no evidence about itself.
TEST(Around, LeavesTheAskingRunOut) {
  Index index;
  constexpr size_t kRuns = kReferencesKept + 10;
  for (size_t i = 0; i < kRuns; ++i) {
    model::Run run = RunOf("run-" + std::to_string(100 + i), "app", model::RunState::kPaused);
    run.incident = "incident";
    model::Occurrence occurrence;
    occurrence.event = "event-" + run.id;
    occurrence.id = "incident/" + occurrence.event;
    occurrence.incident = "incident";
    occurrence.run = run.id;
    occurrence.app_ctx = run.app_ctx;
    occurrence.motor_ctx = {"motor", "1.0.0", "bbbbbbbbbbbb"};
    index.Put(run, 0);
    index.Put(occurrence, static_cast<int64_t>(i), 0);
  }
  const Surroundings around = index.Around({.plant = "plant",
                                            .incident = "incident",
                                            .run = "run-100",
                                            .app = "app",
                                            .profile = "",
                                            .app_version = "1.0.0",
                                            .motor_version = "2.0.0",
                                            .motor_commit = "commit",
                                            .reached = {},
                                            .older_versions = {"1.0.0"},
                                            .newer_versions = {},
                                            .earlier_revisions = {}});
  EXPECT_EQ(around.failing_runs, static_cast<int64_t>(kRuns));
  size_t here = 0;
  size_t older = 0;
  for (const auto& each : around.sightings) {
    EXPECT_NE(each.run, "run-100");
    ++(each.motor_version == "1.0.0" ? older : here);
  }
  EXPECT_EQ(here, kReferencesKept);
  EXPECT_EQ(older, kReferencesKept);
}

TEST(RanClean, IsWhoGotPastTheCheckpointAfterWhichItFails) {
  using enum model::RunState;
  Index index;
  model::Incident incident;
  incident.id = "incident";
  incident.plant = "plant";
  incident.fingerprint = "print";
  index.Put(incident);
  model::Run failing = RunOf("run-0", "failing", kPaused);
  failing.incident = "incident";
  index.Put(failing, 0);
  Hold(index, "run-0", {"fetch", "parse"});
  model::Occurrence occurrence;
  occurrence.id = "incident/event";
  occurrence.event = "event";
  occurrence.incident = "incident";
  occurrence.run = "run-0";
  occurrence.app = "failing";
  occurrence.app_ctx = failing.app_ctx;
  occurrence.motor_ctx = failing.motor_ctx;
  occurrence.after_checkpoint = "parse";
  index.Put(occurrence, 1, 0);
  index.Put(RunOf("run-1", "succeeded", kSuccess), 0);
  index.Put(RunOf("run-2", "stopped-later", kPaused), 0);
  Hold(index, "run-2", {"fetch", "parse", "render"});
  index.Put(RunOf("run-3", "stopped-there", kPaused), 0);
  Hold(index, "run-3", {"fetch", "parse"});
  index.Put(RunOf("run-4", "stopped-before", kPaused), 0);
  Hold(index, "run-4", {"fetch"});
  std::vector<std::string> apps;
  for (const auto& each : index.RanClean("plant", "print", "2.0.0")) apps.push_back(each.app);
  EXPECT_EQ(apps, (std::vector<std::string>{"stopped-later", "succeeded"}));
  EXPECT_TRUE(index.RanClean("plant", "print", "1.0.0").empty());
}

TEST(StandingAt, IsWhoIsPausedWhereItFailed) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    History history(seed, {});
    const Index index = IndexOf(history.stored);
    for (const auto& incident : history.incidents) {
      std::vector<std::tuple<std::string, std::string, std::string>> expected;
      for (const auto& run : history.runs) {
        const bool failed_here = std::ranges::any_of(history.occurrences, [&](const auto& each) {
          return each.run == run.id;  // there, or where that was merged from
        });
        if (failed_here && run.incident == incident.id && run.state == model::RunState::kPaused)
          expected.emplace_back(run.app, run.profile, run.id);
      }
      std::ranges::sort(expected);
      std::vector<std::tuple<std::string, std::string, std::string>> standing;
      for (const auto& each : index.StandingAt(incident.id))
        standing.emplace_back(each.app, each.profile, each.run);
      ASSERT_EQ(standing, expected) << "seed " << seed;
      ASSERT_LE(index.StandingAt(incident.id, 1).size(), 1U);
    }
  }
}

// ---- Motor versions ----

const model::MotorReference kMotor{"motor", "1.0.0", "aaaaaaaaaaaa"};

model::Attempt Attempt(int number, const std::string& outcome, int64_t wall_ms) {
  model::Attempt attempt;
  attempt.id = "attempt-" + std::to_string(number);
  attempt.motor_ctx = kMotor;
  attempt.outcome = outcome;
  attempt.wall_ms = wall_ms;
  return attempt;
}

TEST(RecordOf, CountsAttemptsThatEndedByThemselves) {
  Index index;
  int number = 0;
  for (const char* outcome :
       {"success", "success", "failed", "crashed", "timeout", "partial", "stopped", "lost", ""}) {
    index.Put(Attempt(++number, outcome, 10));
  }
  model::Attempt experiment = Attempt(++number, "success", 10);
  experiment.purpose = model::Purpose::kExperiment;
  index.Put(experiment);
  const MotorRecord record = index.RecordOf(kMotor);
  EXPECT_EQ(record.ended, 6);
  EXPECT_EQ(record.succeeded, 2);
  EXPECT_EQ(record.Of(Figure::kLatencyMs).count, 2);
  EXPECT_EQ(record.Of(Figure::kCostUsd).count, 0);
  EXPECT_EQ(index.RecordOf({"motor", "9.9.9", "aaaaaaaaaaaa"}).ended, 0);
}

TEST(RecordOf, TakesLatencyAndCostOfWholeAttemptsOnly) {
  Index index;
  model::Attempt whole = Attempt(1, "success", 900);
  whole.usage.latency_ms = 250;
  whole.usage.cost_usd = 0.5;
  index.Put(whole);
  model::Attempt resumed = Attempt(2, "success", 40);
  resumed.from_checkpoint = "parse";
  index.Put(resumed);
  const MotorRecord record = index.RecordOf(kMotor);
  EXPECT_EQ(record.Of(Figure::kLatencyMs).values, std::vector<double>{250});
  EXPECT_EQ(record.Of(Figure::kLatencyMs).references, std::vector<std::string>{"attempt-1"});
  EXPECT_EQ(record.Of(Figure::kCostUsd).values, std::vector<double>{0.5});
}

TEST(RecordOf, KeepsABoundedSampleThatIsLikeTheWhole) {
  Index index;
  constexpr int kCount = 20000;
  for (int i = 0; i < kCount; ++i) index.Put(Attempt(i, "success", i));
  const Figures& figures = index.RecordOf(kMotor).Of(Figure::kLatencyMs);
  EXPECT_EQ(figures.count, kCount);
  ASSERT_EQ(figures.values.size(), kFiguresKept);
  double sum = 0;
  for (const double value : figures.values) sum += value;
  // Six standard errors of the mean of a uniform distribution.
  const double allowed = 6 * kCount / std::sqrt(12.0 * kFiguresKept);
  EXPECT_NEAR(sum / kFiguresKept, kCount / 2.0, allowed);
}

TEST(RecordOf, RefusesFiguresThatAreNoNumbersOrOfNoRun) {
  Index index;
  model::StoredEvent event;
  event.run = "run";
  event.envelope.context_ref.motor_ctx = kMotor;
  event.envelope.signal_type = model::SignalType::kQualityScore;
  event.envelope.id = "text";
  event.envelope.payload = {{"value", "0.9"}};
  index.Put(event);
  event.envelope.id = "good";
  event.envelope.payload = {{"value", 0.9}};
  index.Put(event);
  event.envelope.id = "outside";
  event.run.clear();
  index.Put(event);
  EXPECT_EQ(index.RecordOf(kMotor).Of(Figure::kQuality).references,
            std::vector<std::string>{"good"});
}

}  // namespace
}  // namespace aiop::evidence
