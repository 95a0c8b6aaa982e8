// SPDX-License-Identifier: Apache-2.0
#include "core/model/manifest.h"

#include <algorithm>

namespace aiop::model {
namespace {

std::string TextOf(const json::Value& value) {
  const auto* text = value.if_string();
  return text ? std::string(text->data(), text->size()) : std::string();
}

// The text of the only member of `in`, if that is called `key`.
std::string OnlyMember(const json::Value& in, std::string_view key) {
  const auto* object = in.if_object();
  if (!object || object->size() != 1 || std::string_view(object->begin()->key()) != key) return {};
  return TextOf(object->begin()->value());
}

void CheckCommands(const CommandList& commands, const std::string& path,
                   std::vector<describe::Problem>& problems) {
  for (size_t i = 0; i < commands.size(); ++i) {
    if (commands[i].empty() || commands[i].front().empty()) {
      problems.push_back(
          {json::Child(path, i), "must be a command: a list with at least a program"});
    }
  }
}

// "20%"
bool IsShare(std::string_view text) {
  if (text.size() < 2 || text.size() > 4 || text.back() != '%') return false;
  int value = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  return value >= 1 && value <= 100;
}

// A share, or names and label:WORD by comma.
bool IsChoiceOfApps(std::string_view text) {
  if (IsShare(text)) return true;
  while (true) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view word = text.substr(0, comma);
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (word.starts_with("label:")) word.remove_prefix(6);
    if (!describe::IsName(word)) return false;
    if (comma == text.size()) return true;
    text.remove_prefix(comma + 1);
  }
}

bool StaysInside(std::string_view path) {
  if (path.empty() || path.front() == '/') return false;
  size_t start = 0;
  while (start <= path.size()) {
    const size_t slash = std::min(path.find('/', start), path.size());
    if (path.substr(start, slash - start) == "..") return false;
    start = slash + 1;
  }
  return true;
}

// An objective that nothing could ever be measured against is a mistake.
void CheckObjective(const MotorManifest& manifest, size_t index,
                    std::vector<describe::Problem>& problems) {
  const Objective& objective = manifest.slos[index];
  const std::string path = json::Child("/slos", index);
  const auto needs_limit = [&](const std::optional<double>& budget, std::string_view key) {
    if (objective.threshold || budget) return;
    problems.push_back({path, "needs a threshold, or " + std::string(key) +
                                  ": nothing says until where a run is good"});
  };
  if (objective.signal == Signal::kLatency) {
    needs_limit(manifest.budgets.latency_ms, "budgets.latency_ms");
  } else if (objective.signal == Signal::kCost) {
    needs_limit(manifest.budgets.cost_usd, "budgets.cost_usd");
  } else if (objective.signal == Signal::kSuccess && objective.threshold) {
    problems.push_back(
        {json::Child(path, "threshold"), "has no meaning for success: a run succeeds or not"});
  } else if (objective.threshold.value_or(0) > 1) {
    problems.push_back({json::Child(path, "threshold"), "must be between 0 and 1"});
  }
}

}  // namespace

std::optional<Milliseconds> ParseWindow(std::string_view text) {
  constexpr size_t kDigits = 4;
  constexpr int64_t kHour = 3'600'000;
  if (text.size() < 2 || text.size() > kDigits + 1 || text.front() == '0') return std::nullopt;
  int64_t count = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    count = count * 10 + (c - '0');
  }
  if (text.back() == 'h') return Milliseconds{count * kHour};
  if (text.back() == 'd') return Milliseconds{count * 24 * kHour};
  return std::nullopt;
}

bool IsWindow(std::string_view text) { return ParseWindow(text).has_value(); }

json::Value Encode(const RunSpec& value) {
  if (!value.http.empty()) return json::Object{{"http", value.http}};
  if (!value.pipeline.empty()) return json::Object{{"pipeline", value.pipeline}};
  return describe::Encode(value.command);
}

void Decode(const json::Value& in, const std::string& path, const describe::Rule&,
            describe::Reading& reading, RunSpec& out) {
  if (in.is_array()) {
    describe::Decode(in, path, {}, reading, out.command);
    if (out.command.empty() || out.command.front().empty()) {
      reading.Refuse(path, "must name a program to run");
    }
    return;
  }
  out.http = OnlyMember(in, "http");
  out.pipeline = OnlyMember(in, "pipeline");
  const bool url = out.http.starts_with("http://") || out.http.starts_with("https://");
  if (!url && out.pipeline.empty()) {
    reading.Refuse(path, "must be a command (a list), {http: URL} or {pipeline: FILE}");
  }
}

json::Object SchemaFor(describe::Tag<RunSpec>, const describe::Rule&,
                       describe::SchemaDefinitions&) {
  const json::Object text{{"type", "string"}};
  const auto object = [&](const char* key) {
    return json::Object{{"type", "object"},
                        {"properties", json::Object{{key, text}}},
                        {"required", json::Array{key}},
                        {"additionalProperties", false}};
  };
  return {{"oneOf", json::Array{json::Object{{"type", "array"}, {"items", text}, {"minItems", 1}},
                                object("http"), object("pipeline")}}};
}

json::Value Encode(const Survival& value) {
  switch (value.kind) {
    case Survival::Kind::kAll:
      return true;
    case Survival::Kind::kNone:
      return false;
    case Survival::Kind::kNamed:
      return json::Value(value.name);
    case Survival::Kind::kByKey:
      return nullptr;
  }
  return nullptr;
}

void Decode(const json::Value& in, const std::string& path, const describe::Rule&,
            describe::Reading& reading, Survival& out) {
  if (in.is_bool()) {
    out.kind = in.get_bool() ? Survival::Kind::kAll : Survival::Kind::kNone;
  } else if (in.is_string() && !TextOf(in).empty()) {
    out.kind = Survival::Kind::kNamed;
    out.name = TextOf(in);
  } else {
    reading.Refuse(path, "must be the name of a checkpoint, true (all survive) or false (none)");
  }
}

json::Object SchemaFor(describe::Tag<Survival>, const describe::Rule&,
                       describe::SchemaDefinitions&) {
  return {{"type", json::Array{"string", "boolean", "null"}}};
}

namespace {

constexpr int64_t kQuorumLimit = 20;

bool IsBump(std::string_view text) { return text == "major" || text == "minor" || text == "patch"; }

// {risk: ["low", "high"], ticket: "text", minutes: "number", tested: "yes_no"}
void ReadForm(const json::Value& in, const std::string& path, describe::Reading& reading,
              json::Object& out) {
  const auto* object = in.if_object();
  if (!object) return reading.Refuse(path, "must be an object of fields");
  for (const auto& field : *object) {
    const std::string at = json::Child(path, field.key());
    const std::string type = TextOf(field.value());
    const auto* words = field.value().if_array();
    const bool listed = words && !words->empty() &&
                        std::all_of(words->begin(), words->end(), [](const json::Value& word) {
                          return word.is_string() && !word.get_string().empty();
                        });
    if (type != "text" && type != "number" && type != "yes_no" && !listed) {
      reading.Refuse(at, "must be text, number, yes_no or a list of words to choose from");
    }
  }
  out = *object;
}

void ReadApproval(const json::Object& in, const std::string& path, describe::Reading& reading,
                  ApprovalRule& out) {
  for (const auto& member : in) {
    const std::string_view key = member.key();
    const std::string at = json::Child(path, key);
    if (key == "human_if") {
      out.kind = ApprovalRule::Kind::kHumanIf;
      out.human_if = TextOf(member.value());
      if (!IsBump(out.human_if)) reading.Refuse(at, "must be major, minor or patch");
    } else if (key == "human") {
      if (!member.value().is_bool() || !member.value().get_bool()) {
        reading.Refuse(at, "must be true");
      } else if (out.kind == ApprovalRule::Kind::kDefault) {
        out.kind = ApprovalRule::Kind::kHuman;
      }
    } else if (key == "quorum") {
      describe::Decode(member.value(), at, describe::Between(1, kQuorumLimit), reading, out.quorum);
    } else if (key == "within") {
      describe::Decode(member.value(), at, kWindowRule, reading, out.within);
    } else if (key == "form") {
      ReadForm(member.value(), at, reading, out.form);
    } else {
      reading.Refuse(at, "is not known here: human, human_if, quorum, within and form are");
    }
  }
  if (out.kind == ApprovalRule::Kind::kDefault) {
    reading.Refuse(path, "must say human: true or human_if: major|minor|patch");
  }
}

}  // namespace

json::Value Encode(const ApprovalRule& value) {
  const bool plain = value.quorum == 1 && value.within.empty() && value.form.empty();
  if (!plain) {
    json::Object object;
    if (value.kind == ApprovalRule::Kind::kHumanIf) object["human_if"] = value.human_if;
    if (value.kind == ApprovalRule::Kind::kHuman) object["human"] = true;
    object["quorum"] = value.quorum;
    if (!value.within.empty()) object["within"] = value.within;
    if (!value.form.empty()) object["form"] = value.form;
    return object;
  }
  switch (value.kind) {
    case ApprovalRule::Kind::kAuto:
      return "auto";
    case ApprovalRule::Kind::kHuman:
      return "human";
    case ApprovalRule::Kind::kHumanIf:
      return json::Object{{"human_if", value.human_if}};
    case ApprovalRule::Kind::kDefault:
      return nullptr;
  }
  return nullptr;
}

void Decode(const json::Value& in, const std::string& path, const describe::Rule&,
            describe::Reading& reading, ApprovalRule& out) {
  const std::string text = TextOf(in);
  if (text == "auto") {
    out.kind = ApprovalRule::Kind::kAuto;
  } else if (text == "human") {
    out.kind = ApprovalRule::Kind::kHuman;
  } else if (const auto* object = in.if_object()) {
    ReadApproval(*object, path, reading, out);
  } else {
    reading.Refuse(path, "must be auto, human or {human_if: major|minor|patch}");
  }
}

json::Object SchemaFor(describe::Tag<ApprovalRule>, const describe::Rule&,
                       describe::SchemaDefinitions&) {
  return {
      {"oneOf",
       json::Array{
           json::Object{{"enum", json::Array{"auto", "human", nullptr}}},
           json::Object{
               {"type", "object"},
               {"properties",
                json::Object{
                    {"human", json::Object{{"const", true}}},
                    {"human_if", json::Object{{"enum", json::Array{"major", "minor", "patch"}}}},
                    {"quorum",
                     json::Object{{"type", "integer"}, {"minimum", 1}, {"maximum", kQuorumLimit}}},
                    {"within", json::Object{{"type", "string"}, {"pattern", kWindowRule.pattern}}},
                    {"form", json::Object{{"type", "object"}}}}},
               {"additionalProperties", false}}}}};
}

std::vector<describe::Problem> CheckManifest(const MotorManifest& manifest) {
  std::vector<describe::Problem> problems;
  for (size_t i = 0; i < manifest.profiles.size(); ++i) {
    if (!describe::IsName(manifest.profiles[i])) {
      problems.push_back(
          {json::Child("/profiles", i), "must be " + std::string(describe::kNameRule.expectation)});
    }
  }
  CheckCommands(manifest.validate, "/validate", problems);
  for (size_t i = 0; i < manifest.branches.size(); ++i) {
    if (manifest.branches[i].empty())
      problems.push_back({json::Child("/branches", i), "must not be empty"});
  }
  if (manifest.canary && !IsChoiceOfApps(manifest.canary->apps)) {
    problems.push_back({"/canary/apps",
                        "must be a share of the apps from 1% to 100%, or names of apps or "
                        "label:WORD, separated by commas"});
  }
  for (size_t i = 0; i < manifest.gates.observe.size(); ++i) {
    const std::string& gate = manifest.gates.observe[i];
    if (gate != "lint" && gate != "tests" && gate != "validators" && gate != "golden" &&
        gate != "regression" && gate != "budgets") {
      problems.push_back({json::Child("/gates/observe", i),
                          "must be lint, tests, validators, golden, regression or budgets"});
    }
  }
  for (size_t i = 0; i < manifest.dependencies.size(); ++i) {
    const std::string path = json::Child("/dependencies", i);
    if (!StaysInside(manifest.dependencies[i].file)) {
      problems.push_back({json::Child(path, "file"), "must be a path inside the motor"});
    }
    CheckCommands({manifest.dependencies[i].versions}, json::Child(path, "versions"), problems);
  }
  if (!manifest.page.empty() && !manifest.page.starts_with("http://") &&
      !manifest.page.starts_with("https://")) {
    problems.push_back({"/page", "must be an http or https URL"});
  }
  for (size_t i = 0; i < manifest.slos.size(); ++i) CheckObjective(manifest, i, problems);
  CheckCommands(manifest.gates.lint, "/gates/lint", problems);
  CheckCommands(manifest.gates.tests, "/gates/tests", problems);
  CheckCommands(manifest.gates.validators, "/gates/validators", problems);
  for (size_t i = 0; i < manifest.golden.size(); ++i) {
    if (!StaysInside(manifest.golden[i])) {
      problems.push_back({json::Child("/golden", i), "must be a path inside the motor"});
    }
  }
  if (!manifest.accepts.schema.empty() && !StaysInside(manifest.accepts.schema)) {
    problems.push_back({"/accepts/schema", "must be a path inside the motor"});
  }
  if (!manifest.run.pipeline.empty() && !StaysInside(manifest.run.pipeline)) {
    problems.push_back({"/run/pipeline", "must be a path inside the motor"});
  }
  return problems;
}

}  // namespace aiop::model
