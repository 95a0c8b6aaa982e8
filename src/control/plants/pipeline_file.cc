// SPDX-License-Identifier: Apache-2.0
#include "control/plants/pipeline_file.h"

#include <set>

#include "base/file/file.h"
#include "base/yaml/yaml.h"

namespace aiop::plants {
namespace {

constexpr uint64_t kPipelineFileLimitBytes = uint64_t{4} << 20;

class Checker {
 public:
  Checker(const yaml::Document& document, std::string_view file_name)
      : document_(document), file_name_(file_name) {}

  Status Check(const Pipeline& pipeline) const {
    if (pipeline.steps.empty()) return Wrong("/steps", "must have at least one step");
    if (pipeline.steps.size() > kStepLimit) {
      return Wrong("/steps", "has more than " + std::to_string(kStepLimit) + " steps");
    }
    std::set<std::string> names;
    for (size_t i = 0; i < pipeline.steps.size(); ++i) {
      const std::string path = json::Child("/steps", i);
      if (!names.insert(pipeline.steps[i].name).second) {
        return Wrong(path + "/name", "is the name of an earlier step too");
      }
      AIOP_CHECK_OK(CheckStep(pipeline.steps[i], path));
    }
    return {};
  }

  std::unexpected<Error> Wrong(const std::string& path, const std::string& what) const {
    return Invalid(std::string(file_name_) + ":" + std::to_string(yaml::LineOf(document_, path)) +
                   ": " + path + " " + what);
  }

 private:
  Status CheckStep(const Step& step, const std::string& path) const {
    const int kinds = step.exec.has_value() + step.render.has_value() + step.validate.has_value();
    if (kinds != 1) return Wrong(path, "must have exactly one of exec, render, validate");
    if (step.exec && (step.exec->empty() || step.exec->front().empty())) {
      return Wrong(path + "/exec", "must name a program to run");
    }
    if (step.emits_events && !step.exec) {
      return Wrong(path + "/emits_events", "is for steps with exec only");
    }
    if (step.render) {
      AIOP_CHECK_OK(CheckInside(step.render->template_path, path + "/render/template"));
      AIOP_CHECK_OK(CheckInside(step.render->to, path + "/render/to"));
      AIOP_CHECK_OK(CheckInside(step.render->data, path + "/render/data"));
    }
    if (step.validate) {
      AIOP_CHECK_OK(CheckInside(step.validate->schema, path + "/validate/schema"));
      AIOP_CHECK_OK(CheckInside(step.validate->document, path + "/validate/document"));
    }
    for (size_t i = 0; i < step.artifacts.size(); ++i) {
      AIOP_CHECK_OK(
          CheckInside(step.artifacts[i].path, json::Child(path + "/artifacts", i) + "/path"));
    }
    return {};
  }

  Status CheckInside(const std::string& relative, const std::string& path) const {
    if (!StaysInside(relative)) return Wrong(path, "must be a path that stays inside its folder");
    return {};
  }

  const yaml::Document& document_;
  std::string_view file_name_;
};

// How long a step may take does not change what it makes.
std::string DefinitionOf(const json::Value& step) {
  json::Object definition = step.as_object();
  definition.erase("timeout_ms");
  return json::CanonicalText(definition);
}

}  // namespace

bool StaysInside(const std::filesystem::path& relative) {
  if (relative.empty() || relative.is_absolute()) return false;
  for (const auto& part : relative) {
    if (part == "..") return false;
  }
  return true;
}

Result<Pipeline> ParsePipeline(std::string_view text, std::string_view file_name) {
  AIOP_TRY(const yaml::Document document, yaml::Parse(text, file_name));
  const Checker checker(document, file_name);
  auto pipeline = describe::Read<Pipeline>(document.value);
  if (!pipeline) {
    const auto& problem = pipeline.error().front();
    return checker.Wrong(problem.path, problem.message);
  }
  AIOP_CHECK_OK(checker.Check(*pipeline));
  for (size_t i = 0; i < pipeline->steps.size(); ++i) {
    pipeline->steps[i].definition =
        DefinitionOf(*json::Find(document.value, json::Child("/steps", i)));
  }
  return *std::move(pipeline);
}

Result<Pipeline> LoadPipeline(const model::MotorManifest& manifest,
                              const std::filesystem::path& motor_folder) {
  const std::string& name = manifest.run.pipeline;
  if (!StaysInside(name)) return Invalid("run.pipeline must be a path inside the motor");
  auto text = file::Read(motor_folder / name, kPipelineFileLimitBytes);
  if (!text) return Invalid(name + ":1: " + text.error().message);
  return ParsePipeline(*text, name);
}

Status CheckPipeline(std::string_view text, std::string_view file_name) {
  AIOP_TRY([[maybe_unused]] const Pipeline pipeline, ParsePipeline(text, file_name));
  return {};
}

}  // namespace aiop::plants
