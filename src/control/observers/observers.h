// SPDX-License-Identifier: Apache-2.0
//
// Readers: what a tool reported (a test report, a linter's findings, a compiler's output, coverage,
// an exit status, a score) becomes events in the operator's one form.
//
// Nothing here stores, redacts or looks at a clock: the caller gives the Context, redacts, and
// stores. Reading the same bytes in the same Context gives the same event ids, so that a reading
// repeated after a crash adds nothing. Findings come before the one summary event (severity info)
// that ends a report; more than kEventLimit findings are counted in it, failures being kept first.
// Malformed input is kInvalid, its message beginning "FILE:LINE: " (for JSON "FILE: /pointer").
// Thread-safe: no state, except BudgetMeter, which has one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "base/time/time.h"
#include "core/model/model.h"

namespace aiop::observers {

inline constexpr size_t kReportLimitBytes = size_t{32} << 20;
inline constexpr size_t kEventLimit = 200;                        // findings of one report
inline constexpr size_t kDetailsLimitBytes = size_t{8} << 10;     // payload.details
inline constexpr size_t kFieldLimitBytes = size_t{1} << 10;       // any other text of a payload
inline constexpr size_t kOutputTailLimitBytes = size_t{6} << 10;  // of a program's stderr
inline constexpr size_t kFilesInCoverage = 50;  // least covered files named in a coverage event
inline constexpr size_t kNestingLimit = 64;     // test suites inside test suites

// What the events of one reading have in common.
struct Context {
  std::string trace_id;
  Timestamp now;
  model::Scope scope = model::Scope::kApp;
  model::ContextRef context_ref;
  std::vector<std::string> artifact_ids;
  std::string occasion;  // tells readings of one trace apart (the attempt and step): the same
                         // finding twice is two events
};

using Events = std::vector<model::EventEnvelope>;

// ---- Reports. `file_name` is for messages only. ----

// JUnit XML, <testsuites> or a bare <testsuite> at the root, suites nested as deep as
// kNestingLimit. A failure is a validation event, an <error> an error event, a skipped test
// severity info.
Result<Events> ReadJUnit(const Context& context, std::string_view text, std::string_view file_name);

// SARIF 2.1.0. Suppressed, absent and passing results are left out; a level that is not given comes
// from the rule.
Result<Events> ReadSarif(const Context& context, std::string_view text, std::string_view file_name);

// What a compiler printed: gcc, clang, clang-tidy ("a.cc:1:2: error: ..."), tsc plain and pretty.
// Lines that are no diagnostic are passed over, so any text can be given; `tool` is what wrote it
// if the text does not tell.
Result<Events> ReadDiagnostics(const Context& context, std::string_view text, std::string_view tool,
                               std::string_view file_name);

// One coverage event: covered lines as a share of all, 0..1; below `minimum` its severity is error.
// Cobertura XML if the text begins with '<', else an lcov trace file.
Result<Events> ReadCoverage(const Context& context, std::string_view text,
                            std::string_view file_name,
                            std::optional<double> minimum = std::nullopt);

// ---- Single figures ----

// How a program ended: exit code, or the signal that killed it (0 = none). Not 0 is an error, a
// signal is critical.
model::EventEnvelope FromExit(const Context& context, std::string_view program, int code,
                              int signal, std::string_view stderr_tail);

struct Violation {
  std::string path;  // JSON pointer
  std::string message;
};
// One validation event of severity error for each violation of a schema, then a summary.
Events FromViolations(const Context& context, std::string_view document, std::string_view schema,
                      const std::vector<Violation>& violations);

// The figure 0..1 that a scorer printed: the last line of its output that is not blank.
Result<double> ParseScore(std::string_view output);
// A quality_score event; below `minimum` its severity is error.
model::EventEnvelope FromScore(const Context& context, std::string_view scorer, double score,
                               std::optional<double> minimum = std::nullopt);

}  // namespace aiop::observers
