// SPDX-License-Identifier: Apache-2.0
// For tests: an engine in miniature that runs wished experiments against given answers.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <set>

#include "base/file/file.h"
#include "base/yaml/yaml.h"
#include "core/policy/policy.h"

namespace aiop::policy::testing {

inline constexpr int64_t kPlantMilliseconds = 1000;
inline constexpr size_t kExperimentsExpectedAtMost = 60;  // more is no longer an arbitration

inline std::filesystem::path SourceFolder() {
  return std::filesystem::path(AIOP_SOURCE_DIR) / "src/core/policy";
}

inline int LineIn(const void* lines, std::string_view pointer) {
  return yaml::LineOf(*static_cast<const yaml::Document*>(lines), pointer);
}

inline Result<Policy> PolicyFromText(std::string_view text, std::string_view file) {
  AIOP_TRY(const yaml::Document document, yaml::Parse(text, file));
  return Policy::Load(document.value, file, LineIn, &document);
}

inline std::string DefaultPolicyText() {
  const auto text = file::Read(SourceFolder().parent_path().parent_path().parent_path() /
                               "policies/default.yaml");
  EXPECT_TRUE(text.has_value());
  return text ? *text : "";
}

inline const Policy& DefaultPolicy() {
  static const Policy* policy = [] {
    auto loaded = PolicyFromText(DefaultPolicyText(), "policies/default.yaml");
    EXPECT_TRUE(loaded.has_value()) << (loaded ? "" : loaded.error().message);
    return new Policy(loaded ? *std::move(loaded) : Policy{});
  }();
  return *policy;
}

// A failure of which nothing is known and nothing can be asked but the control.
inline Evidence BareEvidence() {
  Evidence evidence;
  evidence.incident.id = "incident";
  evidence.run = "run-1";
  evidence.app = "shop";
  evidence.profile = "types";
  evidence.app_version = "1.2.0";
  evidence.motor_version = "2.0.0";
  evidence.event.id = "event";
  evidence.event.scope = model::Scope::kMotor;
  evidence.event.severity = model::Severity::kError;
  evidence.event.payload = {{"details", "it broke"}};
  evidence.plant_ms_budget = 1000 * kPlantMilliseconds;
  return evidence;
}

// "other_version 1.1.0": a wish as scenarios write it.
inline std::string TextOf(const Wish& wish) {
  const std::string kind(describe::Name(wish.kind));
  switch (wish.kind) {
    case model::ExperimentKind::kOtherApp:
      return kind + " " + wish.app;
    case model::ExperimentKind::kDeclared:
    case model::ExperimentKind::kValidators:
      return kind + " " + wish.app +
             (wish.motor_version == "2.0.0" ? "" : " " + wish.motor_version);
    case model::ExperimentKind::kOtherMotor:
      return kind + " " + wish.plant;
    case model::ExperimentKind::kPendingFix:
      return kind + " " + wish.fix;
    case model::ExperimentKind::kRepairedTwin:
      return kind + (wish.motor_version == "2.0.0" ? "" : " " + wish.motor_version);
    case model::ExperimentKind::kOtherVersion:
      return kind + " " + wish.motor_version;
    case model::ExperimentKind::kGoldenApp:
      return kind + " " + wish.golden;
    case model::ExperimentKind::kOtherProfile:
      return kind + " " + wish.profile;
    case model::ExperimentKind::kEarlierRevision:
      return kind + " " + wish.app_version;
    default:
      return kind;
  }
}

inline bool NeedsPlant(model::ExperimentKind kind) {
  return kind != model::ExperimentKind::kDeclared && kind != model::ExperimentKind::kValidators;
}

// What a spec outside the declaration must have meant, if it is only misspelt.
inline std::string& Meant() {
  static std::string word;
  return word;
}

// Records the answer as the engine does. For a check of a spec, the reduced one too, kPassed means
// "accepted".
inline void Record(Evidence& evidence, const Wish& wish, model::ExperimentResult result) {
  model::Experiment experiment;
  experiment.id = "experiment-" + std::to_string(evidence.experiments.size() + 1);
  experiment.kind = wish.kind;
  experiment.app = wish.app;
  experiment.profile = wish.profile;
  experiment.app_ctx.version = wish.app_version.empty() ? evidence.app_version : wish.app_version;
  experiment.motor_ctx.version = wish.motor_version;
  experiment.question = wish.question;
  experiment.result = result;
  if (wish.kind == model::ExperimentKind::kDeclared && !Meant().empty() &&
      result == model::ExperimentResult::kOtherFailure) {
    experiment.findings = {{.path = "/type", .message = "is none of these", .meant = Meant()}};
  }
  if (wish.kind == model::ExperimentKind::kPendingFix) experiment.changed = wish.fix;
  if (wish.kind == model::ExperimentKind::kOtherMotor) experiment.motor_ctx.name = wish.plant;
  if (wish.kind == model::ExperimentKind::kReducedSpec) {
    if (result == model::ExperimentResult::kSameFailure) {
      experiment.findings = {{"/rows/1", "the count is no number"}};
    } else if (result == model::ExperimentResult::kPassed) {
      experiment.result = model::ExperimentResult::kSameFailure;
    }
  }
  const bool ran = result != model::ExperimentResult::kNotPossible &&
                   result != model::ExperimentResult::kOverBudget;
  if (NeedsPlant(wish.kind) && ran) {
    experiment.plant_ms = kPlantMilliseconds;
    evidence.plant_ms_spent += experiment.plant_ms;
  }
  evidence.experiments.push_back(std::move(experiment));
}

struct Arbitration {
  Ruling ruling;
  std::vector<std::string> asked;
  int64_t plant_experiments = 0;
};

// Decides, answering each wish by `world`, until there is a ruling. Every wish must be new.
inline Arbitration Arbitrate(Evidence& evidence, const Policy& policy,
                             const std::function<model::ExperimentResult(const Wish&)>& world) {
  Arbitration arbitration;
  std::set<std::string> seen;
  while (arbitration.asked.size() <= kExperimentsExpectedAtMost) {
    Answer answer = Decide(evidence, policy);
    if (auto* ruling = std::get_if<Ruling>(&answer)) {
      arbitration.ruling = std::move(*ruling);
      return arbitration;
    }
    const Wish& wish = std::get<Wish>(answer);
    EXPECT_TRUE(seen.insert(TextOf(wish)).second) << "wished twice: " << TextOf(wish);
    EXPECT_FALSE(wish.question.empty());
    arbitration.asked.push_back(TextOf(wish));
    if (NeedsPlant(wish.kind)) ++arbitration.plant_experiments;
    Record(evidence, wish, world(wish));
  }
  ADD_FAILURE() << "no ruling after " << arbitration.asked.size() << " experiments";
  return arbitration;
}

}  // namespace aiop::policy::testing
