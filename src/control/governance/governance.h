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

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/engine/engine.h"
#include "control/experiments/experiments.h"
#include "control/motors/motors.h"
#include "core/approval/approval.h"
#include "core/policy/policy.h"
#include "core/proposal/proposal.h"
#include "core/version/version.h"

namespace aiop::forge {
class Liaison;
}
namespace aiop::upgrade {
class Registry;
}

namespace aiop::governance {

inline constexpr Milliseconds kGateTimeout{600'000};
inline constexpr size_t kDiffLimitBytes = size_t{1} << 20;
inline constexpr size_t kChangedPathsLimit = 1000;
inline constexpr std::string_view kOperatorName = "AI Operator";
// Who a version that was made outside is by.
inline constexpr std::string_view kMotorOwner = "the motor's owner";
inline constexpr std::string_view kOperatorMail = "operator@aiop.invalid";

// A run that the gates made on a candidate.
struct Measured {
  experiments::Question question;
  model::Run run;  // the real one that it varies
  model::Experiment experiment;
};

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
  // Set if it is a learned fix, carried out again.
  std::string pattern = {};
  // Set if it is to be tried with these apps, whatever the motor says.
  std::optional<model::Canary> trial = {};
  // Set if a pull request of a forge brings it.
  std::optional<model::PullRequest> pull_request = {};
};

// A trial that somebody asks for.
struct TrialRequest {
  std::string plant;
  std::string version;
  std::string apps;  // a share, names of apps, label:WORD
  bool shadow = false;
  int64_t min_runs = 0;  // 0: as the motor or the policy says
  std::string by;
};

// Answers a prompt of core/proposal. An error says why nobody could.
using PatchWriter = std::function<Result<std::string>(const std::string& prompt)>;

class Governor {
 public:
  Governor(engine::Engine& engine, experiments::Harness& harness, const policy::Policy& policy);
  // From now on pull requests are candidates too, and are told what becomes of them. It outlives
  // this.
  void UseForge(forge::Liaison& liaison) { liaison_ = &liaison; }

  // Who writes patches for the source `llm`; without one that source has none.
  void SetPatchWriter(PatchWriter writer) { writer_ = std::move(writer); }

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

  // ---- What people say to a change; approval.cc. kForbidden: a rule is against it.
  // One approval; with the last that is needed the change is promoted. Where its base or its branch
  // moved, approvals are void: it is rebased and gated again, and the error says so.
  Result<model::Change> Approve(const std::string& change, const approval::Actor& actor,
                                approval::Word word);
  Result<model::Change> Reject(const std::string& change, const approval::Actor& actor,
                               const std::string& because);
  // Back to who made it, with what has to be different; it cannot be approved any more.
  Result<model::Change> PushBack(const std::string& change, const approval::Actor& actor,
                                 const std::string& comment);
  // Past failed gates and missing approvals. Reviewed by somebody else in time, or rolled back.
  Result<model::Change> BreakTheGlass(const std::string& change, const approval::Actor& actor,
                                      const std::string& because);
  // A change that was pushed back is answered by another one.
  Result<model::Change> Supersede(const std::string& change, const model::Change& by);
  Result<model::Change> Review(const std::string& change, const approval::Actor& actor,
                               const std::string& because, bool roll_back);

  // ---- Trials with some of the apps; canary.cc. One goes on in a plant at a time: a change that
  // is ready meanwhile waits for its end. The change that is on trial; its last canary says with
  // whom.
  Result<std::optional<model::Change>> OnTrial(const std::string& plant);
  // Tries a known version, gated like any other change before. One that is on trial already gets
  // the new cohort, and is measured anew.
  Result<model::Change> TryVersion(const TrialRequest& request);
  // Judges the trial by the runs so far. The change if that ended it: promoted, or rolled back.
  Result<std::optional<model::Change>> JudgeTrial(const std::string& plant);
  // The run that is made beside this one, in a trial where nothing of the candidate is used.
  static std::string ShadowOf(const model::Change& change, const std::string& run);

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

  // The pattern of a change that after-care confirmed, with this confirmation; nothing if there is
  // nothing to learn from it. Not stored: the caller commits it with what else it means.
  Result<std::optional<model::Pattern>> Confirmed(const model::Change& change);
  // The patterns that were learned from a change, or carried out by it, demoted because the failure
  // came back. Not stored.
  Result<std::vector<model::Pattern>> Refuted(const model::Change& change,
                                              const std::string& because);

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
                              const std::string& by, const model::Change* rebased = nullptr);
  Result<std::string> CommitCandidate(motors::Repository& repository, const Candidate& candidate,
                                      const model::Change& change);
  Result<model::Change> Gate(model::Change change);
  // On top of what is active now, as a new gating; superseded if it does not fit any more.
  Result<model::Change> Rebase(model::Change change);
  // One that awaits approval: in time, and on the base that it was gated on?
  Result<model::Change> ContinueWaiting(model::Change change);
  Status RollBackUnreviewed(const std::string& plant);
  // Whether what would be promoted is what was gated; kForbidden, and void, if not.
  Status CheckUnmoved(model::Change& change);
  Status TellLoudly(const model::Change& change, const std::string& text);
  // Its runs wait for a fix again.
  Status FreeRuns(const model::Change& change, const std::string& why);
  // Gates and approvals are behind it: on trial if there is to be one, else promoted.
  Result<model::Change> Release(model::Change change);
  Result<std::optional<model::Canary>> TrialFor(const model::Change& change);
  Result<model::Change> StartTrial(model::Change change, model::Canary trial);
  // A trial that ended, or was being started: what is left to do.
  Result<model::Change> ContinueTrial(model::Change change);
  Result<model::Change> FinishTrial(model::Change change);
  // The plant has no trial any more; a candidate that was not promoted is no version to use.
  Status ClearTrial(const std::string& plant);
  struct TrialRuns;  // what takes part, and what it is compared with; trial_evidence.cc
  Result<TrialRuns> GatherTrial(const model::Change& change);
  Status AddLiveRuns(const model::Change& change, const std::vector<model::Run>& runs,
                     TrialRuns& trial);
  Status AddShadows(const model::Change& change, const std::vector<model::Run>& runs,
                    TrialRuns& trial);
  enum class FailureMeans { kNothing, kSomething, kRegression };
  // What a failure on the candidate means: the same run is made on the version before.
  Result<FailureMeans> WeighFailure(const model::Change& change, const model::Run& run);
  Result<model::Change> Promote(model::Change change);
  // Does what a killed process left undone of a rollback, and tells of it.
  Result<std::optional<model::PointerMove>> FinishRollback(const std::string& plant);
  Result<model::Change> Move(model::Change change, model::ChangeState to,
                             const std::string& reason);
  Result<std::optional<Candidate>> FindFix(const contexts::Motor& motor, const std::string& fix,
                                           const model::Incident& incident);
  std::vector<std::unique_ptr<upgrade::Registry>> RegistriesOf(const contexts::Motor& motor);
  Result<std::vector<std::string>> ListVersions(const contexts::Motor& motor,
                                                const std::string& name);
  // The tree of an upgrade, whose lock file is made only when it is really tried.
  Result<std::string> TreeOf(const contexts::Motor& base, const Candidate& candidate);
  Result<std::vector<Candidate>> FromBranches(const contexts::Motor& motor);
  Result<std::vector<Candidate>> FromModel(const contexts::Motor& motor,
                                           const model::Incident& incident,
                                           const model::DecisionRecord& decision);
  Result<std::string> PromptFor(const contexts::Motor& base, const model::Incident& incident,
                                const model::DecisionRecord& decision,
                                const std::vector<model::Change>& before, proposal::Limits& limits);
  Status RefuseProposal(const contexts::Motor& base, const model::DecisionRecord& decision,
                        const std::string& answer, const std::string& why);
  // The branches, then the pull requests that are none of them.
  Result<std::vector<Candidate>> FromSource(const contexts::Motor& motor);
  // Why what it was made from is not what is there now; empty if it is.
  Result<std::string> MovedOn(const model::Change& change);
  Result<std::vector<Candidate>> FromPatterns(const contexts::Motor& motor,
                                              const model::Incident& incident);
  // Writes down how the change of a learned fix stands.
  Status NotePatternUse(const model::Change& change);
  // The motor's changelog with what was measured of the versions in it so far.
  Result<std::string> WithMeasuredImpact(const std::string& plant, const std::string& changelog);
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
  Result<model::GateResult> CheckLimits(const model::Change& change, const contexts::Motor& base);
  // Whether what passed on the base passes on the candidate, chance aside; chance.cc.
  struct Held {
    model::Verdict verdict = model::Verdict::kInconclusive;
    std::string text;
    model::Experiment experiment;  // one that passed, if one did
  };
  Result<Held> AskIfHolds(const model::Change& change, experiments::Question question,
                          const contexts::Motor& base);
  Result<std::vector<std::string>> MissingIn(const model::Run& run,
                                             const model::Experiment& experiment);
  Result<std::vector<model::GateResult>> CheckArtifacts(const model::Change& change);
  Result<std::vector<model::GateResult>> CheckBudgets(const model::Change& change,
                                                      const contexts::Motor& base);
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
  Result<model::GateResult> ReRunPassing(const model::Change& change, const contexts::Motor& base,
                                         const contexts::Motor& candidate);

  engine::Engine& engine_;
  experiments::Harness& harness_;
  PatchWriter writer_;
  const policy::Policy& policy_;
  forge::Liaison* liaison_ = nullptr;
  // Of the change that is being gated.
  int64_t gating_ = 1;
  std::vector<std::string> observed_;  // gates that are only watched
  std::vector<Measured> measured_;
  std::recursive_mutex motors_;  // one change of a motor at a time
};

// ---- What a change derives ----

// The number that a patched tree gets, and the gate that says why: derived from what it does to the
// motor's interface (core/interface), or what its motor.yaml claims, if that is no less. kInvalid:
// its schema cannot be read.
struct Numbered {
  version::SemanticVersion number;
  model::GateResult gate;
};
Result<Numbered> NumberOf(const motors::Repository& repository, const contexts::Motor& base,
                          const std::string& tree, const model::MotorManifest& manifest);

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

// New files of the candidate that what was there before already reaches by name or by import: they
// take the place of something else, of a library for instance.
Result<std::vector<std::string>> NewlyReached(const motors::Repository& repository,
                                              const std::string& base, const std::string& candidate,
                                              const model::MotorManifest& manifest);

// The files that the plant itself uses, found in the same way; sorted.
Result<std::vector<std::string>> ProductFiles(const motors::Repository& repository,
                                              const std::string& revision,
                                              const model::MotorManifest& manifest);

// The files that gates, validators and golden specs of a motor rest on: those that its manifest
// names, and tests/.
std::vector<std::string> ProtectedPaths(const model::MotorManifest& manifest,
                                        const std::vector<std::string>& files);

}  // namespace aiop::governance
