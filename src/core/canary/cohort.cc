// SPDX-License-Identifier: Apache-2.0
// Which apps take part in a trial.
#include <algorithm>
#include <charconv>
#include <set>

#include "base/hash/hash.h"
#include "core/canary/canary.h"

namespace aiop::canary {
namespace {

constexpr std::string_view kLabel = "label:";

Error Unreadable(std::string_view choice) {
  return Invalid("'" + std::string(choice) +
                 "' chooses no apps: give a share such as 20%, or names of apps and label:WORD, "
                 "separated by commas")
      .error();
}

std::string Place(const std::string& plant, const std::string& app) {
  Hasher hasher;
  hasher.AddField(plant);
  hasher.AddField(app);
  return hasher.Finish();
}

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// The share of a choice such as "20%"; nothing if it is of another kind.
Result<std::optional<double>> ShareIn(std::string_view choice) {
  if (!choice.ends_with('%')) return std::optional<double>();
  const std::string_view digits = Trimmed(choice.substr(0, choice.size() - 1));
  double percent = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), percent);
  const bool read = error == std::errc() && end == digits.data() + digits.size();
  if (!read || !(percent > 0 && percent <= 100)) return std::unexpected(Unreadable(choice));
  return std::optional(percent / 100);
}

}  // namespace

Result<Cohort> Choose(std::string_view choice, const std::string& plant,
                      const std::vector<model::App>& apps) {
  const std::string_view text = Trimmed(choice);
  std::vector<std::pair<std::string, const model::App*>> ordered;
  for (const model::App& app : apps) ordered.emplace_back(Place(plant, app.name), &app);
  std::ranges::sort(ordered);
  Cohort cohort;
  AIOP_TRY(const auto share, ShareIn(text));
  if (share) {
    // Rounded up, so that there always is somebody to try it on; a hair less than a whole app is
    // rounding.
    constexpr double kHair = 1e-9;
    const double wanted = *share * static_cast<double>(apps.size());
    for (const auto& [place, app] : ordered) {
      if (static_cast<double>(cohort.apps.size()) >= wanted - kHair) break;
      cohort.apps.push_back(app->name);
    }
    return cohort;
  }
  std::set<std::string> chosen;
  for (size_t start = 0; start <= text.size();) {
    const size_t comma = std::min(text.find(',', start), text.size());
    const std::string_view word = Trimmed(text.substr(start, comma - start));
    start = comma + 1;
    const bool label = word.starts_with(kLabel);
    const std::string name(label ? word.substr(kLabel.size()) : word);
    if (!describe::IsName(name)) return std::unexpected(Unreadable(choice));
    bool found = false;
    for (const model::App& app : apps) {
      const bool takes_part = label ? std::ranges::count(app.labels, name) > 0 : app.name == name;
      if (takes_part) chosen.insert(app.name);
      found = found || takes_part;
    }
    if (!found) cohort.unknown.emplace_back(word);
  }
  for (const auto& [place, app] : ordered) {
    if (chosen.contains(app->name)) cohort.apps.push_back(app->name);
  }
  return cohort;
}

}  // namespace aiop::canary
