// SPDX-License-Identifier: Apache-2.0
// What an experiment's answer adds to the evidence.
#include <algorithm>

#include "core/policy/knowledge.h"

namespace aiop::policy {
namespace {

using model::ExperimentKind;
using model::ExperimentResult;

SpecFacts& FactsOf(Evidence& evidence, const std::string& app) {
  const auto known = std::ranges::find(evidence.specs, app, &SpecFacts::app);
  if (known != evidence.specs.end()) return *known;
  SpecFacts& facts = evidence.specs.emplace_back();
  facts.app = app;
  return facts;
}

// What is known of specs is kept apart from the other experiments.
void AddSpecFact(Evidence& evidence, const model::Experiment& experiment) {
  const bool declared = experiment.kind == ExperimentKind::kDeclared;
  if (!declared && experiment.kind != ExperimentKind::kValidators) return;
  // Asked of another motor version's validators: a comparison, no fact about the spec.
  if (IsElsewhere(evidence, experiment)) return;
  SpecFacts& facts = FactsOf(evidence, experiment.app);
  if (experiment.result == ExperimentResult::kNotPossible ||
      experiment.result == ExperimentResult::kOverBudget) {
    return;
  }
  (declared ? facts.declared : facts.valid) = experiment.result == ExperimentResult::kPassed;
  facts.refs.push_back(experiment.id);
  for (const model::Finding& finding : experiment.findings) {
    facts.findings.push_back(finding.path.empty() ? finding.message
                                                  : finding.path + " " + finding.message);
  }
}

}  // namespace

void Learn(Evidence& evidence, const model::Experiment& experiment) {
  evidence.plant_ms_spent += experiment.plant_ms;
  AddSpecFact(evidence, experiment);
  evidence.experiments.push_back(experiment);
}

}  // namespace aiop::policy
