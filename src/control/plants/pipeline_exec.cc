// SPDX-License-Identifier: Apache-2.0
#include "control/plants/exec.h"
#include "control/plants/intake.h"
#include "control/plants/pipeline_step.h"

namespace aiop::plants {
namespace {

class StepDialogue : public Dialogue {
 public:
  StepDialogue(const Step& step, const Execution& execution, Steady::time_point deadline,
               Sink& sink)
      : Dialogue(deadline, execution.stop),
        sink_(sink),
        intake_(sink, execution.request.trace_id, Speaker::kStep),
        emits_events_(step.emits_events) {
    HangUp();
  }

 private:
  Status OnOutput(std::string_view line, bool cut) override {
    if (!emits_events_) {
      sink_.OnText(Stream::kOutput, line);
      return {};
    }
    const Phase phase = ending() ? Phase::kEnding : Phase::kRunning;
    AIOP_TRY([[maybe_unused]] const auto stored, intake_.Take(line, cut, phase));
    if (intake_.messages() > kMessageLimit) Refuse();
    return {};
  }
  Status OnErrors(std::string_view line) override {
    sink_.OnText(Stream::kErrors, line);
    return {};
  }

  Sink& sink_;
  Intake intake_;
  const bool emits_events_;
};

std::map<std::string, std::string> Placeholders(const model::PlantRunRequest& request,
                                                const std::string& step) {
  return {{"spec", request.app_spec_ref},
          {"workDir", request.work_dir},
          {"motor", request.motor_ref},
          {"profile", request.profile_targets.empty() ? "" : request.profile_targets.front()},
          {"stepKey", request.trace_id + ":" + step},
          {"purpose", std::string(describe::Name(request.purpose))}};
}

StepFailure Failed(const Step& step, const std::string& how, const std::string& details) {
  return {.scope = step.scope,
          .signal = model::SignalType::kError,
          .details = details.empty() ? how : details,
          .more = {{"exit", how}}};
}

}  // namespace

Result<StepEnd> StepRunner::DoExec(const Step& step) {
  StepEnd end;
  auto deadline = deadline_;
  if (step.timeout_ms) {
    deadline = std::min(deadline, Steady::now() + Milliseconds(*step.timeout_ms));
  }
  AIOP_TRY(const process::Command command,
           Prepare(execution_, Expand(*step.exec, Placeholders(execution_.request, step.name))));
  AIOP_TRY(Started started, Start(command));
  if (!started.child) {
    end.failure = Failed(step, "could not be started", started.why);
    return end;
  }
  StepDialogue dialogue(step, execution_, deadline, sink_);
  AIOP_TRY(const Closing closing, dialogue.Hold(std::move(started.child)));
  TakeExit(closing, execution_.sandbox.has_value(), end.program);
  end.close = closing.close;
  if (closing.close == Close::kTimeout && deadline < deadline_) {
    end.close = Close::kItself;
    const std::string how = "no end within " + FormatDuration(Milliseconds(*step.timeout_ms));
    end.failure = Failed(step, how, how);
  } else if (closing.close == Close::kItself && !closing.exit.ok()) {
    end.failure = Failed(step, DescribeExit(closing.exit), closing.error_tail);
  }
  return end;
}

}  // namespace aiop::plants
