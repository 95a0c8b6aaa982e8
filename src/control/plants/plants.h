// SPDX-License-Identifier: Apache-2.0
//
// Runs a plant once and reports what it says: a program on standard streams, an HTTP service, or a
// declared pipeline, all behind Execute(). Nothing is stored here: each message is handed to the
// Sink, which makes it durable before it returns; only then is the plant told so (acks) or its next
// message read.
//
// The protocol is the SPI: one PlantRunRequest line in; lines of one JSON object each out, with
// exactly one of the keys event, artifact, usage, checkpoint, result. A line that is no JSON object
// is log.
//
// Thread-safe: Execute may run on many threads at once; a Sink is called from the thread of its
// Execute only. process::StartZygote() must have been called. Errors are those of the machine and
// of the Sink (kCancelled: the Sink asked to stop); whatever the plant itself does wrong is an
// Outcome.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/process/process.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "control/sandbox/sandbox.h"
#include "core/model/model.h"

namespace aiop::plants {

// A longer line is cut there and kept as log; if it claims to be a message, it is invalid too.
inline constexpr size_t kLineLimitBytes = size_t{16} << 20;
// What one attempt may say before it is ended as misbehaving.
inline constexpr uint64_t kOutputLimitBytes = uint64_t{1} << 30;
inline constexpr size_t kMessageLimit = 1'000'000;
// A checkpoint's `state` (http plants).
inline constexpr size_t kStateLimitBytes = size_t{1} << 20;

enum class Stream { kRequest, kOutput, kErrors, kAck };

// Where a plant's messages go. An error of any call ends the plant and is what Execute returns.
class Sink {
 public:
  virtual ~Sink() = default;
  // An event line: `envelope` is the event's JSON as sent (not yet checked), `raw_payload` its
  // payload's bytes.
  virtual Status OnEvent(const json::Value& envelope, std::string_view raw_payload) = 0;
  virtual Status OnArtifact(const model::ArtifactRef& artifact) = 0;
  virtual Status OnUsage(const model::Usage& usage) = 0;
  // Everything before this is done. Returns once it is on disk. `key`: what this step depends on,
  // if the plant can tell (pipelines); `in_process`: the plant is not running on while this call
  // lasts.
  virtual Status OnCheckpoint(const std::string& name, const json::Value& state,
                              const std::string& key) = 0;
  // A line that claims to be a message and is none, or a message with a mistake: `why` names the
  // field.
  virtual Status OnInvalid(std::string_view line, const std::string& why) = 0;
  // Every line of the conversation, for the transcript; called before the message it contains is
  // handled.
  virtual void OnText(Stream stream, std::string_view line) = 0;
};

struct Execution {
  model::PlantRunRequest request;
  model::MotorManifest manifest;
  std::filesystem::path motor_folder;  // sealed checkout; empty for http plants
  std::filesystem::path home_folder;   // HOME of the command
  std::filesystem::path lock_file;     // held until the last descendant is gone
  // Set for experiments and gates: everything runs inside, workDir writable at `request.work_dir`.
  std::optional<sandbox::Policy> sandbox;
  Milliseconds timeout{600'000};
  // Set by another thread to end the plant soon.
  const std::atomic<bool>* stop = nullptr;
};

enum class Ending {
  kResult,      // it gave a result
  kNoResult,    // it ended by itself without one, exit status 0
  kCrashed,     // exit status not 0, or a signal, without a result
  kTimeout,     // no result in time; ended by us
  kStopped,     // `stop` was set
  kNotStarted,  // the program could not be executed, the service not reached
  kMisbehaved,  // said more than the limits allow
};

struct Outcome {
  Ending ending = Ending::kNoResult;
  std::optional<model::PlantRunResult> result;
  std::string details;     // for people: "exit status 3", "no result within 600 s", ...
  std::string error_tail;  // the last lines of its standard error
  int exit_code = 0;
  int signal = 0;
  Milliseconds wall{0};
  Milliseconds cpu{0};
};

Result<Outcome> Execute(const Execution& execution, Sink& sink);

// For plants that can tell what each of their steps depends on (pipelines): the key each checkpoint
// would have for this spec, profile and motor, by checkpoint name. Empty for all others.
Result<std::map<std::string, std::string>> ExpectedKeys(const model::MotorManifest& manifest,
                                                        const std::filesystem::path& motor_folder,
                                                        const std::filesystem::path& spec,
                                                        const std::string& profile);

// Whether a pipeline file can be run; kInvalid naming file, line and key.
Status CheckPipeline(std::string_view text, std::string_view file_name);

// The command of a validator with {spec} (and {workDir}) replaced. Used by gates and experiments
// too.
std::vector<std::string> Expand(const std::vector<std::string>& command,
                                const std::map<std::string, std::string>& values);

// ---- Contract tests (aiop plant verify) ----

struct Clause {
  std::string id;    // "resume-continues"
  std::string text;  // the clause of the contract, one sentence
  enum class State { kPassed, kFailed, kSkipped } state = State::kSkipped;
  std::string details;  // what was seen instead; why skipped
};

struct VerifyOptions {
  std::filesystem::path motor_folder;
  model::MotorManifest manifest;
  std::filesystem::path spec;  // one that the plant succeeds with
  std::string profile;
  std::filesystem::path scratch;  // an empty folder to work in
  std::filesystem::path home_folder;
};

// Runs the SPI contract tests against a plant; one Clause per tested clause, in a fixed order.
Result<std::vector<Clause>> Verify(const VerifyOptions& options);

}  // namespace aiop::plants
