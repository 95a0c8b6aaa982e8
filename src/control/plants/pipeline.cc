// SPDX-License-Identifier: Apache-2.0
#include "control/plants/pipeline.h"

#include <algorithm>

#include "control/plants/pipeline_keys.h"
#include "control/plants/pipeline_step.h"

namespace aiop::plants {
namespace {

class PipelineRun {
 public:
  PipelineRun(const Execution& execution, Pipeline pipeline, std::vector<std::string> keys,
              Sink& sink)
      : execution_(execution),
        pipeline_(std::move(pipeline)),
        keys_(std::move(keys)),
        sink_(sink),
        runner_(execution, start_ + execution.timeout, sink) {}

  Result<Outcome> Run();

 private:
  std::optional<size_t> FirstStep() const;
  Status DoStep(size_t index);
  Status Complete(size_t index);
  Status Fail(const Step& step, const StepFailure& failure);
  void End(const StepEnd& end, const Step& step);
  void Keep(const Step& step);
  void Say(std::string_view key, const json::Value& value) {
    sink_.OnText(Stream::kOutput, json::Text(json::Object{{key, value}}));
  }
  bool stopped() const { return execution_.stop && *execution_.stop; }

  const Execution& execution_;
  const Pipeline pipeline_;
  const std::vector<std::string> keys_;
  Sink& sink_;
  const Steady::time_point start_ = Steady::now();
  StepRunner runner_;
  std::vector<model::ArtifactRef> artifacts_;
  Outcome outcome_;
  bool ended_ = false;  // outcome_ is decided
};

model::ArtifactRef ToRef(const StepArtifact& artifact) {
  model::ArtifactRef ref;
  ref.id = artifact.path;
  ref.path = artifact.path;
  ref.role = artifact.role;
  return ref;
}

// The step to begin with; none if the checkpoint is unknown.
std::optional<size_t> PipelineRun::FirstStep() const {
  const auto& request = execution_.request;
  if (request.run_mode == model::RunMode::kFresh) return 0;
  const auto done = std::ranges::find(pipeline_.steps, request.checkpoint, &Step::name);
  if (done == pipeline_.steps.end()) return std::nullopt;
  return static_cast<size_t>(done - pipeline_.steps.begin()) + 1;
}

Result<Outcome> PipelineRun::Run() {
  sink_.OnText(Stream::kRequest, json::Text(describe::ToJson(execution_.request)));
  const auto first = FirstStep();
  if (!first) {
    outcome_.ending = Ending::kNotStarted;
    outcome_.details = execution_.manifest.run.pipeline + " has no step '" +
                       execution_.request.checkpoint + "' to go on after";
    return outcome_;
  }
  for (size_t i = 0; i < *first; ++i) Keep(pipeline_.steps[i]);
  for (size_t i = *first; i < pipeline_.steps.size() && !ended_; ++i) AIOP_CHECK_OK(DoStep(i));
  if (!ended_) {
    outcome_.ending = Ending::kResult;
    outcome_.details = "all steps are done";
    outcome_.result = model::PlantRunResult{.trace_id = execution_.request.trace_id,
                                            .status = model::ResultStatus::kSuccess,
                                            .artifacts = artifacts_,
                                            .signals = {},
                                            .next_checkpoint = {}};
  }
  if (outcome_.result) Say("result", describe::ToJson(*outcome_.result));
  outcome_.wall = std::chrono::duration_cast<Milliseconds>(Steady::now() - start_);
  return outcome_;
}

Status PipelineRun::DoStep(size_t index) {
  const Step& step = pipeline_.steps[index];
  StepEnd end;
  if (stopped()) {
    end.close = Close::kStopped;
  } else if (Steady::now() >= start_ + execution_.timeout) {
    end.close = Close::kTimeout;
  } else if (step.experiment == WhenExperiment::kSkip &&
             execution_.request.purpose != model::Purpose::kRun) {
    sink_.OnText(Stream::kErrors, "step " + step.name + " is only for real runs");
    return Complete(index);
  } else {
    AIOP_TRY(end, runner_.Do(step));
  }
  outcome_.cpu += end.program.cpu;
  outcome_.error_tail = end.program.error_tail;
  outcome_.exit_code = end.program.exit_code;
  outcome_.signal = end.program.signal;
  if (end.close != Close::kItself) {
    End(end, step);
    return {};
  }
  if (end.failure) return Fail(step, *end.failure);
  Keep(step);
  for (const auto& artifact : step.artifacts) {
    Say("artifact", describe::ToJson(ToRef(artifact)));
    AIOP_CHECK_OK(sink_.OnArtifact(ToRef(artifact)));
  }
  return Complete(index);
}

Status PipelineRun::Complete(size_t index) {
  const std::string& name = pipeline_.steps[index].name;
  Say("checkpoint", json::Value(name));
  return sink_.OnCheckpoint(name, nullptr, keys_[index]);
}

Status PipelineRun::Fail(const Step& step, const StepFailure& failure) {
  json::Object payload{{"step", step.name}, {"details", failure.details}};
  for (const auto& member : failure.more) payload[member.key()] = member.value();
  const std::string raw = json::Text(payload);
  const json::Object event{{"scope", std::string(describe::Name(failure.scope))},
                           {"signal_type", std::string(describe::Name(failure.signal))},
                           {"severity", std::string(describe::Name(model::Severity::kError))},
                           {"payload", std::move(payload)}};
  Say("event", event);
  AIOP_CHECK_OK(sink_.OnEvent(event, raw));
  ended_ = true;
  outcome_.ending = Ending::kResult;
  outcome_.details = "step " + step.name + " failed";
  outcome_.result = model::PlantRunResult{.trace_id = execution_.request.trace_id,
                                          .status = model::ResultStatus::kFailed,
                                          .artifacts = artifacts_,
                                          .signals = {},
                                          .next_checkpoint = {}};
  return {};
}

void PipelineRun::End(const StepEnd& end, const Step& step) {
  ended_ = true;
  if (end.close == Close::kTimeout) {
    outcome_.ending = Ending::kTimeout;
    outcome_.details =
        "no result within " + FormatDuration(execution_.timeout) + ", in step " + step.name;
  } else if (end.close == Close::kStopped) {
    outcome_.ending = Ending::kStopped;
    outcome_.details = "stopped";
  } else {
    outcome_.ending = Ending::kMisbehaved;
    outcome_.details = "step " + step.name + " said more than the limits allow";
  }
}

void PipelineRun::Keep(const Step& step) {
  for (const auto& artifact : step.artifacts) artifacts_.push_back(ToRef(artifact));
}

}  // namespace

Result<Outcome> ExecutePipeline(const Execution& execution, Sink& sink) {
  auto pipeline = LoadPipeline(execution.manifest, execution.motor_folder);
  if (!pipeline) {
    Outcome outcome;
    outcome.ending = Ending::kNotStarted;
    outcome.details = pipeline.error().message;
    return outcome;
  }
  const auto& request = execution.request;
  AIOP_TRY(auto keys,
           StepKeys(*pipeline, execution.motor_folder, HostPath(execution, request.app_spec_ref),
                    request.profile_targets.empty() ? "" : request.profile_targets.front()));
  return PipelineRun(execution, *std::move(pipeline), std::move(keys), sink).Run();
}

}  // namespace aiop::plants
