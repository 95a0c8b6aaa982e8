// SPDX-License-Identifier: Apache-2.0
// Policies for single plants and teams: the file as a whole with some of it replaced.
#include <algorithm>

#include "core/policy/policy.h"

namespace aiop::policy {

using describe::Problem;

namespace {

constexpr std::string_view kParts[] = {"thresholds", "budgets",   "back_off",
                                       "limits",     "incidents", "governance"};

// `*` stands for any text; everything else for itself.
bool Fits(std::string_view pattern, std::string_view text) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (size_t at = star; at <= text.size(); ++at) {
    if (Fits(rest, text.substr(at))) return true;
  }
  return false;
}

struct Entry {
  std::string name;
  std::vector<std::string> plants;
  std::vector<std::string> teams;
  json::Value thresholds, budgets, back_off, limits, incidents, governance;
  std::vector<std::string> without;
  json::Value rules;

  static constexpr std::string_view kName = "PolicyOverride";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("name", self.name, "", describe::kNameRule);
    visit.Optional("plants", self.plants, "");
    visit.Optional("teams", self.teams, "");
    visit.Optional("thresholds", self.thresholds, "");
    visit.Optional("budgets", self.budgets, "");
    visit.Optional("back_off", self.back_off, "");
    visit.Optional("limits", self.limits, "");
    visit.Optional("incidents", self.incidents, "");
    visit.Optional("governance", self.governance, "");
    visit.Optional("without", self.without, "");
    visit.Optional("rules", self.rules, "");
  }
};

// The whole file as it is for this entry: single numbers replaced, rules left out, its own rules
// before the others.
json::Value Whole(const json::Object& base, const json::Object& entry) {
  json::Object whole = base;
  for (const std::string_view part : kParts) {
    const auto* changed = entry.if_contains(part);
    if (changed == nullptr || !changed->is_object()) continue;
    json::Object& target =
        whole[part].is_object() ? whole[part].get_object() : whole[part].emplace_object();
    for (const auto& member : changed->get_object()) target[member.key()] = member.value();
  }
  json::Array rules;
  if (const auto* own = entry.if_contains("rules"); own && own->is_array())
    rules = own->get_array();
  const auto* without = entry.if_contains("without");
  const auto left_out = [&](const json::Value& rule) {
    return without != nullptr && without->is_array() &&
           std::ranges::any_of(without->get_array(), [&](const json::Value& name) {
             return name.is_string() && name.get_string() == json::TextMember(rule, "name");
           });
  };
  if (const auto* others = base.if_contains("rules"); others && others->is_array()) {
    for (const json::Value& rule : others->get_array()) {
      if (!left_out(rule)) rules.push_back(rule);
    }
  }
  whole["rules"] = std::move(rules);
  return whole;
}

std::vector<Problem> Unknown(const Entry& entry, const json::Object& base) {
  std::vector<Problem> problems;
  if (entry.plants.empty() && entry.teams.empty()) {
    problems.push_back({"", "names neither plants nor teams"});
  }
  const auto* rules = base.if_contains("rules");
  for (size_t i = 0; i < entry.without.size(); ++i) {
    const bool known = rules && rules->is_array() &&
                       std::ranges::any_of(rules->get_array(), [&](const json::Value& rule) {
                         return json::TextMember(rule, "name") == entry.without[i];
                       });
    if (!known) {
      problems.push_back({json::Child("/without", i), "names no rule: '" + entry.without[i] + "'"});
    }
  }
  return problems;
}

}  // namespace

struct Policy::Override {
  std::string name;
  std::vector<std::string> plants;
  std::vector<std::string> teams;
  Policy policy;

  bool IsFor(std::string_view plant, std::string_view team) const {
    const auto named = [](const std::vector<std::string>& patterns, std::string_view name) {
      return patterns.empty() || std::ranges::any_of(patterns, [&](const std::string& pattern) {
               return Fits(pattern, name);
             });
    };
    return named(plants, plant) && named(teams, team);
  }
};

class OverrideReader {
 public:
  OverrideReader(const json::Object& base, std::string_view file,
                 int (*line_of)(const void*, std::string_view), const void* lines)
      : base_(base), file_(file), line_of_(line_of), lines_(lines) {}

  Result<std::vector<Policy::Override>> Read(const json::Value& list) {
    std::vector<Policy::Override> overrides;
    if (!list.is_array()) return Refusal("/overrides", {{"", "must be a list"}});
    const auto& entries = list.get_array();
    for (size_t i = 0; i < entries.size(); ++i) {
      const std::string at = json::Child("/overrides", i);
      AIOP_TRY(auto entry, ReadOne(entries[i], at));
      // The name tells decisions of one override from those of another.
      if (std::ranges::find(overrides, entry.name, &Policy::Override::name) != overrides.end()) {
        return Refusal(at, {{"/name", "is the name of an earlier override: '" + entry.name + "'"}});
      }
      overrides.push_back(std::move(entry));
    }
    return overrides;
  }

 private:
  Result<Policy::Override> ReadOne(const json::Value& value, const std::string& at) {
    auto entry = describe::Read<Entry>(value);
    if (!entry) return Refusal(at, entry.error());
    if (const auto problems = Unknown(*entry, base_); !problems.empty()) {
      return Refusal(at, problems);
    }
    auto policy = Policy::LoadOne(Whole(base_, value.get_object()), "", nullptr, nullptr);
    if (!policy) return Refusal(at, {{"", policy.error().message}});
    policy->id_ += "+" + entry->name;
    return Policy::Override{entry->name, entry->plants, entry->teams, *std::move(policy)};
  }

  std::unexpected<Error> Refusal(const std::string& at, const std::vector<Problem>& problems) {
    std::string text;
    for (const Problem& problem : problems) {
      const std::string path = at + problem.path;
      if (!text.empty()) text += "; ";
      text += file_;
      if (line_of_ != nullptr) text += ":" + std::to_string(line_of_(lines_, path));
      text += ": " + path + ": " + problem.message;
    }
    return std::unexpected(Error{Code::kInvalid, std::move(text)});
  }

  const json::Object& base_;
  std::string file_;
  int (*line_of_)(const void*, std::string_view);
  const void* lines_;
};

Result<Policy> Policy::Load(const json::Value& value, std::string_view file,
                            int (*line_of)(const void*, std::string_view), const void* lines) {
  const json::Value* list = json::Member(value, "overrides");
  if (list == nullptr) return LoadOne(value, file, line_of, lines);
  json::Object base = value.get_object();
  base.erase("overrides");
  AIOP_TRY(Policy policy, LoadOne(base, file, line_of, lines));
  OverrideReader reader(base, file, line_of, lines);
  AIOP_TRY(auto overrides, reader.Read(*list));
  policy.overrides_ = std::make_shared<const std::vector<Override>>(std::move(overrides));
  return policy;
}

Policy Policy::For(std::string_view plant, std::string_view team) const {
  if (overrides_ == nullptr) return *this;
  for (const Override& each : *overrides_) {
    if (each.IsFor(plant, team)) return each.policy;
  }
  return *this;
}

}  // namespace aiop::policy
