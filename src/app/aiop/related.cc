// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/related.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "core/fingerprint/fingerprint.h"

namespace aiop::app {
namespace {

bool Share(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  return std::ranges::any_of(
      one, [&](const std::string& each) { return std::ranges::find(other, each) != other.end(); });
}

bool AtTheSameTime(const model::Incident& one, const model::Incident& other) {
  return one.first_seen - other.last_seen <= kTogetherWithin &&
         other.first_seen - one.last_seen <= kTogetherWithin;
}

json::Value Brief(const model::Incident& incident) {
  return json::Object{{"incident", incident.id},
                      {"title", incident.title},
                      {"state", std::string(describe::Name(incident.state))}};
}

}  // namespace

std::string TemplateOf(const model::Incident& incident) {
  // Older algorithms made another text of it; of that the title is left.
  if (!incident.grouped_by.starts_with(fingerprint::kAlgorithm)) return incident.title;
  return fingerprint::Template(incident.example);
}

Result<Related> RelatedTo(contexts::Home& home, const model::Incident& incident) {
  AIOP_TRY(const auto others, home.ledger().ListBy<model::Incident>(
                                  store::Kind<model::Incident>::Field::kPlant, incident.plant));
  const std::string text = TemplateOf(incident);
  Related related;
  for (const model::Incident& each : others) {
    if (each.id == incident.id) continue;
    const double similarity = fingerprint::Similarity(text, TemplateOf(each));
    if (similarity >= fingerprint::kSimilarFrom) related.similar.push_back({each, similarity});
    if (Share(incident.motor_versions, each.motor_versions) && AtTheSameTime(incident, each))
      related.together.push_back(each);
  }
  std::ranges::sort(related.similar, [](const auto& a, const auto& b) {
    return std::tie(b.similarity, a.incident.id) < std::tie(a.similarity, b.incident.id);
  });
  if (related.similar.size() > kRelatedShown) related.similar.resize(kRelatedShown);
  if (related.together.size() > kRelatedShown) related.together.resize(kRelatedShown);
  return related;
}

json::Value GroupingDocument(const model::Incident& incident) {
  const std::string rule = incident.grouped_by.substr(0, incident.grouped_by.find(':'));
  return json::Object{
      {"rule", rule},
      {"fields", json::Object{{"plant", incident.plant},
                              {"signal_type", std::string(describe::Name(incident.signal_type))},
                              {"template", TemplateOf(incident)}}}};
}

json::Value SimilarDocument(const Related& related) {
  json::Array items;
  for (const auto& each : related.similar) {
    json::Object item = Brief(each.incident).as_object();
    item["similarity"] = std::round(each.similarity * 1000) / 1000;
    items.push_back(std::move(item));
  }
  return items;
}

json::Value TogetherDocument(const Related& related) {
  json::Array items;
  for (const auto& each : related.together) items.push_back(Brief(each));
  return items;
}

}  // namespace aiop::app
