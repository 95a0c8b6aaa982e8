// SPDX-License-Identifier: Apache-2.0
// What the figures come to, described for JSON and its schema. Part of core/kpi.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/model.h"

namespace aiop::kpi {

// Stored by name; never rename.
enum class Verdict { kPass, kFail, kInconclusive };
constexpr auto EnumNames(Verdict) {
  using enum Verdict;
  return std::to_array<std::pair<Verdict, std::string_view>>(
      {{kPass, "pass"}, {kFail, "fail"}, {kInconclusive, "inconclusive"}});
}

// `hits` of `of`, with the 95 % interval.
struct Share {
  int64_t hits = 0;
  int64_t of = 0;
  std::optional<double> share;
  std::optional<double> low;
  std::optional<double> high;

  static constexpr std::string_view kName = "Share";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("hits", self.hits, "");
    visit.Required("of", self.of, "");
    visit.Optional("share", self.share, "Absent: no data.");
    visit.Optional("low", self.low, "Of its 95 % interval (Wilson).");
    visit.Optional("high", self.high, "Of its 95 % interval (Wilson).");
  }
};
Share ShareOf(int64_t hits, int64_t of);

// The middle of some figures.
struct Middle {
  int64_t count = 0;
  std::optional<double> median;
  std::optional<double> low;
  std::optional<double> high;
  std::optional<double> mean;

  static constexpr std::string_view kName = "Middle";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("count", self.count, "");
    visit.Optional("median", self.median, "Absent: no data.");
    visit.Optional("low", self.low, "Of the median's 95 % interval; absent: too few.");
    visit.Optional("high", self.high, "Of the median's 95 % interval; absent: too few.");
    visit.Optional("mean", self.mean, "");
  }
};
Middle MiddleOf(std::vector<double> values);

struct AppFigures {
  Share success;
  Share success_at_once;
  Middle quality;
  Middle end_to_end_ms;
  Middle plant_ms;
  Middle cost_usd;

  static constexpr std::string_view kName = "AppFigures";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("success", self.success,
                   "Runs that ended SUCCESS, of those that ended or stand at a failure.");
    visit.Required("success_at_once", self.success_at_once, "The same without any failure.");
    visit.Required("quality", self.quality, "Last quality score of each run that has one.");
    visit.Required("end_to_end_ms", self.end_to_end_ms,
                   "From creation to SUCCESS, waiting included.");
    visit.Required("plant_ms", self.plant_ms, "Time in the plant, of runs that ended SUCCESS.");
    visit.Required("cost_usd", self.cost_usd,
                   "Cost of all attempts, of runs that ended SUCCESS and told a cost.");
  }
};

struct CategoryShare {
  std::string category;
  Share share;

  static constexpr std::string_view kName = "CategoryShare";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("category", self.category, "Or abstained, undecided.");
    visit.Required("share", self.share, "");
  }
};

// One figure before and after a change.
struct Comparison {
  Verdict verdict = Verdict::kInconclusive;
  std::string because;
  std::optional<double> before;
  std::optional<double> after;
  int64_t count_before = 0;
  int64_t count_after = 0;

  static constexpr std::string_view kName = "Comparison";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("verdict", self.verdict, "fail: shown to be worse. pass: shown not to be.");
    visit.Required("because", self.because, "");
    visit.Optional("before", self.before, "Share of attempts, or median.");
    visit.Optional("after", self.after, "");
    visit.Required("count_before", self.count_before, "");
    visit.Required("count_after", self.count_after, "");
  }
};

// What a change of the motor did to its figures.
struct ChangeImpact {
  std::string change;
  std::string plant;
  std::string title;
  std::string from;
  std::string to;
  model::ChangeState status = model::ChangeState::kPromoted;
  std::optional<double> repair_ms;
  Comparison success;
  Comparison latency_ms;
  Comparison cost_usd;
  Comparison quality;

  static constexpr std::string_view kName = "ChangeImpact";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("change", self.change, "");
    visit.Required("plant", self.plant, "");
    visit.Required("title", self.title, "");
    visit.Required("from", self.from, "Motor version before.");
    visit.Required("to", self.to, "Motor version it made.");
    visit.Required("status", self.status, "");
    visit.Optional("repair_ms", self.repair_ms,
                   "From the incident's first occurrence to the version being active.");
    visit.Required("success", self.success, "Share of attempts that succeeded.");
    visit.Required("latency_ms", self.latency_ms, "Of attempts from the beginning to success.");
    visit.Required("cost_usd", self.cost_usd, "Of attempts from the beginning to success.");
    visit.Required("quality", self.quality, "Quality scores.");
  }
};

struct MotorFigures {
  std::vector<CategoryShare> incidents;
  Middle repair_ms;
  std::vector<ChangeImpact> changes;

  static constexpr std::string_view kName = "MotorFigures";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("incidents", self.incidents, "Incidents by category.");
    visit.Required("repair_ms", self.repair_ms, "Time to repair by motor fixes; its mean is MTTR.");
    visit.Required("changes", self.changes, "Each change that became a motor version.");
  }
};

struct OperatorFigures {
  Share accuracy;
  Share accuracy_human;
  Share accuracy_healing;
  Share resumed;
  std::optional<double> actions_per_failure;
  Share false_motor_fixes;
  Share false_motor_fixes_known;
  Share abstained;
  double saved_plant_seconds = 0;
  double spent_plant_seconds = 0;

  static constexpr std::string_view kName = "OperatorFigures";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("accuracy", self.accuracy,
                   "Decisions that are right, of those whose truth is known.");
    visit.Required("accuracy_human", self.accuracy_human, "Of those that a human judged.");
    visit.Required("accuracy_healing", self.accuracy_healing,
                   "Of those whose failure went away: what changed then is the side they named.");
    visit.Required("resumed", self.resumed,
                   "Failed runs that ended SUCCESS without redone steps, of those with a fix.");
    visit.Optional("actions_per_failure", self.actions_per_failure,
                   "How often such a run was resumed, for each failure it had.");
    visit.Required("false_motor_fixes", self.false_motor_fixes,
                   "Decisions to patch a motor that had not to change, of all to patch a motor.");
    visit.Required("false_motor_fixes_known", self.false_motor_fixes_known,
                   "The same, of those whose truth is known.");
    visit.Required("abstained", self.abstained, "Decisions that ask a human, of all.");
    visit.Required("saved_plant_seconds", self.saved_plant_seconds,
                   "What restarts from the beginning would have repeated.");
    visit.Required("spent_plant_seconds", self.spent_plant_seconds,
                   "What experiments and gates took.");
  }
};

struct Figures {
  AppFigures app;
  MotorFigures motor;
  OperatorFigures op;

  static constexpr std::string_view kName = "Figures";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("app", self.app, "");
    visit.Required("motor", self.motor, "");
    visit.Required("operator", self.op, "");
  }
};

struct PlantFigures {
  std::string plant;
  Figures figures;

  static constexpr std::string_view kName = "PlantFigures";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("plant", self.plant, "");
    visit.Required("figures", self.figures, "");
  }
};

// The document of `aiop kpi`.
struct KpiReport {
  Timestamp since;
  Timestamp until;
  Figures figures;
  std::vector<PlantFigures> plants;

  static constexpr std::string_view kName = "KpiReport";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("since", self.since, "");
    visit.Required("until", self.until, "");
    visit.Required("figures", self.figures, "Of all plants that were asked for.");
    visit.Required("plants", self.plants, "Of each of them.");
  }
};

// An objective and what its window shows.
struct ObjectiveStanding {
  std::string plant;
  model::Signal signal = model::Signal::kSuccess;
  double target = 0;
  std::string window;
  std::optional<double> threshold;
  Verdict verdict = Verdict::kInconclusive;
  int64_t runs = 0;
  double bad = 0;
  std::optional<double> measured;
  std::optional<double> low;
  std::optional<double> high;
  double budget_runs = 0;
  double budget_left_runs = 0;
  std::optional<double> budget_left;
  std::optional<double> burn_rate;
  double short_window_hours = 0;
  std::optional<double> burn_rate_short;
  std::vector<std::string> bad_runs;
  std::vector<std::string> incidents;
  std::string breach;

  static constexpr std::string_view kName = "ObjectiveStanding";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("plant", self.plant, "");
    visit.Required("signal", self.signal, "");
    visit.Required("target", self.target, "Share to be reached.");
    visit.Required("window", self.window, "");
    visit.Optional("threshold", self.threshold, "Until where a run is good.");
    visit.Required("verdict", self.verdict,
                   "fail: the error budget is used up. inconclusive: no run in the window.");
    visit.Required("runs", self.runs, "That count in the window.");
    visit.Required("bad", self.bad,
                   "Runs that were not good; without a threshold each counts by what it lacks.");
    visit.Optional("measured", self.measured, "Share reached. Absent: no data.");
    visit.Optional("low", self.low, "Of its 95 % interval (Wilson), where runs are good or bad.");
    visit.Optional("high", self.high, "");
    visit.Required("budget_runs", self.budget_runs, "Runs that may be bad.");
    visit.Required("budget_left_runs", self.budget_left_runs, "Of these, still left.");
    visit.Optional("budget_left", self.budget_left,
                   "As a share of the budget; below 0: overspent.");
    visit.Optional("burn_rate", self.burn_rate,
                   "Bad share over allowed share, in the window: 1 uses it up exactly.");
    visit.Required("short_window_hours", self.short_window_hours, "A twelfth of the window.");
    visit.Optional("burn_rate_short", self.burn_rate_short, "The same in the short window.");
    visit.Required("bad_runs", self.bad_runs, "The latest of them.");
    visit.Required("incidents", self.incidents, "At which those stopped.");
    visit.Optional("breach", self.breach, "The event that tells of it, while it is missed.");
  }
};

// The document of `aiop slo`.
struct SloReport {
  Timestamp at;
  std::vector<ObjectiveStanding> items;

  static constexpr std::string_view kName = "SloReport";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("at", self.at, "");
    visit.Required("items", self.items, "Every objective of the plants' active motors.");
  }
};

// An error or critical event that has neither an incident nor a reason why not.
struct MuteEvent {
  std::string event;
  std::string plant;
  std::string app;
  std::string run;
  Timestamp time;
  std::string message;
  std::string why;

  static constexpr std::string_view kName = "MuteEvent";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("event", self.event, "");
    visit.Required("plant", self.plant, "");
    visit.Required("app", self.app, "");
    visit.Required("run", self.run, "");
    visit.Required("time", self.time, "");
    visit.Required("message", self.message, "Its first line.");
    visit.Required("why", self.why, "What is missing.");
  }
};

// What was found in the records, or made by looking: one sentence and what it rests on.
struct Evidence {
  std::string found;
  std::vector<std::string> refs;
  std::optional<Timestamp> at;

  static constexpr std::string_view kName = "ComplianceEvidence";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("found", self.found, "One sentence.");
    visit.Required("refs", self.refs, "Ids of the newest records it rests on.");
    visit.Optional("at", self.at, "When the newest of them was made.");
  }
};

// One line of the checklist (specification section 19, and what governs changes).
struct ChecklistLine {
  std::string name;
  std::string requirement;
  bool holds = false;
  std::vector<Evidence> evidence;
  std::vector<std::string> missing;
  std::string test;

  static constexpr std::string_view kName = "ChecklistLine";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("name", self.name, "Short and stable.");
    visit.Required("requirement", self.requirement, "What has to be so.");
    visit.Required("holds", self.holds, "Never without evidence.");
    visit.Required("evidence", self.evidence, "Which records, and when.");
    visit.Required("missing", self.missing,
                   "What speaks against it or is not there, and what to do.");
    visit.Required("test", self.test, "The test of this program that shows it.");
  }
};

// The document of `aiop compliance`.
struct ComplianceReport {
  bool complies = false;
  std::vector<ChecklistLine> checklist;

  int64_t checked = 0;
  int64_t incidents = 0;
  int64_t explained = 0;
  int64_t pending = 0;
  int64_t mute = 0;
  std::vector<MuteEvent> items;

  static constexpr std::string_view kName = "ComplianceReport";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("complies", self.complies, "Every line holds.");
    visit.Required("checklist", self.checklist, "");
    visit.Required("checked", self.checked, "Error and critical events.");
    visit.Required("incidents", self.incidents, "That ended in an incident.");
    visit.Required("explained", self.explained, "That have a stored reason why not.");
    visit.Required("pending", self.pending,
                   "Whose run is under way: what it comes to is not known yet.");
    visit.Required("mute", self.mute, "All others.");
    visit.Required("items", self.items, "The mute ones.");
  }
};

// Schemas of the documents above, by name.
std::vector<std::pair<std::string, json::Value>> AllSchemas();

}  // namespace aiop::kpi
