// SPDX-License-Identifier: Apache-2.0
// For tests: a Sink that remembers what it was handed, and folders with motors made of scripts.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "base/file/file.h"
#include "control/plants/plants.h"

namespace aiop::plants {

class RecordingSink : public Sink {
 public:
  Status OnEvent(const json::Value& envelope, std::string_view raw_payload) override {
    events.push_back(envelope);
    payloads.emplace_back(raw_payload);
    return Note("event");
  }
  Status OnArtifact(const model::ArtifactRef& artifact) override {
    artifacts.push_back(artifact);
    return Note("artifact " + artifact.id);
  }
  Status OnUsage(const model::Usage& each) override {
    usage.push_back(each);
    return Note("usage");
  }
  Status OnCheckpoint(const std::string& name, const json::Value& state,
                      const std::string& key) override {
    checkpoints.push_back(name);
    states.push_back(state);
    keys[name] = key;
    if (on_checkpoint) AIOP_CHECK_OK(on_checkpoint(name));
    return Note("checkpoint " + name);
  }
  Status OnInvalid(std::string_view line, const std::string& why) override {
    invalid.push_back(why);
    invalid_lines.emplace_back(line);
    return Note("invalid");
  }
  void OnText(Stream stream, std::string_view line) override {
    texts.emplace_back(stream, line);
    if (on_text) on_text(stream, line);
  }

  std::vector<std::string> Lines(Stream stream) const {
    std::vector<std::string> lines;
    for (const auto& [each, line] : texts) {
      if (each == stream) lines.push_back(line);
    }
    return lines;
  }

  std::vector<json::Value> events;
  std::vector<std::string> payloads;
  std::vector<model::ArtifactRef> artifacts;
  std::vector<model::Usage> usage;
  std::vector<std::string> checkpoints;
  std::vector<json::Value> states;
  std::map<std::string, std::string> keys;
  std::vector<std::string> invalid;
  std::vector<std::string> invalid_lines;
  std::vector<std::pair<Stream, std::string>> texts;
  std::vector<std::string> order;
  std::function<Status(const std::string&)> on_checkpoint;
  std::function<void(Stream, std::string_view)> on_text;
  // The call (as in `order`) that fails with kCancelled.
  std::string fails_at;

 private:
  Status Note(const std::string& what) {
    order.push_back(what);
    if (what == fails_at) return Fail(Code::kCancelled, "the sink says no");
    return {};
  }
};

// A motor in a folder of its own, gone with the test.
class PlantTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    std::ranges::replace(name, '/', '-');
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("plants-" + std::to_string(getpid()) + "-" + name);
    for (const char* each : {"motor", "work", "home"}) {
      ASSERT_TRUE(file::MakeFolders(folder_ / each).has_value());
    }
    Write("spec.txt", "one\ntwo\n");
    execution_.request.app_spec_ref = (folder_ / "spec.txt").string();
    execution_.request.motor_version = "1.0.0";
    execution_.request.trace_id = "trace-1";
    execution_.request.motor_ref = (folder_ / "motor").string();
    execution_.request.work_dir = (folder_ / "work").string();
    execution_.request.step_key = "trace-1:";
    execution_.manifest.name = "tested";
    execution_.manifest.version = "1.0.0";
    execution_.motor_folder = folder_ / "motor";
    execution_.home_folder = folder_ / "home";
    execution_.lock_file = folder_ / "lock";
    execution_.timeout = Milliseconds(60'000);
  }
  void TearDown() override { EXPECT_TRUE(file::RemoveTree(folder_).has_value()); }

  void Write(const std::string& path, std::string_view text) {
    ASSERT_TRUE(file::MakeFolders((folder_ / path).parent_path()).has_value());
    ASSERT_TRUE(file::Write(folder_ / path, text).has_value());
  }
  std::string Read(const std::string& path) {
    return file::Read(folder_ / path).value_or("(no such file)");
  }

  Result<Outcome> Shell(const std::string& script) {
    execution_.manifest.run.command = {"bash", "-c", script};
    return Execute(execution_, sink_);
  }
  Result<Outcome> Python(const std::string& script) {
    execution_.manifest.run.command = {"python3", "-B", "-c", script};
    return Execute(execution_, sink_);
  }

  std::filesystem::path folder_;
  Execution execution_;
  RecordingSink sink_;
};

}  // namespace aiop::plants
