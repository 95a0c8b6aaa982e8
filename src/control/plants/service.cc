// SPDX-License-Identifier: Apache-2.0
#include "control/plants/service.h"

#include "base/file/file.h"
#include "base/http/http.h"
#include "control/plants/dialogue.h"
#include "control/plants/intake.h"

namespace aiop::plants {
namespace {

constexpr size_t kAnswerShownBytes = 500;

class ServiceCall {
 public:
  ServiceCall(const Execution& execution, Sink& sink)
      : execution_(execution),
        sink_(sink),
        intake_(sink, execution.request.trace_id, Speaker::kService) {}

  Result<Outcome> Make();

 private:
  Status OnBody(std::string_view piece);
  Status OnLine(std::string_view line, bool cut);
  bool Stopped() const { return execution_.stop && *execution_.stop; }
  bool MayEnd() const {
    return Stopped() || (finished_ && Steady::now() >= *finished_ + kFinishGrace);
  }
  void Judge(const Result<http::Response>& response, Outcome& outcome) const;
  void JudgeError(const Error& error, Outcome& outcome) const;

  const Execution& execution_;
  Sink& sink_;
  const Steady::time_point start_ = Steady::now();
  Intake intake_;
  LineSplitter lines_{kLineLimitBytes};
  std::optional<Steady::time_point> finished_;
  bool answered_ = false;
  bool too_many_ = false;
  std::optional<Error> sink_error_;
};

Status ServiceCall::OnBody(std::string_view piece) {
  answered_ = true;
  return lines_.Feed(piece, [&](std::string_view line, bool cut) { return OnLine(line, cut); });
}

Status ServiceCall::OnLine(std::string_view line, bool cut) {
  const auto taken = intake_.Take(line, cut, Stopped() ? Phase::kEnding : Phase::kRunning);
  if (!taken) {
    sink_error_ = taken.error();
    return std::unexpected(taken.error());
  }
  if (intake_.result() && !finished_) finished_ = Steady::now();
  too_many_ = intake_.messages() > kMessageLimit;
  if (too_many_) return Fail(Code::kForbidden, "too many messages");
  return {};
}

Result<Outcome> ServiceCall::Make() {
  const std::string body = json::Text(describe::ToJson(execution_.request));
  sink_.OnText(Stream::kRequest, body);
  const auto response = http::Send(
      {.method = "POST",
       .url = execution_.manifest.run.http,
       .headers = {{"Content-Type", "application/json"}, {"Accept", "application/x-ndjson"}},
       .body = body,
       .timeout = execution_.timeout,
       .body_limit_bytes = kOutputLimitBytes,
       .on_body = [this](std::string_view piece) { return OnBody(piece); },
       .stop = [this] { return MayEnd(); }});
  if (!sink_error_ && !too_many_) {
    // What stands there without a line end when the stream ends.
    [[maybe_unused]] const Status last =
        lines_.Finish([&](std::string_view line, bool cut) { return OnLine(line, cut); });
  }
  if (sink_error_) return std::unexpected(*sink_error_);
  Outcome outcome;
  outcome.wall = std::chrono::duration_cast<Milliseconds>(Steady::now() - start_);
  outcome.result = intake_.result();
  Judge(response, outcome);
  return outcome;
}

void ServiceCall::Judge(const Result<http::Response>& response, Outcome& outcome) const {
  if (outcome.result) {
    outcome.ending = Ending::kResult;
    outcome.details =
        response ? "gave a result" : "gave a result, then " + response.error().message;
  } else if (!response) {
    JudgeError(response.error(), outcome);
  } else if (response->status < 200 || response->status >= 300) {
    outcome.ending = Ending::kNotStarted;
    outcome.details = "the service answered with status " + std::to_string(response->status);
    outcome.error_tail = json::ToValidUtf8(response->body.substr(0, kAnswerShownBytes));
  } else {
    outcome.ending = Ending::kNoResult;
    outcome.details = "the answer ended without a result";
  }
}

void ServiceCall::JudgeError(const Error& error, Outcome& outcome) const {
  outcome.details = error.message;
  switch (error.code) {
    case Code::kCancelled:
      outcome.ending = Ending::kStopped;
      outcome.details = "stopped";
      break;
    case Code::kForbidden:
      outcome.ending = Ending::kMisbehaved;
      break;
    case Code::kTimeout:
      // A connection that does not come about ends before the time is up.
      outcome.ending =
          outcome.wall < execution_.timeout && !answered_ ? Ending::kNotStarted : Ending::kTimeout;
      if (outcome.ending == Ending::kTimeout) {
        outcome.details = "no result within " + FormatDuration(execution_.timeout);
      }
      break;
    default:
      outcome.ending = answered_ ? Ending::kCrashed : Ending::kNotStarted;
  }
}

}  // namespace

Result<Outcome> ExecuteService(const Execution& execution, Sink& sink) {
  std::optional<file::Lock> lock;
  if (!execution.lock_file.empty()) {
    AIOP_TRY(lock, file::Lock::Acquire(execution.lock_file, 0));
  }
  return ServiceCall(execution, sink).Make();
}

}  // namespace aiop::plants
