// SPDX-License-Identifier: Apache-2.0
#include "control/observers/builder.h"

#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "base/json/json.h"
#include "core/describe/describe.h"

namespace aiop::observers {
namespace {

json::Object PayloadOf(const Finding& finding, std::string_view tool) {
  json::Object payload;
  payload["details"] = Clipped(finding.details, kDetailsLimitBytes);
  payload["tool"] = tool;
  if (!finding.file.empty()) payload["file"] = Clipped(finding.file, kFieldLimitBytes);
  if (finding.line > 0) payload["line"] = finding.line;
  if (finding.column > 0) payload["column"] = finding.column;
  if (!finding.rule.empty()) payload["rule"] = Clipped(finding.rule, kFieldLimitBytes);
  for (const auto& [key, value] : finding.more) payload[key] = value;
  return payload;
}

}  // namespace

model::EventEnvelope MakeEvent(const Context& context, std::string_view tool,
                               model::SignalType signal_type, model::Severity severity,
                               json::Object payload, size_t ordinal) {
  Hasher hasher;
  hasher.AddField(context.trace_id);
  hasher.AddField(context.occasion);
  hasher.AddField(tool);
  hasher.AddField(describe::Name(signal_type));
  hasher.AddField(describe::Name(severity));
  hasher.AddField(json::CanonicalText(payload));
  hasher.AddField(std::to_string(ordinal));

  model::EventEnvelope event;
  event.id = IdFromHash(hasher.Finish());
  event.trace_id = context.trace_id;
  event.timestamp = context.now;
  event.scope = context.scope;
  event.signal_type = signal_type;
  event.severity = severity;
  event.payload = std::move(payload);
  event.artifact_ids = context.artifact_ids;
  event.context_ref = context.context_ref;
  return event;
}

void ReportBuilder::Add(Finding finding) {
  ++counts_[static_cast<size_t>(finding.severity)];
  const bool failure =
      finding.severity == model::Severity::kError || finding.severity == model::Severity::kCritical;
  std::vector<Finding>& kept = failure ? failures_ : others_;
  if (kept.size() < limit_) kept.push_back(std::move(finding));
}

Events ReportBuilder::Finish(std::string_view title, const json::Object& figures) {
  Events events;
  for (const std::vector<Finding>* kept : {&failures_, &others_}) {
    for (const Finding& finding : *kept) {
      if (events.size() >= limit_) break;
      events.push_back(MakeEvent(context_, tool_, finding.signal_type, finding.severity,
                                 PayloadOf(finding, tool_), events.size()));
    }
  }
  const int64_t errors = Count(model::Severity::kError) + Count(model::Severity::kCritical);
  const int64_t warnings = Count(model::Severity::kWarn);
  const int64_t notes = Count(model::Severity::kInfo);
  const int64_t left_out = errors + warnings + notes - static_cast<int64_t>(events.size());

  json::Object payload;
  std::string details = std::string(title) + ": " + std::to_string(errors) + " errors, " +
                        std::to_string(warnings) + " warnings, " + std::to_string(notes) + " notes";
  if (left_out > 0) details += ", " + std::to_string(left_out) + " of them not listed";
  payload["details"] = details;
  payload["tool"] = tool_;
  payload["errors"] = errors;
  payload["warnings"] = warnings;
  payload["notes"] = notes;
  payload["left_out"] = left_out;
  for (const auto& [key, value] : figures) payload[key] = value;
  events.push_back(MakeEvent(context_, tool_, model::SignalType::kValidation,
                             model::Severity::kInfo, std::move(payload), events.size()));
  return events;
}

std::string Clipped(std::string_view text, size_t limit) {
  if (text.size() > limit) {
    text = text.substr(0, limit);
    // Not inside a character: drop its continuation bytes and its first byte.
    size_t end = text.size();
    while (end > 0 && (static_cast<unsigned char>(text[end - 1]) & 0xc0) == 0x80) --end;
    if (end > 0 && static_cast<unsigned char>(text[end - 1]) >= 0xc0)
      text = text.substr(0, end - 1);
  }
  return json::ToValidUtf8(text);
}

std::unexpected<Error> InvalidAt(std::string_view file_name, size_t line, std::string_view what) {
  return Invalid(std::string(file_name) + ":" + std::to_string(line) + ": " + std::string(what));
}

Status CheckSize(std::string_view text, std::string_view file_name) {
  if (text.size() <= kReportLimitBytes) return {};
  return Invalid(std::string(file_name) + ":1: the report is larger than " +
                 std::to_string(kReportLimitBytes >> 20) + " MiB");
}

}  // namespace aiop::observers
