// SPDX-License-Identifier: Apache-2.0
// motor.yaml: what a motor declares about itself.
#pragma once

#include "core/model/change.h"

namespace aiop::model {

enum class Autonomy { kObserve, kPropose, kPatchApp, kPatchMotor };
constexpr auto EnumNames(Autonomy) {
  using enum Autonomy;
  return std::to_array<std::pair<Autonomy, std::string_view>>({{kObserve, "observe"},
                                                               {kPropose, "propose"},
                                                               {kPatchApp, "patch_app"},
                                                               {kPatchMotor, "patch_motor"}});
}

enum class AppPatches { kAsk, kAuto };
constexpr auto EnumNames(AppPatches) {
  return std::to_array<std::pair<AppPatches, std::string_view>>(
      {{AppPatches::kAsk, "ask"}, {AppPatches::kAuto, "auto"}});
}

enum class Fallback { kNone, kPreviousVersion };
constexpr auto EnumNames(Fallback) {
  return std::to_array<std::pair<Fallback, std::string_view>>(
      {{Fallback::kNone, "none"}, {Fallback::kPreviousVersion, "previous_version"}});
}

// How the plant is started: a command, {http: URL} or {pipeline: FILE}.
struct RunSpec {
  std::vector<std::string> command;
  std::string http;
  std::string pipeline;
  bool operator==(const RunSpec&) const = default;
};
json::Value Encode(const RunSpec& value);
void Decode(const json::Value& in, const std::string& path, const describe::Rule& rule,
            describe::Reading& reading, RunSpec& out);
json::Object SchemaFor(describe::Tag<RunSpec>, const describe::Rule&, describe::SchemaDefinitions&);

// Which checkpoints survive a patch: the last one that does, all, none, or what keys prove
// (absent).
struct Survival {
  enum class Kind { kByKey, kNamed, kAll, kNone } kind = Kind::kByKey;
  std::string name;
};
json::Value Encode(const Survival& value);
void Decode(const json::Value& in, const std::string& path, const describe::Rule& rule,
            describe::Reading& reading, Survival& out);
json::Object SchemaFor(describe::Tag<Survival>, const describe::Rule&,
                       describe::SchemaDefinitions&);

// auto | human | {human_if: "major"}, or an object that says more: {human_if: "patch", quorum: 2,
// within: "3d", form: {risk: ["low", "high"], ticket: "text", tested: "yes_no"}}. `human: true` is
// human_if: patch.
struct ApprovalRule {
  enum class Kind { kDefault, kAuto, kHuman, kHumanIf } kind = Kind::kDefault;
  std::string human_if;
  int64_t quorum = 1;
  std::string within;  // a window such as 3d; empty: as the policy says
  json::Object form;   // field -> "text" | "number" | "yes_no" | a list of words
};
json::Value Encode(const ApprovalRule& value);
void Decode(const json::Value& in, const std::string& path, const describe::Rule& rule,
            describe::Reading& reading, ApprovalRule& out);
json::Object SchemaFor(describe::Tag<ApprovalRule>, const describe::Rule&,
                       describe::SchemaDefinitions&);

struct ResumeSpec {
  Survival after_app_patch;
  Survival after_motor_patch;
  static constexpr std::string_view kName = "ResumeSpec";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Optional("after_app_patch", self.after_app_patch,
                   "Last checkpoint that survives a patch of the app.");
    visit.Optional("after_motor_patch", self.after_motor_patch,
                   "Last checkpoint that survives a patch of the motor.");
  }
};

struct SandboxSpec {
  bool network = false;
  std::vector<std::string> write;
  static constexpr std::string_view kName = "SandboxSpec";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Optional("network", self.network,
                   "May sandboxed commands of this motor use the network?");
    visit.Optional("write", self.write, "Folders they may write besides workDir.");
  }
};

struct Accepts {
  std::string schema;
  std::vector<std::string> dialects;
  static constexpr std::string_view kName = "Accepts";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Optional("schema", self.schema, "File with a JSON Schema of the app spec.");
    visit.Optional("dialects", self.dialects, "Names that `validate` reports.");
  }
};

struct Budgets {
  std::optional<double> latency_ms;
  std::optional<double> cost_usd;
  static constexpr std::string_view kName = "Budgets";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Optional("latency_ms", self.latency_ms, "Per run, since the last patch.",
                   describe::AtLeast(0));
    visit.Optional("cost_usd", self.cost_usd, "Per run, since the last patch.",
                   describe::AtLeast(0));
  }
};

// What an objective (`slos`) can be about. Stored by name; never rename.
enum class Signal { kSuccess, kLatency, kCost, kQuality, kCoverage };
constexpr auto EnumNames(Signal) {
  using enum Signal;
  return std::to_array<std::pair<Signal, std::string_view>>({{kSuccess, "success"},
                                                             {kLatency, "latency"},
                                                             {kCost, "cost"},
                                                             {kQuality, "quality"},
                                                             {kCoverage, "coverage"}});
}

// "7d" or "12h"; nothing if it is no such window.
std::optional<Milliseconds> ParseWindow(std::string_view text);
bool IsWindow(std::string_view text);
inline constexpr describe::Rule kWindowRule{
    .pattern = "^[1-9][0-9]{0,3}[dh]$",
    .ok = IsWindow,
    .expectation = "a number of days or hours, such as 7d or 12h"};

// The share of the runs of a window that have to be good, and what good is.
struct Objective {
  Signal signal = Signal::kSuccess;
  double target = 0;
  std::string window;
  std::optional<double> threshold;
  static constexpr std::string_view kName = "Objective";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("signal", self.signal, "What is measured.");
    visit.Required("target", self.target, "Share to be reached.", describe::Between(0, 1));
    visit.Required("window", self.window, "Days or hours, such as 7d.", kWindowRule);
    visit.Optional(
        "threshold", self.threshold,
        "Until where a run is good: ms for latency, US dollars for cost (both default to "
        "the budget), a share for quality and coverage (default: their mean counts).",
        describe::AtLeast(0));
  }
};

using CommandList = std::vector<std::vector<std::string>>;

struct Gates {
  CommandList lint;
  CommandList tests;
  CommandList validators;
  std::vector<std::string> observe;
  static constexpr std::string_view kName = "Gates";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Optional("lint", self.lint, "Commands that must exit 0.");
    visit.Optional("tests", self.tests, "Commands that must exit 0.");
    visit.Optional("validators", self.validators, "Commands that must exit 0.");
    visit.Optional("observe", self.observe,
                   "Gates that are run and told, and do not block yet, by name.");
  }
};

// Which apps try a new version first. `apps` is a share such as 20%, or names, or label:WORD.
struct CanarySpec {
  std::string apps;
  int64_t min_runs = 0;
  bool shadow = false;
  static constexpr std::string_view kName = "CanarySpec";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("apps", self.apps,
                   "Share of the apps, such as 20%; or their names, or label:WORD, by comma.",
                   describe::kNonEmptyRule);
    visit.Optional("min_runs", self.min_runs, "Runs it takes to say anything.",
                   describe::AtLeast(0));
    visit.Optional("shadow", self.shadow, "Run beside, compare, and use nothing of it.");
  }
};

// How long a fix is watched before its symptom counts as gone.
struct AfterCareSpec {
  int64_t runs = 0;
  std::string within;
  static constexpr std::string_view kName = "AfterCareSpec";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Optional("runs", self.runs, "Runs past the point of the failure.", describe::AtLeast(1));
    visit.Optional("within", self.within, "Days or hours, such as 2d.", kWindowRule);
  }
};

// How long one can go back. What a live run or the active version needs is kept in any case.
struct RestorePointSpec {
  int64_t count = 20;
  std::string age = "90d";
  int64_t mebibytes = 1024;
  static constexpr std::string_view kName = "RestorePointSpec";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Optional("count", self.count, "Restore points kept.", describe::AtLeast(1));
    visit.Optional("age", self.age, "Kept so long, such as 90d.", kWindowRule);
    visit.Optional("mebibytes", self.mebibytes, "Kept while they take no more.",
                   describe::AtLeast(1));
  }
};

// What a patch written by a model may be.
struct PatchLimits {
  std::vector<std::string> allow;
  int64_t lines = 400;
  static constexpr std::string_view kName = "PatchLimits";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Optional("allow", self.allow, "Globs of files it may touch; none: all but guarded ones.");
    visit.Optional("lines", self.lines, "Changed lines at most.", describe::AtLeast(1));
  }
};

// A dependency whose versions a command lists, oldest first, one a line: an `upgrade` besides npm.
struct Dependency {
  std::string name;
  std::string file;
  std::string pattern;
  std::vector<std::string> versions;
  static constexpr std::string_view kName = "Dependency";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("name", self.name, "What it is called.", describe::kNonEmptyRule);
    visit.Required("file", self.file, "The file that pins its version.", describe::kNonEmptyRule);
    visit.Required("pattern", self.pattern,
                   "RE2 pattern of the pin in that file, with one group: the version.",
                   describe::kNonEmptyRule);
    visit.Required("versions", self.versions, "Command that lists its versions, one a line.");
  }
};

bool IsSemanticVersion(std::string_view text);
inline constexpr describe::Rule kSemverRule{.pattern =
                                                "^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]"
                                                "*)(-[0-9A-Za-z.-]+)?(\\+[0-9A-Za-z.-]+)?$",
                                            .ok = IsSemanticVersion,
                                            .expectation = "a semantic version such as 1.4.0"};

struct MotorManifest {
  std::string name;
  std::string version;
  RunSpec run;
  SandboxSpec sandbox;
  std::vector<std::string> profiles;
  std::vector<std::string> golden;
  std::map<std::string, std::string> components;
  Accepts accepts;
  CommandList validate;
  std::vector<std::string> setup;
  std::vector<std::string> score;  // prints 0..1 on the finished work folder
  bool acks = false;
  int64_t timeout_ms = 600'000;
  ResumeSpec resume;
  std::vector<std::string> branches = {"fix/*"};
  Budgets budgets;
  std::vector<Objective> slos;
  Autonomy autonomy = Autonomy::kPatchMotor;
  AppPatches app_patches = AppPatches::kAsk;
  Fallback fallback = Fallback::kNone;
  std::vector<std::string> redact;
  bool push = false;
  Gates gates;
  std::optional<CanarySpec> canary;
  ApprovalRule approval;
  AfterCareSpec after_care;
  std::optional<ForgeSpec> forge;
  RestorePointSpec restore_points;
  PatchLimits patches;
  std::vector<Dependency> dependencies;
  std::string page;  // URL that is told when a human has to come
  std::vector<PatchSource> patch_sources = {PatchSource::kPattern, PatchSource::kBranch,
                                            PatchSource::kUpgrade, PatchSource::kHuman};

  static constexpr std::string_view kName = "MotorManifest";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("name", self.name, "Name of the motor.", describe::kNameRule);
    visit.Required("version", self.version, "Semver; matches the tag v1.4.0 once tagged.",
                   kSemverRule);
    visit.Required("run", self.run, "The SPI command, {http: URL} or {pipeline: FILE}.");
    visit.Optional("sandbox", self.sandbox, "");
    visit.Optional("profiles", self.profiles, "Styles of output an app can ask for.");
    visit.Optional("golden", self.golden, "App specs that must always work (globs).");
    visit.Optional("components", self.components,
                   "Parts shared with other motors, with their versions.");
    visit.Optional("accepts", self.accepts, "What this version declares it can take.");
    visit.Optional("validate", self.validate, "Independent validators, run on the spec alone.");
    visit.Optional("setup", self.setup, "Run once per version.");
    visit.Optional("score", self.score, "Command that prints a quality score 0..1 for {workDir}.");
    visit.Optional("acks", self.acks, "The plant waits for each checkpoint to be stored.");
    visit.Optional("timeout_ms", self.timeout_ms, "Per attempt.", describe::Between(1, 86'400'000));
    visit.Optional("resume", self.resume, "");
    visit.Optional("branches", self.branches, "Unmerged branches that count as pending fixes.");
    visit.Optional("budgets", self.budgets, "");
    visit.Optional("slos", self.slos, "");
    visit.Optional("autonomy", self.autonomy, "How far the operator goes by itself.");
    visit.Optional("app_patches", self.app_patches, "");
    visit.Optional("fallback", self.fallback, "");
    visit.Optional("redact", self.redact, "RE2 patterns, on top of the built-in ones.");
    visit.Optional("push", self.push, "Push promoted commits and tags to the source repository.");
    visit.Optional("gates", self.gates, "");
    visit.Optional("canary", self.canary, "");
    visit.Optional("approval", self.approval, "auto, human or {human_if: \"major\"}.");
    visit.Optional("after_care", self.after_care, "How long a fix is watched.");
    visit.Optional("restore_points", self.restore_points, "How long one can go back.");
    visit.Optional("patches", self.patches, "What a patch written by a model may be.");
    visit.Optional("dependencies", self.dependencies, "Upgrades besides npm.");
    visit.Optional("forge", self.forge, "Where its pull requests are.");
    visit.Optional("page", self.page, "URL that is told when a human has to come.");
    visit.Optional("patch_sources", self.patch_sources, "In order.");
  }
};

// Checks that one field cannot: the run command is not empty, named profiles are names, ...
std::vector<describe::Problem> CheckManifest(const MotorManifest& manifest);

}  // namespace aiop::model
