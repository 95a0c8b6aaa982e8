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

// ---- Budgets ----

struct Budgets {
  std::optional<double> latency_ms;
  std::optional<double> cost_usd;
};

// What a run has spent since the last patch, kept by the caller so that it survives a crash.
struct Spent {
  double latency_ms = 0;
  double cost_usd = 0;
  int64_t patches = 0;            // counts the spans; part of the ids
  bool latency_reported = false;  // an event says already that it is exceeded
  bool cost_reported = false;
};

// Adds up what attempts use and says once, for each budget, that it is exceeded. The plant may say
// so itself: then the meter keeps silent, and a plant that says it after the meter is told apart by
// Observe.
class BudgetMeter {
 public:
  BudgetMeter(Budgets budgets, Spent spent) : budgets_(budgets), spent_(spent) {}

  // A `usage` message of the running attempt; figures add up. At most one event per budget and
  // span.
  Events AddUsage(const Context& context, const model::Usage& usage);

  // The attempt ended after `wall`, which counts as its latency unless the plant gave one.
  Events EndAttempt(const Context& context, Milliseconds wall);

  // To be called with each event of the plant before it is stored. True: it repeats what is already
  // reported.
  bool Observe(const model::EventEnvelope& event);

  // A patch was made: sums begin anew.
  void Patched();

  bool Exceeded() const { return spent_.latency_reported || spent_.cost_reported; }
  const Spent& spent() const { return spent_; }

 private:
  Events Check(const Context& context);

  Budgets budgets_;
  Spent spent_;
  bool latency_given_ = false;  // by the plant, in the running attempt
};

}  // namespace aiop::observers
