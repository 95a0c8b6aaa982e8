// SPDX-License-Identifier: Apache-2.0
// The files in testdata/ are what the tools wrote (gtest, node --test, clang 19, gcc 12, clang-tidy
// 19, tsc 5.4, ESLint 8, llvm-cov 19, c8 10); only folder and host names were changed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/file/file.h"
#include "base/identity/identity.h"
#include "base/json/json.h"
#include "control/observers/observers.h"
#include "core/describe/describe.h"

namespace aiop::observers {
namespace {

using model::EventEnvelope;
using model::Severity;
using model::SignalType;
using testing::HasSubstr;

Context TestContext() {
  Context context;
  context.trace_id = "trace-1";
  context.now = Timestamp{Milliseconds{1755603312000}};
  context.artifact_ids = {"api.ts"};
  context.context_ref.app_ctx = {"pets", "1.0.0", "0123456789ab"};
  context.occasion = "attempt 1";
  return context;
}

std::string TestData(const std::string& name) {
  const auto path =
      std::filesystem::path(AIOP_SOURCE_DIR) / "src/control/observers/testdata" / name;
  Result<std::string> text = file::Read(path);
  EXPECT_TRUE(text.has_value()) << path;
  return text.value_or("");
}

std::string TextOf(const EventEnvelope& event, std::string_view key) {
  return std::string(json::TextMember(json::Value(event.payload), key));
}
int64_t NumberOf(const EventEnvelope& event, std::string_view key) {
  const json::Value* value = event.payload.if_contains(key);
  return value != nullptr && value->is_int64() ? value->get_int64() : -1;
}
double FigureOf(const EventEnvelope& event, std::string_view key) {
  const json::Value* value = event.payload.if_contains(key);
  return value != nullptr && value->is_double() ? value->get_double() : -1;
}

// The one message of a refused report.
template <class T>
std::string Refusal(const Result<T>& result) {
  if (result.has_value()) return "accepted";
  EXPECT_EQ(result.error().code, Code::kInvalid);
  return result.error().message;
}

TEST(ReadJUnit, GoogleTest) {
  const Result<Events> events = ReadJUnit(TestContext(), TestData("gtest.xml"), "gtest.xml");
  ASSERT_TRUE(events.has_value()) << events.error().message;
  ASSERT_EQ(events->size(), 4u);  // two failures of one test, one skipped, the summary
  const EventEnvelope& first = (*events)[0];
  EXPECT_EQ(first.signal_type, SignalType::kValidation);
  EXPECT_EQ(first.severity, Severity::kError);
  EXPECT_EQ(first.trace_id, "trace-1");
  EXPECT_EQ(first.scope, model::Scope::kApp);
  EXPECT_EQ(first.artifact_ids, std::vector<std::string>{"api.ts"});
  EXPECT_EQ(first.context_ref.app_ctx.name, "pets");
  EXPECT_EQ(first.timestamp, TestContext().now);
  EXPECT_TRUE(IsUuid(first.id));
  EXPECT_EQ(TextOf(first, "details"),
            "Pets.Sum: fail.cc:2\nExpected equality of these values:\n  1 + 1\n    Which is: 2\n  "
            "3\nadded");
  EXPECT_EQ(TextOf(first, "file"), "fail.cc");
  EXPECT_EQ(NumberOf(first, "line"), 2);
  EXPECT_EQ((*events)[2].severity, Severity::kInfo);
  EXPECT_EQ(TextOf((*events)[2], "outcome"), "skipped");
  EXPECT_EQ(TextOf((*events)[3], "details"), "4 tests: 2 errors, 0 warnings, 1 notes");
  EXPECT_EQ(NumberOf((*events)[3], "skipped"), 1);
}

TEST(ReadJUnit, NodeTestRunner) {
  const Result<Events> events =
      ReadJUnit(TestContext(), TestData("node-test.xml"), "node-test.xml");
  ASSERT_TRUE(events.has_value()) << events.error().message;
  ASSERT_EQ(events->size(), 3u);
  EXPECT_THAT(TextOf((*events)[0], "details"),
              HasSubstr("test.adds: Error [ERR_TEST_FAILURE]: 2 == 3"));
  EXPECT_THAT(TextOf((*events)[0], "details"), HasSubstr("at TestContext.<anonymous>"));
  EXPECT_EQ(TextOf((*events)[0], "rule"), "testCodeFailure");
}

TEST(ReadJUnit, NestedSuitesErrorsAndFixtures) {
  const std::string_view text = R"(<testsuite name="all">
  <testsuite name="inner"><testcase classname="m.T" name="a"><error type="KeyError" message="'x'"/></testcase>
    <testsuite name="deep"><testcase name="b"><failure>no <![CDATA[<b>]]> here</failure></testcase>
      <testcase name="c"><system-out>noise</system-out></testcase></testsuite>
  </testsuite><error message="fixture broke"/></testsuite>)";
  const Result<Events> events = ReadJUnit(TestContext(), text, "x.xml");
  ASSERT_TRUE(events.has_value()) << events.error().message;
  ASSERT_EQ(events->size(), 4u);
  EXPECT_EQ((*events)[0].signal_type, SignalType::kError);
  EXPECT_EQ(TextOf((*events)[0], "details"), "m.T.a: 'x'");
  EXPECT_EQ(TextOf((*events)[1], "details"), "deep.b: no <b> here");
  EXPECT_EQ(TextOf((*events)[2], "details"), "all: fixture broke");
  EXPECT_EQ(NumberOf((*events)[3], "tests"), 3);
}

TEST(ReadJUnit, RefusesWhatIsNone) {
  const auto refuse = [](std::string_view text) {
    return Refusal(ReadJUnit(TestContext(), text, "r.xml"));
  };
  EXPECT_THAT(refuse(""), HasSubstr("r.xml:1: is no XML"));
  EXPECT_THAT(refuse("<testsuite>\n<testcase name='a'>\n</testsuite>"),
              HasSubstr("r.xml:3: is no XML"));
  EXPECT_THAT(refuse("<?xml version='1.0'?>\n\n<coverage/>"),
              HasSubstr("r.xml:3: is no JUnit report: its root is <coverage>"));
  EXPECT_THAT(refuse("<testsuite>\n<testcase/></testsuite>"),
              HasSubstr("r.xml:2: <testcase> has no attribute 'name'"));
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "<testsuite>";
  for (int i = 0; i < 1000; ++i) deep += "</testsuite>";
  EXPECT_THAT(refuse(deep), HasSubstr("nested deeper than 64"));
}

TEST(ReadJUnit, NeverExpandsEntities) {
  const std::string_view text = R"(<?xml version="1.0"?>
<!DOCTYPE t [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/hostname">]>
<testsuite name="s"><testcase name="t"><failure>&b; &f; &lt;</failure></testcase></testsuite>)";
  const Result<Events> events = ReadJUnit(TestContext(), text, "x.xml");
  ASSERT_TRUE(events.has_value()) << events.error().message;
  EXPECT_EQ(TextOf((*events)[0], "details"), "s.t: &b; &f; <");
}

TEST(ReadSarif, EslintWithASuppressedFinding) {
  const Result<Events> events = ReadSarif(TestContext(), TestData("eslint.sarif"), "eslint.sarif");
  ASSERT_TRUE(events.has_value()) << events.error().message;
  ASSERT_EQ(events->size(),
            5u);  // two errors, two warnings, the summary; `foo` is suppressed in the source
  EXPECT_EQ(TextOf((*events)[0], "details"), "no-undef: 'bar' is not defined. at /srv/app/l.js:4");
  EXPECT_EQ(TextOf((*events)[0], "tool"), "ESLint");
  EXPECT_EQ(TextOf((*events)[0], "rule"), "no-undef");
  EXPECT_EQ(TextOf((*events)[0], "file"), "/srv/app/l.js");
  EXPECT_EQ(NumberOf((*events)[0], "line"), 4);
  EXPECT_EQ((*events)[0].signal_type, SignalType::kValidation);
  EXPECT_EQ((*events)[0].severity, Severity::kError);
  EXPECT_EQ((*events)[2].severity, Severity::kWarn);
  EXPECT_EQ(TextOf((*events)[4], "details"), "ESLint: 2 errors, 2 warnings, 0 notes");
}

TEST(ReadSarif, Clang) {
  const Result<Events> events = ReadSarif(TestContext(), TestData("clang.sarif"), "clang.sarif");
  ASSERT_TRUE(events.has_value()) << events.error().message;
  EXPECT_THAT(TextOf((*events)[0], "details"),
              HasSubstr("no member named 'nam' in 'Pet' at /srv/app/a.cc:3"));
  EXPECT_EQ(NumberOf(events->back(), "errors"), 3);
}

TEST(ReadSarif, LevelsAndMessagesOfRules) {
  const std::string_view text =
      R"({"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t","rules":[
    {"id":"R1","defaultConfiguration":{"level":"error"},"messageStrings":{"m":{"text":"{0} is not {1} {2} {x}"}}}]}},
    "artifacts":[{"location":{"uri":"spec.yaml"}}],
    "invocations":[{"executionSuccessful":false,"toolExecutionNotifications":[{"level":"error","message":{"text":"crashed"}}]}],
    "results":[
     {"ruleId":"R1","message":{"id":"m","arguments":["a","b"]},"locations":[{"physicalLocation":{"artifactLocation":{"index":0}}}]},
     {"ruleIndex":0,"kind":"pass","message":{"text":"fine"}},
     {"message":{"text":"no rule"}},
     {"level":"none","message":{"text":"n"},"suppressions":[{"kind":"external","status":"rejected"}]},
     {"level":"error","message":{"text":"gone"},"baselineState":"absent"}]}]})";
  const Result<Events> events = ReadSarif(TestContext(), text, "x.sarif");
  ASSERT_TRUE(events.has_value()) << events.error().message;
  ASSERT_EQ(events->size(), 5u);
  EXPECT_EQ(TextOf((*events)[0], "details"), "crashed");
  EXPECT_EQ((*events)[0].signal_type, SignalType::kError);
  EXPECT_EQ(TextOf((*events)[1], "details"), "R1: a is not b {2} {x} at spec.yaml");
  EXPECT_EQ((*events)[1].severity, Severity::kError);
  EXPECT_EQ((*events)[2].severity, Severity::kWarn);
  EXPECT_EQ((*events)[3].severity, Severity::kInfo);
}

TEST(ReadSarif, RefusesWhatIsNone) {
  const auto refuse = [](std::string_view text) {
    return Refusal(ReadSarif(TestContext(), text, "r.sarif"));
  };
  EXPECT_THAT(refuse("{\n\"version\": 2.1.0}"), HasSubstr("line 2"));
  EXPECT_THAT(refuse("[]"), HasSubstr("r.sarif: / must be an object"));
  EXPECT_THAT(refuse(R"({"version":"2.0.0","runs":[]})"),
              HasSubstr("/version is '2.0.0': only SARIF 2.1.0"));
  EXPECT_THAT(refuse(R"({"version":"2.1.0"})"), HasSubstr("/runs must be a list"));
  EXPECT_THAT(refuse(R"({"version":"2.1.0","runs":[{}]})"),
              HasSubstr("/runs/0/tool/driver/name must be given"));
  EXPECT_THAT(
      refuse(R"({"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"results":[{}]}]})"),
      HasSubstr("/runs/0/results/0/message must be an object"));
  EXPECT_THAT(refuse(R"({"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},
                         "results":[{"level":"bad","message":{"text":"x"}}]}]})"),
              HasSubstr("/runs/0/results/0/level is 'bad'"));
}

TEST(ReadDiagnostics, GccAndClangInColour) {
  const Result<Events> gcc = ReadDiagnostics(TestContext(), TestData("gcc.txt"), "g++", "gcc.txt");
  ASSERT_TRUE(gcc.has_value());
  ASSERT_EQ(gcc->size(), 4u);
  EXPECT_EQ(TextOf((*gcc)[0], "details"),
            "a.cc:3:23: error: ‘struct Pet’ has no member named ‘nam’");
  EXPECT_EQ(TextOf((*gcc)[0], "tool"), "g++");
  EXPECT_EQ(TextOf((*gcc)[0], "file"), "a.cc");
  EXPECT_EQ(NumberOf((*gcc)[0], "line"), 3);
  EXPECT_EQ(NumberOf((*gcc)[0], "column"), 23);
  EXPECT_EQ((*gcc)[0].signal_type, SignalType::kError);

  const Result<Events> clang =
      ReadDiagnostics(TestContext(), TestData("clang-color.txt"), "clang++", "clang.txt");
  ASSERT_TRUE(clang.has_value());
  ASSERT_EQ(clang->size(), 4u);  // notes are no findings
  EXPECT_EQ(TextOf((*clang)[1], "details"),
            "a.cc:3:49: error: no viable conversion from 'const char[2]' to 'std::vector<int>'");
}

TEST(ReadDiagnostics, ClangTidy) {
  const Result<Events> events =
      ReadDiagnostics(TestContext(), TestData("clang-tidy.txt"), "clang-tidy", "t.txt");
  ASSERT_TRUE(events.has_value());
  ASSERT_EQ(events->size(), 6u);
  EXPECT_EQ((*events)[0].severity, Severity::kWarn);
  EXPECT_EQ(TextOf((*events)[0], "rule"), "clang-diagnostic-unused-variable");
  EXPECT_EQ(TextOf((*events)[2], "rule"), "bugprone-assignment-in-if-condition");
}

TEST(ReadDiagnostics, TscPlainAndPrettySayTheSame) {
  const Result<Events> plain =
      ReadDiagnostics(TestContext(), TestData("tsc-plain.txt"), "", "plain.txt");
  const Result<Events> pretty =
      ReadDiagnostics(TestContext(), TestData("tsc-pretty.txt"), "", "pretty.txt");
  ASSERT_TRUE(plain.has_value() && pretty.has_value());
  ASSERT_EQ(plain->size(), 5u);
  ASSERT_EQ(pretty->size(), 5u);
  for (size_t i = 0; i + 1 < plain->size(); ++i) {
    for (const char* key : {"file", "rule", "tool"})
      EXPECT_EQ(TextOf((*plain)[i], key), TextOf((*pretty)[i], key)) << i;
    for (const char* key : {"line", "column"})
      EXPECT_EQ(NumberOf((*plain)[i], key), NumberOf((*pretty)[i], key)) << i;
  }
  EXPECT_EQ(TextOf((*plain)[1], "rule"), "TS2339");
  EXPECT_EQ(TextOf((*plain)[1], "tool"), "tsc");
  EXPECT_EQ(TextOf((*plain)[1], "details"),
            "tsbad.ts(3,29): error TS2339: Property 'nam' does not exist on type 'P'.");
  EXPECT_EQ(NumberOf((*plain)[1], "line"), 3);
  EXPECT_EQ(NumberOf((*plain)[1], "column"), 29);
}

TEST(ReadDiagnostics, MessagesThatGoOnAndLinesThatAreNone) {
  const Result<Events> events =
      ReadDiagnostics(TestContext(),
                      "> tsc\n"
                      "C:\\a b\\x.ts(1,2): error TS2322: Type 'A' is not assignable to 'B'.\r\n"
                      "  Property 'p' is missing.\r\n"
                      "    Types differ.\n"
                      "error: no place\nthe note: error: none\n12: error: no file\n"
                      "m.c:7: warning: old [-Wold-style]\n",
                      "", "x.txt");
  ASSERT_TRUE(events.has_value());
  ASSERT_EQ(events->size(), 3u);
  EXPECT_THAT(TextOf((*events)[0], "details"),
              HasSubstr("'B'.\n  Property 'p' is missing.\n    Types differ."));
  EXPECT_EQ(TextOf((*events)[0], "file"), "C:\\a b\\x.ts");
  EXPECT_EQ(TextOf((*events)[1], "rule"), "-Wold-style");
  EXPECT_EQ(NumberOf((*events)[1], "line"), 7);
  EXPECT_EQ(NumberOf((*events)[1], "column"), -1);
  EXPECT_THAT(Refusal(ReadDiagnostics(TestContext(), std::string_view("a\nb\0c", 5), "", "b.bin")),
              HasSubstr("b.bin:2: is no text"));
}

TEST(ReadDiagnostics, KeepsFailuresWhenThereAreTooMany) {
  std::string text;
  for (int i = 1; i <= 500; ++i) text += "a.c:" + std::to_string(i) + ": warning: w\n";
  text += "b.c:1:1: error: the one that matters\n" + std::string("c.c:1: error: ") +
          std::string(100000, 'x') + "\n";
  const Result<Events> events = ReadDiagnostics(TestContext(), text, "cc", "x.txt");
  ASSERT_TRUE(events.has_value());
  ASSERT_EQ(events->size(), kEventLimit + 1);
  EXPECT_THAT(TextOf((*events)[0], "details"), HasSubstr("the one that matters"));
  EXPECT_LE(TextOf((*events)[1], "details").size(), kDetailsLimitBytes);
  EXPECT_EQ(NumberOf(events->back(), "left_out"), 502 - static_cast<int64_t>(kEventLimit));
  EXPECT_THAT(Refusal(ReadDiagnostics(TestContext(), std::string(kReportLimitBytes + 1, 'x'), "",
                                      "big.txt")),
              HasSubstr("big.txt:1: the report is larger than 32 MiB"));
}

TEST(ReadCoverage, LcovAndCobertura) {
  struct Case {
    const char* file;
    int64_t covered, lines, files;
  };
  for (const Case& each :
       {Case{"llvm-cov.lcov", 5, 10, 1}, {"c8.lcov", 6, 8, 2}, {"c8-cobertura.xml", 6, 8, 2}}) {
    const Result<Events> events = ReadCoverage(TestContext(), TestData(each.file), each.file);
    ASSERT_TRUE(events.has_value()) << events.error().message;
    ASSERT_EQ(events->size(), 1u);
    const EventEnvelope& event = events->front();
    EXPECT_EQ(event.signal_type, SignalType::kCoverage);
    EXPECT_EQ(event.severity, Severity::kInfo);
    EXPECT_DOUBLE_EQ(FigureOf(event, "value"), double(each.covered) / double(each.lines))
        << each.file;
    EXPECT_EQ(TextOf(event, "unit"), "ratio");
    EXPECT_EQ(NumberOf(event, "covered"), each.covered) << each.file;
    EXPECT_EQ(NumberOf(event, "lines"), each.lines) << each.file;
    EXPECT_EQ(NumberOf(event, "file_count"), each.files) << each.file;
  }
}

TEST(ReadCoverage, AMinimumMakesItAFailure) {
  const std::string text = TestData("llvm-cov.lcov");
  const Result<Events> below = ReadCoverage(TestContext(), text, "c.lcov", 0.8);
  ASSERT_TRUE(below.has_value());
  EXPECT_EQ(below->front().severity, Severity::kError);
  EXPECT_DOUBLE_EQ(FigureOf(below->front(), "budget"), 0.8);
  EXPECT_EQ(TextOf(below->front(), "details"),
            "coverage 50.0 % (5 of 10 lines), below the minimum of 80.0 %");
  EXPECT_EQ(ReadCoverage(TestContext(), text, "c.lcov", 0.5)->front().severity, Severity::kInfo);
}

TEST(ReadCoverage, MergesRepeatedFilesAndTotals) {
  const Result<Events> merged = ReadCoverage(
      TestContext(),
      "TN:a\nSF:x.c\nDA:1,0\nDA:2,1\nend_of_record\nTN:b\nSF:x.c\nDA:1,5\nDA:3,-1\nend_of_record\n",
      "x");
  ASSERT_TRUE(merged.has_value());
  EXPECT_EQ(NumberOf(merged->front(), "covered"), 2);
  EXPECT_EQ(NumberOf(merged->front(), "lines"), 3);
  const Result<Events> totals =
      ReadCoverage(TestContext(), "SF:x.c\nLF:8\nLH:2\nend_of_record\n", "x");
  ASSERT_TRUE(totals.has_value());
  EXPECT_DOUBLE_EQ(FigureOf(totals->front(), "value"), 0.25);
  const Result<Events> bare =
      ReadCoverage(TestContext(), R"(<coverage lines-valid="4" lines-covered="1"/>)", "x");
  ASSERT_TRUE(bare.has_value());
  EXPECT_DOUBLE_EQ(FigureOf(bare->front(), "value"), 0.25);
}

TEST(ReadCoverage, NamesOnlyTheLeastCoveredFiles) {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    text += "SF:f" + std::to_string(i) + "\nDA:1," + (i == 299 ? "0" : "1") + "\nend_of_record\n";
  }
  const Result<Events> events = ReadCoverage(TestContext(), text, "x");
  ASSERT_TRUE(events.has_value());
  const json::Array& files = events->front().payload.at("files").as_array();
  EXPECT_EQ(files.size(), kFilesInCoverage);
  EXPECT_EQ(json::TextMember(files[0], "file"), "f299");
}

TEST(ReadCoverage, RefusesWhatIsNone) {
  const auto refuse = [](std::string_view text) {
    return Refusal(ReadCoverage(TestContext(), text, "r.info"));
  };
  EXPECT_THAT(refuse(""), HasSubstr("r.info:1: holds no line of code"));
  EXPECT_THAT(refuse("SF:a\nDA:x,1\n"),
              HasSubstr("r.info:2: 'DA:' must be followed by LINE,COUNT"));
  EXPECT_THAT(refuse("DA:1,1\n"), HasSubstr("r.info:1: 'DA:' outside of a record"));
  EXPECT_THAT(refuse("SF:a\nSF:b\n"), HasSubstr("r.info:2: a record begins before"));
  EXPECT_THAT(refuse("SF:a\nDA:1,1\n"), HasSubstr("r.info:2: the file ends inside a record"));
  EXPECT_THAT(refuse("SF:a\nLF:many\n"), HasSubstr("r.info:2: 'LF:' must be followed by a number"));
  EXPECT_THAT(refuse("hello\n"), HasSubstr("r.info:1: is no line of an lcov trace file"));
  EXPECT_THAT(refuse("end_of_record\n"), HasSubstr("r.info:1: 'end_of_record' without"));
  EXPECT_THAT(refuse("<testsuite/>"), HasSubstr("r.info:1: is no Cobertura report"));
  EXPECT_THAT(refuse("<coverage/>"), HasSubstr("holds no line of code"));
  EXPECT_THAT(
      refuse(
          "<coverage><packages><package><classes>\n<class filename='a'><lines>\n<line number='1' "
          "hits='x'/></lines></class></classes></package></packages></coverage>"),
      HasSubstr("r.info:3: <line> needs the numbers"));
}

TEST(Ids, TheSameReadingGivesTheSameEvents) {
  const auto ids = [](const Context& context) {
    std::vector<std::string> all;
    for (const auto& event : *ReadJUnit(context, TestData("gtest.xml"), "a.xml"))
      all.push_back(event.id);
    for (const auto& event :
         *ReadDiagnostics(context, "a.c:1: error: x\na.c:1: error: x\n", "cc", "b")) {
      all.push_back(event.id);
    }
    return all;
  };
  const std::vector<std::string> first = ids(TestContext());
  EXPECT_EQ(first, ids(TestContext()));
  EXPECT_EQ(std::set<std::string>(first.begin(), first.end()).size(),
            first.size());  // repeated findings too
  Context later = TestContext();
  later.now = later.now + Milliseconds{5000};
  EXPECT_EQ(first, ids(later)) << "the time of reading is no part of it";
  Context again = TestContext();
  again.occasion = "attempt 2";
  EXPECT_NE(first[0], ids(again)[0]) << "the next attempt's failure is another event";
}

TEST(Events, AreValidEnvelopesWhateverTheBytes) {
  const std::string broken = "a.c:1: error: \xff\xfe \x01 \xc3\n";
  const Result<Events> events = ReadDiagnostics(TestContext(), broken, "cc", "x");
  ASSERT_TRUE(events.has_value());
  for (const EventEnvelope& event : *events) {
    const std::string text = json::Text(describe::Encode(event));
    EXPECT_TRUE(json::Parse(text).has_value()) << text;
  }
  EXPECT_EQ(events->front().Details(), "a.c:1: error: \xef\xbf\xbd\xef\xbf\xbd \x01 \xef\xbf\xbd");
}

}  // namespace
}  // namespace aiop::observers
