// SPDX-License-Identifier: Apache-2.0
// What one decision costs with all evidence at hand: gathering it from the index and deciding, in
// CPU time, after histories of ten thousand, a hundred thousand and a million events; and what the
// index weighs. Twice: with a motor that is released as the history goes on, so that what is around
// a failure stays alike; and with ever more runs of the same forty versions, so that it fills up
// until every app is known on each. evidence_bench [APPS]: how many apps the plant has (200 if not
// given).
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "base/file/file.h"
#include "base/yaml/yaml.h"
#include "core/evidence/evidence.h"
#include "core/policy/policy.h"

namespace {

using namespace aiop;

constexpr int kEventsPerRun = 10;
constexpr int kProfiles = 3;
constexpr int kRunsPerVersion = 500;  // where the motor is released as the history goes on
constexpr int kFixedVersions = 40;    // where it is not
constexpr int kRevisions = 5;
constexpr int kFailures = 200;  // distinct
constexpr int kDecisions = 2000;
constexpr size_t kRecent = 50;
constexpr double kTargetMilliseconds = 1;

double CpuMicroseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

std::string Numbered(const char* format, int number) {
  char text[64];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

// A plant's life: apps run again and again while motor and apps get new versions; one run in five
// stops at a failure, half of these at one that the newest versions brought, and half of all that
// stop are healed.
class Life {
 public:
  Life(int events, int apps, int versions)
      : runs_(events / kEventsPerRun), apps_(apps), versions_(versions) {
    for (int i = 0; i < kFailures; ++i) {
      model::Incident incident;
      incident.id = IncidentId(i);
      incident.plant = "plant";
      incident.fingerprint = Numbered("1:%016d", i);
      index.Put(incident);
    }
    for (int number = 0; number < runs_; ++number) MakeRun(number);
  }

  evidence::Index index;
  std::vector<model::Run> stopped;  // and not healed, oldest first
  int64_t events = 0;

 private:
  static std::string IncidentId(int number) {
    return Numbered("0190a000-0000-7000-8000-%012d", number);
  }
  int Below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }

  void MakeRun(int number) {
    model::Run run;
    run.id = Numbered("0190b000-0000-7000-8000-%012d", number);
    run.plant = "plant";
    run.app = Numbered("application-%d", Below(apps_));
    run.profile = Numbered("profile-%d", Below(kProfiles));
    const int age = static_cast<int>(int64_t{number} * versions_ / runs_);
    const int revision = static_cast<int>(int64_t{number} * kRevisions / runs_);
    run.app_ctx = {run.app, Numbered("1.%d.0", revision), Numbered("%012x", revision)};
    run.motor_ctx = {"generator", Numbered("3.%d.0", age), Numbered("%012x", age)};
    run.motor_commit = Numbered("%040x", age);
    run.attempts = 1;
    run.state = model::RunState::kRunning;
    index.Put(run, ++revision_);
    Tell(run);
    int steps = 4;
    const bool fails = Below(5) == 0;
    if (fails) steps = 2;
    for (int step = 1; step <= steps; ++step) Checkpoint(run, step);
    if (fails) Fail(run, number);
    if (!fails || Below(2) == 0) run.state = model::RunState::kSuccess;
    End(run);
    index.Put(run, ++revision_);
    if (run.state == model::RunState::kPaused) stopped.push_back(run);
  }

  void Checkpoint(const model::Run& run, int ordinal) {
    model::Checkpoint checkpoint;
    checkpoint.run = run.id;
    checkpoint.ordinal = ordinal;
    checkpoint.name = Numbered("step-%d", ordinal);
    index.Put(checkpoint, ++revision_);
  }

  void Fail(model::Run& run, int number) {
    const int failure = Below(2) == 0 ? 0 : Below(kFailures);
    model::Occurrence occurrence;
    occurrence.event = Numbered("0190c000-0000-7000-8000-%012d", number);
    occurrence.incident = IncidentId(failure);
    occurrence.id = occurrence.incident + "/" + occurrence.event;
    occurrence.run = run.id;
    occurrence.app = run.app;
    occurrence.profile = run.profile;
    occurrence.app_ctx = run.app_ctx;
    occurrence.motor_ctx = run.motor_ctx;
    occurrence.after_checkpoint = "step-2";
    occurrence.at = Timestamp{Milliseconds{int64_t{1'700'000'000'000} + number}};
    index.Put(occurrence, number, ++revision_);
    run.state = model::RunState::kPaused;
    run.incident = occurrence.incident;
  }

  void End(const model::Run& run) {
    model::Attempt attempt;
    attempt.id = run.id + "/1";
    attempt.run = run.id;
    attempt.motor_ctx = run.motor_ctx;
    attempt.outcome = run.state == model::RunState::kSuccess ? "success" : "failed";
    attempt.wall_ms = 800 + Below(400);
    attempt.usage.cost_usd = 0.0001 * Below(1000);
    index.Put(attempt);
  }

  // One event in ten is a quality score; the others tell nothing that is asked here.
  void Tell(const model::Run& run) {
    model::StoredEvent event;
    event.run = run.id;
    event.envelope.context_ref.motor_ctx = run.motor_ctx;
    for (int i = 0; i < kEventsPerRun; ++i) {
      event.envelope.id = run.id + Numbered("-%d", i);
      event.envelope.signal_type =
          i == 0 ? model::SignalType::kQualityScore : model::SignalType::kValidation;
      event.envelope.payload = {{"value", 0.5 + 0.0005 * Below(1000)}};
      index.Put(event);
      ++events;
    }
  }

  int runs_;
  int apps_;
  int versions_;
  int64_t revision_ = 0;
  std::mt19937 random_{20261121};
};

policy::Evidence EvidenceOf(const model::Run& run, int apps, int versions) {
  policy::Evidence evidence;
  evidence.incident.id = run.incident;
  evidence.run = run.id;
  evidence.app = run.app;
  evidence.profile = run.profile;
  evidence.app_version = run.app_ctx.version;
  evidence.motor_version = run.motor_ctx.version;
  evidence.motor_commit = run.motor_commit;
  evidence.event.id = "event";
  evidence.event.payload = {{"details", "it broke"}};
  evidence.has_accepts = evidence.has_validators = true;
  for (int i = versions - 2; i >= 0; --i) evidence.older_versions.push_back(Numbered("3.%d.0", i));
  for (int i = kRevisions - 2; i >= 0; --i)
    evidence.earlier_revisions.push_back(Numbered("1.%d.0", i));
  for (int i = 0; i < kProfiles; ++i) evidence.other_profiles.push_back(Numbered("profile-%d", i));
  for (int i = 0; i < apps; ++i) evidence.other_apps.push_back(Numbered("application-%d", i));
  evidence.golden = {"golden/one.yaml"};
  evidence.plant_ms_budget = 1'000'000;
  return evidence;
}

policy::Answer Once(const evidence::Index& index, policy::Evidence& evidence,
                    const policy::Policy& policy) {
  evidence::Question question{.plant = "plant",
                              .incident = evidence.incident.id,
                              .run = evidence.run,
                              .app = evidence.app,
                              .profile = evidence.profile,
                              .app_version = evidence.app_version,
                              .motor_version = evidence.motor_version,
                              .motor_commit = evidence.motor_commit,
                              .reached = {"step-1", "step-2"},
                              .older_versions = evidence.older_versions,
                              .newer_versions = evidence.newer_versions,
                              .earlier_revisions = evidence.earlier_revisions};
  evidence::Surroundings around = index.Around(question);
  evidence.sightings = std::move(around.sightings);
  evidence.failing_runs = around.failing_runs;
  return policy::Decide(evidence, policy);
}

// Answers wishes until the policy rules: what is timed afterwards asks for nothing more.
bool GiveAllExperiments(const evidence::Index& index, policy::Evidence& evidence,
                        const policy::Policy& policy, std::mt19937& random) {
  for (int i = 0; i < 60; ++i) {
    const policy::Answer answer = Once(index, evidence, policy);
    const auto* wish = std::get_if<policy::Wish>(&answer);
    if (wish == nullptr) return true;
    model::Experiment experiment;
    experiment.id = Numbered("experiment-%d", i);
    experiment.kind = wish->kind;
    experiment.app = wish->app;
    experiment.profile = wish->profile;
    experiment.app_ctx.version =
        wish->app_version.empty() ? evidence.app_version : wish->app_version;
    experiment.motor_ctx.version = wish->motor_version;
    experiment.question = wish->question;
    const bool control = wish->kind == model::ExperimentKind::kControl;
    experiment.result = control || random() % 2 == 0 ? model::ExperimentResult::kSameFailure
                                                     : model::ExperimentResult::kPassed;
    evidence.experiments.push_back(std::move(experiment));
  }
  return false;
}

struct Row {
  double median = 0;
  double p99 = 0;
  double megabytes_per_million = 0;
};

Row Measure(int events, int apps, int versions, const policy::Policy& policy) {
  const size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  const double start = CpuMicroseconds();
  const Life life(events, apps, versions);
  const double fill = CpuMicroseconds() - start;
  const size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
  std::mt19937 random(7);
  std::vector<double> times;
  size_t sightings = 0;
  for (int i = 0; i < kDecisions; ++i) {
    // One of the last that stopped: those are what decisions are about.
    const size_t last = std::min(life.stopped.size(), kRecent);
    const model::Run& run = life.stopped[life.stopped.size() - 1 - random() % last];
    policy::Evidence evidence = EvidenceOf(run, apps, versions);
    if (!GiveAllExperiments(life.index, evidence, policy, random)) {
      std::fprintf(stderr, "the policy does not come to a ruling\n");
      std::exit(1);
    }
    const double begin = CpuMicroseconds();
    const policy::Answer answer = Once(life.index, evidence, policy);
    times.push_back(CpuMicroseconds() - begin);
    sightings += evidence.sightings.size();
  }
  std::ranges::sort(times);
  Row row{.median = times[times.size() / 2],
          .p99 = times[times.size() * 99 / 100],
          .megabytes_per_million =
              static_cast<double>(after - before) / static_cast<double>(life.events)};
  std::printf("%9lld  %9.3f  %9.3f  %10.1f  %13.2f  %12.0f\n", static_cast<long long>(life.events),
              row.median / 1000, row.p99 / 1000, row.megabytes_per_million,
              fill / static_cast<double>(life.events), static_cast<double>(sightings) / kDecisions);
  return row;
}

// Whether the target is kept.
bool MeasureAll(const char* title, int apps, int fixed_versions, const policy::Policy& policy) {
  std::printf("%s\n   events  median ms     p99 ms  MB/million  fill us/event  runs it names\n",
              title);
  std::vector<Row> rows;
  for (const int events : {10'000, 100'000, 1'000'000}) {
    const int versions =
        fixed_versions > 0 ? fixed_versions : events / kEventsPerRun / kRunsPerVersion;
    rows.push_back(Measure(events, apps, versions, policy));
  }
  const bool kept = rows.back().median / 1000 < kTargetMilliseconds;
  std::printf("growth of the median from 10^4 to 10^6 events: %.2f x\n",
              rows.back().median / rows.front().median);
  std::printf("target, median below %.0f ms of CPU at 10^6 events: %s\n\n", kTargetMilliseconds,
              kept ? "kept" : "missed");
  return kept;
}

Result<policy::Policy> LoadPolicy() {
  const std::string file = std::string(AIOP_SOURCE_DIR) + "/policies/default.yaml";
  AIOP_TRY(const std::string text, file::Read(file));
  AIOP_TRY(const auto document, yaml::Parse(text, file));
  return policy::Policy::Load(document.value, file);
}

}  // namespace

int main(int count, char** arguments) {
  const int apps = count > 1 ? std::atoi(arguments[1]) : 200;
  if (apps < 1) {
    std::fprintf(stderr, "usage: evidence_bench [APPS]\n");
    return 2;
  }
  const auto policy = LoadPolicy();
  if (!policy) {
    std::fprintf(stderr, "%s\n", policy.error().message.c_str());
    return 1;
  }
  std::printf("one decision with all evidence at hand; %d apps, %d profiles\n\n", apps, kProfiles);
  const bool released = MeasureAll("a release every 500 runs", apps, 0, *policy);
  const bool fixed = MeasureAll("40 versions, however many runs", apps, kFixedVersions, *policy);
  return released && fixed ? 0 : 1;
}
