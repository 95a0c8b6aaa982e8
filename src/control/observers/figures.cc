// SPDX-License-Identifier: Apache-2.0
// Events of a single figure: an exit status, a score, a schema's violations.
#include <charconv>
#include <csignal>
#include <cstring>

#include "control/observers/builder.h"

namespace aiop::observers {
namespace {

using model::Severity;
using model::SignalType;

std::string SignalName(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal)
                         : "signal " + std::to_string(signal) + " (SIG" + name + ")";
}

std::string_view BaseName(std::string_view program) {
  const size_t slash = program.rfind('/');
  return slash == std::string_view::npos ? program : program.substr(slash + 1);
}

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// The end of an output, from the beginning of a line where there is one.
std::string_view TailOf(std::string_view text) {
  text = Trim(text);
  if (text.size() <= kOutputTailLimitBytes) return text;
  text.remove_prefix(text.size() - kOutputTailLimitBytes);
  const size_t line = text.find('\n');
  return line == std::string_view::npos ? text : text.substr(line + 1);
}

std::string Number(double value) {
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  return error == std::errc() ? std::string(buffer, end) : std::string();
}

}  // namespace

model::EventEnvelope FromExit(const Context& context, std::string_view program, int code,
                              int signal, std::string_view stderr_tail) {
  const std::string name = Clipped(BaseName(program), kFieldLimitBytes);
  const bool failed = code != 0 || signal != 0;
  std::string details = name + (signal != 0 ? " was ended by " + SignalName(signal)
                                : code != 0 ? " ended with exit code " + std::to_string(code)
                                            : std::string(" ended well"));
  if (const std::string_view tail = TailOf(stderr_tail); failed && !tail.empty())
    details += "\n" + std::string(tail);
  json::Object payload;
  payload["details"] = Clipped(details, kDetailsLimitBytes);
  payload["tool"] = name;
  if (signal != 0) {
    payload["signal"] = signal;
  } else {
    payload["exit_code"] = code;
  }
  const Severity severity = signal != 0 ? Severity::kCritical
                            : failed    ? Severity::kError
                                        : Severity::kInfo;
  return MakeEvent(context, name, SignalType::kError, severity, std::move(payload), 0);
}

Events FromViolations(const Context& context, std::string_view document, std::string_view schema,
                      const std::vector<Violation>& violations) {
  ReportBuilder builder(context, "schema");
  for (const Violation& violation : violations) {
    Finding finding;
    finding.signal_type = SignalType::kValidation;
    finding.file = document;
    finding.details = violation.message + " at #" + (violation.path.empty() ? "/" : violation.path);
    finding.more = {{"path", Clipped(violation.path, kFieldLimitBytes)},
                    {"schema", Clipped(schema, kFieldLimitBytes)}};
    builder.Add(std::move(finding));
  }
  return builder.Finish("schema");
}

Result<double> ParseScore(std::string_view output) {
  std::string_view line = Trim(output);
  if (const size_t last = line.rfind('\n'); last != std::string_view::npos)
    line = Trim(line.substr(last + 1));
  double score = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), score);
  if (error != std::errc() || end != line.data() + line.size() || !(score >= 0 && score <= 1)) {
    return Invalid("a scorer must print a number from 0 to 1 as its last line, not '" +
                   Clipped(line, 80) + "'");
  }
  return score;
}

model::EventEnvelope FromScore(const Context& context, std::string_view scorer, double score,
                               std::optional<double> minimum) {
  const bool below = minimum && score < *minimum;
  json::Object payload;
  payload["details"] = "quality score " + Number(score) +
                       (below ? " is below the minimum of " + Number(*minimum) : "");
  payload["tool"] = Clipped(BaseName(scorer), kFieldLimitBytes);
  payload["value"] = score;
  payload["unit"] = "ratio";
  if (minimum) payload["budget"] = *minimum;
  const std::string name = Clipped(BaseName(scorer), kFieldLimitBytes);
  return MakeEvent(context, name, SignalType::kQualityScore,
                   below ? Severity::kError : Severity::kInfo, std::move(payload), 0);
}

}  // namespace aiop::observers
