// SPDX-License-Identifier: Apache-2.0
// What differs between two plays of one story, taken out of its histories.
#include <map>

#include "core/replay/replay.h"

namespace aiop::replay {
namespace {

using model::DecisionHistory;

constexpr std::string_view kIdForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
constexpr int kNumberWidth = 3;

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool IsIdAt(std::string_view text, size_t at) {
  if (text.size() - at < kIdForm.size()) return false;
  for (size_t i = 0; i < kIdForm.size(); ++i) {
    if (kIdForm[i] == '-' ? text[at + i] != '-' : !IsHex(text[at + i])) return false;
  }
  return true;
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  if (from.empty()) return text;
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// "run-002": each name is given a number when it first appears.
class Names {
 public:
  explicit Names(std::string word) : word_(std::move(word)) {}
  std::string Of(const std::string& name) {
    if (name.empty()) return name;
    const auto [known, added] = numbers_.try_emplace(name, numbers_.size() + 1);
    std::string number = std::to_string(known->second);
    number.insert(0, number.size() < kNumberWidth ? kNumberWidth - number.size() : 0, '0');
    return word_ + "-" + number;
  }

 private:
  std::string word_;
  std::map<std::string, size_t> numbers_;
};

class Normaliser {
 public:
  explicit Normaliser(const Places& places) : places_(places) {}

  DecisionHistory Of(DecisionHistory history) {
    history.decision = decisions_.Of(history.decision);
    history.motor_decision = decisions_.Of(history.motor_decision);
    history.incident = incidents_.Of(history.incident);
    history.run = runs_.Of(history.run);
    history.motor_commit = commits_.Of(history.motor_commit);
    history.title = Text(history.title);
    history.event.id = events_.Of(history.event.id);
    history.event.payload = Payload(history.event);
    for (model::PastRun& each : history.sightings) {
      each.run = runs_.Of(each.run);
      each.motor_commit = commits_.Of(each.motor_commit);
    }
    for (model::PastExperiment& each : history.experiments) Change(each);
    for (model::PastSpec& each : history.specs) {
      for (std::string& finding : each.findings) finding = Text(finding);
      for (std::string& ref : each.refs) ref = experiments_.Of(ref);
    }
    return history;
  }

 private:
  std::string Text(std::string text) const {
    for (const auto& [from, to] : places_) text = Replaced(std::move(text), from, to);
    std::string out;
    for (size_t i = 0; i < text.size();) {
      const bool id = IsIdAt(text, i);
      out += id ? std::string("<id>") : std::string(1, text[i]);
      i += id ? kIdForm.size() : 1;
    }
    return out;
  }

  json::Value Inside(const json::Value& value) const {
    if (const auto* text = value.if_string()) {
      return json::Value(Text({text->data(), text->size()}));
    }
    if (const auto* list = value.if_array()) {
      json::Array out;
      for (const json::Value& each : *list) out.push_back(Inside(each));
      return out;
    }
    const auto* object = value.if_object();
    if (object == nullptr) return value;
    json::Object out;
    for (const auto& member : *object) {
      out[Text(std::string(member.key()))] = Inside(member.value());
    }
    return out;
  }

  // What was measured differs each time, in its figure and in the text that tells it.
  json::Object Payload(const model::PastEvent& event) const {
    const bool measured = event.signal_type == model::SignalType::kLatency;
    json::Object payload = Inside(event.payload).as_object();
    if (!measured) return payload;
    json::Object kept;
    for (const char* key : {"unit", "budget"}) {
      if (const json::Value* value = payload.if_contains(key)) kept[key] = *value;
    }
    kept["details"] = "a latency over its budget";
    return kept;
  }

  void Change(model::PastExperiment& experiment) {
    experiment.id = experiments_.Of(experiment.id);
    experiment.question = Text(experiment.question);
    for (model::Finding& finding : experiment.findings) finding.message = Text(finding.message);
    if (experiment.plant_ms > 0) experiment.plant_ms = kNormalPlantMs;
  }

  const Places& places_;
  Names decisions_{"decision"};
  Names incidents_{"incident"};
  Names runs_{"run"};
  Names events_{"event"};
  Names experiments_{"experiment"};
  Names commits_{"commit"};
};

}  // namespace

std::vector<DecisionHistory> Normalised(std::vector<DecisionHistory> histories,
                                        const Places& places) {
  Normaliser normaliser(places);
  for (DecisionHistory& each : histories) each = normaliser.Of(std::move(each));
  return histories;
}

}  // namespace aiop::replay
