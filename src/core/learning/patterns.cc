// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>

#include "core/learning/learning.h"
#include "core/version/version.h"

namespace aiop::learning {
namespace {

constexpr std::string_view kArrow = " -> ";

bool Meet(const std::set<std::string>& some, const std::string& one) {
  return !one.empty() && some.contains(one);
}

bool CouldStandIn(const std::string& one, const std::string& other) {
  if (one == other) return true;
  const auto a = version::Parse(one);
  const auto b = version::Parse(other);
  if (!a || !b || a->major != b->major) return false;
  return a->major > 0 || a->minor == b->minor;
}

std::string SharedPart(const std::map<std::string, std::string>& ours,
                       const std::map<std::string, std::string>& theirs) {
  for (const auto& [name, version] : theirs) {
    const auto found = ours.find(name);
    if (found != ours.end() && CouldStandIn(found->second, version)) {
      return name + " " + found->second;
    }
  }
  return "";
}

model::PatternUse* UseOf(model::Pattern& pattern, const std::string& change) {
  const auto found = std::ranges::find(pattern.uses, change, &model::PatternUse::change);
  return found == pattern.uses.end() ? nullptr : &*found;
}

std::string FileName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

std::optional<std::string> WhyTry(const model::Pattern& pattern, const Failure& failure) {
  if (pattern.state == model::PatternState::kDemoted || pattern.side != model::Scope::kMotor)
    return std::nullopt;
  if (pattern.recipe.kind == model::RecipeKind::kAppEdit ||
      pattern.recipe.kind == model::RecipeKind::kValidator) {
    return std::nullopt;
  }
  const bool same =
      Meet(failure.fingerprints, pattern.fingerprint) || Meet(failure.families, pattern.family);
  if (!same) return std::nullopt;
  if (pattern.plant == failure.plant) return "learned here";
  const std::string part = SharedPart(failure.components, pattern.components);
  if (part.empty()) return std::nullopt;
  return "learned in plant " + pattern.plant + ", which shares " + part;
}

void Rank(std::vector<model::Pattern>& patterns) {
  std::ranges::sort(patterns, {}, [](const model::Pattern& each) {
    return std::make_tuple(each.state != model::PatternState::kPromoted, -each.successes,
                           -each.updated.since_epoch.count(), each.id);
  });
}

void NoteUse(model::Pattern& pattern, const model::PatternUse& use) {
  model::PatternUse* known = UseOf(pattern, use.change);
  if (known == nullptr) {
    pattern.uses.push_back(use);
    return;
  }
  known->outcome = use.outcome;
  if (use.elapsed_ms > 0) known->elapsed_ms = use.elapsed_ms;
}

void Confirm(model::Pattern& pattern, const model::PatternUse& use, int64_t confirmations,
             Timestamp now) {
  const model::PatternUse* known = UseOf(pattern, use.change);
  if (known != nullptr && known->outcome == "healed") return;
  model::PatternUse healed = use;
  healed.outcome = "healed";
  NoteUse(pattern, healed);
  ++pattern.successes;
  pattern.updated = now;
  if (pattern.state == model::PatternState::kDemoted) return;
  const bool enough = pattern.successes >= confirmations;
  pattern.state = enough ? model::PatternState::kPromoted : model::PatternState::kCandidate;
  pattern.because = "confirmed " + std::to_string(pattern.successes) + " of " +
                    std::to_string(confirmations) + " times";
}

void Fail(model::Pattern& pattern, const model::PatternUse& use, const std::string& because,
          Timestamp now) {
  const model::PatternUse* known = UseOf(pattern, use.change);
  if (known != nullptr && known->outcome == "not_healed") return;
  model::PatternUse failed = use;
  failed.outcome = "not_healed";
  NoteUse(pattern, failed);
  ++pattern.failures;
  Demote(pattern, because, now);
}

void Demote(model::Pattern& pattern, const std::string& because, Timestamp now) {
  pattern.state = model::PatternState::kDemoted;
  pattern.because = because;
  pattern.updated = now;
}

void Retarget(model::Pattern& pattern, const model::Recipe& recipe, Timestamp now) {
  if (recipe.text.empty() ||
      (pattern.recipe.kind == recipe.kind && pattern.recipe.text == recipe.text)) {
    return;
  }
  pattern.recipe = recipe;
  ++pattern.version;
  pattern.updated = now;
}

std::optional<UpgradeStep> ParseUpgrade(std::string_view text) {
  const size_t first = text.find(' ');
  const size_t arrow = text.find(kArrow);
  if (first == std::string_view::npos || arrow == std::string_view::npos || arrow <= first)
    return std::nullopt;
  const size_t second = text.find(' ', first + 1);
  if (second >= arrow) return std::nullopt;
  UpgradeStep step{std::string(text.substr(0, first)),
                   std::string(text.substr(first + 1, second - first - 1)),
                   std::string(text.substr(second + 1, arrow - second - 1)),
                   std::string(text.substr(arrow + kArrow.size()))};
  if (!version::Parse(step.from) || !version::Parse(step.to)) return std::nullopt;
  return step;
}

std::string Text(const UpgradeStep& step) {
  return step.registry + " " + step.dependency + " " + step.from + std::string(kArrow) + step.to;
}

std::optional<std::string> PlaceOf(const std::string& path, const std::vector<std::string>& files) {
  if (std::ranges::find(files, path) != files.end()) return path;
  std::optional<std::string> found;
  for (const std::string& file : files) {
    if (FileName(file) != FileName(path)) continue;
    if (found) return std::nullopt;
    found = file;
  }
  return found;
}

}  // namespace aiop::learning
