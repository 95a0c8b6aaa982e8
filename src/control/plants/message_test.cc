// SPDX-License-Identifier: Apache-2.0
#include "control/plants/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/plants/lines.h"
#include "control/plants/plants.h"

namespace aiop::plants {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Message Parse(std::string_view line) { return ParseLine(line, State::kRefused); }

TEST(Message, LinesThatAreNoObjectAreLog) {
  for (const char* line :
       {"", "   ", "building...", "[1,2]", "\"event\"", "12", "null", "{", "{}x", "{ not json }",
        "{'event': 1}", "{\"level\": tru", "\xff\xfe{\"event\""}) {
    EXPECT_EQ(Parse(line).kind, MessageKind::kLog) << line;
  }
}

TEST(Message, EventKeepsTheBytesOfItsPayload) {
  const std::string line =
      R"( {"event": {"scope":"app","payload" :  {"value": 1.10,  "n":1e2} ,"severity":"info"}} )";
  const Message message = Parse(line);
  ASSERT_EQ(message.kind, MessageKind::kEvent) << message.why;
  EXPECT_EQ(message.raw_payload, R"({"value": 1.10,  "n":1e2})");
  EXPECT_EQ(json::TextMember(message.event, "scope"), "app");
}

TEST(Message, EventWithoutPayloadIsHandedOn) {
  const std::string line = R"({"event": {}})";
  const Message message = Parse(line);
  ASSERT_EQ(message.kind, MessageKind::kEvent);
  EXPECT_EQ(message.raw_payload, "");
}

TEST(Message, ArtifactUsageCheckpointResult) {
  const Message artifact =
      Parse(R"({"artifact": {"id": "a", "path": "out/a.ts", "role": "code", "size": 3}})");
  ASSERT_EQ(artifact.kind, MessageKind::kArtifact) << artifact.why;
  EXPECT_EQ(artifact.artifact.path, "out/a.ts");

  const Message usage = Parse(R"({"usage": {"tokens": 7, "cost_usd": 0.5, "latency_ms": 12.5}})");
  ASSERT_EQ(usage.kind, MessageKind::kUsage) << usage.why;
  EXPECT_EQ(usage.usage.tokens, 7);
  EXPECT_EQ(usage.usage.cost_usd, 0.5);
  EXPECT_EQ(usage.usage.latency_ms, 12.5);

  const Message checkpoint = Parse(R"({"checkpoint": "render/2 ä"})");
  ASSERT_EQ(checkpoint.kind, MessageKind::kCheckpoint) << checkpoint.why;
  EXPECT_EQ(checkpoint.checkpoint, "render/2 ä");

  const Message result = Parse(
      R"({"result": {"traceId": "t", "status": "partial", "artifacts": [{"id": "a"}],
          "signals": [{"scope": "app"}], "nextCheckpoint": "b", "more": 1}})");
  ASSERT_EQ(result.kind, MessageKind::kResult) << result.why;
  EXPECT_EQ(result.result.status, model::ResultStatus::kPartial);
  EXPECT_EQ(result.result.artifacts.size(), 1U);
  EXPECT_EQ(result.result.signals.size(), 1U);
  EXPECT_EQ(result.result.next_checkpoint, "b");
}

struct Mistaken {
  const char* line;
  const char* why;
};

class MistakeTest : public testing::TestWithParam<Mistaken> {};

TEST_P(MistakeTest, NamesTheField) {
  const Message message = Parse(GetParam().line);
  EXPECT_EQ(message.kind, MessageKind::kInvalid) << GetParam().line;
  EXPECT_THAT(message.why, HasSubstr(GetParam().why)) << GetParam().line;
}

INSTANTIATE_TEST_SUITE_P(
    Each, MistakeTest,
    testing::Values(
        Mistaken{R"({"event": 3})", "/event must be an object"},
        Mistaken{R"({"event": {"payload": {"value": 1e999}}})", "begins like the message 'event'"},
        Mistaken{R"({"event": {"scope": "app", "scope": "motor"}})", "no valid JSON"},
        Mistaken{R"({"result": {"status": "succ)", "begins like the message 'result'"},
        Mistaken{R"( { "checkpoint" : "a" } x)", "begins like the message 'checkpoint'"},
        Mistaken{R"({"level": "info", "msg": "hello"})", "it has 'level', 'msg'"},
        Mistaken{R"({})", "it has none"},
        Mistaken{R"({"event": {}, "result": {}})", "it has 'event', 'result'"},
        Mistaken{R"({"checkpoint": "a", "state": {}})", "it has 'checkpoint', 'state'"},
        Mistaken{R"({"Checkpoint": "a"})", "it has 'Checkpoint'"},
        Mistaken{R"({"artifact": {"path": "a"}})", "/artifact/id is missing"},
        Mistaken{R"({"artifact": {"id": ""}})", "/artifact/id"},
        Mistaken{R"({"artifact": "a"})", "/artifact must be an object"},
        Mistaken{R"({"usage": {}})", "/usage must have"},
        Mistaken{R"({"usage": {"cost": 3}})", "/usage/cost"},
        Mistaken{R"({"usage": {"tokens": -1}})", "/usage/tokens"},
        Mistaken{R"({"usage": {"tokens": "many"}})", "/usage/tokens"},
        Mistaken{R"({"checkpoint": 3})", "/checkpoint must be a name"},
        Mistaken{R"({"checkpoint": ""})", "/checkpoint must be a name"},
        Mistaken{R"({"checkpoint": "a\nb"})", "/checkpoint must be a name"},
        Mistaken{R"({"result": {}})", "/result/status is missing"},
        Mistaken{R"({"result": {"status": "ok"}})", "/result/status"},
        Mistaken{R"({"result": {"status": "success", "artifacts": [{"path": "a"}]}})",
                 "/result/artifacts/0/id"},
        Mistaken{R"({"result": null})", "/result must be an object"}));

TEST(Message, StateOfACheckpoint) {
  const Message good = ParseLine(R"({"checkpoint": "a", "state": {"n": 1}})", State::kAllowed);
  ASSERT_EQ(good.kind, MessageKind::kCheckpoint) << good.why;
  EXPECT_EQ(json::Text(good.state), R"({"n":1})");
  EXPECT_EQ(ParseLine(R"({"state": {}})", State::kAllowed).kind, MessageKind::kInvalid);
  EXPECT_EQ(ParseLine(R"({"checkpoint": "a", "stat": {}})", State::kAllowed).kind,
            MessageKind::kInvalid);
  const std::string large =
      R"({"checkpoint": "a", "state": ")" + std::string(kStateLimitBytes, 'x') + "\"}";
  EXPECT_THAT(ParseLine(large, State::kAllowed).why, HasSubstr("/state is larger"));
}

TEST(Lines, WhateverThePieces) {
  const std::string text = "one\r\n\ntwo\nlast";
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    std::vector<std::string> lines;
    const auto take = [&](std::string_view line, bool cut) {
      lines.push_back(std::string(line) + (cut ? "!" : ""));
      return Status();
    };
    LineSplitter splitter(10);
    for (size_t at = 0; at < text.size(); at += piece) {
      ASSERT_TRUE(splitter.Feed(std::string_view(text).substr(at, piece), take).has_value());
    }
    ASSERT_TRUE(splitter.Finish(take).has_value());
    EXPECT_THAT(lines, ElementsAre("one", "", "two", "last")) << piece;
  }
}

TEST(Lines, LongOnesAreCut) {
  std::vector<std::string> lines;
  const auto take = [&](std::string_view line, bool cut) {
    lines.push_back(std::string(line) + (cut ? "!" : ""));
    return Status();
  };
  LineSplitter splitter(4);
  for (const char* piece : {"abcd", "\nabc", "de", "fg\nab\nabcde\n", "abcdef"}) {
    ASSERT_TRUE(splitter.Feed(piece, take).has_value());
  }
  ASSERT_TRUE(splitter.Finish(take).has_value());
  EXPECT_THAT(lines, ElementsAre("abcd", "abcd!", "ab", "abcd!", "abcd!"));
}

TEST(Lines, StopAtTheFirstError) {
  LineSplitter splitter(10);
  int taken = 0;
  const auto take = [&](std::string_view, bool) {
    ++taken;
    return Status(Internal("no"));
  };
  EXPECT_FALSE(splitter.Feed("a\nb\n", take).has_value());
  EXPECT_EQ(taken, 1);
}

}  // namespace
}  // namespace aiop::plants
