// SPDX-License-Identifier: Apache-2.0
#include "control/upgrade/manifest.h"

#include <algorithm>
#include <array>
#include <map>

#include "core/version/version.h"

namespace aiop::upgrade {
namespace {

constexpr size_t kNameLimitBytes = 214;  // npm's own
constexpr std::array<std::string_view, 3> kSections = {"dependencies", "devDependencies",
                                                       "optionalDependencies"};

bool IsPlainName(std::string_view name) {
  if (name.empty() || name[0] == '.' || name[0] == '-') return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~").contains(c);
  });
}

// Folders, files and links have no registry; workspace: and portal: are other clients' words.
bool IsLocal(std::string_view wanted) {
  for (const std::string_view scheme :
       {"file:", "link:", "workspace:", "portal:", ".", "/", "~/"}) {
    if (wanted.starts_with(scheme)) return true;
  }
  return false;
}

const json::Object* Section(const json::Value& manifest, std::string_view name) {
  const json::Value* section = json::Member(manifest, name);
  return section == nullptr ? nullptr : section->if_object();
}

bool WorthHaving(const json::Value& row) {
  const json::Value* deprecated = json::Member(row, "deprecated");
  if (deprecated == nullptr || deprecated->is_null()) return true;
  if (const auto* flag = deprecated->if_bool()) return !*flag;
  return deprecated->is_string() && deprecated->get_string().empty();
}

}  // namespace

bool IsPackageName(std::string_view name) {
  if (name.size() > kNameLimitBytes) return false;
  if (!name.starts_with('@')) return IsPlainName(name);
  const size_t slash = name.find('/');
  return slash != std::string_view::npos && IsPlainName(name.substr(1, slash - 1)) &&
         IsPlainName(name.substr(slash + 1));
}

Result<std::vector<std::pair<std::string, std::string>>> PinsOf(std::string_view manifest) {
  const auto value = json::Parse(manifest);
  if (!value) return std::unexpected(value.error().Within("package.json"));
  if (!value->is_object()) return Invalid("package.json: not an object");
  std::map<std::string, std::string> pins;
  for (const std::string_view name : kSections) {
    const json::Object* section = Section(*value, name);
    if (section == nullptr) continue;
    for (const auto& member : *section) {
      const auto* wanted = member.value().if_string();
      if (wanted == nullptr || !IsPackageName(member.key()) || !version::Parse(*wanted)) continue;
      pins[std::string(member.key())] = std::string(*wanted);  // npm takes the last section's
    }
  }
  return std::vector<std::pair<std::string, std::string>>(pins.begin(), pins.end());
}

bool StandsAlone(const json::Value& manifest) {
  if (json::Member(manifest, "workspaces") != nullptr) return false;
  for (const std::string_view name : kSections) {
    const json::Object* section = Section(manifest, name);
    if (section == nullptr) continue;
    for (const auto& member : *section) {
      const auto* wanted = member.value().if_string();
      if (wanted != nullptr && IsLocal(std::string_view(*wanted))) return false;
    }
  }
  return true;
}

Result<std::string> WithPin(std::string_view manifest, const std::string& dependency,
                            const std::string& from, const std::string& to) {
  const auto value = json::Parse(manifest);
  if (!value) return std::unexpected(value.error().Within("package.json"));
  const std::string pinned = json::Text(json::Value(from));
  std::vector<size_t> places;
  for (const std::string_view name : kSections) {
    const std::string_view section = json::RawMember(manifest, name);
    const std::string_view wanted = json::RawMember(section, dependency);
    if (wanted == pinned) places.push_back(static_cast<size_t>(wanted.data() - manifest.data()));
  }
  if (places.empty()) {
    return Invalid("package.json: " + dependency + " is not pinned to " + from);
  }
  std::ranges::sort(places, std::greater());
  std::string changed(manifest);
  for (const size_t at : places) {
    changed.replace(at, pinned.size(), json::Text(json::Value(to)));
  }
  return changed;
}

bool HasAddresses(const json::Value& lock) {
  if (const auto* object = lock.if_object()) {
    return std::ranges::any_of(*object, [](const auto& member) {
      const auto* text = member.value().if_string();
      const bool address =
          member.key() == "resolved" && text != nullptr && text->starts_with("http");
      return address || HasAddresses(member.value());
    });
  }
  if (const auto* array = lock.if_array()) return std::ranges::any_of(*array, HasAddresses);
  return false;
}

std::string LockedVersion(const json::Value& lock, const std::string& dependency) {
  const json::Value* entry = nullptr;
  if (const json::Value* packages = json::Member(lock, "packages")) {
    entry = json::Member(*packages, "node_modules/" + dependency);
  } else if (const json::Value* dependencies = json::Member(lock, "dependencies")) {
    entry = json::Member(*dependencies, dependency);
  }
  return entry == nullptr ? "" : std::string(json::TextMember(*entry, "version"));
}

Result<std::vector<std::string>> VersionsIn(std::string_view answer,
                                            const std::string& dependency) {
  AIOP_TRY(json::Value value, json::Parse(answer));
  if (value.is_object()) value = json::Array{std::move(value)};  // npm unpacks an array of one
  const auto* rows = value.if_array();
  if (rows == nullptr) return Invalid("neither an object nor an array");
  std::vector<std::string> versions;
  for (const json::Value& row : *rows) {
    const std::string text(json::TextMember(row, "version"));
    if (json::TextMember(row, "name") != dependency || !version::Parse(text)) {
      return Invalid("a row that is no version of " + dependency);
    }
    if (WorthHaving(row)) versions.push_back(text);
  }
  return Releases(versions);
}

std::vector<std::string> Releases(const std::vector<std::string>& versions) {
  std::vector<std::pair<version::SemanticVersion, std::string>> parsed;
  for (const std::string& text : versions) {
    auto one = version::Parse(text);
    if (one && one->prerelease.empty()) parsed.emplace_back(*std::move(one), text);
  }
  std::ranges::sort(parsed, [](const auto& left, const auto& right) {
    return left.first != right.first ? left.first < right.first : left.second < right.second;
  });
  std::vector<std::string> releases;
  releases.reserve(parsed.size());
  for (auto& [one, text] : parsed) releases.push_back(std::move(text));
  return releases;
}

}  // namespace aiop::upgrade
