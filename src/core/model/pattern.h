// SPDX-License-Identifier: Apache-2.0
// Learned fixes: what healed a failure before, and how it is done again.
#pragma once

#include "core/model/change.h"

namespace aiop::model {

enum class PatternState { kCandidate, kPromoted, kDemoted };
constexpr auto EnumNames(PatternState) {
  using enum PatternState;
  return std::to_array<std::pair<PatternState, std::string_view>>(
      {{kCandidate, "candidate"}, {kPromoted, "promoted"}, {kDemoted, "demoted"}});
}

// How to make the fix again where it is needed. Stored by name; never rename.
enum class RecipeKind { kDiff, kUpgrade, kBranch, kAppEdit, kValidator };
constexpr auto EnumNames(RecipeKind) {
  using enum RecipeKind;
  return std::to_array<std::pair<RecipeKind, std::string_view>>({{kDiff, "diff"},
                                                                 {kUpgrade, "upgrade"},
                                                                 {kBranch, "branch"},
                                                                 {kAppEdit, "app_edit"},
                                                                 {kValidator, "validator"}});
}

struct Recipe {
  RecipeKind kind = RecipeKind::kDiff;
  std::string text;  // the diff without version and changelog, the upgrade, the branch, the edit
  std::vector<std::string> paths;
  static constexpr std::string_view kName = "Recipe";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("kind", self.kind, "");
    visit.Required(
        "text", self.text,
        "Unified diff; \"npm NAME FROM -> TO\"; branch; the edit of the app's spec; or a "
        "check of specs that is suggested to the motor and never applied by itself.");
    visit.Optional("paths", self.paths, "Files it touches.");
  }
};

// One time that a pattern was used, or the fix it was learned from.
struct PatternUse {
  std::string change;
  std::string plant;
  std::string incident;
  std::string outcome;  // trying | healed | not_healed | refused
  int64_t elapsed_ms = 0;
  Timestamp at;
  static constexpr std::string_view kName = "PatternUse";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("change", self.change, "");
    visit.Required("plant", self.plant, "");
    visit.Required("incident", self.incident, "");
    visit.Required("outcome", self.outcome, "trying, healed, not_healed or refused.");
    visit.Optional("elapsed_ms", self.elapsed_ms, "From decision to promotion.");
    visit.Required("at", self.at, "");
  }
};

struct Pattern {
  std::string id;
  int64_t version = 1;  // grows when its recipe is re-targeted
  PatternState state = PatternState::kCandidate;
  Scope side = Scope::kMotor;
  std::string fingerprint;  // of the failure it answers
  std::string family;       // that failure without the motor's name: the same in each plant
  std::string title;        // of that failure, for people
  std::string plant;        // where it was learned
  std::map<std::string, std::string> components;  // preconditions: parts with their versions
  Recipe recipe;
  int64_t successes = 0;
  int64_t failures = 0;
  std::vector<PatternUse> uses;
  std::string because;  // why it is in this state
  Timestamp created;
  Timestamp updated;

  static constexpr std::string_view kName = "Pattern";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "");
    visit.Required("version", self.version, "Grows when its recipe is re-targeted.");
    visit.Required("state", self.state, "");
    visit.Required("side", self.side, "");
    visit.Required("fingerprint", self.fingerprint, "Of the failure it answers.");
    visit.Optional("family", self.family, "That failure, whichever motor it shows in.");
    visit.Required("title", self.title, "Of that failure.");
    visit.Required("plant", self.plant, "Where it was learned.");
    visit.Optional("components", self.components, "Shared parts that a motor must have.");
    visit.Required("recipe", self.recipe, "");
    visit.Required("successes", self.successes, "Confirmed by after-care.");
    visit.Required("failures", self.failures, "");
    visit.Required("uses", self.uses, "Oldest first.");
    visit.Optional("because", self.because, "Why it is in this state.");
    visit.Required("created", self.created, "");
    visit.Required("updated", self.updated, "");
  }
};

}  // namespace aiop::model
