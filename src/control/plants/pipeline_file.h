// SPDX-License-Identifier: Apache-2.0
//
// pipeline.yaml, read and checked.
//
//   steps:
//     - name: fetch
//       exec: ["node", "fetch.mjs", "{spec}", "{workDir}"]
//       reads: {motor: ["fetch.mjs"], work: []}   # else: the spec, the profile, the whole motor,
//       emits_events: true                        #   and everything before it
//     - name: page
//       render: {template: page.mustache, to: page.md, data: spec}
//       artifacts: [{path: page.md, role: document}]
//     - name: check
//       validate: {schema: result.schema.json, document: result.json}
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/describe/describe.h"
#include "core/model/model.h"

namespace aiop::plants {

inline constexpr size_t kStepLimit = 1000;

enum class Escape : uint8_t { kNone, kHtml };
constexpr auto EnumNames(Escape) {
  return std::to_array<std::pair<Escape, std::string_view>>(
      {{Escape::kNone, "none"}, {Escape::kHtml, "html"}});
}

// What a step with outside effects does when nothing outside may change.
enum class WhenExperiment : uint8_t { kRun, kSkip };
constexpr auto EnumNames(WhenExperiment) {
  return std::to_array<std::pair<WhenExperiment, std::string_view>>(
      {{WhenExperiment::kRun, "run"}, {WhenExperiment::kSkip, "skip"}});
}

struct RenderStep {
  std::string template_path;
  std::string to;
  std::string data;
  Escape escape = Escape::kNone;
  static constexpr std::string_view kName = "RenderStep";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("template", self.template_path, "Mustache file of the motor.",
                   describe::kNonEmptyRule);
    visit.Required("to", self.to, "File in workDir.", describe::kNonEmptyRule);
    visit.Required("data", self.data, "spec, spec/FILE, or a file in workDir (JSON or YAML).",
                   describe::kNonEmptyRule);
    visit.Optional("escape", self.escape, "What {{name}} does; {{{name}}} never escapes.");
  }
};

struct ValidateStep {
  std::string schema;
  std::string document;
  static constexpr std::string_view kName = "ValidateStep";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("schema", self.schema, "JSON Schema file of the motor.",
                   describe::kNonEmptyRule);
    visit.Required("document", self.document,
                   "spec, spec/FILE, or a file in workDir (JSON or YAML).",
                   describe::kNonEmptyRule);
  }
};

struct Reads {
  bool spec = true;
  bool profile = true;
  std::optional<std::vector<std::string>> motor;
  std::optional<std::vector<std::string>> work;
  static constexpr std::string_view kName = "Reads";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Optional("spec", self.spec, "Does it read the spec?");
    visit.Optional("profile", self.profile, "Does it read the profile?");
    visit.Optional("motor", self.motor, "Files and folders of the motor (globs); omitted: all.");
    visit.Optional("work", self.work,
                   "What earlier steps made (globs); omitted: all; []: nothing.");
  }
};

struct StepArtifact {
  std::string path;
  std::string role;
  static constexpr std::string_view kName = "StepArtifact";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("path", self.path, "File in workDir; also its id.", describe::kNonEmptyRule);
    visit.Optional("role", self.role, "What it is for.");
  }
};

struct Step {
  std::string name;
  std::optional<std::vector<std::string>> exec;
  std::optional<RenderStep> render;
  std::optional<ValidateStep> validate;
  Reads reads;
  std::optional<int64_t> timeout_ms;
  std::vector<StepArtifact> artifacts;
  bool emits_events = false;
  model::Scope scope = model::Scope::kMotor;
  WhenExperiment experiment = WhenExperiment::kRun;
  std::string definition;  // what of this decides what it makes, as canonical text

  static constexpr std::string_view kName = "Step";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("name", self.name, "Also the name of its checkpoint.", describe::kNameRule);
    visit.Optional("exec", self.exec, "Command, with {spec}, {workDir}, {motor}, ...");
    visit.Optional("render", self.render, "");
    visit.Optional("validate", self.validate, "");
    visit.Optional("reads", self.reads, "");
    visit.Optional("timeout_ms", self.timeout_ms, "", describe::Between(1, 86'400'000));
    visit.Optional("artifacts", self.artifacts, "");
    visit.Optional("emits_events", self.emits_events,
                   "Its output lines may be event, artifact and usage messages.");
    visit.Optional("scope", self.scope, "Whose failure it is when the command fails.");
    visit.Optional("experiment", self.experiment, "skip: only when the purpose is run.");
  }
};

struct Pipeline {
  std::vector<Step> steps;
  static constexpr std::string_view kName = "Pipeline";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("steps", self.steps, "In order; each is a checkpoint.");
  }
};

// kInvalid: "pipeline.yaml:7: /steps/1/exec must be a list".
Result<Pipeline> ParsePipeline(std::string_view text, std::string_view file_name);

Result<Pipeline> LoadPipeline(const model::MotorManifest& manifest,
                              const std::filesystem::path& motor_folder);

// Whether a relative path stays below the folder it is relative to, as far as its text tells.
bool StaysInside(const std::filesystem::path& relative);

}  // namespace aiop::plants
