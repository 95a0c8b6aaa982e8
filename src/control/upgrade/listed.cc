// SPDX-License-Identifier: Apache-2.0
// Dependencies whose versions a command lists, and whose pins a pattern finds.
#include <fnmatch.h>
#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <optional>

#include "control/upgrade/upgrade.h"
#include "core/version/version.h"

namespace aiop::upgrade {
namespace {

constexpr size_t kFileBytes = size_t{1} << 20;

// Where a version stands in a text.
struct Place {
  size_t at = 0;
  size_t length = 0;
};

std::optional<Place> PinIn(const std::string& text, const Listed& listed) {
  const RE2 pattern(listed.pattern, RE2::Quiet);
  if (!pattern.ok() || pattern.NumberOfCapturingGroups() != 1) return std::nullopt;
  re2::StringPiece pinned;
  if (!RE2::PartialMatch(text, pattern, &pinned)) return std::nullopt;
  return Place{static_cast<size_t>(pinned.data() - text.data()), pinned.size()};
}

class ListedRegistry : public Registry {
 public:
  ListedRegistry(std::vector<Listed> dependencies, Lister lister)
      : dependencies_(std::move(dependencies)), lister_(std::move(lister)) {}

  std::string_view name() const override { return "command"; }

  bool Serves(const motors::Repository& repository, const std::string& revision) const override {
    const auto pins = Pins(repository, revision);
    return pins && !pins->empty();
  }

  Result<std::vector<std::pair<std::string, std::string>>> Pins(
      const motors::Repository& repository, const std::string& revision) const override {
    std::vector<std::pair<std::string, std::string>> pins;
    for (const Listed& each : dependencies_) {
      AIOP_TRY(const auto files, FilesOf(repository, revision, each));
      if (files.empty()) continue;
      const auto& [text, place] = files.begin()->second;
      pins.emplace_back(each.name, text.substr(place.at, place.length));
    }
    return pins;
  }

  Result<std::vector<std::string>> Published(const std::string& dependency) const override {
    AIOP_TRY(const auto listed, lister_(dependency));
    std::vector<std::pair<version::SemanticVersion, std::string>> versions;
    for (const std::string& text : listed) {
      const auto number = version::Parse(text);
      if (number && number->prerelease.empty()) versions.emplace_back(*number, text);
    }
    std::ranges::sort(versions, [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> texts;
    for (auto& [number, text] : versions) texts.push_back(std::move(text));
    return texts;
  }

  Result<std::string> Apply(motors::Repository& repository, const std::string& revision,
                            const Upgrade& upgrade) const override {
    std::map<std::string, std::optional<std::string>> changed;
    for (const Listed& each : dependencies_) {
      if (each.name != upgrade.dependency) continue;
      AIOP_TRY(const auto files, FilesOf(repository, revision, each));
      for (const auto& [path, found] : files) {
        const auto& [text, place] = found;
        if (text.substr(place.at, place.length) != upgrade.from) continue;
        changed[path] =
            text.substr(0, place.at) + upgrade.to + text.substr(place.at + place.length);
      }
    }
    if (changed.empty()) {
      return NotFound("nothing pins " + upgrade.dependency + " at " + upgrade.from);
    }
    return repository.WithFiles(revision, changed);
  }

 private:
  // The files that pin it, with what they hold and where the version stands.
  static Result<std::map<std::string, std::pair<std::string, Place>>> FilesOf(
      const motors::Repository& repository, const std::string& revision, const Listed& listed) {
    std::map<std::string, std::pair<std::string, Place>> found;
    AIOP_TRY(const auto files, repository.ListFiles(revision));
    for (const auto& file : files) {
      if (fnmatch(listed.file.c_str(), file.path.c_str(), 0) != 0) continue;
      AIOP_TRY(std::string text, repository.ReadFile(revision, file.path));
      if (text.size() > kFileBytes) continue;
      const auto place = PinIn(text, listed);
      if (place) found[file.path] = {std::move(text), *place};
    }
    return found;
  }

  std::vector<Listed> dependencies_;
  Lister lister_;
};

}  // namespace

std::unique_ptr<Registry> MakeListed(std::vector<Listed> dependencies, Lister lister) {
  return std::make_unique<ListedRegistry>(std::move(dependencies), std::move(lister));
}

}  // namespace aiop::upgrade
