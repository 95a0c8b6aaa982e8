// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/process/testing.h"
#include "control/plants/fixture.h"
#include "control/plants/pipeline_file.h"
#include "control/plants/pipeline_keys.h"
#include "control/plants/render.h"

namespace aiop::plants {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kSteps = R"(steps:
  - name: copy
    exec: [bash, copy.sh, "{spec}", "{workDir}"]
    artifacts: [{path: copy.txt, role: text}]
  - name: page
    render: {template: page.mustache, to: out/page.md, data: spec}
    artifacts: [{path: out/page.md, role: document}]
  - name: check
    validate: {schema: schema.json, document: spec}
  - name: publish
    exec: [bash, -c, 'echo "$0" >> "$1/published"', "{stepKey}/{purpose}/{profile}", "{workDir}"]
    experiment: skip
)";

class PipelinePlant : public PlantTest {
 protected:
  void SetUp() override {
    PlantTest::SetUp();
    execution_.manifest.run.pipeline = "pipeline.yaml";
    Write("spec.txt", R"({"title": "A <b>", "items": [{"n": 1}, {"n": 2.5}], "none": []})");
    Write("motor/pipeline.yaml", kSteps);
    Write("motor/copy.sh", "cp \"$1\" \"$2/copy.txt\"; echo copying\n");
    Write("motor/page.mustache",
          "# {{title}}\n{{#items}}\n- {{n}}\n{{/items}}\n{{^none}}\nnothing\n{{/none}}\n");
    Write("motor/schema.json", R"({"type": "object", "required": ["title"]})");
  }

  Result<Outcome> Run() { return Execute(execution_, sink_); }
  Result<Outcome> ResumeAfter(const std::string& checkpoint) {
    sink_ = {};
    execution_.request.run_mode = model::RunMode::kResume;
    execution_.request.checkpoint = checkpoint;
    return Run();
  }
  std::string Details() {
    if (sink_.events.size() != 1) return "(not one event)";
    return std::string(json::TextMember(*json::Member(sink_.events[0], "payload"), "details"));
  }
  std::map<std::string, std::string> Keys() {
    const auto keys =
        ExpectedKeys(execution_.manifest, folder_ / "motor", folder_ / "spec.txt", profile_);
    EXPECT_TRUE(keys.has_value()) << keys.error().message;
    return keys.value_or(std::map<std::string, std::string>());
  }
  // The steps whose keys differ from `before`.
  std::vector<std::string> Changed(const std::map<std::string, std::string>& before) {
    std::vector<std::string> changed;
    const auto now = Keys();
    for (const char* name : {"copy", "page", "check", "publish", "a", "b", "c"}) {
      if (now.contains(name) && (!before.contains(name) || before.at(name) != now.at(name))) {
        changed.emplace_back(name);
      }
    }
    return changed;
  }
  std::string profile_;
};

TEST_F(PipelinePlant, DoesItsSteps) {
  execution_.request.profile_targets = {"types"};
  profile_ = "types";
  const auto outcome = Run();
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  ASSERT_EQ(outcome->ending, Ending::kResult) << outcome->details;
  EXPECT_EQ(outcome->result->status, model::ResultStatus::kSuccess);
  EXPECT_EQ(outcome->result->trace_id, "trace-1");
  EXPECT_EQ(outcome->result->artifacts.size(), 2U);
  EXPECT_THAT(sink_.order,
              ElementsAre("artifact copy.txt", "checkpoint copy", "artifact out/page.md",
                          "checkpoint page", "checkpoint check", "checkpoint publish"));
  EXPECT_EQ(Read("work/out/page.md"), "# A <b>\n- 1\n- 2.5\nnothing\n");
  EXPECT_EQ(Read("work/published"), "trace-1:publish/run/types\n");
  EXPECT_EQ(sink_.keys, Keys());
  EXPECT_EQ(sink_.Lines(Stream::kOutput).front(), "copying");
  EXPECT_EQ(sink_.Lines(Stream::kRequest).size(), 1U);
}

TEST_F(PipelinePlant, ResumesAfterTheCheckpoint) {
  ASSERT_TRUE(Run().has_value());
  auto outcome = ResumeAfter("page");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_THAT(sink_.checkpoints, ElementsAre("check", "publish"));
  EXPECT_EQ(outcome->result->artifacts.size(), 2U);

  outcome = ResumeAfter("publish");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->result->status, model::ResultStatus::kSuccess);
  EXPECT_THAT(sink_.checkpoints, IsEmpty());

  outcome = ResumeAfter("gone");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kNotStarted);
  EXPECT_THAT(outcome->details, HasSubstr("has no step 'gone'"));
}

TEST_F(PipelinePlant, OutsideEffectsOnlyInRealRuns) {
  execution_.request.purpose = model::Purpose::kExperiment;
  const auto outcome = Run();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->result->status, model::ResultStatus::kSuccess);
  EXPECT_EQ(Read("work/published"), "(no such file)");
  EXPECT_EQ(sink_.checkpoints.back(), "publish");
}

TEST_F(PipelinePlant, WorksInASandbox) {
  if (sandbox::ProbeOnce().level < sandbox::Level::kReduced) GTEST_SKIP() << "no sandbox here";
  execution_.sandbox = sandbox::Policy{
      .bind_read_only = {{folder_ / "motor", "/motor"}, {folder_ / "spec.txt", "/in/spec.txt"}},
      .bind_writable = {{folder_ / "work", "/job"}}};
  execution_.request.motor_ref = "/motor";
  execution_.request.work_dir = "/job";
  execution_.request.app_spec_ref = "/in/spec.txt";
  const auto outcome = Run();
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(outcome->details, "all steps are done");
  EXPECT_EQ(Read("work/published"), "trace-1:publish/run/\n");
  EXPECT_EQ(Read("work/out/page.md"), "# A <b>\n- 1\n- 2.5\nnothing\n");
  EXPECT_EQ(sink_.keys, Keys());
}

TEST_F(PipelinePlant, AFailingCommandIsAnEvent) {
  Write("motor/pipeline.yaml", R"(steps:
  - {name: a, exec: [bash, -c, "echo it broke >&2; exit 3"]}
  - {name: b, exec: ["true"]}
)");
  const auto outcome = Run();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kResult);
  EXPECT_EQ(outcome->result->status, model::ResultStatus::kFailed);
  EXPECT_EQ(outcome->details, "step a failed");
  EXPECT_THAT(sink_.checkpoints, IsEmpty());
  ASSERT_EQ(sink_.events.size(), 1U);
  EXPECT_EQ(json::Text(sink_.events[0]),
            R"({"scope":"motor","signal_type":"error","severity":"error","payload":)"
            R"({"step":"a","details":"it broke\n","exit":"exit status 3"}})");
  EXPECT_EQ(sink_.payloads[0], R"({"step":"a","details":"it broke\n","exit":"exit status 3"})");
}

TEST_F(PipelinePlant, ScopeOfAFailureIsAsDeclared) {
  Write("motor/pipeline.yaml",
        "steps:\n  - {name: a, exec: [bash, -c, 'kill -SEGV $$'], scope: app}\n");
  ASSERT_TRUE(Run().has_value());
  EXPECT_EQ(json::TextMember(sink_.events.at(0), "scope"), "app");
  EXPECT_THAT(Details(), HasSubstr("killed by signal 11"));
}

TEST_F(PipelinePlant, AMissingProgramIsAnEvent) {
  Write("motor/pipeline.yaml", "steps:\n  - {name: a, exec: [no-such-program-anywhere]}\n");
  const auto outcome = Run();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->result->status, model::ResultStatus::kFailed);
  EXPECT_THAT(Details(), HasSubstr("no-such-program-anywhere"));
}

TEST_F(PipelinePlant, AViolatedSchemaIsOneEventOfTheApp) {
  Write("spec.txt", "items: 3\n");
  Write("motor/schema.json",
        R"({"required": ["title"], "properties": {"items": {"type": "array"}}})");
  Write("motor/pipeline.yaml",
        "steps:\n  - {name: a, validate: {schema: schema.json, document: spec}}\n");
  const auto outcome = Run();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->result->status, model::ResultStatus::kFailed);
  ASSERT_EQ(sink_.events.size(), 1U);
  EXPECT_EQ(json::TextMember(sink_.events[0], "scope"), "app");
  EXPECT_EQ(json::TextMember(sink_.events[0], "signal_type"), "validation");
  EXPECT_THAT(Details(), testing::AllOf(HasSubstr("title"), HasSubstr("spec#/items: ")));
  EXPECT_EQ(json::Find(sink_.events[0], "/payload/violations")->as_array().size(), 2U);
}

struct Broken {
  const char* name;
  const char* steps;
  const char* scope;
  const char* details;
};

class BrokenStep : public PipelinePlant, public testing::WithParamInterface<Broken> {};

TEST_P(BrokenStep, IsAnEvent) {
  Write("motor/pipeline.yaml", GetParam().steps);
  Write("motor/open.mustache", "{{#title}}");
  Write("motor/partial.mustache", "{{>title}}");
  Write("motor/schema-bad.json", R"({"type": 3})");
  Write("work/bad.json", "{");
  fs::create_symlink(folder_, folder_ / "work/away");
  fs::create_symlink(folder_ / "spec.txt", folder_ / "motor/away.json");
  const auto outcome = Run();
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  ASSERT_TRUE(outcome->result.has_value()) << outcome->details;
  EXPECT_EQ(outcome->result->status, model::ResultStatus::kFailed);
  EXPECT_EQ(json::TextMember(sink_.events.at(0), "scope"), GetParam().scope);
  EXPECT_THAT(Details(), HasSubstr(GetParam().details));
}

INSTANTIATE_TEST_SUITE_P(
    Each, BrokenStep,
    testing::Values(
        Broken{"NoTemplate", "steps: [{name: a, render: {template: no, to: x, data: spec}}]",
               "motor", "no: "},
        Broken{"OpenTemplate",
               "steps: [{name: a, render: {template: open.mustache, to: x, data: spec}}]", "motor",
               "open.mustache: "},
        Broken{"Partial",
               "steps: [{name: a, render: {template: partial.mustache, to: x, data: spec}}]",
               "motor", "partials are not supported"},
        Broken{"NoData", "steps: [{name: a, render: {template: page.mustache, to: x, data: no}}]",
               "motor", "no: "},
        Broken{"BadData",
               "steps: [{name: a, render: {template: page.mustache, to: x, data: bad.json}}]",
               "motor", "bad.json:1"},
        Broken{"NoSpecFile",
               "steps: [{name: a, validate: {schema: schema.json, document: spec/x}}]", "app",
               "x: "},
        Broken{"WriteAway",
               "steps: [{name: a, render: {template: page.mustache, to: away/x, data: spec}}]",
               "motor", "leads out of workDir"},
        Broken{"ReadAway",
               "steps: [{name: a, validate: {schema: schema.json, document: away/spec.txt}}]",
               "motor", "is no file inside its folder"},
        Broken{"SchemaAway", "steps: [{name: a, validate: {schema: away.json, document: spec}}]",
               "motor", "is no file inside its folder"},
        Broken{"BadSchema",
               "steps: [{name: a, validate: {schema: schema-bad.json, document: spec}}]", "motor",
               "schema-bad.json: "},
        Broken{"ArtifactNotMade", "steps: [{name: a, exec: ['true'], artifacts: [{path: x}]}]",
               "motor", "the artifact x was not made"},
        Broken{"StepTimeout", "steps: [{name: a, exec: [sleep, '1000'], timeout_ms: 200}]", "motor",
               "no end within 200 ms"}),
    [](const auto& each) { return each.param.name; });

TEST_F(PipelinePlant, StepsThatEmitEvents) {
  Write("motor/pipeline.yaml", R"(steps:
  - name: a
    emits_events: true
    exec: [bash, say.sh]
  - name: b
    exec: [bash, say.sh]
)");
  Write("motor/say.sh", R"(
    echo '{"event": {"scope":"app","signal_type":"cost","severity":"info","payload":{"value": 1.0}}}'
    echo '{"usage": {"tokens": 1}}'
    echo '{"artifact": {"id": "x"}}'
    echo '{"checkpoint": "mine"}'
    echo '{"result": {"status": "success"}}'
    echo hello
)");
  const auto outcome = Run();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->result->status, model::ResultStatus::kSuccess);
  EXPECT_THAT(sink_.order, ElementsAre("event", "usage", "artifact x", "invalid", "invalid",
                                       "checkpoint a", "checkpoint b"));
  EXPECT_THAT(sink_.payloads, ElementsAre(R"({"value": 1.0})"));
}

TEST_F(PipelinePlant, TimeoutStopAndSinkErrors) {
  Write("motor/pipeline.yaml",
        "steps:\n  - {name: a, exec: ['true']}\n  - {name: b, exec: [sleep, '1000']}\n");
  execution_.timeout = Milliseconds(1000);
  auto outcome = Run();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kTimeout) << outcome->details;
  EXPECT_FALSE(outcome->result.has_value());

  execution_.timeout = Milliseconds(60'000);
  std::atomic<bool> stop{false};
  execution_.stop = &stop;
  sink_.on_checkpoint = [&](const std::string&) {
    stop = true;
    return Status();
  };
  outcome = Run();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kStopped);

  stop = false;
  sink_.on_checkpoint = nullptr;
  sink_.fails_at = "checkpoint a";
  outcome = Run();
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, Code::kCancelled);
}

TEST_F(PipelinePlant, OneAttemptAtATime) {
  auto lock = file::Lock::Acquire(execution_.lock_file, 0);
  ASSERT_TRUE(lock.has_value());
  for (const char* steps :
       {"steps: [{name: a, exec: ['true']}]",
        "steps: [{name: a, render: {template: page.mustache, to: x, data: spec}}]"}) {
    Write("motor/pipeline.yaml", steps);
    const auto outcome = Run();
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code, Code::kConflict);
  }
}

TEST_F(PipelinePlant, KeysDoNotDependOnPlaces) {
  const auto before = Keys();
  fs::rename(folder_ / "motor", folder_ / "moved");
  fs::rename(folder_ / "spec.txt", folder_ / "other-name.json");
  const auto after =
      ExpectedKeys(execution_.manifest, folder_ / "moved", folder_ / "other-name.json", profile_);
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(*after, before);
}

TEST_F(PipelinePlant, UndeclaredStepsDependOnEverything) {
  const auto before = Keys();
  EXPECT_THAT(Changed(before), IsEmpty());
  Write("motor/README", "new");
  EXPECT_THAT(Changed(before), ElementsAre("copy", "page", "check", "publish"));
  fs::remove(folder_ / "motor/README");
  EXPECT_THAT(Changed(before), IsEmpty());
  profile_ = "types";
  EXPECT_THAT(Changed(before), ElementsAre("copy", "page", "check", "publish"));
  profile_ = "";
  Write("spec.txt", "{}");
  EXPECT_THAT(Changed(before), ElementsAre("copy", "page", "check", "publish"));
}

TEST_F(PipelinePlant, DeclaredInputsAreAllThatCounts) {
  const std::string steps = R"(steps:
  - {name: a, exec: [x], reads: {motor: [a.sh], profile: false}}
  - {name: b, exec: [x], reads: {motor: ["lib/**/*.js"], spec: false, profile: false, work: []}}
  - {name: c, exec: [x], reads: {motor: [c], spec: false, profile: false}}
)";
  Write("motor/pipeline.yaml", steps);
  Write("motor/a.sh", "1");
  Write("motor/lib/deep/b.js", "1");
  Write("motor/c/file", "1");
  const auto before = Keys();
  profile_ = "types";
  Write("motor/README", "new");
  EXPECT_THAT(Changed(before), IsEmpty());
  Write("motor/a.sh", "2");
  EXPECT_THAT(Changed(before), ElementsAre("a"));  // c reads what b made, b nothing of a
  Write("motor/a.sh", "1");
  Write("motor/lib/deep/b.js", "2");
  EXPECT_THAT(Changed(before), ElementsAre("b", "c"));
  Write("motor/lib/deep/b.js", "1");
  Write("motor/c/file", "2");
  EXPECT_THAT(Changed(before), ElementsAre("c"));
  Write("motor/c/file", "1");
  Write("spec.txt", "{}");
  EXPECT_THAT(Changed(before), ElementsAre("a"));
}

TEST_F(PipelinePlant, ANewStepMakesLaterOnesStale) {
  Write("motor/pipeline.yaml", R"(steps:
  - {name: a, exec: [x], timeout_ms: 5, reads: {motor: []}}
  - {name: c, exec: [x], reads: {motor: [], work: []}}
)");
  const auto before = Keys();
  Write("motor/pipeline.yaml", R"(steps:
  - {name: a, exec: [x], timeout_ms: 9, reads: {motor: []}}
  - {name: b, exec: [x], reads: {motor: [], work: []}}
  - {name: c, exec: [x], reads: {motor: [], work: []}}
)");
  EXPECT_THAT(Changed(before), ElementsAre("b", "c"));
}

TEST(Glob, Matches) {
  EXPECT_TRUE(GlobMatches("a.js", "a.js"));
  EXPECT_TRUE(GlobMatches("lib", "lib/deep/a.js"));
  EXPECT_TRUE(GlobMatches("lib/", "lib/a.js"));
  EXPECT_TRUE(GlobMatches("*.js", "a.js"));
  EXPECT_TRUE(GlobMatches("**/*.js", "a.js"));
  EXPECT_TRUE(GlobMatches("**/*.js", "x/y/a.js"));
  EXPECT_TRUE(GlobMatches("lib/**", "lib/x/y"));
  EXPECT_TRUE(GlobMatches("lib/**/y", "lib/y"));
  EXPECT_TRUE(GlobMatches("?.js", "a.js"));
  EXPECT_TRUE(GlobMatches("**", "x/y"));
  EXPECT_FALSE(GlobMatches("*.js", "x/a.js"));
  EXPECT_FALSE(GlobMatches("**/a.js", "xa.js"));
  EXPECT_FALSE(GlobMatches("lib", "library/a.js"));
  EXPECT_FALSE(GlobMatches("a?b", "a/b"));
  EXPECT_FALSE(GlobMatches("", "a"));
}

struct Misconfigured {
  const char* name;
  const char* text;
  const char* error;
};

class PipelineFile : public testing::TestWithParam<Misconfigured> {};

TEST_P(PipelineFile, NamesTheLine) {
  const auto pipeline = ParsePipeline(GetParam().text, "pipeline.yaml");
  ASSERT_FALSE(pipeline.has_value());
  EXPECT_EQ(pipeline.error().code, Code::kInvalid);
  EXPECT_THAT(pipeline.error().message, HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Each, PipelineFile,
    testing::Values(
        Misconfigured{"Empty", "", "pipeline.yaml"},
        Misconfigured{"NoSteps", "steps: []", "pipeline.yaml:1: /steps must have at least one"},
        Misconfigured{"UnknownKey", "steps:\n  - name: a\n    exec: [x]\n    modle: y\n",
                      "pipeline.yaml:4: /steps/0/modle"},
        Misconfigured{"TwoKinds",
                      "steps:\n  - name: a\n    exec: [x]\n  - name: b\n    exec: [x]\n"
                      "    validate: {schema: s, document: spec}\n",
                      "pipeline.yaml:4: /steps/1 must have exactly one"},
        Misconfigured{"SameName", "steps:\n  - {name: a, exec: [x]}\n  - {name: a, exec: [x]}\n",
                      "pipeline.yaml:3: /steps/1/name is the name of an earlier"},
        Misconfigured{"NoProgram", "steps:\n  - {name: a, exec: []}\n",
                      "pipeline.yaml:2: /steps/0/exec must name"},
        Misconfigured{"BadName", "steps: [{name: 'a b', exec: [x]}]", "/steps/0/name"},
        Misconfigured{"Outside",
                      "steps:\n  - {name: a, render: {template: t, to: ../x, data: spec}}\n",
                      "pipeline.yaml:2: /steps/0/render/to must be a path that stays"},
        Misconfigured{"EventsOfRender",
                      "steps:\n  - name: a\n    emits_events: true\n"
                      "    render: {template: t, to: x, data: spec}\n",
                      "pipeline.yaml:3: /steps/0/emits_events is for"}),
    [](const auto& each) { return each.param.name; });

TEST_F(PipelinePlant, ABrokenFileIsNotStarted) {
  Write("motor/pipeline.yaml", "steps:\n  - {name: a}\n");
  const auto outcome = Run();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kNotStarted);
  EXPECT_THAT(outcome->details, HasSubstr("pipeline.yaml:2"));
  const auto keys = ExpectedKeys(execution_.manifest, folder_ / "motor", folder_ / "spec.txt", "");
  ASSERT_FALSE(keys.has_value());
  EXPECT_EQ(keys.error().code, Code::kInvalid);
}

TEST(Render, ValuesAndSections) {
  const auto data = json::Parse(
      R"({"s":"<&>","n":12345678901,"f":0.5,"yes":true,"no":false,"nil":null,"o":{"k":"v"},
          "l":["a","b"],"text":"{{s}}"})");
  ASSERT_TRUE(data.has_value());
  const auto render = [&](const char* text, Escape escape = Escape::kNone) {
    return Render(text, *data, escape).value_or("(error)");
  };
  EXPECT_EQ(render("{{s}}|{{n}}|{{f}}|{{nil}}|{{missing}}"), "<&>|12345678901|0.5||");
  EXPECT_EQ(render("{{s}}{{{s}}}", Escape::kHtml), "&lt;&amp;&gt;<&>");
  EXPECT_EQ(render("{{#yes}}y{{/yes}}{{#no}}n{{/no}}{{^nil}}0{{/nil}}"), "y0");
  EXPECT_EQ(render("{{o.k}}{{#o}}{{k}}{{/o}}{{#l}}[{{.}}]{{/l}}"), "vv[a][b]");
  EXPECT_EQ(render("{{text}}"), "{{s}}");
  EXPECT_EQ(render("{{"), "(error)");
}

TEST(Render, IsLimited) {
  json::Array list(2000);
  for (auto& each : list) each = json::Value(std::string(1000, 'x'));
  const json::Object data{{"l", std::move(list)}};
  EXPECT_FALSE(Render("{{#l}}{{#l}}{{.}}{{/l}}{{/l}}", data, Escape::kNone).has_value());
  EXPECT_FALSE(Render("{{#l}}{{#l}}{{/l}}{{/l}}", data, Escape::kNone).has_value());
}

}  // namespace
}  // namespace aiop::plants
