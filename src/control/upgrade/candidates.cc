// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <tuple>

#include "control/upgrade/upgrade.h"
#include "core/version/version.h"

namespace aiop::upgrade {
namespace {

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '@' || c == '.';
}

// As a word, or as the folder of a package in a path: "ms", "node_modules/ms/index.js"; not
// "forms", "ms-more", "@types/ms", "lib/ms.js".
bool StandsAt(std::string_view text, size_t at, std::string_view name) {
  const std::string_view before = text.substr(0, at);
  if (!before.empty() && (IsWordCharacter(before.back()) || before.back() == '/')) {
    if (!before.ends_with("node_modules/") && !before.ends_with(".pnpm/")) return false;
  }
  const std::string_view after = text.substr(at + name.size());
  if (after.empty() || !IsWordCharacter(after[0]) || after[0] == '@') return true;
  // The full stop at the end of a sentence.
  return after[0] == '.' && (after.size() == 1 || !IsWordCharacter(after[1]));
}

size_t FirstMention(std::string_view text, std::string_view name) {
  for (size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    if (StandsAt(text, at, name)) return at;
  }
  return std::string_view::npos;
}

enum Tier { kPatch, kMinor, kMajor, kBetween };

struct Ranked {
  Tier tier;
  std::string to;
};

// Newer versions of one dependency in the order to try them. `published`: lowest first.
std::vector<Ranked> NewerVersions(const std::string& from,
                                  const std::vector<std::string>& published) {
  std::vector<Ranked> ranked;
  const auto current = version::Parse(from);
  if (!current) return ranked;
  std::optional<size_t> patch;
  std::optional<size_t> minor;
  std::map<uint64_t, size_t> majors;
  std::vector<size_t> newer;
  for (size_t i = 0; i < published.size(); ++i) {
    const auto one = version::Parse(published[i]);
    if (!one || *one <= *current) continue;
    newer.push_back(i);
    if (one->major != current->major) {
      majors[one->major] = i;
    } else if (one->minor != current->minor) {
      minor = i;
    } else {
      patch = i;
    }
  }
  std::vector<size_t> taken;
  const auto take = [&](Tier tier, size_t i) {
    ranked.push_back({tier, published[i]});
    taken.push_back(i);
  };
  if (patch) take(kPatch, *patch);
  if (minor) take(kMinor, *minor);
  for (const auto& [major, i] : majors) take(kMajor, i);
  for (const size_t i : newer) {
    if (std::ranges::find(taken, i) == taken.end()) ranked.push_back({kBetween, published[i]});
  }
  return ranked;
}

struct Pin {
  size_t mention;
  std::string dependency;
  std::string from;
};

}  // namespace

Result<std::vector<Upgrade>> Candidates(const Registry& registry,
                                        const motors::Repository& repository,
                                        const std::string& revision, std::string_view failure_text,
                                        size_t limit) {
  if (!registry.Serves(repository, revision)) return std::vector<Upgrade>();
  AIOP_TRY(const auto pinned, registry.Pins(repository, revision));
  std::vector<Pin> pins;
  pins.reserve(pinned.size());
  for (const auto& [dependency, from] : pinned) {
    pins.push_back({FirstMention(failure_text, dependency), dependency, from});
  }
  std::ranges::sort(pins, {}, [](const Pin& pin) { return std::tie(pin.mention, pin.dependency); });

  std::optional<Error> unreachable;
  std::vector<std::pair<std::tuple<bool, Tier, size_t, size_t>, Upgrade>> found;
  for (size_t i = 0; i < pins.size(); ++i) {
    const bool mentioned = pins[i].mention != std::string_view::npos;
    // Those that are not named come after all others: do not ask for nothing.
    if (!mentioned && found.size() >= limit && i > 0 &&
        pins[i - 1].mention != std::string_view::npos) {
      break;
    }
    const auto published = registry.Published(pins[i].dependency);
    if (!published) {
      if (published.error().code != Code::kNotFound && !unreachable)
        unreachable = published.error();
      continue;
    }
    for (Ranked& one : NewerVersions(pins[i].from, *published)) {
      found.push_back(
          {{!mentioned, one.tier, i, found.size()},
           {std::string(registry.name()), pins[i].dependency, pins[i].from, std::move(one.to)}});
    }
  }
  if (found.empty() && unreachable) return std::unexpected(*std::move(unreachable));
  std::ranges::sort(found, {}, [](const auto& entry) { return entry.first; });
  std::vector<Upgrade> upgrades;
  for (auto& [rank, upgrade] : found) {
    if (upgrades.size() < limit) upgrades.push_back(std::move(upgrade));
  }
  return upgrades;
}

}  // namespace aiop::upgrade
