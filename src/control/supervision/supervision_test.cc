// SPDX-License-Identifier: Apache-2.0
#include "control/supervision/supervision.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/process/testing.h"
#include "base/yaml/yaml.h"

namespace aiop::supervision {
namespace {

namespace fs = std::filesystem;

int LineOf(const void* document, std::string_view pointer) {
  return yaml::LineOf(*static_cast<const yaml::Document*>(document), pointer);
}

policy::Policy DefaultPolicy() {
  const fs::path file = fs::path(AIOP_SOURCE_DIR) / "policies" / "default.yaml";
  const auto document = yaml::Parse(*file::Read(file), file.string());
  return *policy::Policy::Load(document->value, file.string(), LineOf, &*document);
}

class SupervisionTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("aiop-supervision-" + NewName());
    fs::create_directories(folder_ / "motor");
    const fs::path data = fs::path(AIOP_SOURCE_DIR) / "src/control/supervision/testdata";
    for (const char* name : {"plant.py", "validate.py", "motor.yaml"})
      fs::copy(data / name, folder_ / "motor" / name);
    Write(folder_ / "motor" / "rule.txt", "buggy\n");
    Git({"init", "-q", "-b", "main"});
    Git({"add", "."});
    Git({"commit", "-qm", "one"});
    Git({"tag", "v1.0.0"});
    home_ = *contexts::Home::Open(folder_ / "home", contexts::Home::Access::kOwn);
  }
  void TearDown() override {
    supervisor_.reset();
    home_.reset();
    ASSERT_TRUE(file::RemoveTree(folder_).has_value());
  }
  static std::string NewName() {
    static int count = 0;
    return std::to_string(getpid()) + "-" + std::to_string(count++);
  }
  static void Write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }
  void Git(std::vector<std::string> arguments) {
    std::vector<std::string> argv = {"git", "-c", "user.name=t", "-c",
                                     "user.email=t@example.invalid"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    process::Command command;
    command.argv = argv;
    command.folder = folder_ / "motor";
    command.environment = process::CleanEnvironment(folder_);
    const auto output = process::Run(command, "", Milliseconds{20'000}, 1 << 20);
    ASSERT_TRUE(output.has_value() && output->ok())
        << (output ? output->err : output.error().message);
  }
  void AddFix() {
    Git({"checkout", "-qb", "fix/wide-pages"});
    Write(folder_ / "motor" / "rule.txt", "right\n");
    Git({"commit", "-qam", "Give wide pages a place"});
    Git({"checkout", "-q", "main"});
  }
  void AddApp(const std::string& name, const std::string& spec) {
    Write(folder_ / (name + ".json"), spec);
    const auto app = contexts::AddApp(*home_, name, "pages", {folder_ / (name + ".json")}, {});
    ASSERT_TRUE(app.has_value()) << app.error().message;
  }
  void AddPlant() {
    const auto plant = contexts::AddPlant(*home_, "pages", (folder_ / "motor").string());
    ASSERT_TRUE(plant.has_value()) << plant.error().message;
  }
  Summary Run(int jobs = 2) {
    supervisor_.reset();
    supervisor_ = std::make_unique<Supervisor>(*home_, policy_, nullptr);
    auto summary = supervisor_->Supervise(
        {.plant = "pages", .apps = {}, .profiles = {}, .motor_version = "", .jobs = jobs});
    EXPECT_TRUE(summary.has_value()) << (summary ? "" : summary.error().message);
    return summary ? *std::move(summary) : Summary{};
  }
  static const model::Run& Of(const Summary& summary, const std::string& app) {
    for (const auto& run : summary.runs) {
      if (run.app == app) return run;
    }
    static const model::Run none;
    return none;
  }

  policy::Policy policy_ = DefaultPolicy();
  fs::path folder_;
  std::unique_ptr<contexts::Home> home_;
  std::unique_ptr<Supervisor> supervisor_;
};

TEST_F(SupervisionTest, AMotorFaultIsFixedOnceAndItsRunsGoOnWhereTheyStopped) {
  AddFix();
  AddPlant();
  AddApp("narrow", R"({"title": "a"})");
  AddApp("wide", R"({"title": "b", "wide": true})");
  AddApp("wider", R"({"title": "c", "wide": true})");
  const Summary summary = Run();
  for (const auto& run : summary.runs)
    EXPECT_EQ(run.state, model::RunState::kSuccess) << run.app << ": " << run.cause;
  ASSERT_EQ(summary.decisions.size(), 1u);
  EXPECT_EQ(summary.decisions[0].category, model::Category::kMotorRules)
      << summary.decisions[0].rationale;
  ASSERT_EQ(summary.changes.size(), 1u);
  EXPECT_EQ(summary.changes[0].status, model::ChangeState::kPromoted) << summary.changes[0].reason;
  EXPECT_EQ(summary.changes[0].version, "1.0.1");
  EXPECT_EQ(Of(summary, "wide").steps_redone, 0);
  EXPECT_EQ(Of(summary, "wide").steps_kept, 1) << "'read' survives a patch of the motor";
  EXPECT_EQ(Of(summary, "narrow").motor_ctx.version, "1.0.0") << "only who needs it moves";
  EXPECT_EQ(ExitCodeOf(summary), 0);
  EXPECT_EQ(contexts::GetPlant(*home_, "pages")->active.version, "1.0.1");
  EXPECT_TRUE(arbitration::VerifyChain(home_->ledger()).has_value());
}

TEST_F(SupervisionTest, AnAppFaultPausesItsRunAndLeavesTheMotorAlone) {
  AddFix();
  AddPlant();
  AddApp("good", R"({"title": "a"})");
  AddApp("broken", R"({"name": "b", "untitled": {"x": 1}})");
  Summary summary = Run();
  const model::Run& run = Of(summary, "broken");
  EXPECT_EQ(run.state, model::RunState::kPaused);
  EXPECT_EQ(run.paused_because, model::PausedBecause::kFix) << run.cause;
  ASSERT_EQ(summary.decisions.size(), 1u);
  EXPECT_EQ(summary.decisions[0].classification, model::Classification::kApp)
      << summary.decisions[0].rationale;
  EXPECT_TRUE(summary.changes.empty());
  EXPECT_EQ(ExitCodeOf(summary), 3);

  Write(folder_ / "broken.json", R"({"title": "b"})");
  ASSERT_TRUE(
      contexts::UpdateApp(*home_, "broken", {folder_ / "broken.json"}, "owner", "").has_value());
  summary = Run();
  EXPECT_EQ(Of(summary, "broken").state, model::RunState::kSuccess) << Of(summary, "broken").cause;
  EXPECT_EQ(Of(summary, "broken").motor_ctx.version, "1.0.0");
}

TEST_F(SupervisionTest, WithoutAFixTheRunWaitsAndTheSameCommandChangesNothing) {
  AddPlant();
  AddApp("wide", R"({"title": "b", "wide": true})");
  AddApp("wider", R"({"title": "c", "wide": true})");
  Summary first = Run();
  EXPECT_EQ(Of(first, "wide").paused_because, model::PausedBecause::kFix)
      << Of(first, "wide").cause;
  const auto experiments = home_->ledger().List<model::Experiment>()->size();
  Summary second = Run();
  EXPECT_EQ(Of(second, "wide").id, Of(first, "wide").id);
  EXPECT_EQ(Of(second, "wide").paused_because, model::PausedBecause::kFix);
  EXPECT_EQ(home_->ledger().List<model::Experiment>()->size(), experiments);
  AddFix();
  Summary third = Run();
  EXPECT_EQ(Of(third, "wide").state, model::RunState::kSuccess) << Of(third, "wide").cause;
  EXPECT_EQ(Of(third, "wider").state, model::RunState::kSuccess) << Of(third, "wider").cause;
}

}  // namespace
}  // namespace aiop::supervision
