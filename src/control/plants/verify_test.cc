// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/process/testing.h"
#include "base/yaml/yaml.h"
#include "control/plants/fixture.h"

namespace aiop::plants {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class VerifyTest : public PlantTest {
 protected:
  void SetUp() override {
    PlantTest::SetUp();
    options_.motor_folder = folder_ / "motor";
    options_.manifest = execution_.manifest;
    options_.manifest.timeout_ms = 30'000;
    options_.spec = folder_ / "spec.txt";
    options_.scratch = folder_ / "scratch";
    options_.home_folder = folder_ / "home";
  }

  void RunVerify() {
    auto clauses = Verify(options_);
    ASSERT_TRUE(clauses.has_value()) << clauses.error().message;
    clauses_ = *std::move(clauses);
  }
  std::vector<std::string> Those(Clause::State state) {
    std::vector<std::string> ids;
    for (const auto& clause : clauses_) {
      if (clause.state == state) ids.push_back(clause.id);
    }
    return ids;
  }
  std::string Details(const std::string& id) {
    for (const auto& clause : clauses_) {
      if (clause.id == id) return clause.details;
    }
    return "(no such clause)";
  }
  std::string All() {
    std::string text;
    for (const auto& clause : clauses_) {
      text += clause.id + ": " + std::to_string(static_cast<int>(clause.state)) + " " +
              clause.details + "\n";
    }
    return text;
  }

  VerifyOptions options_;
  std::vector<Clause> clauses_;
};

// ---- The sample plants keep the contract

class SamplePlant : public VerifyTest, public testing::WithParamInterface<const char*> {};

TEST_P(SamplePlant, KeepsTheContract) {
  const fs::path sample = fs::path(AIOP_SOURCE_DIR) / "examples/plants" / GetParam();
  const auto text = file::Read(sample / "motor.yaml");
  ASSERT_TRUE(text.has_value()) << text.error().message;
  const auto document = yaml::Parse(*text, "motor.yaml");
  ASSERT_TRUE(document.has_value());
  auto manifest = describe::FromJson<model::MotorManifest>(document->value);
  ASSERT_TRUE(manifest.has_value()) << manifest.error().message;
  options_.manifest = *manifest;
  options_.motor_folder = sample.lexically_normal();
  RunVerify();
  EXPECT_THAT(Those(Clause::State::kFailed), IsEmpty()) << All();
  EXPECT_THAT(Those(Clause::State::kPassed), testing::Contains("resume-same-result")) << All();
}

INSTANTIATE_TEST_SUITE_P(Each, SamplePlant, testing::Values("shell", "python", "javascript"));

TEST_F(VerifyTest, APipelineKeepsTheContract) {
  options_.manifest.run.pipeline = "pipeline.yaml";
  Write("motor/pipeline.yaml", R"(steps:
  - {name: copy, exec: [bash, -c, 'cp "$0" "$1/copy.txt"', "{spec}", "{workDir}"], scope: app}
  - {name: count, exec: [bash, -c, 'wc -l < "$0/copy.txt" > "$0/n.txt"', "{workDir}"],
     artifacts: [{path: n.txt, role: report}]}
)");
  RunVerify();
  EXPECT_THAT(Those(Clause::State::kFailed), IsEmpty()) << All();
  EXPECT_THAT(
      Those(Clause::State::kSkipped),
      testing::IsSubsetOf({"profiles-accepted", "usage-valid", "events-valid", "acks-respected"}));
}

// ---- Each clause can fail: a good plant with one mistake each

constexpr const char* kGood = R"(
import json, os, signal, sys, time
mistake = sys.argv[1]
def say(**message): print(json.dumps(message), flush=True)
if mistake == "deaf": signal.signal(signal.SIGTERM, signal.SIG_IGN)
request = json.loads(sys.stdin.readline())
work, trace = request["workDir"], request["traceId"]
spec = request["appSpecRef"]
profile = (request["profileTargets"] or [""])[0]
if mistake == "purpose" and request["purpose"] == "shadow": sys.exit(1)
if mistake == "experiment" and request["purpose"] == "experiment": sys.exit(1)
if mistake == "profile" and profile == "other": sys.exit(1)
if mistake == "motor": open("made", "w").write("x")
def event(**more):
    say(event={"scope": "app", "signal_type": "validation", "severity": "error",
               "payload": {"details": "x"}} | more)
try: text = open(spec).read()
except OSError:
    if mistake == "crash": os.abort()
    if mistake == "explain": raise
    if mistake == "blind": text = ""
    else:
        if mistake != "silent": event()
        say(result={"traceId": trace, "status": "failed"})
        sys.exit(0)
names = ["one", "two"]
if request["runMode"] == "resume" and mistake != "restart":
    names = names[names.index(request["checkpoint"]) + 1:]
for name in names:
    with open(work + "/out.txt", "a") as out: out.write(name + "\n")
    if mistake == "hasty": sys.stdout.write('{"checkpoint": "%s"}\n' % name); continue
    say(checkpoint="same" if mistake == "same" else name)
    for i in range(12 if mistake == "writes" else 0):
        open(work + "/next", "a").write("x")
        time.sleep(0.05)
    if sys.stdin.readline() == "":
        while mistake == "deaf": signal.pause()
        sys.exit(1)
if mistake == "random" or mistake == "forgets" and request["runMode"] == "resume":
    open(work + "/out.txt", "w").write(os.urandom(8).hex())
if mistake == "trace": event(severity="info", trace_id="mine")
else: event(severity="bad" if mistake == "event" else "info")
if mistake == "invalid": say(hello=1)
if mistake == "usage": say(usage={"tokens": -1})
else: say(usage={"tokens": 1})
if mistake == "stderr": print('{"checkpoint": "x"}', file=sys.stderr, flush=True)
path = "no.txt" if mistake == "artifact" else "out.txt"
if mistake != "resultless":
    say(result={"traceId": trace, "status": "success", "artifacts": [{"id": "out", "path": path}]})
if mistake == "twice": say(result={"traceId": trace, "status": "success"})
if mistake == "after": say(usage={"tokens": 1})
if mistake == "status": sys.exit(3)
)";

struct Mistake {
  const char* name;
  const char* clause;
  const char* details;
};

class BrokenPlant : public VerifyTest, public testing::WithParamInterface<Mistake> {
 protected:
  void RunMistake(const char* mistake) {
    Write("motor/plant.py", kGood);
    options_.manifest.run.command = {"python3", "-B", "plant.py", mistake};
    options_.manifest.acks = true;
    options_.manifest.profiles = {"types", "other"};
    options_.profile = "types";
    RunVerify();
  }
};

TEST_F(BrokenPlant, NoMistakeNoFailure) {
  RunMistake("none");
  EXPECT_THAT(Those(Clause::State::kFailed), IsEmpty()) << All();
  EXPECT_THAT(Those(Clause::State::kSkipped), IsEmpty()) << All();
}

TEST_P(BrokenPlant, IsFoundOut) {
  RunMistake(GetParam().name);
  EXPECT_THAT(Those(Clause::State::kFailed), testing::Contains(GetParam().clause)) << All();
  EXPECT_THAT(Details(GetParam().clause), HasSubstr(GetParam().details));
}

INSTANTIATE_TEST_SUITE_P(
    Each, BrokenPlant,
    testing::Values(Mistake{"resultless", "one-result", "0 results"},
                    Mistake{"twice", "one-result", "2 results"},
                    Mistake{"after", "result-last", "after the result came"},
                    Mistake{"status", "exits-after-result", "exit status 3"},
                    Mistake{"experiment", "experiment-runs", "exit status 1"},
                    Mistake{"trace", "trace-id-kept", "'mine'"},
                    Mistake{"invalid", "messages-valid", "'hello'"},
                    Mistake{"stderr", "messages-on-stdout", "on standard error"},
                    Mistake{"event", "events-valid", "/severity"},
                    Mistake{"usage", "usage-valid", "/usage/tokens"},
                    Mistake{"same", "checkpoint-lines", "came twice"},
                    Mistake{"artifact", "artifacts-exist", "'out'"},
                    Mistake{"purpose", "shadow-runs", "exit status 1"},
                    Mistake{"profile", "profiles-accepted", "profile other"},
                    Mistake{"hasty", "acks-respected", "before the acknowledgement came"},
                    Mistake{"writes", "acks-respected", "files in workDir changed"},
                    Mistake{"restart", "resume-continues", "it did 'one' again"},
                    Mistake{"forgets", "resume-same-result", "is another"},
                    Mistake{"deaf", "ends-on-sigterm", "SIGTERM"},
                    Mistake{"blind", "request-read", "it succeeded"},
                    Mistake{"silent", "failure-explained", "no event"},
                    Mistake{"crash", "failure-explained", "killed by signal 6"},
                    Mistake{"motor", "motor-untouched", "made was written"}),
    [](const auto& each) { return each.param.name; });

TEST_F(BrokenPlant, AFailureMayBeExplainedOnStandardError) {
  RunMistake("explain");
  EXPECT_THAT(Those(Clause::State::kFailed), IsEmpty()) << All();
}

TEST_F(VerifyTest, WhatDoesNotStart) {
  options_.manifest.run.command = {"no-such-program-anywhere"};
  RunVerify();
  EXPECT_THAT(Those(Clause::State::kFailed), ElementsAre("starts"));
  EXPECT_THAT(Those(Clause::State::kPassed), ElementsAre("motor-untouched"));
}

TEST_F(BrokenPlant, DifferencesBetweenRunsAreToldButNoFailure) {
  RunMistake("random");
  EXPECT_THAT(Those(Clause::State::kFailed), IsEmpty()) << All();
  EXPECT_THAT(Those(Clause::State::kSkipped), ElementsAre("deterministic", "resume-same-result"));
  EXPECT_THAT(Details("deterministic"), HasSubstr("differs between two"));
}

}  // namespace
}  // namespace aiop::plants
