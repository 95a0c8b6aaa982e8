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
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "base/time/time.h"
#include "control/contexts/contexts.h"
#include "control/golden/observation.h"
#include "control/golden/story.h"
#include "core/policy/policy.h"

namespace aiop::golden {

// Names the folder that flags are written to, for plants to look at; experiments may only read it.
inline constexpr std::string_view kWorldVariable = "AIOP_GOLDEN_WORLD";
inline constexpr size_t kCorpusFileLimitBytes = size_t{8} << 20;

// ---- The corpus ----

// Reads `incidents.yaml`. Pure.
Result<std::vector<Incident>> ReadIncidents(std::string_view text, std::string_view file_name);
// One plant, or all plants below a folder, by name.
Result<Plant> LoadPlant(const std::filesystem::path& folder);
Result<std::vector<Plant>> LoadCorpus(const std::filesystem::path& folder);

// ---- One story ----

struct PlayOptions {
  std::filesystem::path folder;  // home, repository, specs and world are made in it
  std::filesystem::path cache;   // what set-ups download and install is kept here; empty: nowhere
  // Without an operator: each failed run is started anew, at most so often. 0: with the operator.
  int retries = 0;
};

Result<Observation> Play(const Plant& plant, const Incident& incident, const policy::Policy& policy,
                         const PlayOptions& options);

// ---- Offering one ----

// What a human says of a decision: the truth of the incident that is offered.
struct Offered {
  std::string name;
  scoring::Split split = scoring::Split::kTuning;
  model::Category category = model::Category::kAppSpec;
  std::string because;
};

// Writes the failure that a decision is about as a plant with one incident: the motor as it was
// before the runs that its story needs, releases up to the failing one, the pending fix where one
// became the answer, the specs of the failing apps and of those that went through. kInvalid where
// the story cannot be told in such files (a motor with binary changes), or `folder` exists.
Status Offer(contexts::Home& home, const model::DecisionRecord& decision, const Offered& offered,
             const std::filesystem::path& folder);

// ---- The whole set ----

struct RunOptions {
  std::filesystem::path program;             // that knows `golden play`
  std::vector<std::string> program_options;  // for it, such as --policy
  std::filesystem::path scratch;             // stories are played below it
  std::filesystem::path cache;
  bool keep = false;  // the stories' folders
  int jobs = 2;
  Milliseconds time_limit{180'000};         // per story
  int retries = 0;                          // of PlayOptions
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

// A story and what is wrong with it.
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
  std::vector<Broken> misgrouped;  // stories whose failures were put together in another way
  std::vector<Broken> broken;

  std::vector<scoring::Answer> Answers() const;
};
Report Summarise(const std::vector<Played>& played);

// The rows of the comparison: the operator, blind retries (as played), and the trivial rules.
std::vector<scoring::Row> Compare(const Report& report, const std::vector<Played>& retried);

}  // namespace aiop::golden
