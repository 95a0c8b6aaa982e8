// SPDX-License-Identifier: Apache-2.0
//
// The only way a motor or an app gets a patch: change requests. A candidate comes from a patch
// source (a pending branch, a newer version of a pinned dependency, a human), is committed with its
// version and changelog entry, gated in a clean checkout in the sandbox, proven red without and
// green with on the failure it answers, re-run on apps that passed, approved where the motor or the
// policy wants it, tagged, and made the active version, with a restore point to go back to. A
// change that does not heal is rolled back.
//
// Every step is stored before the next is taken and can be taken again: Continue() finishes what a
// killed process began. Changes of one motor are made one at a time. Thread-safe.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/engine/engine.h"
#include "control/experiments/experiments.h"
#include "control/motors/motors.h"
#include "core/policy/policy.h"
#include "core/version/version.h"

namespace aiop::governance {

inline constexpr Milliseconds kGateTimeout{600'000};
inline constexpr size_t kDiffLimitBytes = size_t{1} << 20;
inline constexpr std::string_view kOperatorName = "AI Operator";
inline constexpr std::string_view kOperatorMail = "operator@aiop.invalid";

// What a patch source offers: a tree on top of a base, not yet a change.
struct Candidate {
  model::PatchSource source = model::PatchSource::kHuman;
  std::string origin;  // what makes it the same candidate next time: branch@commit, upgrade text
  std::string title;
  std::string tree;  // in the motor's repository
  // Set if it is a commit with a version of its own: taken as it is.
  std::string commit = {};
  // Set if the tree merges a commit of the source.
  std::string merges = {};
};

class Governor {
 public:
  Governor(engine::Engine& engine, experiments::Harness& harness, const policy::Policy& policy);

  // Looks for a patch of the motor that answers an incident, source by source, and takes the first
  // that passes all gates: promoted, or awaiting approval. Nothing if no source has one; candidates
  // that failed before on the same base are not tried again.
  Result<std::optional<model::Change>> HealMotor(const model::DecisionRecord& decision);

  // A patch by a human. `diff` or `branch`, one of them empty.
  Result<model::Change> SubmitMotor(const std::string& plant, const std::string& diff,
                                    const std::string& branch, const std::string& by);
  // A patched spec of an app: a unified diff against its current version. Becomes a new version at
  // once.
  Result<model::Change> SubmitApp(const std::string& app, const std::string& diff,
                                  const std::string& by);

  Result<model::Change> Approve(const std::string& change, const std::string& by);
  Result<model::Change> Reject(const std::string& change, const std::string& by,
                               const std::string& because);

  // Fixes that wait in a motor's patch sources ("fix/widths", "upgrade 1": the likeliest), and the
  // motor with one of them and its name for people: for experiments. Nothing is recorded; the
  // candidate of a change is made anew, with a version of its own. Upgrades are looked up only when
  // one is asked for.
  Result<std::vector<std::string>> PendingFixes(const contexts::Motor& motor);
  Result<std::pair<contexts::Motor, std::string>> WithFix(const contexts::Motor& motor,
                                                          const std::string& fix,
                                                          const model::Incident& incident);

  // Goes on with a change that a killed process left in `gating` or before.
  Result<model::Change> Continue(const std::string& change);
  // All such changes of a plant.
  Status ContinueAll(const std::string& plant);

  // A version made outside (a commit or tag of the source that aiop did not promote): gated like
  // any other change.
  Status AdoptOutside(const std::string& plant);

  // Back to an earlier version (empty: the one before the active one); what it does is told by
  // rollback::PlanFor. Said again before rollback::Delivered, it answers with the same move.
  Result<model::PointerMove> Rollback(const std::string& plant, const std::string& to,
                                      const std::string& actor, const std::string& because);
  // A promoted change that did not heal anything: rolled back.
  Status RollBackUseless(const std::string& change, const std::string& because);

  // Writes what a promoted change came to into its motor version.
  Status MeasureImpact(const std::string& change);

 private:
  Result<bool> Keep(model::Change& change, std::vector<model::GateResult> gates);
  Result<std::vector<model::GateResult>> TrySetup(const contexts::Motor& candidate);
  Result<bool> RunCommandGates(model::Change& change, const contexts::Motor& candidate);
  Result<bool> RunGates(model::Change& change, const contexts::Motor& base,
                        const contexts::Motor& candidate);
  // The runs that stand at the incident, one an app and profile, the first few by name.
  Result<std::vector<model::Run>> StandingAt(const std::string& incident);
  // Says that a version made outside stays unused, and why.
  Status NotAdopted(const model::MotorVersion& outside, const std::string& why);
  struct Work;  // one change being gated; change.cc
  Result<model::Change> Draft(const contexts::Motor& base, const Candidate& candidate,
                              const std::string& incident, const std::string& decision,
                              const std::string& by);
  Result<std::string> CommitCandidate(motors::Repository& repository, const Candidate& candidate,
                                      const model::Change& change);
  Result<model::Change> Gate(model::Change change);
  Result<model::Change> Promote(model::Change change);
  // Does what a killed process left undone of a rollback, and tells of it.
  Result<std::optional<model::PointerMove>> FinishRollback(const std::string& plant);
  Result<model::Change> Move(model::Change change, model::ChangeState to,
                             const std::string& reason);
  Result<std::optional<Candidate>> FindFix(const contexts::Motor& motor, const std::string& fix,
                                           const model::Incident& incident);
  // The tree of an upgrade, whose lock file is made only when it is really tried.
  Result<std::string> TreeOf(const contexts::Motor& base, const Candidate& candidate);
  Result<std::vector<Candidate>> FromBranches(const contexts::Motor& motor);
  Result<std::vector<Candidate>> FromUpgrades(const contexts::Motor& motor,
                                              const model::Incident& incident);
  Result<std::optional<model::Change>> Try(const contexts::Motor& base, const Candidate& candidate,
                                           const model::Incident& incident,
                                           const model::DecisionRecord& decision);
  Result<bool> TriedBefore(const contexts::Motor& base, const Candidate& candidate,
                           const std::string& incident);

  // Gates; each returns its result, an error only for what is not the candidate's fault.
  Result<model::GateResult> CheckTamper(const model::Change& change, const contexts::Motor& base,
                                        const contexts::Motor& candidate);
  Result<bool> OldChecksPass(const model::Change& change, const contexts::Motor& base,
                             const contexts::Motor& candidate,
                             const std::vector<std::string>& touched);
  Result<model::GateResult> RunCommands(const model::Change& change,
                                        const contexts::Motor& candidate, std::string_view gate,
                                        const model::CommandList& commands,
                                        const std::filesystem::path& checkout);
  Result<std::vector<model::GateResult>> RunGolden(const model::Change& change,
                                                   const contexts::Motor& base,
                                                   const contexts::Motor& candidate);
  Result<std::vector<model::GateResult>> ProveOnIncident(model::Change& change,
                                                         const contexts::Motor& base,
                                                         const contexts::Motor& candidate);
  Result<model::GateResult> ReRunPassing(const model::Change& change,
                                         const contexts::Motor& candidate);

  engine::Engine& engine_;
  experiments::Harness& harness_;
  const policy::Policy& policy_;
  std::recursive_mutex motors_;  // one change of a motor at a time
};

// ---- What a change derives (pure) ----

// The least bump for going from one manifest to the other with these files changed: breaking what
// was offered (a profile or dialect gone) is major, offering more is minor, else patch. An upgrade
// of a dependency counts as its own bump does, at most minor: the motor's interface is what its
// manifest says.
version::Change DeriveBump(const model::MotorManifest& base, const model::MotorManifest& candidate);

// motor.yaml with another version, everything else byte for byte.
Result<std::string> WithVersion(std::string_view motor_yaml, const std::string& version);

// The tree of `branch` merged onto `base`, both commits. What only says which release it is never
// conflicts: the higher version stands, and changelogs keep the entries of both sides.
Result<std::string> MergeOnto(motors::Repository& repository, const std::string& base,
                              const std::string& branch);

// The changelog with an entry on top of the older ones.
std::string WithEntry(std::string_view changelog, const std::string& version, Timestamp day,
                      const std::string& title, const std::vector<std::string>& lines);

// The files that the commands of gates and validators lead to, by name and by import, and that the
// plant itself does not use: what a check consists of. Imports are found by their words, whatever
// the language.
Result<std::vector<std::string>> CheckFiles(const motors::Repository& repository,
                                            const std::string& revision,
                                            const model::MotorManifest& manifest);

// The files that gates, validators and golden specs of a motor rest on: those that its manifest
// names, and tests/.
std::vector<std::string> ProtectedPaths(const model::MotorManifest& manifest,
                                        const std::vector<std::string>& files);

}  // namespace aiop::governance
