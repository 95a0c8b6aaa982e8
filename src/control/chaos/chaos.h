// SPDX-License-Identifier: Apache-2.0
//
// Drills: a fault is done on purpose to a plant, to the operator or to what it stands on, and what
// the operator made of it is held against a hypothesis. docs/chaos.md describes each.
//
// A drill is played in a folder of its own: its own home, its own plant (a few lines of shell, made
// by the drill), its own specs. The programs it starts are this program's, each below a keeper of
// its own; they know no other home. Nothing outside the folder is written, and only processes that
// the drill started are killed. So drills may be run beside a live operator.
//
// `without` switches off a guard that a drill tests (base/fault): then the drill has to fail.
//
// Errors: kNotFound for a drill or guard that does not exist. What goes wrong inside a drill is its
// result. RunDrill may be called from one thread at a time.
#pragma once

#include <atomic>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "core/model/model.h"

namespace aiop::chaos {

class Scene;  // private to the module

struct Drill {
  std::string_view name;
  std::string_view hypothesis;
  std::string_view injects;
  std::vector<std::string_view> guards;
  Status (*play)(Scene&) = nullptr;
};

// In the order in which they are run.
std::span<const Drill> Drills();
Result<const Drill*> FindDrill(std::string_view name);

struct Options {
  std::filesystem::path program;            // aiop itself
  std::filesystem::path folder;             // an empty folder, or one that is not there yet
  std::string without;                      // a guard of the drill, to be switched off
  bool keep = false;                        // what was played
  const std::atomic<bool>* stop = nullptr;  // once set, the drill ends soon, as not passed
};

Result<model::DrillResult> RunDrill(const Drill& drill, const Options& options);

// All of them together: passed, mean time to recovery.
model::ChaosReport Summarise(std::vector<model::DrillResult> drills);

}  // namespace aiop::chaos
