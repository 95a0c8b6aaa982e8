// SPDX-License-Identifier: Apache-2.0
//
// Golden incidents: stories of plants whose failures have a known cause, played for real to see how
// good the operator is. A corpus is a folder of plants, each with the first version of its motor,
// app specs, and `incidents.yaml`: stories of releases, branches, apps and runs, with what is true
// of the failures they lead to. docs/golden.md describes the files.
//
// Play() plays one story in a folder of its own: a real git repository, a real home, real plants,
// the real supervisor. RunCorpus() plays many, each in a process of its own (the program's
// `golden play`), so that one that hangs or crashes spoils nothing. Figures come from core/scoring.
//
// Errors: kInvalid for a corpus with mistakes, naming file and line. What goes wrong while a story
// is played is no error of RunCorpus but a problem of that story. Play() may be called once per
// process at a time; RunCorpus() owns its threads.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result/result.h"
#include "base/time/time.h"
#include "core/model/model.h"
#include "core/policy/policy.h"
#include "core/scoring/scoring.h"

namespace aiop::golden {

// The folder that flags are written to, for plants to look at; visible to experiments, read-only.
inline constexpr std::string_view kWorldVariable = "AIOP_GOLDEN_WORLD";
inline constexpr size_t kCorpusFileLimitBytes = size_t{8} << 20;

// ---- The corpus ----

// Texts to be replaced, each wherever it occurs; one that does not occur is a mistake.
using Replacements = std::vector<std::pair<std::string, std::string>>;

struct Edits {
  std::map<std::string, Replacements> replace;              // by path
  std::map<std::string, std::optional<std::string>> files;  // new content; nothing: deleted
};

struct MotorStep {  // the owner's next release: commit and tag on main
  std::string version;
  std::string message;
  Edits edits;
};
struct BranchStep {  // a pending branch off main's head
  std::string name;
  std::string message;
  Edits edits;
};
struct AppStep {  // a new app, or a new revision of one
  std::string name;
  std::string file;                          // what the spec's file is called; empty: keeps it
  std::optional<std::string> text;           // the whole spec
  std::string source;                        // file or folder in the plant's folder
  Replacements replace;                      // in the spec as it was
  Edits edits;                               // of a spec that is a folder
  std::optional<std::vector<std::string>> profiles;
};
struct FlagStep {
  std::string name;
  std::optional<std::string> value;  // nothing: the file is removed
};
struct RunStep {
  std::vector<std::string> apps;  // empty: all
};
using Step = std::variant<MotorStep, BranchStep, AppStep, FlagStep, RunStep>;

// What in its story would heal a failure.
enum class HealedBy { kBranch, kUpgrade, kAppUpdate, kRerun, kNone };
constexpr auto EnumNames(HealedBy) {
  using enum HealedBy;
  return std::to_array<std::pair<HealedBy, std::string_view>>({{kBranch, "branch"},
                                                               {kUpgrade, "upgrade"},
                                                               {kAppUpdate, "app_update"},
                                                               {kRerun, "rerun"},
                                                               {kNone, "none"}});
}

// One true incident: which failures are its, and what is true of them.
struct Truth {
  std::vector<std::string> apps;
  std::optional<std::string> profile;
  std::string text;  // part of the failure's text; empty: any
  int64_t run = 0;   // number of the run step, from 1; 0: any
  scoring::Label label;
  std::string because;
  HealedBy healed_by = HealedBy::kNone;
};

struct Incident {
  std::string name;
  scoring::Split split = scoring::Split::kTuning;
  std::vector<std::string> tags;
  std::vector<Step> timeline;
  std::vector<Truth> truth;
};

struct Plant {
  std::string name;
  std::string kind;
  bool published = false;
  std::string about;
  std::string tool;
  std::filesystem::path folder;
  std::vector<Incident> incidents;
};

// Reads `incidents.yaml`. Pure.
Result<std::vector<Incident>> ReadIncidents(std::string_view text, std::string_view file_name);
// One plant, or all plants below a folder, by name.
Result<Plant> LoadPlant(const std::filesystem::path& folder);
Result<std::vector<Plant>> LoadCorpus(const std::filesystem::path& folder);

// ---- One story ----

// One run stopping at one incident.
struct SeenFailure {
  std::string run;
  std::string app;
  std::string profile;
  std::string incident;
  std::string fingerprint;
  std::string text;
  std::string motor_version;
  int64_t step = 0;  // number of the run step
  std::optional<int64_t> truth;    // its label, index into `truth` of the incident
  std::vector<int64_t> decisions;  // about it, in order: indices into those of the observation
  int64_t apps_alike = 0;
  bool gone_under_other_profile = false;
  bool quality_dropped = false;
  std::optional<bool> declared;
  std::optional<bool> valid;
  bool passed_before_upgrade = false;

  static constexpr std::string_view kName = "SeenFailure";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("run", self.run, "");
    visit.Required("app", self.app, "");
    visit.Required("profile", self.profile, "");
    visit.Required("incident", self.incident, "");
    visit.Required("fingerprint", self.fingerprint, "");
    visit.Required("text", self.text, "");
    visit.Required("motor_version", self.motor_version, "");
    visit.Required("step", self.step, "");
    visit.Optional("truth", self.truth, "");
    visit.Required("decisions", self.decisions, "");
    visit.Required("apps_alike", self.apps_alike, "");
    visit.Required("gone_under_other_profile", self.gone_under_other_profile, "");
    visit.Required("quality_dropped", self.quality_dropped, "");
    visit.Optional("declared", self.declared, "");
    visit.Optional("valid", self.valid, "");
    visit.Required("passed_before_upgrade", self.passed_before_upgrade, "");
  }
};

struct SeenDecision {
  std::string id;
  model::Classification classification = model::Classification::kApp;
  model::Category category = model::Category::kAppSpec;
  double confidence = 0;
  bool abstained = false;
  bool patches_motor = false;
  int64_t plant_ms = 0;
  std::string rule;
  std::string rationale;

  static constexpr std::string_view kName = "SeenDecision";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "");
    visit.Required("classification", self.classification, "");
    visit.Required("category", self.category, "");
    visit.Required("confidence", self.confidence, "");
    visit.Required("abstained", self.abstained, "");
    visit.Required("patches_motor", self.patches_motor, "");
    visit.Required("plant_ms", self.plant_ms, "");
    visit.Required("rule", self.rule, "");
    visit.Required("rationale", self.rationale, "");
  }
};

// A run that failed at least once.
struct SeenRun {
  std::string run;
  std::string app;
  model::RunState state = model::RunState::kIdle;
  std::string cause;
  int64_t resumed = 0;
  int64_t steps_redone = 0;
  int64_t plant_ms = 0;

  static constexpr std::string_view kName = "SeenRun";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("run", self.run, "");
    visit.Required("app", self.app, "");
    visit.Required("state", self.state, "");
    visit.Required("cause", self.cause, "");
    visit.Required("resumed", self.resumed, "");
    visit.Required("steps_redone", self.steps_redone, "");
    visit.Required("plant_ms", self.plant_ms, "");
  }
};

// What came of a story.
struct Observation {
  std::vector<SeenFailure> failures;
  std::vector<SeenDecision> decisions;
  std::vector<SeenRun> runs;
  int64_t jobs_failed = 0;    // runs (without an operator: apps to be run) that failed
  int64_t jobs_finished = 0;  // ... and ended well
  int64_t first_ms = 0;       // plant time of the first attempts of all runs
  int64_t plant_ms = 0;       // plant time of all attempts and experiments
  // Why the story says nothing: it could not be played, or is not as its labels say.
  std::vector<std::string> problems;

  static constexpr std::string_view kName = "Observation";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("failures", self.failures, "");
    visit.Required("decisions", self.decisions, "");
    visit.Required("runs", self.runs, "");
    visit.Required("jobs_failed", self.jobs_failed, "");
    visit.Required("jobs_finished", self.jobs_finished, "");
    visit.Required("first_ms", self.first_ms, "");
    visit.Required("plant_ms", self.plant_ms, "");
    visit.Required("problems", self.problems, "");
  }
};

struct PlayOptions {
  std::filesystem::path folder;  // home, repository, specs and world are made in it
  std::filesystem::path cache;   // what set-ups download and install is kept here; empty: nowhere
  // Without an operator: each failed run is started anew, at most so often. 0: with the operator.
  int retries = 0;
};

Result<Observation> Play(const Plant& plant, const Incident& incident, const policy::Policy& policy,
                         const PlayOptions& options);

// ---- The whole set ----

struct RunOptions {
  std::filesystem::path program;             // that knows `golden play`
  std::vector<std::string> program_options;  // for it, such as --policy
  std::filesystem::path scratch;             // stories are played below it
  std::filesystem::path cache;
  bool keep = false;  // the stories' folders
  int jobs = 2;
  Milliseconds time_limit{180'000};  // per story
  int retries = 0;                   // of PlayOptions
  const std::atomic<bool>* stop = nullptr;  // once set, no more are played
};

struct Story {
  std::string plant;
  Incident incident;
  std::filesystem::path plant_folder;
};

struct Played {
  Story story;
  Observation observation;
  Milliseconds wall{0};
};

// The stories of these plants that `wanted` takes, by plant and in their order.
std::vector<Story> Select(const std::vector<Plant>& plants,
                          const std::function<bool(const Plant&, const Incident&)>& wanted);

// Plays all; in the order of `stories`. `done` is told from any thread.
std::vector<Played> RunCorpus(const std::vector<Story>& stories, const RunOptions& options,
                              const std::function<void(const Played&)>& done);

// An answer with what people want to know about it.
struct NamedAnswer {
  std::string story;  // plant/incident
  std::string apps;
  std::string failure;
  std::string because;  // of the truth
  std::string rule;
  std::string rationale;
  scoring::Answer answer;
};

// A story that says nothing.
struct Broken {
  std::string story;
  std::string why;
};

// What the whole came to, ready for core/scoring.
struct Report {
  std::vector<NamedAnswer> answers;
  std::vector<scoring::Grouped> failures;
  std::vector<scoring::Ending> endings;
  std::vector<scoring::Symptom> symptoms;
  scoring::Row operator_row;
  double first_seconds = 0;
  std::vector<Broken> broken;

  std::vector<scoring::Answer> Answers() const;
};
Report Summarise(const std::vector<Played>& played);

// The rows of the comparison: the operator, blind retries (as played), and the trivial rules.
std::vector<scoring::Row> Compare(const Report& report, const std::vector<Played>& retried);

}  // namespace aiop::golden
