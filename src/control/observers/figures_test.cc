// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/json/json.h"
#include "control/observers/observers.h"

namespace aiop::observers {
namespace {

using model::EventEnvelope;
using model::Severity;
using model::SignalType;
using testing::HasSubstr;

Context TestContext() { return {.trace_id = "trace-1", .now = {}, .occasion = "attempt 1"}; }

TEST(FromExit, CodeSignalAndSuccess) {
  const EventEnvelope code =
      FromExit(TestContext(), "/usr/bin/npm", 1, 0, "npm error code E404\n\n");
  EXPECT_EQ(code.signal_type, SignalType::kError);
  EXPECT_EQ(code.severity, Severity::kError);
  EXPECT_EQ(code.Details(), "npm ended with exit code 1\nnpm error code E404");
  EXPECT_EQ(code.payload.at("exit_code"), json::Value(1));

  const EventEnvelope signal = FromExit(TestContext(), "node", 0, 11, "");
  EXPECT_EQ(signal.severity, Severity::kCritical);
  EXPECT_EQ(signal.Details(), "node was ended by signal 11 (SIGSEGV)");
  EXPECT_EQ(FromExit(TestContext(), "node", 0, 999, "").Details(), "node was ended by signal 999");

  const EventEnvelope well = FromExit(TestContext(), "node", 0, 0, "a warning");
  EXPECT_EQ(well.severity, Severity::kInfo);
  EXPECT_EQ(well.Details(), "node ended well");
}

TEST(FromExit, KeepsTheEndOfALongOutput) {
  std::string output;
  for (int i = 0; i < 5000; ++i) output += "line " + std::to_string(i) + "\n";
  const std::string details = FromExit(TestContext(), "x", 2, 0, output).Details();
  EXPECT_LE(details.size(), kDetailsLimitBytes);
  EXPECT_THAT(details, HasSubstr("\nline 4999"));
  EXPECT_THAT(details, testing::StartsWith("x ended with exit code 2\nline 4"));
}

TEST(FromViolations, OneEventEach) {
  const Events events =
      FromViolations(TestContext(), "pets.yaml", "spec.schema.json",
                     {{"/info/title", "must be text"}, {"", "must have 'paths'"}});
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].signal_type, SignalType::kValidation);
  EXPECT_EQ(events[0].severity, Severity::kError);
  EXPECT_EQ(events[0].Details(), "must be text at #/info/title");
  EXPECT_EQ(events[0].payload.at("path"), json::Value("/info/title"));
  EXPECT_EQ(events[0].payload.at("file"), json::Value("pets.yaml"));
  EXPECT_EQ(events[1].Details(), "must have 'paths' at #/");
  EXPECT_EQ(events[2].severity, Severity::kInfo);
}

TEST(ParseScore, TakesTheLastLine) {
  EXPECT_DOUBLE_EQ(*ParseScore("0.75\n"), 0.75);
  EXPECT_DOUBLE_EQ(*ParseScore("checking ...\nscored\n1\n\n"), 1);
  EXPECT_DOUBLE_EQ(*ParseScore("  0\r\n"), 0);
  for (const char* wrong :
       {"", "\n", "1.01", "-0.1", "nan", "inf", "0.5 points", "0,5", "0x1", "1e400"}) {
    const Result<double> score = ParseScore(wrong);
    ASSERT_FALSE(score.has_value()) << wrong;
    EXPECT_EQ(score.error().code, Code::kInvalid);
  }
}

TEST(FromScore, AMinimumMakesItAFailure) {
  const EventEnvelope fine = FromScore(TestContext(), "bin/score", 0.75);
  EXPECT_EQ(fine.signal_type, SignalType::kQualityScore);
  EXPECT_EQ(fine.severity, Severity::kInfo);
  EXPECT_EQ(fine.payload.at("value"), json::Value(0.75));
  EXPECT_EQ(fine.payload.at("tool"), json::Value("score"));
  const EventEnvelope below = FromScore(TestContext(), "score", 0.75, 0.8);
  EXPECT_EQ(below.severity, Severity::kError);
  EXPECT_EQ(below.Details(), "quality score 0.75 is below the minimum of 0.8");
}

}  // namespace
}  // namespace aiop::observers
