// SPDX-License-Identifier: Apache-2.0
// The SPI: what the operator asks of a plant and what a plant answers (specification section 8.3).
#pragma once

#include "core/model/event.h"

namespace aiop::model {

enum class RunMode { kFresh, kResume };
constexpr auto EnumNames(RunMode) {
  return std::to_array<std::pair<RunMode, std::string_view>>(
      {{RunMode::kFresh, "fresh"}, {RunMode::kResume, "resume"}});
}

// Why a plant is being run. Outside effects are allowed for kRun only.
enum class Purpose { kRun, kExperiment, kShadow };
constexpr auto EnumNames(Purpose) {
  return std::to_array<std::pair<Purpose, std::string_view>>(
      {{Purpose::kRun, "run"}, {Purpose::kExperiment, "experiment"}, {Purpose::kShadow, "shadow"}});
}

enum class ResultStatus { kSuccess, kFailed, kPartial };
constexpr auto EnumNames(ResultStatus) {
  using enum ResultStatus;
  return std::to_array<std::pair<ResultStatus, std::string_view>>(
      {{kSuccess, "success"}, {kFailed, "failed"}, {kPartial, "partial"}});
}

struct PlantRunRequest {
  std::string app_spec_ref;
  std::vector<std::string> profile_targets;
  std::string motor_version;
  RunMode run_mode = RunMode::kFresh;
  std::string checkpoint;
  std::string trace_id;
  std::string motor_ref;
  std::string work_dir;
  std::string step_key;
  Purpose purpose = Purpose::kRun;
  json::Value state;

  static constexpr std::string_view kName = "PlantRunRequest";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("appSpecRef", self.app_spec_ref, "Absolute path of this app version's spec.");
    visit.Required("profileTargets", self.profile_targets,
                   "The one profile of this run, or empty.");
    visit.Required("motorVersion", self.motor_version, "Semver of the motor.");
    visit.Optional("runMode", self.run_mode, "fresh, or resume after `checkpoint`.");
    visit.Optional("checkpoint", self.checkpoint,
                   "Everything before this is done and must not be done again.");
    visit.Required("traceId", self.trace_id, "One per run, kept on resume.");
    visit.Optional("motorRef", self.motor_ref, "Folder of this motor version, read-only.");
    visit.Optional("workDir", self.work_dir,
                   "Writable folder; as it was at `checkpoint` when resuming.");
    visit.Required("stepKey", self.step_key,
                   "Idempotency key for the outside effects of the next step.");
    visit.Required("purpose", self.purpose, "Outside effects only when this is `run`.");
    visit.Optional("state", self.state, "What the checkpoint carried (http plants).");
  }
};

struct ArtifactRef {
  std::string id;
  std::string path;
  std::string role;
  std::string hash;

  static constexpr std::string_view kName = "ArtifactRef";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "Name of the artifact, unique in its run.",
                   describe::kNonEmptyRule);
    visit.Optional("path", self.path, "File, relative to workDir.");
    visit.Optional("role", self.role, "What it is for, such as code, report, log.");
    visit.Optional("hash", self.hash, "SHA-256 of its content; given by aiop.");
  }
};

struct Usage {
  std::optional<int64_t> tokens;
  std::optional<double> cost_usd;
  std::optional<double> latency_ms;

  static constexpr std::string_view kName = "Usage";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Optional("tokens", self.tokens, "Tokens spent.", describe::AtLeast(0));
    visit.Optional("cost_usd", self.cost_usd, "Money spent, in US dollars.", describe::AtLeast(0));
    visit.Optional("latency_ms", self.latency_ms, "Time spent, in milliseconds.",
                   describe::AtLeast(0));
  }
};

struct PlantRunResult {
  std::string trace_id;
  ResultStatus status = ResultStatus::kFailed;
  std::vector<ArtifactRef> artifacts;
  std::vector<json::Value> signals;  // EventEnvelopes, each checked on its own
  std::string next_checkpoint;

  static constexpr std::string_view kName = "PlantRunResult";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Optional("traceId", self.trace_id, "As in the request.");
    visit.Required("status", self.status, "partial = failed at nextCheckpoint, artifacts kept.");
    visit.Optional("artifacts", self.artifacts, "What was made.");
    visit.Optional("signals", self.signals,
                   "Events; those streamed already may be repeated with the same id.");
    visit.Optional("nextCheckpoint", self.next_checkpoint, "Where a resumed run should go on.");
  }
};

}  // namespace aiop::model
