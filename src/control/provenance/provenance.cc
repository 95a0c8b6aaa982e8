// SPDX-License-Identifier: Apache-2.0
#include "control/provenance/provenance.h"

#include <algorithm>

#include "base/hash/hash.h"

namespace aiop::provenance {
namespace {

std::string VersionId(const model::Run& run, const model::MotorReference& motor) {
  return run.plant + "/" + motor.version;
}

Result<model::MotorVersion> VersionOf(contexts::Home& home, const model::Run& run,
                                      const model::MotorReference& motor) {
  AIOP_TRY(auto version, home.motors().Get<model::MotorVersion>(VersionId(run, motor)));
  if (version.reference != motor) {
    return Invalid("the home knows motor version " + motor.version + " as " +
                   version.reference.Text() + ", not as " + motor.Text());
  }
  return version;
}

std::string WithoutGates(model::VersionStatus status) {
  switch (status) {
    case model::VersionStatus::kOutside:
      return "made outside, no gate ran";
    case model::VersionStatus::kCandidate:
      return "candidate, no gate ran";
    case model::VersionStatus::kAdopted:
    case model::VersionStatus::kPromoted:
    case model::VersionStatus::kRolledBack:
      return "adopted";
  }
  return "";
}

}  // namespace

std::vector<std::string> ChecksOf(const model::MotorVersion& version, const model::Change* change) {
  if (change == nullptr) return {WithoutGates(version.status)};
  int64_t last = 0;
  for (const auto& each : change->gates) last = std::max(last, each.gating);
  std::vector<std::string> checks;
  for (const auto& each : change->gates) {
    if (each.gating != last) continue;
    checks.push_back("gate " + each.gate + " " + std::string(describe::Name(each.verdict)) +
                     (each.blocks ? "" : " (watched only)"));
  }
  if (change->break_glass) {
    checks.push_back("let through past its gates by " + change->break_glass->by);
  }
  if (checks.empty()) checks.emplace_back("no gate ran");
  return checks;
}

Result<model::Provenance> Describe(contexts::Home& home, const model::Run& run,
                                   const model::Artifact& artifact) {
  if (run.state != model::RunState::kSuccess) {
    return Forbidden("run " + run.id + " is " + std::string(describe::Name(run.state)) +
                     ": only artifacts of a run that ended in SUCCESS have a provenance");
  }
  if (artifact.hash.empty()) {
    return Invalid("artifact '" + artifact.id +
                   "' has no content: the plant named a file that is "
                   "not there");
  }
  AIOP_TRY(const auto version, VersionOf(home, run, artifact.motor_ctx));
  std::optional<model::Change> change;
  if (!version.change.empty()) {
    AIOP_TRY(change, home.ledger().Get<model::Change>(version.change));
  }
  model::Provenance record;
  record.artifact = artifact.key;
  record.hash = artifact.hash;
  record.app_ctx = artifact.app_ctx;
  record.motor_ctx = artifact.motor_ctx;
  record.run = run.id;
  record.checks = ChecksOf(version, change ? &*change : nullptr);
  record.made = artifact.created;
  return record;
}

Status CheckContent(const model::Provenance& record, std::string_view content) {
  const std::string hash = HashBytes(content);
  if (hash == record.hash) return {};
  return Invalid("the file's hash is " + std::string(ShortHash(hash)) + ", the record is about " +
                 std::string(ShortHash(record.hash)));
}

Status CheckKnown(contexts::Home& home, const model::Provenance& record) {
  AIOP_TRY(const auto run, home.ledger().Get<model::Run>(record.run));
  AIOP_TRY(const auto artifact, home.apps().Get<model::Artifact>(record.artifact));
  if (artifact.run != record.run || artifact.hash != record.hash ||
      artifact.app_ctx != record.app_ctx || artifact.motor_ctx != record.motor_ctx) {
    return Invalid("the home knows artifact '" + record.artifact + "' otherwise");
  }
  AIOP_CHECK_OK(VersionOf(home, run, record.motor_ctx));
  return {};
}

}  // namespace aiop::provenance
