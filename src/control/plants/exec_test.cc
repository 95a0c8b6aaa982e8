// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "base/process/testing.h"
#include "control/plants/dialogue.h"
#include "control/plants/fixture.h"

namespace aiop::plants {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* kSuccess = R"({"result": {"traceId": "trace-1", "status": "success"}})";

// Whether the process whose id the file holds is gone (or about to be collected).
bool IsGone(const std::filesystem::path& pid_file) {
  const std::string pid = file::Read(pid_file).value_or("");
  std::ifstream stat("/proc/" + pid.substr(0, pid.find('\n')) + "/stat");
  std::string text;
  if (pid.empty() || !std::getline(stat, text)) return !pid.empty();
  return text.substr(text.rfind(')') + 2, 1) == "Z";
}

class Exec : public PlantTest {
 protected:
  // Sets the stop flag when the plant has printed `line`.
  void StopAt(const std::string& line) {
    execution_.stop = &stop_;
    sink_.on_text = [this, line](Stream, std::string_view text) {
      if (text == line) stop_ = true;
    };
  }
  std::atomic<bool> stop_{false};
};

TEST_F(Exec, HoldsTheConversation) {
  const auto outcome = Shell(R"(
    read -r request; echo "$request" > ../work/request; rest=$(cat); echo "rest=$rest"
    echo building
    echo '{"event": {"scope":"app","signal_type":"coverage","severity":"info","payload":{"value":0.5}}}'
    echo '{"artifact": {"id": "a", "path": "a.ts", "role": "code"}}'
    echo '{"usage": {"tokens": 3}}'
    echo '{"checkpoint": "one"}'
    echo 'to the log' >&2
    echo '{"result": {"traceId": "trace-1", "status": "success", "artifacts": [{"id": "a"}]}}')");
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(outcome->ending, Ending::kResult) << outcome->details;
  EXPECT_EQ(outcome->details, "gave a result");
  EXPECT_EQ(outcome->result->artifacts.size(), 1U);
  EXPECT_THAT(sink_.order, ElementsAre("event", "artifact a", "usage", "checkpoint one"));
  EXPECT_THAT(sink_.payloads, ElementsAre(R"({"value":0.5})"));
  EXPECT_THAT(sink_.Lines(Stream::kErrors), ElementsAre("to the log"));
  EXPECT_THAT(sink_.Lines(Stream::kOutput), SizeIs(7));
  EXPECT_THAT(sink_.Lines(Stream::kOutput), Contains("rest="));
  EXPECT_THAT(sink_.Lines(Stream::kAck), IsEmpty());
  EXPECT_EQ(outcome->error_tail, "to the log\n");
  EXPECT_EQ(sink_.keys["one"], "");

  const auto request = describe::FromText<model::PlantRunRequest>(Read("work/request"));
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(request->work_dir, execution_.request.work_dir);
  EXPECT_EQ(sink_.Lines(Stream::kRequest).front() + "\n", Read("work/request"));
}

TEST_F(Exec, RunsInItsMotorWithACleanEnvironment) {
  setenv("SECRET_OF_OURS", "1", 1);
  const auto outcome = Shell("pwd; echo HOME=$HOME; echo secret=$SECRET_OF_OURS");
  unsetenv("SECRET_OF_OURS");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_THAT(
      sink_.Lines(Stream::kOutput),
      ElementsAre((folder_ / "motor").string(), "HOME=" + (folder_ / "home").string(), "secret="));
}

TEST_F(Exec, AcknowledgesWhatIsStored) {
  execution_.manifest.acks = true;
  sink_.on_checkpoint = [this](const std::string& name) {
    return file::Write(folder_ / "stored" / name, "");
  };
  ASSERT_TRUE(file::MakeFolders(folder_ / "stored").has_value());
  const auto outcome = Python(R"(
import json, os, sys
sys.stdin.readline()
for name in "one", "two", "three":
    print(json.dumps({"checkpoint": name}), flush=True)
    if json.loads(sys.stdin.readline()) != {"ack": name}: sys.exit(7)
    if not os.path.exists("../stored/" + name): sys.exit(8)
print('{"result": {"status": "success"}}', flush=True)
sys.exit(9 if sys.stdin.readline() else 0)
)");
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(outcome->details, "gave a result");
  EXPECT_THAT(sink_.checkpoints, ElementsAre("one", "two", "three"));
  EXPECT_THAT(sink_.Lines(Stream::kAck),
              ElementsAre(R"({"ack":"one"})", R"({"ack":"two"})", R"({"ack":"three"})"));
}

TEST_F(Exec, DoesNotAcknowledgeWhatCouldNotBeStored) {
  execution_.manifest.acks = true;
  sink_.fails_at = "checkpoint one";
  const auto outcome =
      Shell(R"(read -r request; echo '{"checkpoint": "one"}'; read -r ack; touch ../work/acted)");
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, Code::kCancelled);
  EXPECT_EQ(Read("work/acted"), "(no such file)");
}

TEST_F(Exec, DoesNotAcknowledgeOnceStopped) {
  execution_.manifest.acks = true;
  execution_.stop = &stop_;
  sink_.on_checkpoint = [this](const std::string&) {
    stop_ = true;
    return Status();
  };
  const auto outcome =
      Shell(R"(read -r request; echo '{"checkpoint": "one"}'; read -r ack && touch ../work/acted)");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kStopped);
  EXPECT_EQ(Read("work/acted"), "(no such file)");
  EXPECT_THAT(sink_.Lines(Stream::kAck), IsEmpty());
}

TEST_F(Exec, NothingAfterTheCheckpointItWasStoppedAtCounts) {
  execution_.stop = &stop_;
  sink_.on_checkpoint = [this](const std::string&) {
    stop_ = true;
    return Status();
  };
  const auto outcome = Shell("printf '{\"checkpoint\": \"one\"}\\n{\"checkpoint\": \"two\"}\\n" +
                             std::string(kSuccess) + "\\n'");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kStopped);
  EXPECT_THAT(sink_.checkpoints, ElementsAre("one"));
}

TEST_F(Exec, EndsWithoutAResult) {
  const auto outcome = Shell("echo '{\"checkpoint\": \"one\"}'");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kNoResult);
  EXPECT_EQ(outcome->details, "ended without a result");
  EXPECT_THAT(sink_.checkpoints, ElementsAre("one"));
}

TEST_F(Exec, Crashes) {
  auto outcome = Shell("echo 'it broke' >&2; exit 3");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kCrashed);
  EXPECT_EQ(outcome->details, "exit status 3");
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_EQ(outcome->error_tail, "it broke\n");

  outcome = Shell("kill -SEGV $$");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kCrashed);
  EXPECT_EQ(outcome->signal, SIGSEGV);
  EXPECT_THAT(outcome->details, StartsWith("killed by signal 11"));
}

TEST_F(Exec, CrashLooksTheSameInASandbox) {
  if (sandbox::ProbeOnce().level < sandbox::Level::kReduced) GTEST_SKIP() << "no sandbox here";
  execution_.request.motor_ref = "/motor";
  execution_.request.work_dir = "/job";
  execution_.sandbox = sandbox::Policy{.bind_read_only = {{folder_ / "motor", "/motor"}},
                                       .bind_writable = {{folder_ / "work", "/job"}}};
  const auto outcome = Shell("pwd; echo made > /job/made; kill -SEGV $$");
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(outcome->ending, Ending::kCrashed);
  EXPECT_EQ(outcome->signal, SIGSEGV);
  EXPECT_THAT(outcome->details, StartsWith("killed by signal 11"));
  EXPECT_EQ(Read("work/made"), "made\n");
  EXPECT_THAT(sink_.Lines(Stream::kOutput), ElementsAre("/motor"));
}

TEST_F(Exec, AnExitAfterTheResultIsTold) {
  const auto outcome = Shell("echo '" + std::string(kSuccess) + "'; exit 4");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kResult);
  EXPECT_EQ(outcome->details, "gave a result, then exit status 4");
  EXPECT_EQ(outcome->exit_code, 4);
}

TEST_F(Exec, ProgramThatCannotStart) {
  execution_.manifest.run.command = {"no-such-program-anywhere"};
  auto outcome = Execute(execution_, sink_);
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(outcome->ending, Ending::kNotStarted);
  EXPECT_THAT(outcome->details, HasSubstr("no-such-program-anywhere"));

  Write("motor/plain.txt", "not a program");
  execution_.manifest.run.command = {"./plain.txt"};
  outcome = Execute(execution_, sink_);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kNotStarted);
  EXPECT_THAT(sink_.texts, IsEmpty());
}

TEST_F(Exec, OneAttemptAtATime) {
  auto lock = file::Lock::Acquire(execution_.lock_file, 0);
  ASSERT_TRUE(lock.has_value());
  const auto outcome = Shell("touch ../work/ran");
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, Code::kConflict);
  EXPECT_EQ(Read("work/ran"), "(no such file)");
}

TEST_F(Exec, TimeoutEndsEverything) {
  execution_.timeout = Milliseconds(1500);
  const auto outcome = Shell(R"(
    setsid bash -c 'echo $$ > ../work/daemon; exec sleep 1000' &
    trap '' TERM
    echo "$$" > ../work/plant
    while [ ! -s ../work/daemon ]; do :; done
    while :; do sleep 1000; done)");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kTimeout);
  EXPECT_EQ(outcome->details, "no result within 1.5 s");
  EXPECT_TRUE(IsGone(folder_ / "work/daemon"));
  EXPECT_TRUE(IsGone(folder_ / "work/plant"));
  EXPECT_TRUE(file::Lock::Acquire(execution_.lock_file, 0).has_value());
}

TEST_F(Exec, StopEndsIt) {
  StopAt("ready");
  const auto outcome = Shell("echo ready; sleep 1000");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kStopped);
  EXPECT_LT(outcome->wall, Milliseconds(30'000));
}

TEST_F(Exec, StopBeforeTheStart) {
  execution_.stop = &stop_;
  stop_ = true;
  const auto outcome = Shell("sleep 1000");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kStopped);
}

TEST_F(Exec, WhatItSaysOfItsProgressWhileBeingEndedDoesNotCount) {
  StopAt("ready");
  const auto outcome = Python(R"(
import os, signal
def end(*_):
    os.write(1, b'{"checkpoint": "late"}\n{"usage": {"tokens": 1}}\n{"result": {"status": "success"}}\n')
    os._exit(0)
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
while True: signal.pause()
)");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kStopped);
  EXPECT_FALSE(outcome->result.has_value());
  EXPECT_THAT(sink_.order, ElementsAre("usage"));
  EXPECT_THAT(sink_.Lines(Stream::kOutput), Contains(R"({"checkpoint": "late"})"));
}

TEST_F(Exec, ResultThenHang) {
  const auto outcome = Shell("echo '" + std::string(kSuccess) + "'; exec sleep 1000");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kResult);
  EXPECT_EQ(outcome->details, "gave a result, then did not exit");
  EXPECT_GE(outcome->wall, kFinishGrace);
  EXPECT_LT(outcome->wall, Milliseconds(30'000));
}

TEST_F(Exec, ChildrenThatHoldItsStreams) {
  const auto outcome = Shell(R"(
    setsid bash -c 'echo $$ > ../work/daemon; exec sleep 1000' &
    while [ ! -s ../work/daemon ]; do :; done
    echo ')" + std::string(kSuccess) +
                             "'");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kResult);
  EXPECT_LT(outcome->wall, Milliseconds(30'000));
  EXPECT_TRUE(IsGone(folder_ / "work/daemon"));
}

TEST_F(Exec, HalfLinesAndNoLineEnd) {
  const auto outcome = Python(R"(
import sys
for piece in '{"checkp', 'oint": "o', 'ne"}\r\nlo', 'g\n{"result": {"status":', ' "success"}}':
    sys.stdout.write(piece); sys.stdout.flush()
)");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kResult);
  EXPECT_THAT(sink_.Lines(Stream::kOutput), ElementsAre(R"({"checkpoint": "one"})", "log",
                                                        R"({"result": {"status": "success"}})"));
}

TEST_F(Exec, BrokenOffInAMessage) {
  const auto outcome = Shell(R"(printf '{"result": {"status": "succ'; kill -9 $$)");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kCrashed);
  EXPECT_THAT(sink_.invalid, ElementsAre(HasSubstr("begins like the message 'result'")));
}

TEST_F(Exec, GiantLines) {
  const auto outcome = Python(R"(
import sys
sys.stdout.write("x" * (17 << 20) + "\n")
sys.stdout.write('{"event": {"payload": {"details": "' + "x" * (17 << 20) + '"}}}\n')
sys.stderr.write("y" * (17 << 20) + "\nlast\n")
print('{"result": {"status": "success"}}')
)");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kResult);
  EXPECT_EQ(sink_.Lines(Stream::kOutput).front().size(), kLineLimitBytes);
  EXPECT_THAT(sink_.invalid, ElementsAre(HasSubstr("is longer than 16777216 bytes")));
  EXPECT_EQ(outcome->error_tail, "last\n");
}

TEST_F(Exec, BinaryGarbage) {
  const auto outcome = Shell("head -c 300000 /dev/urandom | tee /dev/stderr; printf '\\n" +
                             std::string(kSuccess) + "\\n'");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kResult);
  EXPECT_EQ(json::ToValidUtf8(outcome->error_tail), outcome->error_tail);
}

TEST_F(Exec, APlantThatNeverReads) {
  execution_.manifest.acks = true;
  execution_.request.state = json::Value(std::string(300'000, 's'));
  const auto outcome = Python(R"(
for n in range(20000): print('{"checkpoint": "step-%d"}' % n)
print('{"result": {"status": "success"}}')
)");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->details, "gave a result");
  EXPECT_THAT(sink_.checkpoints, SizeIs(20000));
}

TEST_F(Exec, APlantThatClosesItsInput) {
  execution_.manifest.acks = true;
  execution_.request.state = json::Value(std::string(300'000, 's'));
  const auto outcome =
      Shell("exec <&-; echo '{\"checkpoint\": \"a\"}'; echo '" + std::string(kSuccess) + "'");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->details, "gave a result");
}

TEST_F(Exec, APlantThatClosesItsOutputAndHangs) {
  execution_.timeout = Milliseconds(300);
  const auto outcome = Shell("exec >&- 2>&-; sleep 1000");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kTimeout);
}

TEST_F(Exec, InvalidMessagesAreToldAndItGoesOn) {
  const auto outcome = Shell(R"(
    echo '{"event": 3}'
    echo '{"checkpoint": ""}'
    echo '{"result": {"status": "great"}}'
    echo '{"result": {"traceId": "another", "status": "success"}}'
    echo '{"result": {"traceId": "trace-1", "status": "failed"}}'
    echo '{"usage": {"tokens": 1}}'
    echo '{"result": {"status": "success"}}')");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->result->status, model::ResultStatus::kFailed);
  EXPECT_THAT(sink_.invalid,
              ElementsAre(HasSubstr("/event"), HasSubstr("/checkpoint"),
                          HasSubstr("/result/status"), HasSubstr("/result/traceId is 'another'"),
                          HasSubstr("after the result"), HasSubstr("after the result")));
  EXPECT_THAT(sink_.invalid_lines, Contains(R"({"event": 3})"));
  EXPECT_THAT(sink_.usage, IsEmpty());
}

TEST_F(Exec, AnErrorOfTheSinkEndsIt) {
  sink_.fails_at = "usage";
  const auto outcome = Shell("echo '{\"usage\": {\"tokens\": 1}}'; sleep 1000");
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, Code::kCancelled);
  EXPECT_TRUE(file::Lock::Acquire(execution_.lock_file, 0).has_value());
}

// Takes everything and remembers nothing.
class DeafSink : public Sink {
 public:
  Status OnEvent(const json::Value&, std::string_view) override { return {}; }
  Status OnArtifact(const model::ArtifactRef&) override { return {}; }
  Status OnUsage(const model::Usage&) override { return {}; }
  Status OnCheckpoint(const std::string&, const json::Value&, const std::string&) override {
    return {};
  }
  Status OnInvalid(std::string_view, const std::string&) override { return {}; }
  void OnText(Stream, std::string_view) override {}
};

TEST_F(Exec, SaysTooMuch) {
  DeafSink deaf;
  execution_.manifest.run.command = {"bash", "-c", "yes $(head -c 60000 /dev/zero | tr '\\0' x)"};
  auto outcome = Execute(execution_, deaf);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kMisbehaved) << outcome->details;

  execution_.manifest.run.command = {"bash", "-c", R"(yes '{"usage":{"tokens":1}}')"};
  outcome = Execute(execution_, deaf);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kMisbehaved) << outcome->details;
  EXPECT_THAT(outcome->details, HasSubstr("1000000 messages"));
}

TEST(Expand, ReplacesNamesItKnows) {
  EXPECT_THAT(
      Expand({"{spec}", "a{spec}b{workDir}", "{unknown}", "{", "{spec", "{{spec}}"},
             {{"spec", "/s{workDir}"}, {"workDir", "/w"}}),
      ElementsAre("/s{workDir}", "a/s{workDir}b/w", "{unknown}", "{", "{spec", "{/s{workDir}}"));
}

}  // namespace
}  // namespace aiop::plants
