// SPDX-License-Identifier: Apache-2.0
#include "core/fingerprint/lines.h"

#include <cstddef>
#include <cstring>

namespace aiop::fingerprint {
namespace {

constexpr char kEscape = '\x1b';
constexpr size_t kNone = std::string_view::npos;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

// memmem is several times quicker than string_view::find, and each line is searched a few times.
size_t Find(std::string_view text, std::string_view what) {
  if (text.empty()) return kNone;  // its data may be null
  const void* hit = memmem(text.data(), text.size(), what.data(), what.size());
  return hit == nullptr ? kNone : static_cast<size_t>(static_cast<const char*>(hit) - text.data());
}
bool Contains(std::string_view text, std::string_view what) { return Find(text, what) != kNone; }

// The place after the escape sequence that begins at `at`.
size_t SkipEscape(std::string_view text, size_t at) {
  ++at;
  if (at >= text.size()) return at;
  if (text[at] == '[') {  // CSI: parameters, then one final byte
    ++at;
    while (at < text.size() && text[at] >= 0x20 && text[at] < 0x40) ++at;
    return at < text.size() && text[at] != '\n' ? at + 1 : at;
  }
  if (text[at] == ']') {  // OSC: up to BEL or ESC backslash
    while (at < text.size() && text[at] != '\a' && text[at] != kEscape && text[at] != '\n') ++at;
    if (at < text.size() && text[at] == kEscape) ++at;
    return at < text.size() && text[at] != '\n' ? at + 1 : at;
  }
  return text[at] == '\n' ? at : at + 1;
}

void StripTail(std::string_view& text, std::string_view any_of) {
  const size_t last = text.find_last_not_of(any_of);
  text = last == kNone ? std::string_view() : text.substr(0, last + 1);
}

bool DropTailDigits(std::string_view& text) {
  const size_t size = text.size();
  while (!text.empty() && IsDigit(text.back())) text.remove_suffix(1);
  return text.size() < size;
}

// Whether `before`, what stands before the word "error", ends in a position: "a.cc:3:23: ",
// "a.ts(1,2): ", "a.ts:1:2 - ", "  12:5  ".
bool EndsInPosition(std::string_view before) {
  StripTail(before, " ");
  if (before.ends_with("fatal")) before.remove_suffix(5);
  StripTail(before, " -:");
  if (before.ends_with(')')) {
    before.remove_suffix(1);
    if (!DropTailDigits(before)) return false;
    if (before.ends_with(',')) {
      before.remove_suffix(1);
      if (!DropTailDigits(before)) return false;
    }
    return before.ends_with('(') && before.size() > 1;
  }
  if (!DropTailDigits(before)) return false;
  if (before.empty() || before.back() != ':') return false;
  return before.size() > 1;
}

// Splits "TS2304: text", "[E0425]: text", ": text", " C2065: text".
Diagnostic SplitCode(std::string_view rest) {
  Diagnostic found;
  if (rest.starts_with('[')) {
    const size_t close = rest.find(']');
    if (close == kNone || close > 24) return {};
    found.code = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  } else {
    rest = TrimLeft(rest);
    size_t end = 0;
    while (end < rest.size() && IsUpper(rest[end])) ++end;
    const size_t letters = end;
    while (end < rest.size() && IsDigit(rest[end])) ++end;
    if (letters > 0 && end > letters && end < rest.size() && rest[end] == ':') {
      found.code = rest.substr(0, end);
      rest.remove_prefix(end);
    }
  }
  if (rest.starts_with(':')) rest.remove_prefix(1);
  found.message = Trim(rest);
  return found;
}

// Go's compiler and its tests name no severity: "./x.go:3:2: undefined: y".
Diagnostic ParseGo(std::string_view line) {
  const size_t at = Find(line, ".go:");
  if (at == kNone || line.starts_with('\t')) return {};
  size_t end = at + 4;
  while (end < line.size() && (IsDigit(line[end]) || line[end] == ':')) ++end;
  if (end == at + 4 || end >= line.size() || line[end] != ' ' || line[end - 1] != ':') return {};
  if (TrimLeft(line).substr(0, at).find(' ') < at) return {};  // prose before the file
  return {"", Trim(line.substr(end))};
}

bool IsFrameOfRuntime(std::string_view place) {
  return place.starts_with("node:") || place.starts_with("internal/") ||
         place.starts_with("<anonymous>") || place.starts_with("native");
}

// "at emit (file:1:2)", "at async Foo.bar (file:1:2)", "at org.Pet.load(Pet.java:12)"; `rest`
// begins after "at ".
Frame ParseAtFrame(std::string_view rest) {
  if (rest.starts_with("async ")) rest.remove_prefix(6);
  if (rest.starts_with("new ")) rest.remove_prefix(4);
  StripTail(rest, " {");  // the last frame, when the error's fields follow
  const size_t open = rest.find('(');
  if (open == kNone || !rest.ends_with(')')) {
    const bool place = Contains(rest, ":") || Contains(rest, "<anonymous>");
    return {place ? FrameKind::kSkipped : FrameKind::kNone, {}};
  }
  if (IsFrameOfRuntime(rest.substr(open + 1))) return {FrameKind::kSkipped, {}};
  std::string_view name = Trim(rest.substr(0, open));
  if (const size_t alias = name.find(" [as "); alias != kNone) name = name.substr(0, alias);
  if (Contains(name, "<anonymous>") || name.empty()) return {FrameKind::kSkipped, {}};
  return {FrameKind::kInnermostFirst, name};
}

bool FirstWordIsError(std::string_view trimmed) {
  for (const std::string_view opening : {"Uncaught ", "Unhandled ", "Caused by: ", "thread "}) {
    if (trimmed.starts_with(opening)) trimmed.remove_prefix(opening.size());
  }
  const std::string_view word = trimmed.substr(0, trimmed.find_first_of(" :[("));
  return word.ends_with("Error") || word.ends_with("Exception") || word == "panic" ||
         word == "error" || word == "ERROR" || word == "fatal" || word == "FATAL" ||
         word == "FAIL" || word == "FAILED";
}

}  // namespace

std::string_view TrimLeft(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == kNone ? std::string_view() : text.substr(first);
}

std::string_view Trim(std::string_view text) {
  text = TrimLeft(text);
  StripTail(text, " \t\r");
  return text;
}

std::string PlainText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  size_t line_start = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t special = text.find_first_of("\x1b\r\n\b", at);
    out.append(text.substr(at, special == kNone ? kNone : special - at));
    if (special == kNone) break;
    at = special + 1;
    if (text[special] == '\n') {
      out += '\n';
      line_start = out.size();
    } else if (text[special] == '\r') {
      if (at < text.size() && text[at] != '\n') out.resize(line_start);
    } else if (text[special] == '\b') {
      if (out.size() > line_start) out.pop_back();
    } else {
      at = SkipEscape(text, special);
    }
  }
  return out;
}

Diagnostic ParseDiagnostic(std::string_view line) {
  const size_t at = Find(line, "error");
  if (at == kNone) {
    if (const size_t undefined = Find(line, "undefined reference to"); undefined != kNone) {
      return {"", line.substr(undefined)};
    }
    return ParseGo(line);
  }
  const std::string_view before = line.substr(0, at);
  const std::string_view rest = line.substr(at + 5);
  if (rest.empty()) return {};
  const bool coded = rest.starts_with('[');
  if (coded && TrimLeft(before).empty()) return SplitCode(rest);
  if (rest[0] != ':' && rest[0] != ' ' && !coded) return {};
  if (!EndsInPosition(before)) return {};
  return SplitCode(rest);
}

bool IsHeadline(std::string_view line) {
  const std::string_view trimmed = TrimLeft(line);
  if (trimmed.empty()) return false;
  if (line.starts_with("E  ")) return true;  // pytest
  if (FirstWordIsError(trimmed) || trimmed.starts_with("npm error ") ||
      trimmed.starts_with("npm ERR! ") || trimmed.starts_with("--- FAIL") ||
      trimmed.starts_with("CMake Error")) {
    return true;
  }
  if (Find(trimmed, "rror") != kNone) {
    return Contains(trimmed, "rror: ") || Contains(trimmed, "[error]") ||
           trimmed.ends_with("rror:");
  }
  return Contains(trimmed, "ERROR") || Contains(trimmed, "xception: ") ||
         Contains(trimmed, "FATAL") || Contains(trimmed, "fatal: ") ||
         Contains(trimmed, " panicked at ");
}

bool IsSourceEcho(std::string_view line) {
  std::string_view rest = TrimLeft(line);
  while (!rest.empty() && IsDigit(rest[0])) rest.remove_prefix(1);
  rest = TrimLeft(rest);
  if (rest.starts_with('|') || rest.starts_with("-->")) return true;
  return !rest.empty() && rest.find_first_not_of("^~ \t-|") == kNone;
}

Frame ParseFrame(std::string_view line) {
  if (line.empty() || (line[0] != ' ' && line[0] != '\t')) return {};
  const std::string_view trimmed = TrimLeft(line);
  if (trimmed.starts_with("at ")) return ParseAtFrame(trimmed.substr(3));
  if (trimmed.starts_with("File \"")) {
    const size_t in = Find(trimmed, ", in ");
    if (in == kNone) return {FrameKind::kSkipped, {}};
    const std::string_view name = trimmed.substr(in + 5);
    return {name.starts_with('<') ? FrameKind::kSkipped : FrameKind::kInnermostLast, name};
  }
  if (trimmed.starts_with('#') && trimmed.size() > 1 && IsDigit(trimmed[1])) {
    const size_t in = Find(trimmed, " in ");
    if (in == kNone) return {FrameKind::kSkipped, {}};
    const std::string_view name = trimmed.substr(in + 4);
    return {FrameKind::kInnermostFirst, name.substr(0, name.find_first_of(" ("))};
  }
  return {};
}

}  // namespace aiop::fingerprint
