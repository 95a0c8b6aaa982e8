// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "control/observers/builder.h"

namespace aiop::observers {
namespace {

using model::Severity;

constexpr char kEscape = '\x1b';
constexpr size_t kContinuationLimit = 8;  // indented lines that go on with a message

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Colour codes and other escape sequences of terminals.
std::string WithoutEscapes(std::string_view line) {
  std::string out;
  for (size_t at = 0; at < line.size(); ++at) {
    if (line[at] != kEscape) {
      out += line[at];
      continue;
    }
    if (at + 1 >= line.size() || line[at + 1] != '[') continue;
    ++at;
    while (at + 1 < line.size() && (line[at + 1] < 0x40 || line[at + 1] > 0x7e)) ++at;
    ++at;
  }
  while (!out.empty() && (out.back() == '\r' || out.back() == ' ')) out.pop_back();
  return out;
}

// A number at the end of `text`, cut off; -1 if there is none.
int64_t TakeTailNumber(std::string_view& text) {
  size_t start = text.size();
  while (start > 0 && IsDigit(text[start - 1]) && text.size() - start < 9) --start;
  int64_t number = -1;
  std::from_chars(text.data() + start, text.data() + text.size(), number);
  if (start < text.size()) text = text.substr(0, start);
  return number;
}

bool TakeTail(std::string_view& text, std::string_view tail) {
  if (!text.ends_with(tail)) return false;
  text.remove_suffix(tail.size());
  return true;
}

// "a.cc:3:23", "a.cc:3", "a.ts(3,23)": what stands before the severity. False: no position.
bool TakePosition(std::string_view before, Finding& finding) {
  if (TakeTail(before, ")")) {
    finding.column = TakeTailNumber(before);
    if (!TakeTail(before, ",")) return false;
    finding.line = TakeTailNumber(before);
    if (!TakeTail(before, "(")) return false;
  } else {
    finding.line = TakeTailNumber(before);
    if (!TakeTail(before, ":")) return false;
    std::string_view shorter = before;
    const int64_t line = TakeTailNumber(shorter);
    if (line > 0 && TakeTail(shorter, ":") && !shorter.empty()) {
      finding.column = finding.line;
      finding.line = line;
      before = shorter;
    }
  }
  if (finding.line <= 0 || before.empty() ||
      before.find_first_not_of(' ') == std::string_view::npos)
    return false;
  finding.file = before;
  return before[0] != ' ' && before[0] != '\t';  // indented: it belongs to the message above
}

struct Grade {
  std::string_view word;
  Severity severity;
};
constexpr Grade kGrades[] = {{"fatal error", Severity::kError}, {"error", Severity::kError},
                             {"warning", Severity::kWarn},      {"note", Severity::kInfo},
                             {"remark", Severity::kInfo},       {"message", Severity::kInfo}};

// "[-Wunused-variable]", "[bugprone-branch-clone,-warnings-as-errors]" at the end of a message.
std::string_view RuleAtEnd(std::string_view message) {
  if (!message.ends_with(']')) return {};
  const size_t open = message.rfind(" [");
  if (open == std::string_view::npos || open + 3 >= message.size()) return {};
  std::string_view rule = message.substr(open + 2, message.size() - open - 3);
  rule = rule.substr(0, rule.find(','));
  return rule.find(' ') == std::string_view::npos ? rule : std::string_view();
}

// "TS2304: ..." after the severity.
std::string_view CodeAtStart(std::string_view message) {
  const size_t colon = message.substr(0, 9).find(':');
  if (colon == std::string_view::npos || colon < 3 || colon > 8) return {};
  const std::string_view code = message.substr(0, colon);
  if (!code.starts_with("TS")) return {};
  return code.find_first_not_of("0123456789", 2) == std::string_view::npos ? code
                                                                           : std::string_view();
}

// Fills the finding from a line in which the severity begins at `at`, after ": " or " - ".
bool ParseAt(std::string_view line, size_t at, Finding& finding) {
  for (const Grade& grade : kGrades) {
    std::string_view message = line.substr(at);
    if (!message.starts_with(grade.word)) continue;
    message.remove_prefix(grade.word.size());
    // gcc: "error: text"; tsc: "error TS2304: text"
    const bool plain = message.starts_with(": ");
    if (!plain && !message.starts_with(" TS")) continue;
    message.remove_prefix(plain ? 2 : 1);
    finding.rule = plain ? RuleAtEnd(message) : CodeAtStart(message);
    if (!plain && finding.rule.empty()) continue;
    if (!TakePosition(line.substr(0, line.find_last_not_of(" -:", at - 1) + 1), finding)) continue;
    finding.severity = grade.severity;
    finding.details = line;
    return true;
  }
  return false;
}

// False: the line is no diagnostic.
bool ParseLine(std::string_view line, Finding& finding) {
  for (size_t blank = line.find(' '); blank != std::string_view::npos;
       blank = line.find(' ', blank + 1)) {
    const std::string_view before = line.substr(0, blank);
    if (!before.ends_with(':') && !before.ends_with(" -")) continue;
    if (ParseAt(line, blank + 1, finding)) return true;
  }
  return false;
}

class DiagnosticReader {
 public:
  DiagnosticReader(const Context& context, std::string_view tool)
      : builder_(context, tool), tool_(tool) {}

  void Take(std::string_view raw) {
    const std::string line = WithoutEscapes(raw.substr(0, kDetailsLimitBytes));
    Finding finding;
    if (ParseLine(line, finding)) {
      Close();
      if (finding.severity == Severity::kInfo) return;  // notes explain the finding before them
      if (finding.rule.starts_with("TS")) tool_ = "tsc";
      open_ = std::move(finding);
      continued_ = 0;
    } else if (open_) {
      // tsc goes on with a message in indented lines; where source lines follow instead, they have
      // a gutter.
      const bool goes_on = tool_ == "tsc" && continued_ < kContinuationLimit && IsWording(line);
      if (!goes_on) return Close();
      open_->details += "\n" + line;
      ++continued_;
    }
  }

  Events Finish() {
    Close();
    builder_.SetTool(tool_);
    return builder_.Finish(tool_);
  }

 private:
  static bool IsWording(std::string_view line) {
    const size_t first = line.find_first_not_of(' ');
    return first != std::string_view::npos && first >= 2 && line[first] >= 'A' &&
           line[first] <= 'Z';
  }

  void Close() {
    if (open_) builder_.Add(*std::move(open_));
    open_.reset();
  }

  ReportBuilder builder_;
  std::string tool_;
  std::optional<Finding> open_;  // a diagnostic whose message may go on
  size_t continued_ = 0;
};

}  // namespace

Result<Events> ReadDiagnostics(const Context& context, std::string_view text, std::string_view tool,
                               std::string_view file_name) {
  AIOP_CHECK_OK(CheckSize(text, file_name));
  DiagnosticReader reader(context, tool.empty() ? "compiler" : tool);
  size_t number = 1;
  for (size_t at = 0; at < text.size(); ++number) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.find('\0') != std::string_view::npos) {
      return InvalidAt(file_name, number, "is no text: it holds a zero byte");
    }
    reader.Take(line);
    at = end + 1;
  }
  return reader.Finish();
}

}  // namespace aiop::observers
