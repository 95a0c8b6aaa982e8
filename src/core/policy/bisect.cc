// SPDX-License-Identifier: Apache-2.0
#include "core/policy/knowledge.h"

namespace aiop::policy {
namespace {

const Trial* AnswerOn(const std::vector<Trial>& trials, const std::string& version) {
  for (const Trial& trial : trials) {
    if (trial.what == version && trial.Answered()) return &trial;
  }
  return nullptr;
}

bool WasTried(const std::vector<Trial>& trials, const std::string& version) {
  return std::ranges::any_of(trials, [&](const Trial& trial) { return trial.what == version; });
}

}  // namespace

std::optional<Bisection> Bisect(const Evidence& evidence, const Policy& policy) {
  AIOP_CHECK(policy.tuning_ != nullptr);
  const Knowledge knowledge(evidence, *policy.tuning_);
  const std::vector<std::string>& older = evidence.older_versions;  // newest first
  size_t good = 0;
  while (good < older.size()) {
    const Trial* answer = AnswerOn(knowledge.versions, older[good]);
    if (answer != nullptr && answer->Passed()) break;
    ++good;
  }
  if (older.empty() || knowledge.reproduced != Truth::kYes) return std::nullopt;
  const bool one_passes = good < older.size();
  Bisection bisection{
      .last_good = one_passes ? older[good] : "", .first_bad = evidence.motor_version, .next = {}};
  size_t bad = 0;  // how many of `older` are on the failing side
  for (size_t i = 0; i < good; ++i) {
    const Trial* answer = AnswerOn(knowledge.versions, older[i]);
    if (answer == nullptr || !answer->Same()) continue;
    bisection.first_bad = older[i];
    bad = i + 1;
  }
  if (!one_passes) {
    // Most breaks are the last release's; else the oldest tells whether there is anything to find.
    for (const std::string& version : {older.front(), older.back()}) {
      if (bisection.next || WasTried(knowledge.versions, version)) continue;
      bisection.next = knowledge.AskThisVersion(version);
    }
    return bisection;
  }
  // Versions that could not be run, or fail in another way, are stepped over.
  std::vector<std::string> between;
  for (size_t i = bad; i < good; ++i) {
    if (!WasTried(knowledge.versions, older[i])) between.push_back(older[i]);
  }
  if (!between.empty()) bisection.next = knowledge.AskThisVersion(between[between.size() / 2]);
  return bisection;
}

std::optional<model::Fact> FactOf(const Bisection& bisection, const Evidence& evidence) {
  const bool goes_back = bisection.first_bad != evidence.motor_version;
  model::Fact fact;
  if (!bisection.last_good.empty()) {
    fact.fact = "It came in with motor version " + bisection.first_bad + ": " +
                bisection.last_good + " goes through.";
  } else if (goes_back) {
    fact.fact = "It is no regression of the last release: motor version " + bisection.first_bad +
                " fails the same way.";
  } else {
    return std::nullopt;
  }
  for (const model::Experiment& each : evidence.experiments) {
    const std::string& version = each.motor_ctx.version;
    const bool bound = version == bisection.last_good || version == bisection.first_bad;
    if (each.kind == model::ExperimentKind::kOtherVersion && bound) fact.refs.push_back(each.id);
  }
  return fact;
}

}  // namespace aiop::policy
