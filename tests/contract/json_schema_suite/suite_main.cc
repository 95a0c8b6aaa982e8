// SPDX-License-Identifier: Apache-2.0
//
// Runs the official JSON-Schema-Test-Suite against core/schema.
//
//   json_schema_suite FOLDER EXCLUSIONS
//
// FOLDER holds `tests/` and `remotes/`. EXCLUSIONS lists, one a line, what is left out and why:
// "PATH | group | test | reason", where an empty group or test means all of them. Prints each
// failure and the counts; exits 1 if anything failed, if an exclusion no longer matches, or if
// suspiciously few tests were found.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "core/schema/schema.h"

namespace aiop::schema {
namespace {

namespace fs = std::filesystem;

constexpr int kFewestTests = 2900;
constexpr std::string_view kRemoteBase = "http://localhost:1234/";

struct Exclusion {
  std::string path;
  std::string group;
  std::string test;
  int used = 0;
};

struct Tally {
  int passed = 0;
  int failed = 0;
  int skipped = 0;
};

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<Exclusion> ReadExclusions(const fs::path& path) {
  std::vector<Exclusion> exclusions;
  std::istringstream lines(ReadAll(path));
  for (std::string line; std::getline(lines, line);) {
    if (Trimmed(line).empty() || line[0] == '#') continue;
    std::istringstream parts(line);
    Exclusion exclusion;
    std::getline(parts, exclusion.path, '|');
    std::getline(parts, exclusion.group, '|');
    std::getline(parts, exclusion.test, '|');
    exclusion.path = Trimmed(exclusion.path);
    exclusion.group = Trimmed(exclusion.group);
    exclusion.test = Trimmed(exclusion.test);
    exclusions.push_back(exclusion);
  }
  return exclusions;
}

std::map<std::string, json::Value> ReadRemotes(const fs::path& folder) {
  std::map<std::string, json::Value> remotes;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    auto document = json::Parse(ReadAll(entry.path()));
    const std::string name = fs::relative(entry.path(), folder).generic_string();
    // Those of other drafts are in dialects of their own.
    const bool other = name.starts_with("draft-next") || name.starts_with("draft2019-09");
    if (document && !other) remotes.emplace(std::string(kRemoteBase) + name, *document);
  }
  return remotes;
}

class Suite {
 public:
  Suite(fs::path folder, std::vector<Exclusion> exclusions)
      : folder_(std::move(folder)),
        exclusions_(std::move(exclusions)),
        remotes_(ReadRemotes(folder_ / "remotes")) {}

  void RunDraft(const std::string& draft, Draft dialect) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "tests" / draft)) {
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    const Tally before = total_;
    for (const auto& file : files) RunFile(file, dialect);
    std::printf("%s: %d passed, %d failed, %d skipped\n", draft.c_str(),
                total_.passed - before.passed, total_.failed - before.failed,
                total_.skipped - before.skipped);
  }

  int Finish() const {
    int stale = 0;
    for (const auto& exclusion : exclusions_) {
      if (exclusion.used > 0) continue;
      std::printf("stale exclusion: %s | %s | %s\n", exclusion.path.c_str(),
                  exclusion.group.c_str(), exclusion.test.c_str());
      ++stale;
    }
    std::printf("%d passed, %d failed, %d skipped\n", total_.passed, total_.failed, total_.skipped);
    if (total_.passed < kFewestTests) {
      std::printf("fewer than %d tests passed: is this the whole suite?\n", kFewestTests);
    }
    return total_.failed > 0 || stale > 0 || total_.passed < kFewestTests ? 1 : 0;
  }

 private:
  bool Excluded(const std::string& path, const std::string& group, const std::string& test) {
    bool excluded = false;
    for (auto& exclusion : exclusions_) {
      if (exclusion.path != path || (!exclusion.group.empty() && exclusion.group != group) ||
          (!exclusion.test.empty() && exclusion.test != test)) {
        continue;
      }
      ++exclusion.used;
      excluded = true;
    }
    return excluded;
  }

  void RunFile(const fs::path& file, Draft dialect) {
    const std::string path = fs::relative(file, folder_ / "tests").generic_string();
    const auto groups = json::Parse(ReadAll(file));
    if (!groups || !groups->is_array()) {
      // A file the strict parser refuses must be excluded by name.
      if (Excluded(path, "", "")) {
        ++total_.skipped;
      } else {
        Report(path, "", "", groups ? "no array" : groups.error().message);
      }
      return;
    }
    for (const auto& group : groups->get_array()) RunGroup(path, group, dialect);
  }

  void RunGroup(const std::string& path, const json::Value& group, Draft dialect) {
    Options options;
    options.default_draft = dialect;
    options.documents = remotes_;
    options.assert_formats =
        path.contains("/optional/format/") || path.ends_with("/ecmascript-regex.json");
    const auto* schema = json::Member(group, "schema");
    const auto compiled = Schema::Compile(*schema, options);
    const std::string name(json::TextMember(group, "description"));
    for (const auto& test : json::Member(group, "tests")->get_array()) {
      const std::string description(json::TextMember(test, "description"));
      const bool expected = json::Member(test, "valid")->get_bool();
      std::string wrong;
      if (!compiled) {
        wrong = "does not compile: " + compiled.error().message;
      } else {
        const auto violations = compiled->Validate(*json::Member(test, "data"));
        if (expected && !violations.empty()) {
          wrong = "called invalid: " + violations[0].keyword_path + " " + violations[0].message;
        } else if (!expected && violations.empty()) {
          wrong = "called valid";
        }
      }
      if (wrong.empty()) {
        ++total_.passed;
      } else if (Excluded(path, name, description)) {
        ++total_.skipped;
      } else {
        Report(path, name, description, wrong);
      }
    }
  }

  void Report(const std::string& path, const std::string& group, const std::string& test,
              const std::string& wrong) {
    std::printf("FAILED %s | %s | %s: %s\n", path.c_str(), group.c_str(), test.c_str(),
                wrong.c_str());
    ++total_.failed;
  }

  fs::path folder_;
  std::vector<Exclusion> exclusions_;
  std::map<std::string, json::Value> remotes_;
  Tally total_;
};

int Run(const std::string& folder, const std::string& exclusions) {
  try {
    Suite suite(folder, ReadExclusions(exclusions));
    suite.RunDraft("draft2020-12", Draft::k2020_12);
    suite.RunDraft("draft7", Draft::kDraft7);
    return suite.Finish();
  } catch (const fs::filesystem_error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}

}  // namespace
}  // namespace aiop::schema

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s FOLDER EXCLUSIONS\n", argv[0]);
    return 2;
  }
  return aiop::schema::Run(argv[1], argv[2]);
}
