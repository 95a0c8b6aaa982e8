// SPDX-License-Identifier: Apache-2.0
#include "control/plants/exec.h"

#include "control/plants/intake.h"

namespace aiop::plants {
namespace {

// A sandbox and shells say 128 + N for a program that signal N has ended.
constexpr int kSignalBase = 128;
constexpr int kSignalLast = 31;

int SignalOf(const process::Exit& exit) {
  if (exit.signal != 0) return exit.signal;
  const int number = exit.code - kSignalBase;
  return number > 0 && number <= kSignalLast ? number : 0;
}

class ProgramDialogue : public Dialogue {
 public:
  ProgramDialogue(const Execution& execution, Steady::time_point deadline, Sink& sink)
      : Dialogue(deadline, execution.stop),
        sink_(sink),
        intake_(sink, execution.request.trace_id, Speaker::kProgram),
        acks_(execution.manifest.acks) {
    const std::string request = json::Text(describe::ToJson(execution.request));
    sink_.OnText(Stream::kRequest, request);
    Say(request + "\n");
    if (!acks_) HangUp();
  }

  const std::optional<model::PlantRunResult>& result() const { return intake_.result(); }

 private:
  Status OnOutput(std::string_view line, bool cut) override {
    const bool had_result = result().has_value();
    const Phase phase = ending() ? Phase::kEnding : Phase::kRunning;
    AIOP_TRY(const auto stored, intake_.Take(line, cut, phase));
    // The Sink may have asked to stop here: then the plant must not go on.
    if (stored && acks_ && !ending()) Acknowledge(*stored);
    if (result() && !had_result) Finish();
    if (intake_.messages() > kMessageLimit) Refuse();
    return {};
  }

  Status OnErrors(std::string_view line) override {
    sink_.OnText(Stream::kErrors, line);
    return {};
  }

  void Acknowledge(const std::string& checkpoint) {
    const std::string ack = json::Text(json::Object{{"ack", checkpoint}});
    sink_.OnText(Stream::kAck, ack);
    Say(ack + "\n");
  }

  Sink& sink_;
  Intake intake_;
  const bool acks_;
};

void Judge(const Closing& closing, Milliseconds timeout, Outcome& outcome) {
  const bool clean = closing.exit.code == 0 && closing.exit.signal == 0;
  if (outcome.result) {
    outcome.ending = Ending::kResult;
    outcome.details = closing.exit.killed_by_us ? "gave a result, then did not exit"
                      : clean                   ? "gave a result"
                              : "gave a result, then " + DescribeExit(closing.exit);
  } else if (closing.close == Close::kTimeout) {
    outcome.ending = Ending::kTimeout;
    outcome.details = "no result within " + FormatDuration(timeout);
  } else if (closing.close == Close::kStopped) {
    outcome.ending = Ending::kStopped;
    outcome.details = "stopped";
  } else if (closing.close == Close::kTooMuch) {
    outcome.ending = Ending::kMisbehaved;
    outcome.details = "said more than " + std::to_string(kMessageLimit) + " messages or " +
                      std::to_string(kOutputLimitBytes) + " bytes";
  } else if (clean && !closing.exit.killed_by_us) {
    outcome.ending = Ending::kNoResult;
    outcome.details = "ended without a result";
  } else {
    outcome.ending = Ending::kCrashed;
    outcome.details = DescribeExit(closing.exit);
  }
}

}  // namespace

std::string DescribeExit(const process::Exit& exit) {
  process::Exit same = exit;
  if (const int signal = SignalOf(exit); signal != 0 && !exit.killed_by_us) {
    same.signal = signal;
    same.code = 0;
  }
  return same.Describe();
}

void TakeExit(const Closing& closing, bool sandboxed, Outcome& outcome) {
  outcome.exit_code = closing.exit.code;
  outcome.signal = closing.exit.signal;
  if (sandboxed && outcome.signal == 0 && SignalOf(closing.exit) != 0) {
    outcome.signal = SignalOf(closing.exit);
    outcome.exit_code = 0;
  }
  outcome.cpu += std::chrono::duration_cast<Milliseconds>(closing.exit.user + closing.exit.system);
  outcome.error_tail = closing.error_tail;
}

Result<process::Command> Prepare(const Execution& execution, std::vector<std::string> argv) {
  process::Command command{.argv = std::move(argv),
                           .folder = execution.motor_folder,
                           .environment = process::CleanEnvironment(execution.home_folder),
                           .lock_file = execution.lock_file};
  if (!execution.sandbox) return command;
  // Inside, the motor lies where the request says.
  if (!execution.request.motor_ref.empty()) command.folder = execution.request.motor_ref;
  return sandbox::Wrap(command, *execution.sandbox);
}

// From asking to killing: all is gone within a second of the stop.
constexpr Milliseconds kStopGrace{500};

Result<Started> Start(const process::Command& command) {
  auto child =
      process::Child::Start(command, {.grace = kStopGrace, .renew_deadline = kRenewDeadline});
  if (child) return Started{.child = *std::move(child), .why = {}};
  const Code code = child.error().code;
  if (code == Code::kNotFound || code == Code::kForbidden || code == Code::kInvalid) {
    return Started{.child = nullptr, .why = child.error().message};
  }
  return std::unexpected(child.error());
}

Result<Outcome> ExecuteProgram(const Execution& execution, Sink& sink) {
  const auto start = Steady::now();
  Outcome outcome;
  AIOP_TRY(const process::Command command, Prepare(execution, execution.manifest.run.command));
  AIOP_TRY(Started started, Start(command));
  if (!started.child) {
    outcome.ending = Ending::kNotStarted;
    outcome.details = started.why;
    return outcome;
  }
  ProgramDialogue dialogue(execution, start + execution.timeout, sink);
  AIOP_TRY(const Closing closing, dialogue.Hold(std::move(started.child)));
  outcome.result = dialogue.result();
  TakeExit(closing, execution.sandbox.has_value(), outcome);
  Judge(closing, execution.timeout, outcome);
  outcome.wall = std::chrono::duration_cast<Milliseconds>(Steady::now() - start);
  return outcome;
}

}  // namespace aiop::plants
