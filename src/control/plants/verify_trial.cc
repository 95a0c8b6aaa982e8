// SPDX-License-Identifier: Apache-2.0
#include "control/plants/verify_trial.h"

#include <poll.h>

#include "base/file/file.h"
#include "base/hash/hash.h"
#include "control/plants/pipeline_file.h"
#include "control/plants/tree.h"

namespace aiop::plants {
namespace {

namespace fs = std::filesystem;

// How long a plant that waits for an acknowledgement is watched for not going on.
constexpr int kWatchMs = 300;

Status CopyFolder(const fs::path& from, const fs::path& to) {
  AIOP_CHECK_OK(file::RemoveTree(to));
  std::error_code error;
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
  if (error) return Unavailable("copying " + from.string() + ": " + error.message());
  return {};
}

class TrialSink : public Sink {
 public:
  TrialSink(const TrialPlan& plan, const Trials& trials, bool service, Trial& trial,
            std::atomic<bool>& stop)
      : plan_(plan), trials_(trials), service_(service), trial_(trial), stop_(stop) {}

  Status OnEvent(const json::Value&, std::string_view) override { return {}; }
  Status OnArtifact(const model::ArtifactRef&) override { return {}; }
  Status OnUsage(const model::Usage&) override { return {}; }
  Status OnInvalid(std::string_view, const std::string&) override { return {}; }

  Status OnCheckpoint(const std::string& name, const json::Value& state,
                      const std::string&) override {
    if (name != plan_.stop_at || trial_.reached) return {};
    trial_.reached = true;
    trial_.state = state;
    stop_ = true;
    if (service_) return {};
    AIOP_CHECK_OK(CopyFolder(trials_.work_folder(), trials_.kept_folder()));
    return plan_.watch ? Watch() : Status{};
  }

  void OnText(Stream stream, std::string_view line) override {
    if (stream == Stream::kErrors) trial_.error_lines.emplace_back(line);
    if (stream != Stream::kOutput) return;
    Message message = ParseLine(line, service_ ? State::kAllowed : State::kRefused);
    message.raw_payload = {};
    if (message.kind == MessageKind::kLog) return;
    trial_.messages.push_back({std::string(line), std::move(message)});
  }

 private:
  Status Watch() {
    AIOP_TRY(const auto before, HashTree(trials_.work_folder()));
    poll(nullptr, 0, kWatchMs);
    AIOP_TRY(const auto after, HashTree(trials_.work_folder()));
    trial_.went_on = before != after;
    return {};
  }

  const TrialPlan& plan_;
  const Trials& trials_;
  const bool service_;
  Trial& trial_;
  std::atomic<bool>& stop_;
};

// The content hash of each artifact that was named, streamed or in the result.
std::map<std::string, std::string> HashArtifacts(const Trial& trial, const fs::path& work) {
  std::vector<model::ArtifactRef> all;
  for (const auto& said : trial.messages) {
    if (said.message.kind == MessageKind::kArtifact) all.push_back(said.message.artifact);
  }
  if (trial.outcome.result) {
    for (const auto& artifact : trial.outcome.result->artifacts) all.push_back(artifact);
  }
  std::map<std::string, std::string> hashes;
  for (const auto& artifact : all) {
    if (artifact.path.empty()) continue;
    auto& hash = hashes[artifact.id];
    const fs::path path = (work / artifact.path).lexically_normal();
    std::error_code error;
    if (!StaysInside(path.lexically_relative(work))) continue;
    if (fs::is_directory(path, error)) {
      const auto tree = HashTree(path);
      Hasher hasher;
      for (const auto& [name, each] : tree.value_or(std::map<std::string, std::string>())) {
        hasher.AddField(name);
        hasher.AddField(each);
      }
      hash = hasher.Finish();
    } else if (const auto content = file::Read(path)) {
      hash = HashBytes(*content);
    }
  }
  return hashes;
}

}  // namespace

Status Trials::PrepareFolder(const TrialPlan& plan) const {
  AIOP_CHECK_OK(file::RemoveTree(work_folder()));
  if (!plan.resume_after.empty() && options_.manifest.run.http.empty()) {
    return CopyFolder(kept_folder(), work_folder());
  }
  return file::MakeFolders(work_folder());
}

Execution Trials::MakeExecution(const TrialPlan& plan, const std::atomic<bool>& stop) const {
  Execution execution;
  auto& request = execution.request;
  const bool resume = !plan.resume_after.empty();
  request.app_spec_ref = (plan.spec.empty() ? options_.spec : plan.spec).string();
  if (!plan.profile.empty()) request.profile_targets = {plan.profile};
  request.motor_version = options_.manifest.version;
  request.run_mode = resume ? model::RunMode::kResume : model::RunMode::kFresh;
  request.checkpoint = plan.resume_after;
  request.state = plan.state;
  request.trace_id = kTraceId;
  request.motor_ref = options_.motor_folder.string();
  if (options_.manifest.run.http.empty()) request.work_dir = work_folder().string();
  request.step_key = request.trace_id + ":" + plan.resume_after;
  request.purpose = plan.purpose;
  execution.manifest = options_.manifest;
  execution.motor_folder = options_.motor_folder;
  execution.home_folder = options_.home_folder;
  execution.lock_file = options_.scratch / "lock";
  execution.timeout = Milliseconds(options_.manifest.timeout_ms);
  execution.stop = &stop;
  return execution;
}

Result<Trial> Trials::Run(const TrialPlan& plan) {
  AIOP_CHECK_OK(PrepareFolder(plan));
  Trial trial;
  std::atomic<bool> stop{false};
  TrialSink sink(plan, *this, !options_.manifest.run.http.empty(), trial, stop);
  AIOP_TRY(trial.outcome, Execute(MakeExecution(plan, stop), sink));
  trial.artifacts = HashArtifacts(trial, work_folder());
  return trial;
}

}  // namespace aiop::plants
