// SPDX-License-Identifier: Apache-2.0
// Plants, their stories, and what is true of them: the corpus as it is read.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/model/model.h"
#include "core/scoring/scoring.h"

namespace aiop::golden {

// Texts to be replaced, each wherever it occurs; one that does not occur is a mistake.
using Replacements = std::vector<std::pair<std::string, std::string>>;

struct Edits {
  std::string folder;                                       // of the plant: its files come first
  std::map<std::string, Replacements> replace;              // by path
  std::map<std::string, std::optional<std::string>> files;  // new content; nothing: deleted
};

struct MotorStep {  // the owner's next release: commit and tag on main
  std::string version;
  std::string message;
  Edits edits;
};
struct BranchStep {  // a pending branch off main's head
  std::string name;
  std::string message;
  Edits edits;
};
struct AppStep {  // a new app, or a new revision of one
  std::string name;
  std::string file;                 // what the spec's file is called; empty: keeps it
  std::optional<std::string> text;  // the whole spec
  std::string source;               // file or folder in the plant's folder
  Replacements replace;             // in the spec as it was
  Edits edits;                      // of a spec that is a folder
  std::optional<std::vector<std::string>> profiles;
};
struct FlagStep {
  std::string name;
  std::optional<std::string> value;  // nothing: the file is removed
};
struct RunStep {
  std::vector<std::string> apps;  // empty: all
};
using Step = std::variant<MotorStep, BranchStep, AppStep, FlagStep, RunStep>;

// What in its story would heal a failure.
enum class HealedBy { kBranch, kUpgrade, kAppUpdate, kRerun, kNone };
constexpr auto EnumNames(HealedBy) {
  using enum HealedBy;
  return std::to_array<std::pair<HealedBy, std::string_view>>({{kBranch, "branch"},
                                                               {kUpgrade, "upgrade"},
                                                               {kAppUpdate, "app_update"},
                                                               {kRerun, "rerun"},
                                                               {kNone, "none"}});
}

// One true incident: which failures are its, and what is true of them.
struct Truth {
  std::vector<std::string> apps;
  std::optional<std::string> profile;
  std::string text;  // part of the failure's text; empty: any
  int64_t run = 0;   // number of the run step, from 1; 0: any
  bool may = false;  // it depends on what the operator did whether this failure shows
  scoring::Label label;
  std::string because;
  std::string cause;  // labels of one name are one true incident; empty: one of its own
  HealedBy healed_by = HealedBy::kNone;
};

struct Incident {
  std::string name;
  scoring::Split split = scoring::Split::kTuning;
  std::vector<std::string> tags;
  std::vector<Step> timeline;
  std::vector<Truth> truth;
};

struct Plant {
  std::string name;
  std::string kind;
  bool published = false;
  std::string about;
  std::string tool;
  std::filesystem::path folder;
  std::vector<Incident> incidents;
};

}  // namespace aiop::golden
