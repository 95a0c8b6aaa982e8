// SPDX-License-Identifier: Apache-2.0
// Events: what observers tell the operator.
#pragma once

#include <array>

#include "core/model/reference.h"

namespace aiop::model {

// Stored by name; never rename.
enum class Scope { kApp, kMotor };
constexpr auto EnumNames(Scope) {
  return std::to_array<std::pair<Scope, std::string_view>>(
      {{Scope::kApp, "app"}, {Scope::kMotor, "motor"}});
}

enum class SignalType { kValidation, kError, kLatency, kCost, kCoverage, kQualityScore };
constexpr auto EnumNames(SignalType) {
  using enum SignalType;
  return std::to_array<std::pair<SignalType, std::string_view>>({{kValidation, "validation"},
                                                                 {kError, "error"},
                                                                 {kLatency, "latency"},
                                                                 {kCost, "cost"},
                                                                 {kCoverage, "coverage"},
                                                                 {kQualityScore, "quality_score"}});
}

enum class Severity { kInfo, kWarn, kError, kCritical };
constexpr auto EnumNames(Severity) {
  using enum Severity;
  return std::to_array<std::pair<Severity, std::string_view>>(
      {{kInfo, "info"}, {kWarn, "warn"}, {kError, "error"}, {kCritical, "critical"}});
}

// Events that aiop itself makes about its records have the ids KIND/ABOUT/NUMBER, with these kinds;
// what comes from outside must not.
inline constexpr auto kRemarkKinds = std::to_array<std::string_view>(
    {"correction", "merge", "unmerge", "slo-breach", "slo-met", "drill"});
constexpr bool IsRemarkId(std::string_view id) {
  const size_t slash = id.find('/');
  if (slash == std::string_view::npos) return false;
  for (const std::string_view kind : kRemarkKinds) {
    if (id.substr(0, slash) == kind) return true;
  }
  return false;
}
inline constexpr std::string_view kRemarkIdRefused =
    "/id: begins like an id that aiop gives to its own remarks; take another";

// The versions an event belongs to.
struct ContextRef {
  AppReference app_ctx;
  MotorReference motor_ctx;
  static constexpr std::string_view kName = "ContextRef";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Optional("app_ctx", self.app_ctx, "App version, name@version+hash; empty if none.");
    visit.Optional("motor_ctx", self.motor_ctx, "Motor version, name@version+hash; empty if none.");
  }
};

// Specification section 8.1, plus `id` and `seq`.
struct EventEnvelope {
  std::string id;
  int64_t seq = 0;
  std::string trace_id;
  Timestamp timestamp;
  Scope scope = Scope::kApp;
  SignalType signal_type = SignalType::kError;
  Severity severity = Severity::kInfo;
  json::Object payload;
  std::vector<std::string> artifact_ids;
  ContextRef context_ref;

  static constexpr std::string_view kName = "EventEnvelope";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Optional("id", self.id,
                   "Idempotency key: an event with an id that is stored already is a duplicate.");
    visit.Optional("seq", self.seq, "Position in the log of this home; given by aiop.");
    visit.Optional("trace_id", self.trace_id, "The run this event belongs to.");
    visit.Required("timestamp", self.timestamp, "When it was observed, UTC.");
    visit.Required("scope", self.scope, "Which side the observer was looking at.");
    visit.Required("signal_type", self.signal_type, "What was observed.");
    visit.Required("severity", self.severity, "error and critical are failures.");
    visit.Required("payload", self.payload,
                   "`details` is the text; a figure is `value` with `unit` and `budget`.");
    visit.Optional("artifact_ids", self.artifact_ids, "Artifacts concerned.");
    visit.Optional("context_ref", self.context_ref,
                   "The app and motor versions it was observed under.");
  }

  bool IsFailure() const { return severity == Severity::kError || severity == Severity::kCritical; }
  // payload.details, else the payload as text.
  std::string Details() const;
};

// An event as the ledger keeps it: with what the operator derived from it.
struct StoredEvent {
  EventEnvelope envelope;
  std::string run;
  int64_t attempt = 0;
  std::string plant;
  std::string after_checkpoint;  // last checkpoint of the run when it came; empty if none
  std::string fingerprint;       // failures only
  std::string incident;          // failures of real runs only
  std::string not_an_incident;   // why a failure opened none (duplicate report, experiment, ...)
  std::string raw_payload;       // the payload's bytes as sent; empty if redaction changed them

  static constexpr std::string_view kName = "StoredEvent";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("envelope", self.envelope, "");
    visit.Optional("run", self.run, "");
    visit.Optional("attempt", self.attempt, "");
    visit.Optional("plant", self.plant, "");
    visit.Optional("after_checkpoint", self.after_checkpoint, "");
    visit.Optional("fingerprint", self.fingerprint, "");
    visit.Optional("incident", self.incident, "");
    visit.Optional("not_an_incident", self.not_an_incident, "");
    visit.Optional("raw_payload", self.raw_payload, "");
  }
};

}  // namespace aiop::model
