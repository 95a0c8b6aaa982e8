// SPDX-License-Identifier: Apache-2.0
// Which experiment of a history answers which wish. Private to the module.
#pragma once

#include <string>
#include <vector>

#include "core/model/model.h"
#include "core/policy/policy.h"

namespace aiop::replay {

// What a wish is about, and the motor version it is to be answered on if that is another than the
// failing one; with its kind, that is all that tells it from others of the same decision.
std::string AboutOf(const policy::Wish& wish);
std::string ElsewhereOf(const policy::Wish& wish, const model::DecisionHistory& history);

// "other_version 1.1.0", "repaired_twin on 1.1.0".
std::string TextOf(const policy::Wish& wish, const model::DecisionHistory& history);

// The answers of one history, each given once and in their order.
class Answers {
 public:
  explicit Answers(const model::DecisionHistory& history);

  // The experiment as it was, or one that was not possible; `known` says which.
  struct Answer {
    model::Experiment experiment;
    bool known = false;
  };
  Answer To(const policy::Wish& wish);

 private:
  const model::DecisionHistory& history_;
  std::vector<bool> given_;
};

}  // namespace aiop::replay
