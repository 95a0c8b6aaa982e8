// SPDX-License-Identifier: Apache-2.0
// Makes the events of one report: ids, caps, the closing summary. Private to the module.
#pragma once

#include "control/observers/observers.h"

namespace aiop::observers {

// One thing a tool found.
struct Finding {
  model::SignalType signal_type = model::SignalType::kError;
  model::Severity severity = model::Severity::kError;
  std::string details;
  std::string file;
  int64_t line = 0;  // 0 = not known, as below
  int64_t column = 0;
  std::string rule;
  json::Object more;  // further members of the payload
};

// An event with the context's fields, the payload and an id made of trace, occasion, tool, payload
// and ordinal.
model::EventEnvelope MakeEvent(const Context& context, std::string_view tool,
                               model::SignalType signal_type, model::Severity severity,
                               json::Object payload, size_t ordinal);

// Collects the findings of one report within the limits.
class ReportBuilder {
 public:
  ReportBuilder(const Context& context, std::string_view tool, size_t limit = kEventLimit)
      : context_(context), tool_(tool), limit_(limit) {}

  // For text that names its tool only on the way.
  void SetTool(std::string_view tool) { tool_ = tool; }
  void Add(Finding finding);
  // The findings and the summary, whose details begin with `title` and whose payload has `figures`.
  Events Finish(std::string_view title, const json::Object& figures = {});

  int64_t Count(model::Severity severity) const { return counts_[static_cast<size_t>(severity)]; }

 private:
  const Context& context_;
  std::string tool_;
  size_t limit_;
  std::vector<Finding> failures_;  // kept first when there are too many
  std::vector<Finding> others_;
  int64_t counts_[4] = {0, 0, 0, 0};
};

// Valid UTF-8 of at most `limit` bytes, cut between characters.
std::string Clipped(std::string_view text, size_t limit);

// "FILE:LINE: what", as kInvalid.
std::unexpected<Error> InvalidAt(std::string_view file_name, size_t line, std::string_view what);

Status CheckSize(std::string_view text, std::string_view file_name);

}  // namespace aiop::observers
