// SPDX-License-Identifier: Apache-2.0
// Playing many stories, each in a process of its own.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "base/file/file.h"
#include "base/process/process.h"
#include "control/golden/golden.h"

namespace aiop::golden {
namespace {

namespace fs = std::filesystem;

constexpr size_t kOutputBytes = size_t{64} << 20;

Result<Observation> PlayApart(const Story& story, const RunOptions& options,
                              const fs::path& folder) {
  process::Command command;
  command.argv = {options.program.string(),
                  "--json",
                  "--quiet",
                  "golden",
                  "play",
                  story.plant_folder.string(),
                  story.incident.name,
                  "--into",
                  folder.string(),
                  "--cache",
                  options.cache.string()};
  if (options.retries > 0) {
    command.argv.insert(command.argv.end(), {"--retries", std::to_string(options.retries)});
  }
  command.argv.insert(command.argv.end(), options.program_options.begin(),
                      options.program_options.end());
  command.folder = fs::current_path();
  command.environment = process::CleanEnvironment(folder);
  command.stop = options.stop;
  AIOP_TRY(const auto output, process::Run(command, "", options.time_limit, kOutputBytes));
  if (output.timed_out) {
    return Fail(Code::kTimeout, "did not end within " + FormatDuration(options.time_limit));
  }
  if (!output.ok()) {
    return Unavailable("could not be played (" + output.exit.Describe() + "): " + output.err);
  }
  return describe::FromText<Observation>(output.out);
}

Played PlayOne(const Story& story, const RunOptions& options, size_t number) {
  Played played{.story = story, .observation = {}};
  const auto start = std::chrono::steady_clock::now();
  const fs::path folder = options.scratch / (std::to_string(number) + "-" + story.incident.name);
  const auto observation = [&]() -> Result<Observation> {
    AIOP_CHECK_OK(file::MakeFolders(folder));
    return PlayApart(story, options, folder);
  }();
  if (observation) {
    played.observation = *observation;
  } else {
    played.observation.problems.push_back(observation.error().message);
  }
  if (!options.keep) {
    if (const Status removed = file::RemoveTree(folder); !removed) {
      played.observation.problems.push_back(removed.error().message);
    }
  }
  played.wall = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - start);
  return played;
}

}  // namespace

std::vector<Story> Select(const std::vector<Plant>& plants,
                          const std::function<bool(const Plant&, const Incident&)>& wanted) {
  std::vector<Story> stories;
  for (const Plant& plant : plants) {
    for (const Incident& incident : plant.incidents) {
      if (!wanted(plant, incident)) continue;
      stories.push_back({.plant = plant.name, .incident = incident, .plant_folder = plant.folder});
    }
  }
  return stories;
}

std::vector<Played> RunCorpus(const std::vector<Story>& stories, const RunOptions& options,
                              const std::function<void(const Played&)>& done) {
  std::vector<Played> played(stories.size());
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < stories.size(); i = next++) {
      if (options.stop && *options.stop) return;
      played[i] = PlayOne(stories[i], options, i + 1);
      done(played[i]);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < std::min<int>(options.jobs, static_cast<int>(stories.size())); ++i) {
    threads.emplace_back(work);
  }
  work();
  for (std::thread& each : threads) each.join();
  return played;
}

}  // namespace aiop::golden
