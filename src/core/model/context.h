// SPDX-License-Identifier: Apache-2.0
// App contexts and motor contexts: what a run is made from, each versioned on its own, kept in
// separate stores.
#pragma once

#include "core/model/reference.h"

namespace aiop::model {

// ---- App side ----

struct App {
  std::string name;
  std::string plant;
  std::vector<std::string> profiles;
  std::vector<std::string> labels;
  AppReference current;
  Timestamp created;

  static constexpr std::string_view kName = "App";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("name", self.name, "", describe::kNameRule);
    visit.Required("plant", self.plant, "");
    visit.Required("profiles", self.profiles, "Profiles it is run with; empty = one run without.");
    visit.Optional("labels", self.labels, "Words by which canaries choose apps.");
    visit.Required("current", self.current, "The version that runs use.");
    visit.Required("created", self.created, "");
  }
};

// One version of an app's spec.
struct AppVersion {
  std::string app;
  AppReference reference;
  std::string content_hash;  // SHA-256 of the spec's content
  std::string root;          // snapshot holding it
  std::string entry;         // the file inside the snapshot; empty if the spec is the folder
  std::string made_by;       // owner | operator
  std::string because;       // change or incident that led to it
  std::string parent;        // reference of the version before; empty for the first
  Timestamp created;

  static constexpr std::string_view kName = "AppVersion";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("app", self.app, "");
    visit.Required("reference", self.reference, "");
    visit.Required("content_hash", self.content_hash, "SHA-256 of the content.");
    visit.Required("root", self.root, "Snapshot that holds the spec.");
    visit.Optional("entry", self.entry,
                   "File inside the snapshot; absent if the spec is a folder.");
    visit.Required("made_by", self.made_by, "owner or operator.");
    visit.Optional("because", self.because, "The change that led to it.");
    visit.Optional("parent", self.parent, "The version before.");
    visit.Required("created", self.created, "");
  }
};

// An artifact of a run, indexed by hash, run and motor version.
struct Artifact {
  std::string key;  // run/id
  std::string run;
  std::string id;
  std::string path;
  std::string role;
  std::string hash;
  std::string checkpoint;
  AppReference app_ctx;
  MotorReference motor_ctx;  // by reference only: no motor content is kept on the app side
  Timestamp created;

  static constexpr std::string_view kName = "Artifact";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("key", self.key, "");
    visit.Required("run", self.run, "");
    visit.Required("id", self.id, "");
    visit.Optional("path", self.path, "");
    visit.Optional("role", self.role, "");
    visit.Optional("hash", self.hash,
                   "SHA-256 of the content; absent if the plant named a file that is not there.");
    visit.Optional("checkpoint", self.checkpoint, "The checkpoint that includes it.");
    visit.Required("app_ctx", self.app_ctx, "");
    visit.Required("motor_ctx", self.motor_ctx, "");
    visit.Required("created", self.created, "");
  }
};

// ---- Motor side ----

struct Plant {
  std::string name;
  std::string motor;   // `name` of its motor.yaml
  std::string source;  // the path or URL it came from
  std::string team;    // whose it is; policies may differ by team
  MotorReference active;
  std::string active_commit;
  std::string canary_change;  // on trial with some apps; empty: none
  Timestamp created;

  static constexpr std::string_view kName = "Plant";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("name", self.name, "", describe::kNameRule);
    visit.Required("motor", self.motor, "");
    visit.Required("source", self.source, "");
    visit.Optional("team", self.team, "Whose it is. Policies may differ by team.");
    visit.Required("active", self.active, "The motor version that new runs use.");
    visit.Required("active_commit", self.active_commit, "");
    visit.Optional("canary_change", self.canary_change, "The change on trial with some apps.");
    visit.Required("created", self.created, "");
  }
};

// How a motor version came to be usable.
enum class VersionStatus { kAdopted, kCandidate, kPromoted, kRolledBack, kOutside };
constexpr auto EnumNames(VersionStatus) {
  using enum VersionStatus;
  return std::to_array<std::pair<VersionStatus, std::string_view>>({{kAdopted, "adopted"},
                                                                    {kCandidate, "candidate"},
                                                                    {kPromoted, "promoted"},
                                                                    {kRolledBack, "rolled_back"},
                                                                    {kOutside, "outside"}});
}

// A figure before and after, so that a stranger can judge it: with its count and 95 % interval.
struct Figure {
  int64_t samples = 0;
  std::optional<double> value;
  std::optional<double> low;
  std::optional<double> high;
  static constexpr std::string_view kName = "Figure";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("samples", self.samples, "");
    visit.Optional("value", self.value, "Rate or median; absent without samples.");
    visit.Optional("low", self.low, "95 % interval.");
    visit.Optional("high", self.high, "95 % interval.");
  }
};
struct Comparison {
  std::string signal;  // failures, latency_ms, cost_usd, quality
  Figure before;
  Figure after;
  static constexpr std::string_view kName = "Comparison";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("signal", self.signal, "failures, latency_ms, cost_usd or quality.");
    visit.Required("before", self.before, "On the version before.");
    visit.Required("after", self.after, "On this version.");
  }
};

struct Impact {
  int64_t apps_affected = 0;
  int64_t runs_healed = 0;
  int64_t runs_not_healed = 0;
  int64_t steps_saved = 0;
  std::optional<double> median_ms_before;
  std::optional<double> median_ms_after;
  std::vector<Comparison> comparisons;

  static constexpr std::string_view kName = "Impact";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("apps_affected", self.apps_affected, "Apps that showed the incident.");
    visit.Required("runs_healed", self.runs_healed,
                   "Paused runs that ended SUCCESS on this version.");
    visit.Required("runs_not_healed", self.runs_not_healed,
                   "Runs resumed on this version that failed again.");
    visit.Required("steps_saved", self.steps_saved, "Steps the resumed runs did not do again.");
    visit.Optional("median_ms_before", self.median_ms_before, "Plant time of a run before.");
    visit.Optional("median_ms_after", self.median_ms_after, "Plant time of a run after.");
    visit.Optional("comparisons", self.comparisons, "Before and after, with counts.");
  }
};

struct MotorVersion {
  std::string plant;
  MotorReference reference;
  std::string commit;
  std::string tree;
  std::string content_hash;
  VersionStatus status = VersionStatus::kAdopted;
  std::string change;  // the change request that made it
  std::string parent;  // commit it was made from
  std::string summary;
  std::vector<std::string> incidents;
  std::optional<Impact> impact;
  Timestamp created;

  static constexpr std::string_view kName = "MotorVersion";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("plant", self.plant, "");
    visit.Required("reference", self.reference, "");
    visit.Required("commit", self.commit, "");
    visit.Required("tree", self.tree, "");
    visit.Required("content_hash", self.content_hash, "");
    visit.Required("status", self.status, "");
    visit.Optional("change", self.change, "The change request that made it.");
    visit.Optional("parent", self.parent, "The commit it was made from.");
    visit.Optional("summary", self.summary, "What changed, in one line.");
    visit.Optional("incidents", self.incidents, "The incidents it answers.");
    visit.Optional("impact", self.impact, "Measured after its promotion.");
    visit.Required("created", self.created, "");
  }
};

// What is needed to go back to before a motor change: the version and where each open run stood.
struct RestorePoint {
  std::string id;
  std::string plant;
  MotorReference version;
  std::string commit;
  std::string change;
  std::map<std::string, std::string> run_checkpoints;  // open run -> its checkpoint
  std::optional<Timestamp> dropped;                    // by retention: no longer to go back to
  Timestamp created;

  static constexpr std::string_view kName = "RestorePoint";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "");
    visit.Required("plant", self.plant, "");
    visit.Required("version", self.version, "");
    visit.Required("commit", self.commit, "");
    visit.Optional("change", self.change, "The change it was made for.");
    visit.Required("run_checkpoints", self.run_checkpoints, "Open runs and their last checkpoint.");
    visit.Optional("dropped", self.dropped, "Given up by retention: no longer to go back to.");
    visit.Required("created", self.created, "");
  }
};

// One move of a plant's active-version pointer.
struct PointerMove {
  std::string id;
  std::string plant;
  MotorReference from;
  MotorReference to;
  std::string actor;
  std::string because;
  std::string change;                 // that led to it
  std::vector<std::string> returned;  // runs taken back to the checkpoint of a restore point
  Timestamp at;

  static constexpr std::string_view kName = "PointerMove";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "");
    visit.Required("plant", self.plant, "");
    visit.Required("from", self.from, "");
    visit.Required("to", self.to, "");
    visit.Required("actor", self.actor, "");
    visit.Required("because", self.because, "");
    visit.Optional("change", self.change, "The change that led to it.");
    visit.Optional("returned", self.returned, "Runs taken back to where they stood before.");
    visit.Required("at", self.at, "");
  }
};

}  // namespace aiop::model
