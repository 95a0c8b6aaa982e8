// SPDX-License-Identifier: Apache-2.0
// Faults of apps that come back in one app after the other: a check that the motor could make.
#include <algorithm>

#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "control/followup/followup.h"
#include "core/fingerprint/fingerprint.h"
#include "core/learning/learning.h"

namespace aiop::followup {
namespace {

std::string Joined(const std::set<std::string>& names) {
  std::string text;
  for (const auto& each : names) text += (text.empty() ? "" : ", ") + each;
  return text;
}

// The first finding that an experiment of this incident made in this app's spec.
Result<model::Finding> FindingIn(store::Ledger& ledger, const std::string& incident,
                                 const std::string& app) {
  AIOP_TRY(const auto experiments, ledger.ListBy<model::Experiment>(
                                       store::Kind<model::Experiment>::Field::kIncident, incident));
  for (const auto& each : experiments) {
    if (each.app == app && !each.findings.empty()) return each.findings.front();
  }
  return model::Finding{};
}

model::Pattern AsPattern(const std::string& plant, const learning::Suggestion& suggestion,
                         const model::Incident& incident, Timestamp now) {
  model::Pattern pattern;
  pattern.id = IdFromHash(HashBytes("check of plant " + plant + " for " + suggestion.kind));
  pattern.side = model::Scope::kApp;
  pattern.fingerprint = incident.fingerprint;
  pattern.family = suggestion.kind;
  pattern.title = suggestion.title;
  pattern.plant = plant;
  pattern.recipe = {.kind = model::RecipeKind::kValidator, .text = suggestion.text, .paths = {}};
  pattern.because =
      "came up in " + std::to_string(suggestion.apps.size()) + " apps: " + Joined(suggestion.apps);
  pattern.created = pattern.updated = now;
  return pattern;
}

}  // namespace

Status FollowUp::SuggestChecks(const std::string& plant) {
  auto& ledger = engine_.home().ledger();
  const int64_t after = policy_.Governing().suggest_after;
  AIOP_TRY(const auto decisions, ledger.ListBy<model::DecisionRecord>(
                                     store::Kind<model::DecisionRecord>::Field::kPlant, plant));
  std::vector<learning::AppFault> faults;
  std::map<std::string, std::set<std::string>> apps;  // by kind of fault
  for (const auto& decision : decisions) {
    const bool of_app = decision.classification == model::Classification::kApp &&
                        decision.category != model::Category::kTransient &&
                        decision.outcome != "abstained";
    if (!of_app) continue;
    AIOP_TRY(const auto incident, ledger.Get<model::Incident>(decision.incident_id));
    const std::string kind = fingerprint::Of("", incident.signal_type, incident.example).id;
    for (const auto& app : decision.apps) {
      faults.push_back({.app = app,
                        .incident = incident.id,
                        .kind = kind,
                        .title = incident.title,
                        .path = "",
                        .message = ""});
      apps[kind].insert(app);
    }
  }
  // What was found is looked up only where it is needed.
  std::erase_if(
      faults, [&](const learning::AppFault& each) { return std::ssize(apps[each.kind]) < after; });
  for (learning::AppFault& each : faults) {
    AIOP_TRY(const auto finding, FindingIn(ledger, each.incident, each.app));
    each.path = finding.path;
    each.message = finding.message;
  }
  for (const auto& suggestion : learning::Suggest(faults, after)) {
    AIOP_TRY(const auto incident, ledger.Get<model::Incident>(suggestion.incident));
    const model::Pattern made = AsPattern(plant, suggestion, incident, Now());
    AIOP_TRY(auto known, ledger.Find<model::Pattern>(made.id));
    if (!known) {
      AIOP_CHECK_OK(ledger.Put(made));
      continue;
    }
    // A human put it aside, or nothing is new.
    if (known->state == model::PatternState::kDemoted || known->because == made.because) continue;
    learning::Retarget(*known, made.recipe, made.updated);
    known->because = made.because;
    AIOP_CHECK_OK(ledger.Put(*known));
  }
  return {};
}

}  // namespace aiop::followup
