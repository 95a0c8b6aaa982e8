// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>

#include "app/aiop/commands.h"
#include "app/aiop/golden_report.h"
#include "app/aiop/listing.h"
#include "app/aiop/scratch.h"
#include "app/aiop/signals.h"
#include "app/aiop/words.h"
#include "base/file/file.h"
#include "base/identity/identity.h"
#include "control/remarks/remarks.h"
#include "core/replay/replay.h"

namespace aiop::app {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostJobs = 64;
constexpr int kBlindRetries = 3;

// Of the checkout that this program was built in, or of the place it is installed in.
Result<fs::path> CorpusFolder(const Arguments& arguments, const fs::path& program) {
  if (arguments.Has("PATH")) return Absolute(arguments.One("PATH"));
  std::error_code ignored;
  for (fs::path folder = program.parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    for (const char* each : {"tests/golden", "share/aiop/golden"}) {
      if (fs::is_directory(folder / each, ignored)) return folder / each;
    }
  }
  return NotFound("there is no corpus of golden incidents beside this program: name one");
}

Result<fs::path> CacheFolder(Session& session) {
  if (session.arguments().Has("--cache")) return Absolute(session.arguments().One("--cache"));
  AIOP_TRY(const fs::path home, session.HomeFolder());
  return Absolute(home / "golden-cache");
}

Result<std::vector<golden::Story>> WantedStories(const Arguments& arguments,
                                                 const std::vector<golden::Plant>& plants) {
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return names.empty() || std::ranges::find(names, name) != names.end();
  };
  const auto only = arguments.All("--only");
  const auto of_plants = arguments.All("--plant");
  const std::string split = arguments.One("--split");
  auto stories = golden::Select(plants, [&](const auto& plant, const auto& incident) {
    return has(of_plants, plant.name) && has(only, incident.name) &&
           (split.empty() || split == "all" || split == describe::Name(incident.split));
  });
  const int64_t every = arguments.Number("--every", 1);
  if (every < 1) return Invalid("--every is at least 1");
  std::vector<golden::Story> sample;
  for (size_t i = 0; i < stories.size(); i += static_cast<size_t>(every)) {
    sample.push_back(stories[i]);
  }
  if (sample.empty()) return NotFound("the corpus has no such incident");
  return sample;
}

Result<golden::RunOptions> OptionsFor(Session& session, const fs::path& program) {
  const Arguments& arguments = session.arguments();
  golden::RunOptions options;
  options.program = program;
  if (arguments.Has("--policy")) {
    AIOP_TRY(const fs::path policy, Absolute(arguments.One("--policy")));
    options.program_options = {"--policy", policy.string()};
  }
  AIOP_TRY(options.cache, CacheFolder(session));
  options.keep = arguments.Has("--keep");
  AIOP_TRY(const fs::path place,
           options.keep ? Result<fs::path>(arguments.One("--keep")) : Scratch("aiop-golden-"));
  AIOP_TRY(options.scratch, Absolute(place));
  const int64_t jobs = arguments.Number("--jobs", 2);
  if (jobs < 1 || jobs > kMostJobs) {
    return Invalid("--jobs is between 1 and " + std::to_string(kMostJobs));
  }
  options.jobs = static_cast<int>(jobs);
  const int64_t seconds = arguments.Number("--time-limit", 180);
  if (seconds < 1) return Invalid("--time-limit is at least 1");
  options.time_limit = Milliseconds{seconds * 1000};
  return options;
}

// Plays them, saying how far it is.
std::vector<golden::Played> PlayAll(Session& session, const std::vector<golden::Story>& stories,
                                    const golden::RunOptions& options, std::string_view how) {
  std::mutex mutex;
  size_t count = 0;
  return golden::RunCorpus(stories, options, [&](const golden::Played& played) {
    const std::lock_guard lock(mutex);
    const bool broken = !played.observation.problems.empty();
    session.out().Note(std::to_string(++count) + "/" + std::to_string(stories.size()) + " " +
                       played.story.plant + "/" + played.story.incident.name + std::string(how) +
                       ": " + (broken ? "broken" : "played") + ", " + FormatDuration(played.wall));
  });
}

// One line for each decision, in the order of the stories.
Status WriteHistories(const std::vector<golden::Played>& played, const fs::path& file) {
  std::string text;
  for (const golden::Played& each : played) {
    for (const auto& history : each.observation.histories) text += replay::LineOf(history);
  }
  return file::Write(file, text);
}

}  // namespace

Result<int> GoldenRun(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY([[maybe_unused]] const auto* policy, session.Policy());
  AIOP_TRY(const fs::path program, ThisProgram());
  AIOP_TRY(const fs::path corpus, CorpusFolder(arguments, program));
  AIOP_TRY(const auto plants, golden::LoadCorpus(corpus));
  AIOP_TRY(const auto stories, WantedStories(arguments, plants));
  AIOP_TRY(auto options, OptionsFor(session, program));
  std::atomic<bool> stop{false};
  options.stop = &stop;
  const StopOnSignals signals([&] { stop = true; });
  const auto played = PlayAll(session, stories, options, "");
  if (arguments.Has("--history") && !stop) {
    AIOP_CHECK_OK(WriteHistories(played, arguments.One("--history")));
  }
  const golden::Report report = golden::Summarise(played);
  std::vector<scoring::Row> rows;
  if (arguments.Has("--baselines") && !stop) {
    options.retries = kBlindRetries;
    rows = golden::Compare(report, PlayAll(session, stories, options, ", retried blindly"));
  }
  if (!options.keep) AIOP_CHECK_OK(file::RemoveTree(options.scratch));
  if (stop) return Fail(Code::kCancelled, "stopped before all incidents were played");
  if (session.out().json()) {
    session.out().Document(GoldenDocument(report, rows));
  } else {
    session.out().Text(Counted(stories.size(), "incident") + " of " +
                       Counted(plants.size(), "plant") + ", " +
                       Counted(report.answers.size(), "decision") + "\n\n");
    ShowGolden(session.out(), report, rows);
  }
  return GoldenHolds(report) ? 0 : 1;
}

Result<int> GoldenPlay(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(const policy::Policy* rules, session.Policy());
  AIOP_TRY(const fs::path folder, Absolute(arguments.One("PLANT")));
  AIOP_TRY(const golden::Plant plant, golden::LoadPlant(folder));
  const auto incident =
      std::ranges::find(plant.incidents, arguments.One("NAME"), &golden::Incident::name);
  if (incident == plant.incidents.end()) {
    return NotFound("plant " + plant.name + " has no incident '" + arguments.One("NAME") + "'");
  }
  golden::PlayOptions options;
  AIOP_TRY(options.folder, Absolute(arguments.One("--into")));
  std::error_code ignored;
  if (fs::exists(options.folder / "home", ignored)) {
    return Invalid(options.folder.string() + " holds a story already: name an empty folder");
  }
  AIOP_TRY(options.cache, CacheFolder(session));
  options.retries = static_cast<int>(arguments.Number("--retries", 0));
  // Programs get the AIOP_ variables of this process. There is no other thread yet.
  setenv(std::string(golden::kWorldVariable).c_str(), (options.folder / "world").c_str(), 1);
  AIOP_TRY(const golden::Observation seen, golden::Play(plant, *incident, *rules, options));
  if (session.out().json()) {
    session.out().Document(describe::ToJson(seen));
    return 0;
  }
  golden::Played played{.story = {plant.name, *incident, plant.folder}, .observation = seen};
  ShowGolden(session.out(), golden::Summarise({played}), {});
  session.out().Note("to look at it: aiop --home " + (options.folder / "home").string() +
                     " decisions");
  return seen.problems.empty() ? 0 : 1;
}

Result<int> GoldenOffer(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(contexts::Home * reading, session.Read());
  AIOP_TRY(const auto decision,
           FindRecord<model::DecisionRecord>(reading->ledger(), arguments.One("DECISION")));
  AIOP_TRY(const auto corrections, remarks::CorrectionsOf(reading->ledger(), decision.decision_id));
  if (corrections.empty()) {
    return Invalid("decision " + decision.decision_id +
                   " was never corrected or confirmed, and a golden incident needs a truth that "
                   "the operator did not say: aiop decision correct " +
                   decision.decision_id + " --as CATEGORY --because TEXT");
  }
  const auto& payload = corrections.back().envelope.payload;
  const auto category = remarks::CategoryIn(corrections.back());
  if (!category) return Internal("a stored correction has no category");
  golden::Offered offered;
  offered.name = arguments.Has("--name") ? arguments.One("--name")
                                         : "incident-" + decision.incident_id.substr(0, 13);
  offered.split = describe::FromName<scoring::Split>(arguments.One("--split"))
                      .value_or(scoring::Split::kTuning);
  offered.category = *category;
  offered.because = std::string(json::TextMember(payload, "because")) + " (said by " +
                    std::string(json::TextMember(payload, "by")) + ")";
  AIOP_TRY(const fs::path folder, Absolute(arguments.One("--into")));
  AIOP_TRY(contexts::Home * home, session.Own());
  AIOP_CHECK_OK(golden::Offer(*home, decision, offered, folder));
  if (session.out().json()) {
    session.out().Document(json::Object{{"folder", folder.string()},
                                        {"incident", offered.name},
                                        {"decision", decision.decision_id},
                                        {"category", std::string(describe::Name(*category))}});
    return 0;
  }
  session.out().Text(folder.string() + "\n");
  session.out().Note("to play it: aiop golden run " + folder.string() +
                     "\nit holds the motor's source and the specs: look at it before you share it");
  return 0;
}

}  // namespace aiop::app
