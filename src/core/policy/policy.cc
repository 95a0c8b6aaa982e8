// SPDX-License-Identifier: Apache-2.0
// Reading a policy file.
#include "core/policy/policy.h"

#include <algorithm>
#include <ranges>
#include <set>

#include "core/policy/condition.h"
#include "core/policy/explain.h"
#include "core/policy/template.h"

namespace aiop::policy {
namespace {

using describe::AtLeast;
using describe::Between;
using describe::Problem;

constexpr std::string_view kVersionPattern = "^[0-9]+\\.[0-9]+\\.[0-9]+$";

bool IsVersion(std::string_view text) {
  int numbers = 0;
  while (true) {
    size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
    if (digits == 0 || digits > 9 || (digits > 1 && text.front() == '0')) return false;
    text.remove_prefix(digits);
    if (++numbers == 3) return text.empty();
    if (!text.starts_with('.')) return false;
    text.remove_prefix(1);
  }
}

constexpr describe::Rule kVersionRule{
    .pattern = kVersionPattern, .ok = IsVersion, .expectation = "a version such as 1.0.0"};

// The file as written.
struct Thresholds {
  double abstain_below = 0;
  Tuning tuning;

  static constexpr std::string_view kName = "PolicyThresholds";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("abstain_below", self.abstain_below, "", Between(0, 1));
    visit.Required("settled_at", self.tuning.settled_at, "", Between(0, 1));
    visit.Required("without_control", self.tuning.without_control, "", Between(0, 1));
    visit.Required("control_differs", self.tuning.control_differs, "", Between(0, 1));
    visit.Required("several_apps", self.tuning.several_apps, "", AtLeast(2));
    visit.Required("real_failures", self.tuning.real_failures, "", AtLeast(2));
    visit.Required("over_budget_share", self.tuning.over_budget_share, "", Between(0, 1));
  }
};

struct Limits {
  Tuning tuning;

  static constexpr std::string_view kName = "PolicyLimits";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("other_versions", self.tuning.other_versions, "", Between(0, 100));
    visit.Required("other_apps", self.tuning.other_apps, "", Between(0, 100));
    visit.Required("golden_apps", self.tuning.golden_apps, "", Between(0, 100));
    visit.Required("other_profiles", self.tuning.other_profiles, "", Between(0, 100));
    visit.Required("earlier_revisions", self.tuning.earlier_revisions, "", Between(0, 100));
    visit.Required("other_motors", self.tuning.other_motors, "", Between(0, 100));
    visit.Optional("pending_fixes", self.tuning.pending_fixes, "", Between(0, 100));
    visit.Required("reduction_runs", self.tuning.reduction_runs, "", Between(0, 10'000));
    visit.Required("spec_checks", self.tuning.spec_checks, "", Between(0, 100));
  }
};

// What is left out has no limit.
struct Budgets {
  int64_t plant_ms_per_incident = 0;
  std::optional<double> usd_per_incident;
  std::optional<int64_t> tokens_per_incident;
  std::optional<int64_t> plant_ms_per_day;
  std::optional<double> usd_per_day;
  std::optional<int64_t> tokens_per_day;
  int64_t give_up_after = 0;
  int64_t regression_runs = 0;
  int64_t candidates_per_incident = 0;

  static constexpr std::string_view kName = "PolicyBudgets";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("plant_ms_per_incident", self.plant_ms_per_incident, "", AtLeast(0));
    visit.Optional("usd_per_incident", self.usd_per_incident, "", AtLeast(0));
    visit.Optional("tokens_per_incident", self.tokens_per_incident, "", AtLeast(0));
    visit.Optional("plant_ms_per_day", self.plant_ms_per_day, "", AtLeast(0));
    visit.Optional("usd_per_day", self.usd_per_day, "", AtLeast(0));
    visit.Optional("tokens_per_day", self.tokens_per_day, "", AtLeast(0));
    visit.Required("give_up_after", self.give_up_after, "", AtLeast(1));
    visit.Required("regression_runs", self.regression_runs, "", AtLeast(0));
    visit.Required("candidates_per_incident", self.candidates_per_incident, "", AtLeast(1));
  }
};

// Twice as long each time.
struct BackOff {
  int64_t first_ms = 1000;
  int64_t most_ms = 60'000;

  static constexpr std::string_view kName = "PolicyBackOff";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Optional("first_ms", self.first_ms, "", AtLeast(0));
    visit.Optional("most_ms", self.most_ms, "", AtLeast(0));
  }
};

struct RuleEntry {
  Rule rule;
  json::Value when;

  static constexpr std::string_view kName = "PolicyRule";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("name", self.rule.name, "", describe::kNameRule);
    visit.Required("when", self.when, "");
    visit.Required("classification", self.rule.classification, "");
    visit.Required("category", self.rule.category, "");
    visit.Required("confidence", self.rule.confidence, "", Between(0, 1));
    visit.Required("because", self.rule.because, "", describe::kNonEmptyRule);
    visit.Optional("asks", self.rule.asks, "");
    visit.Optional("covers", self.rule.covers, "");
  }
};

// "90s", "10m", "2h", "1d" in milliseconds; nothing if it is no such text.
std::optional<int64_t> ReadSpan(std::string_view text) {
  constexpr int64_t kLongest = 366;  // of any unit
  int64_t number = 0;
  size_t at = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9' && number <= kLongest; ++at) {
    number = number * 10 + (text[at] - '0');
  }
  if (at == 0 || at + 1 != text.size() || number < 1 || number > kLongest) return std::nullopt;
  switch (text[at]) {
    case 's':
      return number * 1'000;
    case 'm':
      return number * 60'000;
    case 'h':
      return number * 3'600'000;
    case 'd':
      return number * 86'400'000;
    default:
      return std::nullopt;
  }
}

bool IsSpan(std::string_view text) { return ReadSpan(text).has_value(); }

constexpr describe::Rule kSpanRule{.pattern = "^[1-9][0-9]{0,2}[smhd]$",
                                   .ok = IsSpan,
                                   .expectation = "a span of time such as 90s, 10m, 2h or 1d"};

struct Opening {
  int64_t opens_after = 1;
  std::string within = "10m";

  static constexpr std::string_view kName = "PolicyIncidents";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Optional("opens_after", self.opens_after, "", Between(1, 1'000'000));
    visit.Optional("within", self.within, "", kSpanRule);
  }
};

// The spans of time are words; the rest goes into Governance as it is.
struct GovernanceEntry {
  Governance numbers;
  std::string after_care = "24h";
  std::string approval = "7d";
  std::string break_glass = "24h";

  static constexpr std::string_view kName = "PolicyGovernance";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    const describe::Rule some = Between(1, 1'000'000);
    visit.Optional("after_care_runs", self.numbers.after_care_runs, "", some);
    visit.Optional("after_care", self.after_care, "", kSpanRule);
    visit.Optional("confirmations", self.numbers.confirmations, "", some);
    visit.Optional("when_back", self.numbers.when_back, "");
    visit.Optional("breaker_after", self.numbers.breaker_after, "", some);
    visit.Optional("suggest_after", self.numbers.suggest_after, "", some);
    visit.Optional("approval", self.approval, "", kSpanRule);
    visit.Optional("approves", self.numbers.approves, "");
    visit.Optional("break_glass", self.break_glass, "", kSpanRule);
    visit.Optional("canary_min_runs", self.numbers.canary_min_runs, "", some);
    visit.Optional("reruns_per_minute", self.numbers.reruns_per_minute, "", some);
  }
  Governance Read() const {
    Governance governance = numbers;
    governance.after_care_ms = ReadSpan(after_care).value_or(0);
    governance.approval_ms = ReadSpan(approval).value_or(0);
    governance.break_glass_ms = ReadSpan(break_glass).value_or(0);
    return governance;
  }
};

struct PolicyFile {
  std::string id;
  std::string version;
  Opening incidents;
  GovernanceEntry governance;
  Thresholds thresholds;
  Budgets budgets;
  BackOff back_off;
  Limits limits;
  std::vector<RuleEntry> rules;

  static constexpr std::string_view kName = "PolicyFile";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "", describe::kNameRule);
    visit.Required("version", self.version, "", kVersionRule);
    visit.Required("thresholds", self.thresholds, "");
    visit.Required("budgets", self.budgets, "");
    visit.Optional("back_off", self.back_off, "");
    visit.Required("limits", self.limits, "");
    visit.Optional("incidents", self.incidents, "");
    visit.Optional("governance", self.governance, "");
    visit.Required("rules", self.rules, "");
  }
};

model::Classification SideOf(model::Category category) {
  using enum model::Category;
  switch (category) {
    case kAppSpec:
    case kAppBuild:
    case kTransient:
      return model::Classification::kApp;
    case kMotorRules:
    case kMotorPerf:
      return model::Classification::kMotor;
    case kMixedDrift:
      return model::Classification::kMixed;
  }
  return model::Classification::kApp;
}

void CheckRule(const Rule& rule, const std::string& path, std::vector<Problem>& problems) {
  if (SideOf(rule.category) != rule.classification) {
    problems.push_back({path + "/category", "does not belong to the classification " +
                                                std::string(describe::Name(rule.classification))});
  }
  const bool blames_motor = rule.classification == model::Classification::kMotor;
  if (rule.covers.value_or(Covers::kApp) != Covers::kApp && !blames_motor) {
    problems.push_back({path + "/covers", "what blames the app covers the examined app only"});
  }
  for (const std::string& name : PlaceholdersOf(rule.because)) {
    if (!IsPlaceholder(name)) {
      problems.push_back({path + "/because", "names no known placeholder: '{" + name + "}'"});
    }
  }
}

std::vector<Rule> ReadRules(std::vector<RuleEntry> entries, std::vector<Problem>& problems) {
  std::vector<Rule> rules;
  std::set<std::string> names;
  if (entries.empty()) problems.push_back({"/rules", "must not be empty"});
  for (size_t i = 0; i < entries.size(); ++i) {
    const std::string path = json::Child("/rules", i);
    Rule rule = std::move(entries[i].rule);
    rule.when = ReadCondition(entries[i].when, path + "/when", problems);
    if (!names.insert(rule.name).second) {
      problems.push_back({path + "/name", "is the name of an earlier rule: '" + rule.name + "'"});
    }
    CheckRule(rule, path, problems);
    rules.push_back(std::move(rule));
  }
  return rules;
}

// "FILE:LINE: /pointer: message; ...".
Error Complaint(const std::vector<Problem>& problems, std::string_view file,
                int (*line_of)(const void*, std::string_view), const void* lines) {
  std::string text;
  for (const Problem& problem : problems | std::views::take(describe::kProblemsShown)) {
    if (!text.empty()) text += "; ";
    text += file;
    if (line_of != nullptr) text += ":" + std::to_string(line_of(lines, problem.path));
    text += ": " + (problem.path.empty() ? "/" : problem.path) + ": " + problem.message;
  }
  if (problems.size() > describe::kProblemsShown) text += "; ...";
  return {Code::kInvalid, std::move(text)};
}

budget::Allowance Limited(std::optional<int64_t> plant_ms, std::optional<double> usd,
                          std::optional<int64_t> tokens) {
  budget::Allowance allowance;
  if (plant_ms) allowance.plant_ms = *plant_ms;
  if (usd) allowance.usd = *usd;
  if (tokens) allowance.tokens = *tokens;
  return allowance;
}

Tuning Joined(const Thresholds& thresholds, const Limits& limits) {
  Tuning tuning = limits.tuning;
  tuning.settled_at = thresholds.tuning.settled_at;
  tuning.without_control = thresholds.tuning.without_control;
  tuning.control_differs = thresholds.tuning.control_differs;
  tuning.several_apps = thresholds.tuning.several_apps;
  tuning.real_failures = thresholds.tuning.real_failures;
  tuning.over_budget_share = thresholds.tuning.over_budget_share;
  return tuning;
}

}  // namespace

Covers Policy::CoveredBy(std::string_view rule) const {
  const auto found = std::ranges::find(*rules_, rule, &Rule::name);
  return found == rules_->end() ? Covers::kAll : found->Covered();
}

int64_t Policy::BackOffMilliseconds(int64_t resumed) const {
  int64_t wait = back_off_first_ms_;
  for (int64_t i = 1; i < resumed && wait < back_off_most_ms_; ++i) wait *= 2;
  return std::min(wait, back_off_most_ms_);
}

Result<Policy> Policy::LoadOne(const json::Value& value, std::string_view file,
                               int (*line_of)(const void*, std::string_view), const void* lines) {
  auto read = describe::Read<PolicyFile>(value);
  if (!read) return std::unexpected(Complaint(read.error(), file, line_of, lines));
  std::vector<Problem> problems;
  std::vector<Rule> rules = ReadRules(std::move(read->rules), problems);
  if (!problems.empty()) return std::unexpected(Complaint(problems, file, line_of, lines));
  Policy policy;
  policy.id_ = read->id + "@" + read->version;
  const Budgets& budgets = read->budgets;
  policy.per_incident_ =
      Limited(budgets.plant_ms_per_incident, budgets.usd_per_incident, budgets.tokens_per_incident);
  policy.per_day_ = Limited(budgets.plant_ms_per_day, budgets.usd_per_day, budgets.tokens_per_day);
  policy.give_up_after_ = read->budgets.give_up_after;
  policy.regression_runs_ = read->budgets.regression_runs;
  policy.candidates_per_incident_ = read->budgets.candidates_per_incident;
  policy.back_off_first_ms_ = read->back_off.first_ms;
  policy.back_off_most_ms_ = read->back_off.most_ms;
  policy.opens_after_ = read->incidents.opens_after;
  policy.opens_within_ms_ = ReadSpan(read->incidents.within).value_or(0);
  policy.governance_ = read->governance.Read();
  policy.abstain_below_ = read->thresholds.abstain_below;
  policy.reduction_runs_ = read->limits.tuning.reduction_runs;
  Tuning tuning = Joined(read->thresholds, read->limits);
  // Who gives up sooner has seen enough sooner.
  tuning.real_failures = std::min(tuning.real_failures, policy.give_up_after_ + 1);
  policy.tuning_ = std::make_shared<const Tuning>(tuning);
  policy.rules_ = std::make_shared<const std::vector<Rule>>(std::move(rules));
  return policy;
}

}  // namespace aiop::policy
