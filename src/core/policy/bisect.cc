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
  if (good == older.size()) return std::nullopt;
  Bisection bisection{.last_good = older[good], .first_bad = evidence.motor_version, .next = {}};
  size_t bad = 0;  // how many of `older` are on the failing side
  for (size_t i = 0; i < good; ++i) {
    const Trial* answer = AnswerOn(knowledge.versions, older[i]);
    if (answer == nullptr || !answer->Same()) continue;
    bisection.first_bad = older[i];
    bad = i + 1;
  }
  // Versions that could not be run, or fail in another way, are stepped over.
  std::vector<std::string> between;
  for (size_t i = bad; i < good; ++i) {
    if (!WasTried(knowledge.versions, older[i])) between.push_back(older[i]);
  }
  if (!between.empty()) bisection.next = knowledge.AskThisVersion(between[between.size() / 2]);
  return bisection;
}

}  // namespace aiop::policy
