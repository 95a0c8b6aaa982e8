// SPDX-License-Identifier: Apache-2.0
// What kind of thing one line of a tool's output is. Private to the module.
#pragma once

#include <string>
#include <string_view>

namespace aiop::fingerprint {

// Without colour codes and other terminal controls; of a line that was overwritten (carriage
// return), its last state.
std::string PlainText(std::string_view text);

// Calls `take(line)` for each line, without its end.
template <class Take>
void ForEachLine(std::string_view text, Take take) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    take(line);
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

std::string_view TrimLeft(std::string_view text);
std::string_view Trim(std::string_view text);

// A compiler's message: "a.ts(1,2): error TS1005: ...", "a.cc:1:2: error: ...", "error[E0425]:
// ...", a linker's undefined reference. Warnings and notes are none.
struct Diagnostic {
  std::string_view code;     // may be empty
  std::string_view message;  // empty = the line is no diagnostic
};
Diagnostic ParseDiagnostic(std::string_view line);

// Whether the line states an error in words: "TypeError: ...", "fatal: ...", "npm error ...", "---
// FAIL: ...".
bool IsHeadline(std::string_view line);

// Whether the line shows source text ("   12 | code", "      |  ^~~"), which says where and not
// what.
bool IsSourceEcho(std::string_view line);

// The function of a line of a stack trace.
enum class FrameKind {
  kNone,
  kInnermostFirst,  // JavaScript, Java, sanitizers
  kInnermostLast,   // Python
  kSkipped,         // a frame that names nothing of the program
};
struct Frame {
  FrameKind kind = FrameKind::kNone;
  std::string_view function;
};
Frame ParseFrame(std::string_view line);

}  // namespace aiop::fingerprint
