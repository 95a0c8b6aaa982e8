// SPDX-License-Identifier: Apache-2.0
#include <fnmatch.h>

#include <algorithm>

#include "control/governance/governance.h"

namespace aiop::governance {
namespace {

bool NamedBy(const model::CommandList& commands, const std::string& path) {
  for (const auto& command : commands) {
    for (const auto& word : command) {
      const std::string plain = word.starts_with("./") ? word.substr(2) : word;
      if (plain == path ||
          (!plain.empty() && path.starts_with(plain.back() == '/' ? plain : plain + "/")))
        return true;
    }
  }
  return false;
}

bool UsesNpmScripts(const model::MotorManifest& manifest) {
  const auto npm = [](const model::CommandList& commands) {
    return std::any_of(commands.begin(), commands.end(), [](const auto& command) {
      return !command.empty() && command.front() == "npm";
    });
  };
  return npm(manifest.gates.lint) || npm(manifest.gates.tests) || npm(manifest.gates.validators) ||
         npm(manifest.validate);
}

// The text after `version:` on its line; empty if there is none.
std::string_view VersionLine(std::string_view motor_yaml) {
  const size_t start = motor_yaml.starts_with("version:") ? 0 : motor_yaml.find("\nversion:");
  if (start == std::string_view::npos) return {};
  const size_t from = motor_yaml.find(':', start) + 1;
  std::string_view line = motor_yaml.substr(from, motor_yaml.find('\n', from) - from);
  line = line.substr(0, line.find(" #"));
  const std::string_view blanks = " \t\r\"'";
  const size_t first = line.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(blanks) - first + 1);
}

// Two releases of the same motor: the higher number stands, the rest is merged as usual.
std::optional<std::string> MergeManifest(motors::FileConflict file) {
  const auto ours = version::Parse(VersionLine(file.ours));
  const auto theirs = version::Parse(VersionLine(file.theirs));
  if (!ours || !theirs) return std::nullopt;
  const std::string higher = version::Text(*ours < *theirs ? *theirs : *ours);
  for (std::string* side : {&file.ancestor, &file.ours, &file.theirs}) {
    auto same = WithVersion(*side, higher);
    if (!same) return std::nullopt;
    *side = *std::move(same);
  }
  return motors::MergeText(file, motors::Overlap::kConflicts);
}

}  // namespace

Result<std::string> MergeOnto(motors::Repository& repository, const std::string& base,
                              const std::string& branch) {
  return repository.MergeBranch(base, branch, [](const motors::FileConflict& file) {
    if (file.path == "motor.yaml") return MergeManifest(file);
    if (file.path == "CHANGELOG.md") {
      return motors::MergeText(file, motors::Overlap::kKeepsBoth);
    }
    return std::optional<std::string>();
  });
}

Result<std::string> WithVersion(std::string_view motor_yaml, const std::string& version) {
  size_t start = 0;
  while (start < motor_yaml.size()) {
    const size_t end = std::min(motor_yaml.find('\n', start), motor_yaml.size());
    const std::string_view line = motor_yaml.substr(start, end - start);
    if (line.starts_with("version:")) {
      const size_t comment = line.find(" #");
      std::string out(motor_yaml.substr(0, start));
      out += "version: " + version;
      if (comment != std::string_view::npos) out += line.substr(comment);
      out += motor_yaml.substr(end);
      return out;
    }
    start = end + 1;
  }
  return Invalid("motor.yaml: /version must stand on a line of its own");
}

std::string WithEntry(std::string_view changelog, const std::string& version, Timestamp day,
                      const std::string& title, const std::vector<std::string>& lines) {
  std::string entry =
      "## " + version + " - " + FormatTimestamp(day).substr(0, 10) + "\n\n" + title + "\n";
  if (!lines.empty()) entry += "\n";
  for (const auto& line : lines) entry += "- " + line + "\n";
  if (changelog.empty()) return "# Changelog\n\n" + entry;
  const size_t first = changelog.starts_with("## ") ? 0 : changelog.find("\n## ");
  if (first == std::string_view::npos) {
    return std::string(changelog) +
           (changelog.ends_with("\n\n") ? ""
            : changelog.ends_with("\n") ? "\n"
                                        : "\n\n") +
           entry;
  }
  const size_t at = first == 0 ? 0 : first + 1;
  return std::string(changelog.substr(0, at)) + entry + "\n" + std::string(changelog.substr(at));
}

std::vector<std::string> ProtectedPaths(const model::MotorManifest& manifest,
                                        const std::vector<std::string>& files) {
  std::vector<std::string> paths;
  for (const auto& file : files) {
    const bool golden =
        std::any_of(manifest.golden.begin(), manifest.golden.end(), [&](const std::string& glob) {
          return fnmatch(glob.c_str(), file.c_str(), FNM_PATHNAME) == 0;
        });
    const bool named = NamedBy(manifest.gates.lint, file) || NamedBy(manifest.gates.tests, file) ||
                       NamedBy(manifest.gates.validators, file) || NamedBy(manifest.validate, file);
    if (golden || named || file.starts_with("tests/") || file == manifest.accepts.schema)
      paths.push_back(file);
  }
  // npm scripts are commands too; that package.json also holds versions is looked at by
  // CheckTamper.
  if (UsesNpmScripts(manifest)) paths.push_back("package.json");
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace aiop::governance
