// SPDX-License-Identifier: Apache-2.0
//
// Patches of apps. Where a decision says that the app has to change, sources are asked in order
// for a changed spec: a dependency version that exists, the unique nearest name or value, the
// spec without what validators object to. Each proposal is a change request of side app; it is
// checked before anybody sees it (validators and the motor's declaration take it, and the failing
// runs go through with it, apart from the real ones, from the checkpoint they would go on from),
// and then waits for `aiop change approve`, or is applied at once where the motor's
// `app_patches: auto` allows that.
//
// Applied, it is a new version of the app, made by the operator, a patch number higher. The motor
// version stays the same. Everything is stored before it is acted on; a killed process leaves
// nothing that Continue() does not finish. Thread-safe: one app is mended at a time.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/engine/engine.h"
#include "control/experiments/experiments.h"
#include "core/policy/policy.h"

namespace aiop::app_repair {

// A repaired twin that leaves out more of the spec than this is offered, never applied by itself.
inline constexpr double kCutShareByItself = 0.1;
inline constexpr size_t kRunsProven = 3;  // runs of the app that a proposal is tried on

// What a source looks at.
struct Subject {
  model::DecisionRecord decision;
  model::Incident incident;
  model::Run run;
  model::AppVersion app;
  contexts::Motor motor;
  std::filesystem::path folder;  // the app's spec, placed there; not to be changed
  std::string told;              // what the failure and the validators say, for finding names in it
};

// A changed spec, not yet checked.
struct Proposal {
  model::PatchSource source = model::PatchSource::kHuman;
  std::string origin;  // what makes it the same proposal next time
  std::string title;
  std::map<std::string, std::optional<std::string>> files;  // new contents; nothing: left out
  std::vector<std::string> guesses;  // why a human has to look even where patches are automatic
};

// Where patches of apps come from. What it cannot help with it answers with no proposals; errors
// are the machine's.
class Source {
 public:
  virtual ~Source() = default;
  virtual std::string_view name() const = 0;
  virtual Result<std::vector<Proposal>> Propose(const Subject& subject) = 0;
};
std::unique_ptr<Source> MakeDependencySource(engine::Engine& engine, experiments::Harness& harness);
std::unique_ptr<Source> MakeNearestSource(engine::Engine& engine, experiments::Harness& harness);
std::unique_ptr<Source> MakeTwinSource(engine::Engine& engine, experiments::Harness& harness);

class Repairer {
 public:
  Repairer(engine::Engine& engine, experiments::Harness& harness, const policy::Policy& policy);

  // Asked in the order they are added, those that come with this module last but for people.
  void AddFirst(std::unique_ptr<Source> source);
  void AddLast(std::unique_ptr<Source> source);

  // A patch of one app that lets these runs of it (at least one, all at this decision) go on:
  // promoted, or awaiting approval. Nothing if no source has one that passes its checks. What was
  // refused for this version of the app before is not tried again.
  Result<std::optional<model::Change>> Repair(const model::DecisionRecord& decision,
                                              const std::vector<model::Run>& runs);

 private:
  struct Search;
  Result<model::Change> Draft(const Search& search, const Proposal& proposal,
                              const model::AppVersion& candidate);
  Result<std::optional<model::Change>> Try(const Search& search, const Proposal& proposal);
  Result<model::Change> Gate(const Search& search, model::Change change,
                             const model::AppVersion& candidate,
                             const std::vector<std::string>& guesses);
  Result<budget::Allowance> LeftFor(const std::string& incident);
  Result<bool> RunGates(const Search& search, model::Change& change,
                        const model::AppVersion& candidate);

  engine::Engine& engine_;
  experiments::Harness& harness_;
  const policy::Policy& policy_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::mutex one_at_a_time_;
};

// ---- What becomes of a change of an app ----

// Makes the app version of an approved change and calls the change promoted. Said again, or after a
// kill, it does the rest. kForbidden if the app moved on meanwhile: the change is superseded.
Result<model::Change> Apply(engine::Engine& engine, model::Change change);

// Rejected; the runs that waited for it wait for a fix.
Result<model::Change> Refuse(engine::Engine& engine, model::Change change,
                             const std::string& because);

// The app's owner made a new version: open changes of older ones are superseded.
Status SupersedeOpen(engine::Engine& engine, const std::string& app);

// Finishes what a killed process left of the plant's app changes: applies what was approved,
// supersedes what is behind. What was still being checked is checked anew by Repair.
Status ContinueAll(engine::Engine& engine, const std::string& plant);

}  // namespace aiop::app_repair
