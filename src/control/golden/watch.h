// SPDX-License-Identifier: Apache-2.0
// What a story came to, read from its home. Private.
#pragma once

#include <set>

#include "control/contexts/contexts.h"
#include "control/experiments/experiments.h"
#include "control/golden/golden.h"

namespace aiop::golden {

// The plant time that a home has seen so far.
Status AddPlantTime(contexts::Home& home, Observation& seen);

class Watch {
 public:
  Watch(contexts::Home& home, const Incident& incident) : home_(home), incident_(incident) {}

  // After the run step of this number.
  Status Look(int64_t step);
  // At the end. The harness asks what the validators and the motor's declaration say of the specs.
  Result<Observation> Conclude(experiments::Harness& harness);

 private:
  Status LookAt(const model::Occurrence& occurrence, int64_t step);
  Status MatchDecisions();
  // When the run of this failure next failed in the same way.
  std::optional<Timestamp> NextTime(size_t failure) const;
  std::optional<size_t> LabelOf(const SeenFailure& failure);
  Status MatchTruth();
  Status DescribeRuns();
  Status DescribeFailure(SeenFailure& failure, experiments::Harness& harness);
  Status AskAboutSpec(SeenFailure& failure, const model::Run& run, experiments::Harness& harness);

  contexts::Home& home_;
  const Incident& incident_;
  Observation seen_;
  std::set<std::string> events_;
  std::vector<model::Occurrence> first_;        // of each failure
  std::vector<model::SignalType> signals_;      // of each failure
  std::vector<model::DecisionRecord> records_;  // of each decision
};

}  // namespace aiop::golden
