// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <csignal>
#include <set>

#include "base/file/file.h"
#include "control/plants/tree.h"
#include "control/plants/verify_trial.h"

namespace aiop::plants {
namespace {

using Found = std::optional<std::string>;  // what is wrong; none: nothing

// Checkpoints beyond these are not each resumed from: the first and the last ones are.
constexpr size_t kResumeTrials = 12;

bool GaveSuccess(const Trial& trial) {
  return trial.outcome.ending == Ending::kResult &&
         trial.outcome.result->status == model::ResultStatus::kSuccess;
}

// What a trial that should have succeeded did instead.
Found WhyNoSuccess(const Trial& trial) {
  if (GaveSuccess(trial)) return std::nullopt;
  std::string why = trial.outcome.details;
  if (trial.outcome.result) {
    why = "status " + std::string(describe::Name(trial.outcome.result->status));
  }
  const std::string& tail = trial.outcome.error_tail;
  return tail.empty() ? why : why + "; its standard error ends: " + tail;
}

std::vector<std::string> CheckpointsOf(const Trial& trial) {
  std::vector<std::string> names;
  for (const auto& said : trial.messages) {
    if (said.message.kind == MessageKind::kCheckpoint) names.push_back(said.message.checkpoint);
  }
  return names;
}

// All events it sent, streamed and in its result.
std::vector<json::Value> EventsOf(const Trial& trial) {
  std::vector<json::Value> events;
  for (const auto& said : trial.messages) {
    if (said.message.kind == MessageKind::kEvent) events.push_back(said.message.event);
  }
  if (trial.outcome.result) {
    for (const auto& signal : trial.outcome.result->signals) events.push_back(signal);
  }
  return events;
}

Result<model::EventEnvelope> ReadEvent(json::Value event) {
  if (auto* object = event.if_object()) object->insert({{"timestamp", FormatTimestamp({})}});
  return describe::FromJson<model::EventEnvelope>(event);
}

bool HasFailureEvent(const Trial& trial) {
  return std::ranges::any_of(EventsOf(trial), [](const json::Value& event) {
    const auto read = ReadEvent(event);
    return read && read->IsFailure();
  });
}

// ---- Clauses that look at one uninterrupted run

size_t CountResults(const Trial& trial) {
  return static_cast<size_t>(std::ranges::count_if(
      trial.messages, [](const Said& said) { return said.message.kind == MessageKind::kResult; }));
}

Found OneResult(const Trial& trial) {
  const size_t results = CountResults(trial);
  if (results == 1) return std::nullopt;
  return std::to_string(results) + " results; " + trial.outcome.details;
}

Found ResultLast(const Trial& trial) {
  bool had_result = false;
  for (const auto& said : trial.messages) {
    if (had_result && said.message.kind != MessageKind::kResult) {
      return "after the result came " + said.line.substr(0, 200);
    }
    had_result = had_result || said.message.kind == MessageKind::kResult;
  }
  return std::nullopt;
}

Found TraceIdKept(const Trial& trial) {
  for (const auto& said : trial.messages) {
    const auto& result = said.message.result.trace_id;
    if (said.message.kind == MessageKind::kResult && !result.empty() &&
        result != Trials::kTraceId) {
      return "the result says traceId '" + result + "'";
    }
  }
  for (const auto& event : EventsOf(trial)) {
    const auto named = json::TextMember(event, "trace_id");
    if (!named.empty() && named != Trials::kTraceId) {
      return "an event says trace_id '" + std::string(named) + "'";
    }
  }
  return std::nullopt;
}

Found MessagesValid(const Trial& trial) {
  for (const auto& said : trial.messages) {
    if (said.message.kind == MessageKind::kInvalid) {
      return said.message.why + ": " + said.line.substr(0, 200);
    }
  }
  return std::nullopt;
}

Found UsageValid(const Trial& trial) {
  for (const auto& said : trial.messages) {
    const bool usage = said.line.find("\"usage\"") != std::string::npos;
    if (usage && said.message.kind == MessageKind::kInvalid) return said.message.why;
  }
  return std::nullopt;
}

Found EventsValid(const Trial& trial) {
  for (const auto& event : EventsOf(trial)) {
    const auto read = ReadEvent(event);
    if (!read) return read.error().message + ": " + json::Text(event).substr(0, 200);
  }
  return std::nullopt;
}

Found MessagesOnOutput(const Trial& trial) {
  for (const auto& line : trial.error_lines) {
    const MessageKind kind = ParseLine(line, State::kAllowed).kind;
    if (kind != MessageKind::kLog && kind != MessageKind::kInvalid) {
      return "on standard error: " + line.substr(0, 200);
    }
  }
  return std::nullopt;
}

Found CheckpointsOnce(const Trial& trial) {
  std::set<std::string> seen;
  for (const auto& name : CheckpointsOf(trial)) {
    if (!seen.insert(name).second) return "the checkpoint '" + name + "' came twice";
  }
  return std::nullopt;
}

Found ArtifactsExist(const Trial& trial) {
  for (const auto& [id, hash] : trial.artifacts) {
    if (hash.empty()) return "the artifact '" + id + "' is no file in workDir";
  }
  return std::nullopt;
}

Found ExitsAfterResult(const Trial& trial) {
  if (trial.outcome.exit_code == 0 && trial.outcome.signal == 0) return std::nullopt;
  return trial.outcome.details;
}

// ---- The tests, in order

class Verification {
 public:
  explicit Verification(const VerifyOptions& options) : options_(options), trials_(options) {}

  Result<std::vector<Clause>> Run();

 private:
  Status First();
  Status OtherPurposes();
  Status Profiles();
  Status Acks();
  Status Resume();
  Status OneResume(const std::string& checkpoint, Found& continues, Found& same);
  Status UnknownSpec();
  Status Motor(const std::map<std::string, std::string>& before);

  void Add(std::string id, std::string text, const Found& found) {
    clauses_.push_back({std::move(id), std::move(text),
                        found ? Clause::State::kFailed : Clause::State::kPassed,
                        found.value_or("")});
  }
  void Skip(std::string id, std::string text, std::string why) {
    clauses_.push_back({std::move(id), std::move(text), Clause::State::kSkipped, std::move(why)});
  }
  void Judge(std::string id, std::string text, const Found& found, const std::string& why_not) {
    if (why_not.empty()) return Add(std::move(id), std::move(text), found);
    Skip(std::move(id), std::move(text), why_not);
  }
  void SawStop(const Trial& trial) {
    if (!trial.reached) return;
    was_stopped_ = true;
    if (trial.outcome.signal == SIGKILL) needed_kill_ = "SIGTERM was not enough to end it";
  }
  // Why the clauses about a good run cannot be judged; empty if they can.
  std::string NotGood() const { return WhyNoSuccess(first_) ? "it does not succeed" : ""; }

  const VerifyOptions& options_;
  Trials trials_;
  Trial first_;
  std::vector<std::string> checkpoints_;
  std::string differs_;  // why artifacts cannot be compared
  bool was_stopped_ = false;
  Found needed_kill_;
  std::vector<Clause> clauses_;
};

Result<std::vector<Clause>> Verification::Run() {
  AIOP_CHECK_OK(file::MakeFolders(options_.scratch));
  std::map<std::string, std::string> motor;
  if (options_.manifest.run.http.empty()) {
    AIOP_TRY(motor, HashTree(options_.motor_folder));
  }
  AIOP_CHECK_OK(First());
  AIOP_CHECK_OK(OtherPurposes());
  AIOP_CHECK_OK(Profiles());
  AIOP_CHECK_OK(Acks());
  AIOP_CHECK_OK(Resume());
  Judge("ends-on-sigterm", "SIGTERM ends it, without need of SIGKILL.", needed_kill_,
        was_stopped_ ? "" : "it could not be stopped on its way: it has no checkpoints");
  AIOP_CHECK_OK(UnknownSpec());
  AIOP_CHECK_OK(Motor(motor));
  return std::move(clauses_);
}

Status Verification::First() {
  AIOP_TRY(first_, trials_.Run({.profile = options_.profile}));
  checkpoints_ = CheckpointsOf(first_);
  const bool started = first_.outcome.ending != Ending::kNotStarted;
  Add("starts", "Its command starts, or its service answers.",
      started ? Found() : first_.outcome.details);
  const std::string why = started ? "" : "it does not start";
  Judge("one-result", "It gives exactly one result.", OneResult(first_), why);
  Judge("result-last", "Its result is its last message.", ResultLast(first_), why);
  Judge("exits-after-result", "After its result it exits by itself, with status 0.",
        ExitsAfterResult(first_), first_.outcome.result ? why : "it gives no result");
  Judge("experiment-runs", "With purpose `experiment` and a good spec it succeeds.",
        WhyNoSuccess(first_), why);
  Judge("trace-id-kept", "Its result and events carry the traceId of the request, or none.",
        TraceIdKept(first_), why);
  Judge("messages-valid", "Each line that is a JSON object is a valid message.",
        MessagesValid(first_), why);
  Judge("messages-on-stdout", "Its messages are on standard output; standard error is log.",
        MessagesOnOutput(first_), why);
  Judge("events-valid",
        "Each event has scope, signal_type, severity and payload, and all is valid.",
        EventsValid(first_), EventsOf(first_).empty() ? "it sends no events" : why);
  const bool uses = std::ranges::any_of(first_.messages, [](const Said& said) {
    return said.line.find("\"usage\"") != std::string::npos;
  });
  Judge("usage-valid", "Its usage is tokens, cost_usd or latency_ms, none negative.",
        UsageValid(first_), uses ? why : "it tells no usage");
  const std::string none = checkpoints_.empty() ? "it has no checkpoints" : why;
  Judge("checkpoint-lines", "Each checkpoint has a name of its own.", CheckpointsOnce(first_),
        none);
  Judge("artifacts-exist", "Each artifact with a path is a file in workDir.",
        ArtifactsExist(first_), first_.artifacts.empty() ? "it names no files" : why);
  return {};
}

Status Verification::OtherPurposes() {
  const std::string shadow = "With purpose `shadow` it succeeds too.";
  const std::string same = "The same request gives the same artifacts (wanted, not required).";
  if (!NotGood().empty()) {
    Skip("shadow-runs", shadow, NotGood());
    Skip("deterministic", same, NotGood());
    differs_ = NotGood();
    return {};
  }
  AIOP_TRY(const Trial trial,
           trials_.Run({.profile = options_.profile, .purpose = model::Purpose::kShadow}));
  Add("shadow-runs", shadow, WhyNoSuccess(trial));
  if (first_.artifacts.empty()) differs_ = "it names no files";
  for (const auto& [id, hash] : first_.artifacts) {
    const auto found = trial.artifacts.find(id);
    if (found != trial.artifacts.end() && found->second == hash) continue;
    differs_ = "the artifact '" + id + "' differs between two uninterrupted runs";
  }
  Judge("deterministic", same, Found(), differs_);
  return {};
}

Status Verification::Profiles() {
  const std::string text = "It gives a result for each profile that motor.yaml names.";
  if (options_.manifest.profiles.empty()) {
    Skip("profiles-accepted", text, "motor.yaml names no profiles");
    return {};
  }
  Found found;
  for (const auto& profile : options_.manifest.profiles) {
    AIOP_TRY(const Trial trial, trials_.Run({.profile = profile}));
    if (trial.outcome.ending != Ending::kResult && !found) {
      found = "profile " + profile + ": " + trial.outcome.details;
    }
  }
  Add("profiles-accepted", text, found);
  return {};
}

Status Verification::Acks() {
  const std::string text = "It does not go on before its checkpoint is acknowledged.";
  if (!options_.manifest.acks || checkpoints_.empty()) {
    Skip("acks-respected", text,
         options_.manifest.acks ? "it has no checkpoints" : "motor.yaml does not say acks: true");
    return {};
  }
  AIOP_TRY(
      const Trial trial,
      trials_.Run({.profile = options_.profile, .stop_at = checkpoints_.front(), .watch = true}));
  SawStop(trial);
  Found found;
  if (!trial.reached) found = "the checkpoint '" + checkpoints_.front() + "' did not come again";
  if (trial.went_on) found = "files in workDir changed before the acknowledgement";
  bool after = false;
  for (const auto& said : trial.messages) {
    if (after && !found) {
      found = "before the acknowledgement came " + said.line.substr(0, 200);
    }
    after = after || (said.message.kind == MessageKind::kCheckpoint &&
                      said.message.checkpoint == checkpoints_.front());
  }
  Add("acks-respected", text, found);
  return {};
}

Status Verification::Resume() {
  const std::string continues =
      "Killed after a checkpoint and resumed, it goes on after it and succeeds.";
  const std::string same = "Resumed, it makes the same artifacts as in one go.";
  const std::string why = checkpoints_.empty() ? "it has no checkpoints" : NotGood();
  if (!why.empty()) {
    Skip("resume-continues", continues, why);
    Skip("resume-same-result", same, why);
    return {};
  }
  Found stuck;
  Found other;
  for (size_t i = 0; i < checkpoints_.size(); ++i) {
    const bool middle = i >= kResumeTrials / 2 && i + kResumeTrials / 2 < checkpoints_.size();
    if (!middle) AIOP_CHECK_OK(OneResume(checkpoints_[i], stuck, other));
  }
  Add("resume-continues", continues, stuck);
  Judge("resume-same-result", same, other, differs_);
  return {};
}

Status Verification::OneResume(const std::string& checkpoint, Found& continues, Found& same) {
  AIOP_TRY(const Trial stopped, trials_.Run({.profile = options_.profile, .stop_at = checkpoint}));
  SawStop(stopped);
  if (!stopped.reached) {
    continues = "the checkpoint '" + checkpoint + "' did not come again";
    return {};
  }
  AIOP_TRY(const Trial resumed,
           trials_.Run(
               {.profile = options_.profile, .resume_after = checkpoint, .state = stopped.state}));
  const std::string when = "resumed after '" + checkpoint + "': ";
  const auto note = [](Found& found, std::string what) {
    if (!found) found = std::move(what);
  };
  if (const Found why = WhyNoSuccess(resumed)) note(continues, when + *why);
  const auto done = std::ranges::find(checkpoints_, checkpoint);
  for (const auto& name : CheckpointsOf(resumed)) {
    if (std::find(checkpoints_.begin(), done + 1, name) != done + 1) {
      note(continues, when + "it did '" + name + "' again");
    }
  }
  // A resumed plant may name only what it made since; what it names must be the same.
  for (const auto& [id, hash] : resumed.artifacts) {
    const auto found = first_.artifacts.find(id);
    if (found == first_.artifacts.end() || found->second != hash) {
      note(same, when + "the artifact '" + id + "' is another");
    }
  }
  return {};
}

Status Verification::UnknownSpec() {
  const std::string text = "With a spec that does not exist it does not succeed.";
  const std::string explained =
      "Then it ends by itself and says why: by an event, or on standard error.";
  if (!NotGood().empty()) {
    Skip("request-read", text, NotGood());
    Skip("failure-explained", explained, NotGood());
    return {};
  }
  AIOP_TRY(const Trial trial,
           trials_.Run({.spec = options_.scratch / "no-such-spec", .profile = options_.profile}));
  Add("request-read", text, GaveSuccess(trial) ? Found("it succeeded") : Found());
  const auto& outcome = trial.outcome;
  const bool by_itself = outcome.ending == Ending::kResult ||
                         (outcome.ending == Ending::kCrashed && outcome.signal == 0);
  Found found;
  if (!by_itself) {
    found = outcome.details;
  } else if (!HasFailureEvent(trial) && trial.error_lines.empty()) {
    found = "no event of severity error or critical, and nothing on standard error";
  }
  Judge("failure-explained", explained, found, GaveSuccess(trial) ? "it succeeded" : "");
  return {};
}

Status Verification::Motor(const std::map<std::string, std::string>& before) {
  const std::string text = "It leaves motorRef as it was.";
  if (!options_.manifest.run.http.empty()) {
    Skip("motor-untouched", text, "a service has no motorRef");
    return {};
  }
  AIOP_TRY(const auto after, HashTree(options_.motor_folder));
  Found found;
  for (const auto& [path, hash] : after) {
    const auto was = before.find(path);
    if (was == before.end() || was->second != hash) found = path + " was written";
  }
  for (const auto& [path, hash] : before) {
    if (!after.contains(path)) found = path + " was deleted";
  }
  Add("motor-untouched", text, found);
  return {};
}

}  // namespace

Result<std::vector<Clause>> Verify(const VerifyOptions& options) {
  return Verification(options).Run();
}

}  // namespace aiop::plants
