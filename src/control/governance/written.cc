// SPDX-License-Identifier: Apache-2.0
// The patch source `llm`: one proposal of a model, asked for with a bounded prompt and held to the
// contract of core/proposal. Where it does not keep to it, the refusal is a change of its own, so
// that nobody asks the same again and again.
#include <algorithm>

#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "control/governance/governance.h"
#include "core/proposal/proposal.h"

namespace aiop::governance {
namespace {

// Proposals for one incident on one version of the motor.
constexpr int64_t kProposals = 2;
constexpr size_t kFilesShown = 40;
constexpr size_t kTitleBytes = 120;

std::string TitleOf(const std::string& reason) {
  return reason.size() <= kTitleBytes ? reason
                                      : json::ToValidUtf8(reason.substr(0, kTitleBytes)) + "...";
}

// What a model may not touch: checks, and the files that `run` and `setup` start.
Result<std::vector<std::string>> GuardedFrom(const motors::Repository& repository,
                                             const contexts::Motor& base,
                                             const std::vector<std::string>& files) {
  std::vector<std::string> guarded = ProtectedPaths(base.manifest, files);
  AIOP_TRY(const auto checks, CheckFiles(repository, base.version.commit, base.manifest));
  guarded.insert(guarded.end(), checks.begin(), checks.end());
  for (const auto* command : {&base.manifest.run.command, &base.manifest.setup}) {
    guarded.insert(guarded.end(), command->begin(), command->end());
  }
  if (!base.manifest.run.pipeline.empty()) guarded.push_back(base.manifest.run.pipeline);
  return guarded;
}

}  // namespace

// The failure, what was decided about it, what was refused before, and the files it may touch.
Result<std::string> Governor::PromptFor(const contexts::Motor& base,
                                        const model::Incident& incident,
                                        const model::DecisionRecord& decision,
                                        const std::vector<model::Change>& before,
                                        proposal::Limits& limits) {
  AIOP_TRY(const auto repository, contexts::OpenRepository(engine_.home(), base.version.plant));
  AIOP_TRY(const auto entries, repository.ListFiles(base.version.commit));
  std::vector<std::string> files;
  for (const auto& entry : entries) files.push_back(entry.path);
  limits.allow = base.manifest.patches.allow;
  limits.lines = base.manifest.patches.lines;
  AIOP_TRY(limits.guarded, GuardedFrom(repository, base, files));
  std::vector<proposal::Material> materials{
      {.what = "failure", .text = incident.title + "\n" + incident.example},
      {.what = "decision", .text = decision.rationale}};
  for (const auto& refused : before) {
    materials.push_back(
        {.what = "proposal that was refused: " + refused.reason, .text = refused.diff});
  }
  // Files that the failure names come first.
  std::ranges::sort(files, [&](const std::string& a, const std::string& b) {
    return std::pair(!incident.example.contains(a), a) <
           std::pair(!incident.example.contains(b), b);
  });
  size_t shown = 0;
  for (const auto& path : files) {
    const bool guarded = std::ranges::find(limits.guarded, path) != limits.guarded.end();
    if (guarded || proposal::IsManifestOrLock(path) || shown >= kFilesShown) continue;
    auto text = repository.ReadFile(base.version.commit, path);
    if (!text || text->contains('\0')) continue;
    materials.push_back({.what = "file " + path, .text = json::ToValidUtf8(*text)});
    ++shown;
  }
  return proposal::Prompt(limits, materials, NewId());
}

Result<std::vector<Candidate>> Governor::FromModel(const contexts::Motor& base,
                                                   const model::Incident& incident,
                                                   const model::DecisionRecord& decision) {
  std::vector<Candidate> candidates;
  if (!writer_) return candidates;
  auto& ledger = engine_.home().ledger();
  AIOP_TRY(auto before, ledger.ListBy<model::Change>(store::Kind<model::Change>::Field::kPlant,
                                                     base.version.plant));
  std::erase_if(before, [&](const model::Change& change) {
    return change.source != model::PatchSource::kLlm || change.incident != incident.id ||
           change.base_commit != base.version.commit;
  });
  if (static_cast<int64_t>(before.size()) >= kProposals) return candidates;
  proposal::Limits limits;
  AIOP_TRY(const std::string prompt, PromptFor(base, incident, decision, before, limits));
  engine_.Tell({.what = engine::Notice::What::kStep,
                .run = {},
                .name = "model",
                .text = "asking a model for a patch of " + base.version.reference.Text(),
                .event = {}});
  const auto answer = writer_(prompt);
  if (!answer) {
    if (answer.error().code == Code::kCancelled) return std::unexpected(answer.error());
    AIOP_CHECK_OK(
        engine_.TellMotor(base.version.plant, base.version.reference, model::SignalType::kError,
                          model::Severity::kWarn,
                          {{"details", "no model wrote a patch: " + answer.error().message}}));
    return candidates;
  }
  auto read = proposal::Read(*answer, limits);
  AIOP_TRY(auto repository, contexts::OpenRepository(engine_.home(), base.version.plant));
  auto tree = read ? repository.ApplyPatch(base.version.commit, read->diff)
                   : Result<std::string>(std::unexpected(read.error()));
  if (!tree) {
    AIOP_CHECK_OK(RefuseProposal(base, decision, *answer, tree.error().message));
    return candidates;
  }
  candidates.push_back({.source = model::PatchSource::kLlm,
                        .origin = "model " + std::string(ShortHash(HashBytes(read->diff))),
                        .title = TitleOf(read->reason),
                        .tree = *tree});
  return candidates;
}

Status Governor::RefuseProposal(const contexts::Motor& base, const model::DecisionRecord& decision,
                                const std::string& answer, const std::string& why) {
  model::GateResult gate;
  gate.gate = "limits";
  gate.verdict = model::Verdict::kFail;
  gate.details = why;
  gate.at = Now();
  AIOP_TRY(gate.log, engine_.home().blobs().Put(json::ToValidUtf8(answer)));
  model::Change change;
  change.id = NewId();
  change.side = model::Scope::kMotor;
  change.plant = base.version.plant;
  change.incident = decision.incident_id;
  change.decision = decision.decision_id;
  change.source = model::PatchSource::kLlm;
  change.origin = "model " + std::string(ShortHash(HashBytes(answer)));
  change.title = "Proposal of a model";
  change.base_version = base.manifest.version;
  change.base_commit = base.version.commit;
  change.diff = json::ToValidUtf8(answer.substr(0, proposal::kMaterialLimitBytes));
  change.diff_hash = HashBytes(answer);
  change.gates.push_back(std::move(gate));
  change.created = Now();
  AIOP_TRY([[maybe_unused]] const auto refused,
           Move(std::move(change), model::ChangeState::kRejected, "gate limits fail: " + why));
  return {};
}

}  // namespace aiop::governance
