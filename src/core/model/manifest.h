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

// auto | human | {human_if: "major"}
struct ApprovalRule {
  enum class Kind { kDefault, kAuto, kHuman, kHumanIf } kind = Kind::kDefault;
  std::string human_if;
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
  static constexpr std::string_view kName = "Gates";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Optional("lint", self.lint, "Commands that must exit 0.");
    visit.Optional("tests", self.tests, "Commands that must exit 0.");
    visit.Optional("validators", self.validators, "Commands that must exit 0.");
  }
};

// Stored so that a later version can read it; the canary itself comes with governance.
struct CanarySpec {
  std::string apps;
  int64_t min_runs = 0;
  static constexpr std::string_view kName = "CanarySpec";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("apps", self.apps, "Share of the apps, such as 20%.", describe::kNonEmptyRule);
    visit.Optional("min_runs", self.min_runs, "", describe::AtLeast(0));
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
    visit.Optional("patch_sources", self.patch_sources, "In order.");
  }
};

// Checks that one field cannot: the run command is not empty, named profiles are names, ...
std::vector<describe::Problem> CheckManifest(const MotorManifest& manifest);

}  // namespace aiop::model
