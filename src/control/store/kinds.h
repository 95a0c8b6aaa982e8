// SPDX-License-Identifier: Apache-2.0
// Which record lives in which store, under which id, and by which keys it can be found.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/model.h"

namespace aiop::store {

// Stored in each file's application_id; never renumber.
enum class Side : int { kLedger = 0x41494f4c, kApp = 0x41494f41, kMotor = 0x41494f4d };

inline constexpr size_t kKeyCount = 4;
using Keys = std::array<std::string, kKeyCount>;

template <class T>
struct Kind;

// name: the table; word: for messages; Field: the keys in their order.
template <>
struct Kind<model::Run> {
  static constexpr Side side = Side::kLedger;
  static constexpr std::string_view name = "run", word = "run";
  enum class Field { kPlant, kApp, kState, kBatch };
  static std::string Id(const model::Run& r) { return r.id; }
  static Keys KeysOf(const model::Run& r) {
    return {r.plant, r.app, std::string(describe::Name(r.state)), r.batch};
  }
};
template <>
struct Kind<model::Transition> {
  static constexpr Side side = Side::kLedger;
  static constexpr std::string_view name = "transition", word = "transition";
  enum class Field { kRun };
  static std::string Id(const model::Transition& r) { return r.id; }
  static Keys KeysOf(const model::Transition& r) { return {r.run, "", "", ""}; }
};
template <>
struct Kind<model::Checkpoint> {
  static constexpr Side side = Side::kLedger;
  static constexpr std::string_view name = "checkpoint", word = "checkpoint";
  enum class Field { kRun };
  static std::string Id(const model::Checkpoint& r) { return r.id; }
  static Keys KeysOf(const model::Checkpoint& r) { return {r.run, "", "", ""}; }
};
template <>
struct Kind<model::Attempt> {
  static constexpr Side side = Side::kLedger;
  static constexpr std::string_view name = "attempt", word = "attempt";
  enum class Field { kRun };
  static std::string Id(const model::Attempt& r) { return r.id; }
  static Keys KeysOf(const model::Attempt& r) { return {r.run, "", "", ""}; }
};
template <>
struct Kind<model::StoredEvent> {
  static constexpr Side side = Side::kLedger;
  static constexpr std::string_view name = "event", word = "event";
  enum class Field { kRun, kIncident, kPlant, kScope };
  static std::string Id(const model::StoredEvent& r) { return r.envelope.id; }
  static Keys KeysOf(const model::StoredEvent& r) {
    return {r.run, r.incident, r.plant, std::string(describe::Name(r.envelope.scope))};
  }
  static void SetSequence(model::StoredEvent& r, int64_t sequence) { r.envelope.seq = sequence; }
};
template <>
struct Kind<model::Incident> {
  static constexpr Side side = Side::kLedger;
  static constexpr std::string_view name = "incident", word = "incident";
  enum class Field { kPlant, kFingerprint, kState };
  static std::string Id(const model::Incident& r) { return r.id; }
  static Keys KeysOf(const model::Incident& r) {
    return {r.plant, r.fingerprint, std::string(describe::Name(r.state)), ""};
  }
};
template <>
struct Kind<model::Occurrence> {
  static constexpr Side side = Side::kLedger;
  static constexpr std::string_view name = "occurrence", word = "occurrence";
  enum class Field { kIncident, kRun };
  static std::string Id(const model::Occurrence& r) { return r.id; }
  static Keys KeysOf(const model::Occurrence& r) { return {r.incident, r.run, "", ""}; }
};
template <>
struct Kind<model::DecisionRecord> {
  static constexpr Side side = Side::kLedger;
  static constexpr std::string_view name = "decision", word = "decision";
  enum class Field { kIncident, kPlant };
  static std::string Id(const model::DecisionRecord& r) { return r.decision_id; }
  static Keys KeysOf(const model::DecisionRecord& r) { return {r.incident_id, r.plant, "", ""}; }
};
template <>
struct Kind<model::DecisionHistory> {
  static constexpr Side side = Side::kLedger;
  static constexpr std::string_view name = "history", word = "history of a decision";
  enum class Field { kIncident, kPlant };
  static std::string Id(const model::DecisionHistory& r) { return r.decision; }
  static Keys KeysOf(const model::DecisionHistory& r) { return {r.incident, r.plant, "", ""}; }
};
template <>
struct Kind<model::Experiment> {
  static constexpr Side side = Side::kLedger;
  static constexpr std::string_view name = "experiment", word = "experiment";
  enum class Field { kIncident, kMemo, kPlant };
  static std::string Id(const model::Experiment& r) { return r.id; }
  static Keys KeysOf(const model::Experiment& r) { return {r.incident, r.memo, r.plant, ""}; }
};
template <>
struct Kind<model::Change> {
  static constexpr Side side = Side::kLedger;
  static constexpr std::string_view name = "change", word = "change";
  enum class Field { kPlant, kIncident, kStatus, kApp };
  static std::string Id(const model::Change& r) { return r.id; }
  static Keys KeysOf(const model::Change& r) {
    return {r.plant, r.incident, std::string(describe::Name(r.status)), r.app};
  }
};
template <>
struct Kind<model::Batch> {
  static constexpr Side side = Side::kLedger;
  static constexpr std::string_view name = "batch", word = "batch";
  enum class Field { kPlant };
  static std::string Id(const model::Batch& r) { return r.id; }
  static Keys KeysOf(const model::Batch& r) { return {r.plant, "", "", ""}; }
};

template <>
struct Kind<model::Pattern> {
  static constexpr Side side = Side::kLedger;
  static constexpr std::string_view name = "pattern", word = "pattern";
  enum class Field { kFingerprint, kPlant, kState };
  static std::string Id(const model::Pattern& r) { return r.id; }
  static Keys KeysOf(const model::Pattern& r) {
    return {r.fingerprint, r.plant, std::string(describe::Name(r.state)), ""};
  }
};
template <>
struct Kind<model::Token> {
  static constexpr Side side = Side::kLedger;
  static constexpr std::string_view name = "token", word = "token";
  enum class Field { kHash };
  static std::string Id(const model::Token& r) { return r.name; }
  static Keys KeysOf(const model::Token& r) { return {r.hash, "", "", ""}; }
};

template <>
struct Kind<model::HookDelivery> {
  static constexpr Side side = Side::kLedger;
  static constexpr std::string_view name = "hook_delivery", word = "delivery of a webhook";
  enum class Field { kHook };
  static std::string Id(const model::HookDelivery& r) { return r.id; }
  static Keys KeysOf(const model::HookDelivery& r) { return {r.hook, "", "", ""}; }
};

template <>
struct Kind<model::App> {
  static constexpr Side side = Side::kApp;
  static constexpr std::string_view name = "app", word = "app";
  enum class Field { kPlant };
  static std::string Id(const model::App& r) { return r.name; }
  static Keys KeysOf(const model::App& r) { return {r.plant, "", "", ""}; }
};
template <>
struct Kind<model::AppVersion> {
  static constexpr Side side = Side::kApp;
  static constexpr std::string_view name = "app_version", word = "app version";
  enum class Field { kApp };
  static std::string Id(const model::AppVersion& r) { return r.reference.Text(); }
  static Keys KeysOf(const model::AppVersion& r) { return {r.app, "", "", ""}; }
};
template <>
struct Kind<model::Artifact> {
  static constexpr Side side = Side::kApp;
  static constexpr std::string_view name = "artifact", word = "artifact";
  enum class Field { kRun, kHash, kMotor };
  static std::string Id(const model::Artifact& r) { return r.key; }
  static Keys KeysOf(const model::Artifact& r) { return {r.run, r.hash, r.motor_ctx.Text(), ""}; }
};

template <>
struct Kind<model::Plant> {
  static constexpr Side side = Side::kMotor;
  static constexpr std::string_view name = "plant", word = "plant";
  enum class Field { kMotor };
  static std::string Id(const model::Plant& r) { return r.name; }
  static Keys KeysOf(const model::Plant& r) { return {r.motor, "", "", ""}; }
};
template <>
struct Kind<model::MotorVersion> {
  static constexpr Side side = Side::kMotor;
  static constexpr std::string_view name = "motor_version", word = "motor version";
  enum class Field { kPlant, kStatus };
  static std::string Id(const model::MotorVersion& r) {
    return r.plant + "/" + r.reference.version;
  }
  static Keys KeysOf(const model::MotorVersion& r) {
    return {r.plant, std::string(describe::Name(r.status)), "", ""};
  }
};
template <>
struct Kind<model::RestorePoint> {
  static constexpr Side side = Side::kMotor;
  static constexpr std::string_view name = "restore_point", word = "restore point";
  enum class Field { kPlant };
  static std::string Id(const model::RestorePoint& r) { return r.id; }
  static Keys KeysOf(const model::RestorePoint& r) { return {r.plant, "", "", ""}; }
};
template <>
struct Kind<model::PointerMove> {
  static constexpr Side side = Side::kMotor;
  static constexpr std::string_view name = "pointer_move", word = "pointer move";
  enum class Field { kPlant };
  static std::string Id(const model::PointerMove& r) { return r.id; }
  static Keys KeysOf(const model::PointerMove& r) { return {r.plant, "", "", ""}; }
};

// The tables of a side.
std::vector<std::string_view> TablesOf(Side side);

}  // namespace aiop::store
