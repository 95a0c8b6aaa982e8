// SPDX-License-Identifier: Apache-2.0
// What the names of files say, and what package.json and ignore files do to checks.
#include <fnmatch.h>

#include <algorithm>
#include <array>

#include "core/tampering/tampering.h"

namespace aiop::tampering {
namespace {

// Read by runners, interpreters and git without being asked to.
constexpr auto kSteering = std::to_array<const char*>({"conftest.py",
                                                       "pytest.ini",
                                                       "tox.ini",
                                                       "setup.cfg",
                                                       ".coveragerc",
                                                       "sitecustomize.py",
                                                       "usercustomize.py",
                                                       "jest.config.*",
                                                       "vitest.config.*",
                                                       ".mocharc*",
                                                       "ava.config.*",
                                                       "karma.conf.*",
                                                       "playwright.config.*",
                                                       "cypress.config.*",
                                                       ".npmrc",
                                                       ".eslintrc*",
                                                       ".eslintignore",
                                                       "eslint.config.*",
                                                       ".nycrc*",
                                                       ".gitattributes",
                                                       ".rspec",
                                                       ".pylintrc",
                                                       ".flake8",
                                                       "babel.config.*",
                                                       ".babelrc*",
                                                       "ruff.toml",
                                                       ".ruff.toml",
                                                       "mypy.ini",
                                                       "nose.cfg",
                                                       ".prettierignore",
                                                       "phpunit.xml*",
                                                       ".env"});

constexpr auto kTests = std::to_array<const char*>(
    {"test_*.py", "*_test.py", "*.test.*", "*.spec.js", "*.spec.ts", "*.spec.mjs", "*.spec.cjs",
     "*.spec.jsx", "*.spec.tsx", "*_test.go", "*_spec.rb"});

constexpr auto kTestFolders =
    std::to_array<std::string_view>({"tests/", "test/", "__tests__/", "spec/", "__snapshots__/"});

// Beside `scripts`: where runners look for their settings.
constexpr auto kRunnerKeys =
    std::to_array<std::string_view>({"jest", "mocha", "ava", "nyc", "c8", "vitest", "tap",
                                     "eslintConfig", "eslintIgnore", "type", "exports", "imports"});

std::string Base(std::string_view path) {
  return std::string(path.substr(path.find_last_of('/') + 1));
}

template <size_t N>
bool Matches(const std::string& name, const std::array<const char*, N>& globs) {
  return std::ranges::any_of(globs,
                             [&](const char* glob) { return fnmatch(glob, name.c_str(), 0) == 0; });
}

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t last = line.find_last_not_of(" \t\r");
    if (last == std::string_view::npos || line.front() == '#') continue;
    lines.emplace_back(line.substr(0, last + 1));
  }
  return lines;
}

// Whether a pattern of an ignore file covers the path or one of the folders it lies in.
bool Covers(std::string pattern, std::string_view path) {
  if (pattern.starts_with('!')) return false;
  while (pattern.ends_with('/') || pattern.ends_with('*')) {
    if (pattern == "*") return true;
    pattern.pop_back();
  }
  while (pattern.starts_with("**/")) pattern.erase(0, 3);
  const bool anchored = pattern.contains('/');
  if (pattern.starts_with('/')) pattern.erase(0, 1);
  if (pattern.empty()) return true;
  for (size_t end = path.find('/');; end = path.find('/', end + 1)) {
    const std::string part(path.substr(0, end));
    const std::string name = anchored ? part : Base(part);
    if (fnmatch(pattern.c_str(), name.c_str(), 0) == 0) return true;
    if (end == std::string_view::npos) return false;
  }
}

}  // namespace

bool SteersChecks(std::string_view path) { return Matches(Base(path), kSteering); }

bool IsTestFile(std::string_view path) {
  const bool inside = std::ranges::any_of(kTestFolders, [&](std::string_view folder) {
    return path.starts_with(folder) || path.contains("/" + std::string(folder));
  });
  return inside || Matches(Base(path), kTests);
}

std::vector<std::string> WeakenedPackage(const json::Value& before, const json::Value& after) {
  std::vector<std::string> reasons;
  for (const std::string_view key : kRunnerKeys) {
    const json::Value* was = json::Member(before, key);
    const json::Value* is = json::Member(after, key);
    const std::string old_text = was ? json::CanonicalText(*was) : "";
    if (old_text != (is ? json::CanonicalText(*is) : "")) {
      reasons.push_back("changes package.json: " + std::string(key));
    }
  }
  const json::Value* was = json::Member(before, "scripts");
  const json::Value* is = json::Member(after, "scripts");
  if (was == nullptr || !was->is_object()) return reasons;
  for (const auto& member : was->get_object()) {
    const std::string name(member.key());
    const json::Value* now = is ? json::Member(*is, name) : nullptr;
    if (now == nullptr) {
      reasons.push_back("takes the script '" + name + "' out of package.json");
    } else if (json::CanonicalText(*now) != json::CanonicalText(member.value())) {
      reasons.push_back("changes the script '" + name + "' of package.json");
    }
    for (const char* hook : {"pre", "post"}) {
      const bool old_hook = json::Member(*was, hook + name) != nullptr;
      if (!old_hook && is && json::Member(*is, hook + name) != nullptr) {
        reasons.push_back("adds '" + (hook + name) + "' to package.json, which runs around '" +
                          name + "'");
      }
    }
  }
  return reasons;
}

std::vector<std::string> Hidden(std::string_view before, std::string_view after,
                                std::string_view folder, const std::vector<std::string>& paths) {
  const auto old_lines = Lines(before);
  std::vector<std::string> found;
  for (const std::string& line : Lines(after)) {
    if (std::ranges::find(old_lines, line) != old_lines.end()) continue;
    for (const std::string& path : paths) {
      if (!path.starts_with(folder)) continue;
      if (!Covers(line, std::string_view(path).substr(folder.size()))) continue;
      found.push_back("'" + line + "' hides " + path);
      break;
    }
  }
  return found;
}

}  // namespace aiop::tampering
