// SPDX-License-Identifier: Apache-2.0
//
// Makes decisions again from what was recorded, without a plant: with another policy, or by another
// version of the operator.
//
// A model::DecisionHistory holds what history proved before the first question, then each question
// with its answer, then the ruling. Replay() puts the first part before the policy, answers each
// wish from the second, and compares with the third. An experiment that the history lacks is
// unknown: it counts as one that was not possible.
//
// A history file is JSON lines, one decision each. Equal histories have equal bytes.
//
// Pure; thread-safe: values only. Errors: kInvalid for a file that is none, naming file and line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result/result.h"
#include "core/model/model.h"
#include "core/policy/policy.h"

namespace aiop::replay {

// Longer texts of a failure are cut: no proposition reads further.
inline constexpr size_t kEventBytesKept = size_t{64} << 10;
inline constexpr size_t kTitleBytesKept = 200;
inline constexpr size_t kFindingsKept = 20;  // of one experiment
// More wishes than this for one decision: the policy comes to no ruling.
inline constexpr int kWishLimit = 60;
// What an experiment with a plant costs in a normalised history.
inline constexpr int64_t kNormalPlantMs = 1000;

// ---- Writing down ----

// A decision that begins: what is known before the first question.
model::DecisionHistory Begin(const policy::Evidence& evidence);

// A question that was asked, with its answer.
void Note(model::DecisionHistory& history, const policy::Wish& wish,
          const model::Experiment& experiment);

// The ruling that was made. `evidence` is what it was made on.
void Conclude(model::DecisionHistory& history, const policy::Ruling& ruling,
              const policy::Evidence& evidence, const policy::Policy& policy);

// One line, with its end.
std::string LineOf(const model::DecisionHistory& history);

// The decisions of one story without what differs between two plays of it: ids are numbered in the
// order in which they appear, plant times become kNormalPlantMs, measured latencies are left out,
// and each text of `places` becomes what stands beside it.
using Places = std::vector<std::pair<std::string, std::string>>;
std::vector<model::DecisionHistory> Normalised(std::vector<model::DecisionHistory> histories,
                                               const Places& places);

// ---- Reading ----

Result<model::DecisionHistory> ReadLine(std::string_view line);
// Empty lines are passed over.
Result<std::vector<model::DecisionHistory>> ReadFile(std::string_view text,
                                                     std::string_view file_name);

// What is known before the first question.
policy::Evidence EvidenceOf(const model::DecisionHistory& history);

// ---- Deciding anew ----

struct Difference {
  std::string proposition;  // the first that differs, if one does
  std::string why;          // for people
};

struct Replayed {
  model::PastRuling ruling;
  std::vector<std::string> asked;        // as "other_version 1.1.0", in order
  std::vector<std::string> unknown;      // those of them that the history lacks
  std::optional<Difference> difference;  // nothing: the same decision
};

Replayed Replay(const model::DecisionHistory& history, const policy::Policy& policy);

}  // namespace aiop::replay
