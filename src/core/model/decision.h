// SPDX-License-Identifier: Apache-2.0
// Decision records (specification section 8.2): who has to change, why, and what is done about it.
#pragma once

#include "core/model/event.h"

namespace aiop::model {

enum class Classification { kApp, kMotor, kMixed };
constexpr auto EnumNames(Classification) {
  using enum Classification;
  return std::to_array<std::pair<Classification, std::string_view>>(
      {{kApp, "app"}, {kMotor, "motor"}, {kMixed, "mixed"}});
}

// Specification section 10, with plain hyphens, and TRANSIENT for a fault that is gone on the
// unchanged re-run.
enum class Category { kAppSpec, kAppBuild, kMotorRules, kMotorPerf, kMixedDrift, kTransient };
constexpr auto EnumNames(Category) {
  using enum Category;
  return std::to_array<std::pair<Category, std::string_view>>({{kAppSpec, "APP-SPEC"},
                                                               {kAppBuild, "APP-BUILD"},
                                                               {kMotorRules, "MOTOR-RULES"},
                                                               {kMotorPerf, "MOTOR-PERF"},
                                                               {kMixedDrift, "MIXED-DRIFT"},
                                                               {kTransient, "TRANSIENT"}});
}

struct ActionStep {
  std::string step;
  std::string target;
  std::string patch_ref;
  static constexpr std::string_view kName = "ActionStep";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("step", self.step, "pause, apply_patch, validate, resume, ask.");
    visit.Required("target", self.target, "pipeline, motor, app or human.");
    visit.Optional("patch_ref", self.patch_ref, "The change request.");
  }
};

struct Fact {
  std::string fact;
  std::vector<std::string> refs;
  static constexpr std::string_view kName = "Fact";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("fact", self.fact, "One sentence.");
    visit.Required("refs", self.refs, "Ids of the events, runs and experiments it rests on.");
  }
};

struct Rejected {
  std::string hypothesis;
  std::string why;
  static constexpr std::string_view kName = "Rejected";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("hypothesis", self.hypothesis, "");
    visit.Required("why", self.why, "");
  }
};

struct ArbitrationCost {
  int64_t experiments = 0;
  int64_t plant_ms = 0;
  std::optional<double> cost_usd;
  std::optional<int64_t> tokens;
  static constexpr std::string_view kName = "ArbitrationCost";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("experiments", self.experiments, "Plants started to find out.");
    visit.Required("plant_ms", self.plant_ms, "Time they took.");
    visit.Optional("cost_usd", self.cost_usd, "Money they spent, as far as plants told.");
    visit.Optional("tokens", self.tokens, "Tokens they spent, as far as plants told.");
  }
};

struct DecisionRecord {
  std::string decision_id;
  Classification classification = Classification::kApp;
  std::string rationale;
  std::vector<ActionStep> action_plan;
  std::vector<std::string> safety_checks;
  std::string incident_id;
  std::string plant;
  std::vector<std::string> apps;
  std::vector<std::string> run_ids;
  Category category = Category::kAppSpec;
  double confidence = 0;
  std::vector<Fact> evidence;
  std::vector<Rejected> rejected;
  std::string policy;
  std::string rule;
  std::string outcome;
  ArbitrationCost cost;
  Timestamp created;
  std::string previous_hash;
  std::string hash;

  static constexpr std::string_view kName = "DecisionRecord";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("decision_id", self.decision_id, "");
    visit.Required("classification", self.classification,
                   "Who has to change for the failure to go away.");
    visit.Required("rationale", self.rationale, "One plain paragraph.");
    visit.Required("action_plan", self.action_plan, "");
    visit.Required("safety_checks", self.safety_checks, "");
    visit.Required("incident_id", self.incident_id, "");
    visit.Required("plant", self.plant, "");
    visit.Required("apps", self.apps, "");
    visit.Required("run_ids", self.run_ids, "");
    visit.Required("category", self.category, "Specification section 10.");
    visit.Required("confidence", self.confidence, "0..1", describe::Between(0, 1));
    visit.Required("evidence", self.evidence, "");
    visit.Required("rejected", self.rejected, "Hypotheses ruled out, and why.");
    visit.Required("policy", self.policy, "id@version of the policy file.");
    visit.Required("rule", self.rule, "The rule of that policy that decided.");
    visit.Required("outcome", self.outcome,
                   "What came of it: open, healed, not_healed, waiting, abstained, ...");
    visit.Required("cost", self.cost, "");
    visit.Required("created", self.created, "");
    visit.Optional("previous_hash", self.previous_hash,
                   "Hash of the decision before, for the chain.");
    visit.Optional("hash", self.hash,
                   "SHA-256 over what was decided and previous_hash (outcome excluded).");
  }
};

}  // namespace aiop::model
