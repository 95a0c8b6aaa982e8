// SPDX-License-Identifier: Apache-2.0
#include "core/model/model.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace aiop::model {
namespace {

constexpr std::string_view kSpecificationExample = R"({
  "trace_id": "uuid", "timestamp": "2025-08-19T11:35:12Z", "scope": "app", "signal_type": "validation",
  "severity": "error", "payload": {"details": "field 'title' is missing"}, "artifact_ids": ["a"],
  "context_ref": {"app_ctx": "shop@1.0.0+0123456789ab", "motor_ctx": "gen@2.1.0+ba9876543210"}})";

TEST(EventEnvelope, ReadsTheSpecificationsExampleAndWritesItBack) {
  const auto event = describe::FromText<EventEnvelope>(kSpecificationExample);
  ASSERT_TRUE(event.has_value()) << event.error().message;
  EXPECT_EQ(event->signal_type, SignalType::kValidation);
  EXPECT_EQ(event->context_ref.app_ctx.name, "shop");
  EXPECT_EQ(event->Details(), "field 'title' is missing");
  const auto again = describe::FromJson<EventEnvelope>(describe::ToJson(*event));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(describe::ToJson(*again), describe::ToJson(*event));
}

TEST(EventEnvelope, NamesEveryProblemWithItsPath) {
  const auto value =
      json::Parse(R"({"timestamp":"now","scope":"both","severity":"error","payload":[],
      "sevrity":"x","artifact_ids":["a",3],"context_ref":{"app_ctx":"shop"}})");
  const auto event = describe::Read<EventEnvelope>(*value);
  ASSERT_FALSE(event.has_value());
  std::vector<std::string> paths;
  for (const auto& problem : event.error()) paths.push_back(problem.path);
  EXPECT_EQ(paths,
            (std::vector<std::string>{"/timestamp", "/scope", "/signal_type", "/payload",
                                      "/artifact_ids/1", "/context_ref/app_ctx", "/sevrity"}));
}

TEST(MotorManifest, TakesEachFormOfItsChoices) {
  const auto manifest = describe::FromText<MotorManifest>(
      R"({"name":"m","version":"1.0.0","run":{"pipeline":"p.yaml"},
      "resume":{"after_app_patch":false,"after_motor_patch":"resolve"},"approval":{"human_if":"major"}})");
  ASSERT_TRUE(manifest.has_value()) << manifest.error().message;
  EXPECT_EQ(manifest->run.pipeline, "p.yaml");
  EXPECT_EQ(manifest->resume.after_app_patch.kind, Survival::Kind::kNone);
  EXPECT_EQ(manifest->resume.after_motor_patch.name, "resolve");
  EXPECT_EQ(manifest->approval.kind, ApprovalRule::Kind::kHumanIf);
  EXPECT_FALSE(
      describe::FromText<MotorManifest>(R"({"name":"m","version":"1.0","run":[]})").has_value());
}

TEST(SemanticVersion, IsStrict) {
  for (const char* good : {"0.0.0", "1.4.0", "10.20.30-rc.1+build.5", "1.0.0-0.3.7"}) {
    EXPECT_TRUE(IsSemanticVersion(good)) << good;
  }
  for (const char* bad :
       {"", "1", "1.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0+", "1.0.0.0", "1.0.x"}) {
    EXPECT_FALSE(IsSemanticVersion(bad)) << bad;
  }
}

TEST(AllSchemas, AreSelfContained) {
  for (const auto& [name, schema] : AllSchemas()) {
    EXPECT_NE(json::Find(schema, "/$defs/" + name + "/properties"), nullptr) << name;
  }
}

// schemas/ is what others build against. After a deliberate change: AIOP_ACCEPT=1
// build/dev/src/core_model_test.
TEST(AllSchemas, AreWhatTheSchemasFolderSays) {
  const std::filesystem::path folder = std::filesystem::path(AIOP_SOURCE_DIR) / "schemas";
  for (const auto& [name, schema] : AllSchemas()) {
    const std::filesystem::path file = folder / (name + ".json");
    const std::string text = json::PrettyText(schema);
    if (std::getenv("AIOP_ACCEPT")) std::ofstream(file) << text;
    std::ifstream in(file);
    const std::string kept((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    EXPECT_EQ(kept, text) << file << " is out of step with the code";
  }
}

}  // namespace
}  // namespace aiop::model
