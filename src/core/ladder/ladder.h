// SPDX-License-Identifier: Apache-2.0
//
// The autonomy ladder, looked at backwards: of the decisions of some weeks, what the operator would
// have done on each rung (motor.yaml: autonomy), and how often it would have been right. Arithmetic
// over stored records; nothing is tried anew. Pure and thread-safe; never fails.
#pragma once

#include <array>
#include <cstdint>

#include "core/kpi/kpi.h"

namespace aiop::ladder {

// What is done about decisions on one rung.
struct Rung {
  model::Autonomy autonomy = model::Autonomy::kObserve;
  int64_t recorded = 0;   // nothing is changed
  int64_t waits = 0;      // a patch is made and checked, and a human decides
  int64_t by_itself = 0;  // patched without anybody; of these:
  int64_t right = 0;      // shown to be right, by a human or by what healed it
  int64_t wrong = 0;      // shown to be wrong
  int64_t unknown = 0;
  int64_t healed = 0;  // the failure went away

  static constexpr std::string_view kName = "Rung";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("autonomy", self.autonomy, "");
    visit.Required("recorded", self.recorded, "Nothing is changed.");
    visit.Required("waits", self.waits, "A patch is made and checked, and a human decides.");
    visit.Required("by_itself", self.by_itself, "Patched without anybody.");
    visit.Required("right", self.right, "Of these: shown to be right.");
    visit.Required("wrong", self.wrong, "Of these: shown to be wrong.");
    visit.Required("unknown", self.unknown, "Of these: nobody knows.");
    visit.Required("healed", self.healed, "Of these: the failure went away.");
  }
};

struct Report {
  Timestamp since;
  Timestamp until;
  int64_t decisions = 0;
  int64_t abstained = 0;    // asked a human who has to change
  int64_t transient = 0;    // went on without a patch
  int64_t app = 0;          // the app has to change
  int64_t motor = 0;        // the motor, or both
  int64_t no_patch = 0;     // of app and motor: no source had a patch that passed
  int64_t corrected = 0;    // by a human, on all rungs
  int64_t experiments = 0;  // what deciding took
  int64_t plant_ms = 0;
  double cost_usd = 0;
  std::vector<Rung> rungs;  // lowest first

  static constexpr std::string_view kName = "AutonomyReport";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("since", self.since, "");
    visit.Required("until", self.until, "");
    visit.Required("decisions", self.decisions, "");
    visit.Required("abstained", self.abstained, "A human was asked who has to change.");
    visit.Required("transient", self.transient, "Went on without a patch.");
    visit.Required("app", self.app, "The app has to change.");
    visit.Required("motor", self.motor, "The motor has to change, or both.");
    visit.Required("no_patch", self.no_patch, "No source had a patch that passed its checks.");
    visit.Required("corrected", self.corrected, "Decisions that a human called wrong.");
    visit.Required("experiments", self.experiments, "Plants started to decide.");
    visit.Required("plant_ms", self.plant_ms, "Time they took.");
    visit.Required("cost_usd", self.cost_usd, "Money they spent, as far as plants told.");
    visit.Required("rungs", self.rungs, "Lowest first.");
  }
};

// `app_patches`: as motor.yaml says now. A patch that waited for a reason of its own (a guarded
// check, a guess) waits on every rung.
Report LookBack(const kpi::Records& records, model::AppPatches app_patches, Timestamp since,
                Timestamp until);

}  // namespace aiop::ladder
