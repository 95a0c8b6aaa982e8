// SPDX-License-Identifier: Apache-2.0
// incidents.yaml: stories and what is true of them.
#include <algorithm>
#include <set>

#include "control/golden/golden.h"
#include "control/golden/reader.h"
#include "core/version/version.h"

namespace aiop::golden {
namespace {

// A path inside a folder: relative and never upwards.
bool IsInside(const std::string& path) {
  const std::filesystem::path plain = std::filesystem::path(path).lexically_normal();
  return !path.empty() && plain.is_relative() && *plain.begin() != ".." && plain != "." &&
         *plain.begin() != ".git";
}

std::string ContentOf(const json::Value& value) {
  if (const auto* text = value.if_string()) return {text->data(), text->size()};
  return json::PrettyText(value);
}

Replacements ReadReplacements(Reader& reader, const json::Value& value, const std::string& path) {
  Replacements replacements;
  const auto* list = value.if_array();
  if (!list) reader.Refuse(path, "must be a list of [old text, new text]");
  for (size_t i = 0; list && i < list->size(); ++i) {
    const auto* pair = (*list)[i].if_array();
    if (!pair || pair->size() != 2 || !(*pair)[0].is_string() || !(*pair)[1].is_string() ||
        (*pair)[0].get_string().empty()) {
      reader.Refuse(json::Child(path, i), "must be [old text, new text], both texts");
      continue;
    }
    replacements.emplace_back(ContentOf((*pair)[0]), ContentOf((*pair)[1]));
  }
  return replacements;
}

Edits ReadEdits(Reader& reader, const json::Value& step, const std::string& path) {
  Edits edits;
  if (edits.folder = reader.Text(step, path, "folder"); !edits.folder.empty()) {
    if (!IsInside(edits.folder)) {
      reader.Refuse(json::Child(path, "folder"), "must be a relative path inside the plant");
    }
  }
  const auto each = [&](std::string_view key, const auto& take) {
    const json::Value* value = json::Member(step, key);
    if (!value || value->is_null()) return;
    const auto* object = value->if_object();
    if (!object) return reader.Refuse(json::Child(path, key), "must be a mapping of paths");
    for (const auto& member : *object) {
      const std::string name(member.key());
      const std::string at = json::Child(json::Child(path, key), name);
      IsInside(name) ? take(name, member.value(), at)
                     : reader.Refuse(at, "must be a relative path inside the folder");
    }
  };
  each("replace", [&](const std::string& name, const json::Value& value, const std::string& at) {
    edits.replace[name] = ReadReplacements(reader, value, at);
  });
  each("files", [&](const std::string& name, const json::Value& value, const std::string&) {
    edits.files[name] =
        value.is_null() ? std::optional<std::string>() : std::optional(ContentOf(value));
  });
  return edits;
}

MotorStep ReadMotor(Reader& reader, const json::Value& value, const std::string& path) {
  reader.Object(value, path, {"version", "message", "folder", "replace", "files"});
  const std::string version = reader.Needed(value, path, "version");
  if (!version.empty() && !version::Parse(version)) {
    reader.Refuse(json::Child(path, "version"), "is no version such as 1.2.3: " + version);
  }
  return {.version = version,
          .message = reader.Text(value, path, "message"),
          .edits = ReadEdits(reader, value, path)};
}

BranchStep ReadBranch(Reader& reader, const json::Value& value, const std::string& path) {
  reader.Object(value, path, {"name", "message", "folder", "replace", "files"});
  return {.name = reader.Needed(value, path, "name"),
          .message = reader.Text(value, path, "message"),
          .edits = ReadEdits(reader, value, path)};
}

// The ways in which a step can give a spec; exactly one is needed.
void ReadSpec(Reader& reader, const json::Value& value, const std::string& path, AppStep& step) {
  int ways = 0;
  if (const json::Value* spec = json::Member(value, "spec")) {
    ++ways;
    step.text = ContentOf(*spec);
    if (step.file.empty()) step.file = step.name + (spec->is_string() ? ".txt" : ".json");
  }
  if (step.source = reader.Text(value, path, "spec_file"); !step.source.empty()) {
    ++ways;
    if (!IsInside(step.source)) {
      reader.Refuse(json::Child(path, "spec_file"), "must be a relative path inside the plant");
    }
  }
  const json::Value* replace = json::Member(value, "replace");
  if (replace && replace->is_array()) {
    ++ways;
    step.replace = ReadReplacements(reader, *replace, json::Child(path, "replace"));
  } else if (replace || json::Member(value, "files")) {
    ++ways;
    step.edits = ReadEdits(reader, value, path);
  }
  if (ways != 1) reader.Refuse(path, "needs one of `spec`, `spec_file`, `replace`, `files`");
}

AppStep ReadApp(Reader& reader, const json::Value& value, const std::string& path,
                std::string_view name_key) {
  AppStep step;
  if (!reader.Object(value, path,
                     {name_key, "as", "spec", "spec_file", "replace", "files", "profiles"})) {
    return step;
  }
  step.name = reader.Needed(value, path, name_key);
  step.file = reader.Text(value, path, "as");
  if (!step.file.empty() && (!IsInside(step.file) || step.file.contains('/'))) {
    reader.Refuse(json::Child(path, "as"), "must be the name of a file");
  }
  if (!describe::IsName(step.name)) reader.Refuse(path, "needs the name of an app");
  ReadSpec(reader, value, path, step);
  if (json::Member(value, "profiles")) step.profiles = reader.Texts(value, path, "profiles");
  return step;
}

FlagStep ReadFlag(Reader& reader, const json::Value& value, const std::string& path) {
  FlagStep step;
  if (!reader.Object(value, path, {"name", "value"})) return step;
  step.name = reader.Needed(value, path, "name");
  if (!describe::IsName(step.name)) reader.Refuse(path, "needs a name that can be a file's");
  const json::Value* content = json::Member(value, "value");
  if (content && !content->is_null()) step.value = ContentOf(*content);
  return step;
}

RunStep ReadRun(Reader& reader, const json::Value& step, const std::string& path) {
  RunStep run{reader.Texts(step, path, "run")};
  if (run.apps == std::vector<std::string>{"all"}) run.apps.clear();
  return run;
}

std::optional<Step> ReadStep(Reader& reader, const json::Value& value, const std::string& path) {
  const auto* object = value.if_object();
  if (!object || object->size() != 1) {
    reader.Refuse(path, "must be one of motor, branch, app, patch, flag, run");
    return std::nullopt;
  }
  const std::string word(object->begin()->key());
  const json::Value& content = object->begin()->value();
  const std::string inside = json::Child(path, word);
  if (word == "motor") return ReadMotor(reader, content, inside);
  if (word == "branch") return ReadBranch(reader, content, inside);
  if (word == "app") return ReadApp(reader, content, inside, "name");
  if (word == "patch") return ReadApp(reader, content, inside, "app");
  if (word == "flag") return ReadFlag(reader, content, inside);
  if (word == "run") return ReadRun(reader, value, path);
  reader.Refuse(inside, "is no step: motor, branch, app, patch, flag and run are");
  return std::nullopt;
}

template <class E>
E ReadWord(Reader& reader, const json::Value& value, const std::string& path,
           std::string_view key) {
  const std::string word = reader.Needed(value, path, key);
  if (const auto known = describe::FromName<E>(word)) return *known;
  std::string all;
  for (const auto& [each, name] : EnumNames(E{})) all += " " + std::string(name);
  if (!word.empty()) reader.Refuse(json::Child(path, key), "must be one of" + all);
  return {};
}

Truth ReadTruth(Reader& reader, const json::Value& value, const std::string& path) {
  Truth truth;
  if (!reader.Object(value, path,
                     {"apps", "profile", "text", "run", "may", "classification", "category",
                      "because", "cause", "healed_by"})) {
    return truth;
  }
  truth.apps = reader.Texts(value, path, "apps");
  if (truth.apps.empty()) reader.Refuse(path, "needs `apps`");
  if (json::Member(value, "profile")) truth.profile = reader.Text(value, path, "profile");
  truth.text = reader.Text(value, path, "text");
  if (const json::Value* run = json::Member(value, "run")) {
    if (!run->is_int64() || run->get_int64() < 1) {
      reader.Refuse(json::Child(path, "run"), "must be the number of a run step, from 1");
    } else {
      truth.run = run->get_int64();
    }
  }
  if (const json::Value* may = json::Member(value, "may")) {
    if (!may->is_bool()) reader.Refuse(json::Child(path, "may"), "must be true or false");
    truth.may = may->is_bool() && may->get_bool();
  }
  truth.label.classification =
      ReadWord<model::Classification>(reader, value, path, "classification");
  truth.label.category = ReadWord<model::Category>(reader, value, path, "category");
  truth.because = reader.Needed(value, path, "because");
  truth.cause = reader.Text(value, path, "cause");
  truth.healed_by = ReadWord<HealedBy>(reader, value, path, "healed_by");
  return truth;
}

// Labels that no record of the operator can have are mistakes.
void CheckLabel(Reader& reader, const scoring::Label& label, const std::string& path) {
  using enum model::Category;
  const auto side = label.category == kMotorRules || label.category == kMotorPerf
                        ? model::Classification::kMotor
                    : label.category == kMixedDrift ? model::Classification::kMixed
                                                    : model::Classification::kApp;
  if (side != label.classification) {
    reader.Refuse(json::Child(path, "category"), std::string(describe::Name(label.category)) +
                                                     " is of classification " +
                                                     std::string(describe::Name(side)));
  }
}

Incident ReadIncident(Reader& reader, const json::Value& value, const std::string& path) {
  Incident incident;
  if (!reader.Object(value, path, {"name", "split", "tags", "timeline", "truth", "about"})) {
    return incident;
  }
  incident.name = reader.Needed(value, path, "name");
  if (!incident.name.empty() && !describe::IsName(incident.name)) {
    reader.Refuse(json::Child(path, "name"),
                  "must be " + std::string(describe::kNameRule.expectation));
  }
  incident.split = ReadWord<scoring::Split>(reader, value, path, "split");
  incident.tags = reader.Texts(value, path, "tags");
  const auto list = [&](std::string_view key, const auto& take) {
    const json::Value* items = json::Member(value, key);
    const auto* array = items ? items->if_array() : nullptr;
    if (!array || array->empty())
      return reader.Refuse(path, "needs a list `" + std::string(key) + "`");
    for (size_t i = 0; i < array->size(); ++i) {
      take((*array)[i], json::Child(json::Child(path, key), i));
    }
  };
  list("timeline", [&](const json::Value& item, const std::string& at) {
    if (auto step = ReadStep(reader, item, at)) incident.timeline.push_back(*std::move(step));
  });
  list("truth", [&](const json::Value& item, const std::string& at) {
    Truth truth = ReadTruth(reader, item, at);
    CheckLabel(reader, truth.label, at);
    const auto same = std::ranges::find_if(incident.truth, [&](const Truth& other) {
      return !truth.cause.empty() && other.cause == truth.cause;
    });
    if (same != incident.truth.end() && same->label != truth.label) {
      reader.Refuse(json::Child(at, "cause"), "has another category elsewhere");
    }
    incident.truth.push_back(std::move(truth));
  });
  return incident;
}

}  // namespace

Result<std::vector<Incident>> ReadIncidents(std::string_view text, std::string_view file_name) {
  AIOP_TRY(const yaml::Document document, yaml::Parse(text, file_name));
  Reader reader(document, file_name);
  std::vector<Incident> incidents;
  std::set<std::string> names;
  const auto* list = document.value.if_array();
  if (!list) reader.Refuse("", "must be a list of incidents");
  for (size_t i = 0; list && i < list->size(); ++i) {
    const std::string path = json::Child("", i);
    incidents.push_back(ReadIncident(reader, (*list)[i], path));
    if (!names.insert(incidents.back().name).second) {
      reader.Refuse(path, "has the name of another incident");
    }
  }
  AIOP_CHECK_OK(reader.Verdict());
  return incidents;
}

}  // namespace aiop::golden
