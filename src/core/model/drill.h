// SPDX-License-Identifier: Apache-2.0
// What chaos drills came to.
#pragma once

#include "core/describe/describe.h"

namespace aiop::model {

struct DrillCheck {
  std::string expected;
  bool held = false;
  std::string seen;

  static constexpr std::string_view kName = "DrillCheck";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("expected", self.expected, "What has to be so, in words.");
    visit.Required("held", self.held, "");
    visit.Optional("seen", self.seen, "What was so instead.");
  }
};

struct DrillResult {
  std::string drill;
  std::string hypothesis;
  std::string injects;
  std::vector<std::string> guards;
  std::string without;  // the guard that was switched off on purpose
  bool passed = false;
  std::vector<DrillCheck> checks;
  std::vector<std::string> notes;
  std::string classification;
  std::optional<int64_t> detected_ms;
  std::optional<int64_t> mttr_ms;
  int64_t took_ms = 0;
  std::string problem;
  std::string folder;

  static constexpr std::string_view kName = "DrillResult";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("drill", self.drill, "");
    visit.Required("hypothesis", self.hypothesis, "What is claimed of the operator.");
    visit.Required("injects", self.injects, "What was done to it.");
    visit.Required("guards", self.guards, "What keeps it safe; switched off, the drill fails.");
    visit.Optional("without", self.without, "The guard that was switched off on purpose.");
    visit.Required("passed", self.passed, "Every check held.");
    visit.Required("checks", self.checks, "");
    visit.Optional("notes", self.notes, "Which way was used, what was not possible here.");
    visit.Optional("classification", self.classification,
                   "What the operator called the fault; empty if it decided nothing.");
    visit.Optional("detected_ms", self.detected_ms,
                   "From the injection until the operator had noticed it.");
    visit.Optional("mttr_ms", self.mttr_ms,
                   "From the injection until the run was SUCCESS, or PAUSED for the right cause.");
    visit.Required("took_ms", self.took_ms, "The whole drill, set-up included.");
    visit.Optional("problem", self.problem, "Why the drill could not be carried out.");
    visit.Optional("folder", self.folder, "Where it was played, if that was kept.");
  }
};

struct ChaosReport {
  bool passed = false;
  std::optional<double> mttr_mean_ms;
  std::vector<DrillResult> drills;

  static constexpr std::string_view kName = "ChaosReport";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("passed", self.passed, "Every drill passed.");
    visit.Optional("mttr_mean_ms", self.mttr_mean_ms, "Mean of the drills that measured one.");
    visit.Required("drills", self.drills, "");
  }
};

}  // namespace aiop::model
