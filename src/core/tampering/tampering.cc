// SPDX-License-Identifier: Apache-2.0
#include "core/tampering/tampering.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/tampering/lines.h"

namespace aiop::tampering {
namespace {

constexpr size_t kQuotedBytes = 80;

// Words that switch a check off wherever they stand.
constexpr auto kSwitches = std::to_array<std::string_view>({"skip",
                                                            "skipIf",
                                                            "skipUnless",
                                                            "SkipTest",
                                                            "skipTest",
                                                            "skipif",
                                                            "xfail",
                                                            "xit",
                                                            "xtest",
                                                            "xdescribe",
                                                            "expectedFailure",
                                                            "todo",
                                                            "only",
                                                            "mock",
                                                            "patch",
                                                            "monkeypatch",
                                                            "collect_ignore",
                                                            "collect_ignore_glob",
                                                            "load_tests",
                                                            "pytestmark",
                                                            "_exit",
                                                            "atexit",
                                                            "settrace",
                                                            "exitCode",
                                                            "exit(0)",
                                                            "exit 0",
                                                            "exit()",
                                                            "|| true",
                                                            "|| :",
                                                            "||true",
                                                            "set +e",
                                                            "alias",
                                                            "PATH",
                                                            "disable",
                                                            "disabled",
                                                            "istanbul ignore",
                                                            "noqa",
                                                            "suppress",
                                                            "builtins",
                                                            "globalThis",
                                                            "sys.modules",
                                                            "os.environ",
                                                            "process.env",
                                                            "process.on"});

// Words of a new check, or of the plant, by which one file decides over all that run with it.
constexpr auto kReaching = std::to_array<std::string_view>(
    {"_exit", "atexit", "settrace", "setprofile", "exitCode", "exit(0)", "exit 0", "exit()",
     "set +e", "builtins", "globalThis", "sys.modules", "load_tests", "collect_ignore",
     "collect_ignore_glob", "process.on", "monkeypatch", "TestCase.", "prototype"});
// Of the plant: looking whether it is being checked.
constexpr auto kSpying = std::to_array<std::string_view>(
    {"_exit", "atexit", "settrace", "setprofile", "builtins", "sys.modules", "unittest", "pytest",
     "_getframe", "inspect.stack", "NODE_TEST_CONTEXT", "JEST_WORKER_ID"});

// Words that keep what follows from being reached.
constexpr auto kTurns = std::to_array<std::string_view>(
    {"return", "exit", "break", "continue", "raise", "throw", "quit", "exec", "goto", "pass"});

// Words whose block, or whose next statement, may swallow what follows.
constexpr auto kBlocks = std::to_array<std::string_view>(
    {"if", "else", "for", "while", "try", "catch", "except", "finally", "switch", "case", "do",
     "function", "until", "rescue", "/*", "*/", "\"\"\"", "'''", "<<"});

std::string Quoted(std::string_view line) {
  const size_t first = std::min(line.find_first_not_of(" \t"), line.size());
  line = line.substr(first);
  return "'" + std::string(line.substr(0, kQuotedBytes)) +
         (line.size() > kQuotedBytes ? "..." : "") + "'";
}

template <size_t N>
bool HasOneOf(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return HasWord(text, word); });
}

bool ByIndentation(std::string_view path) { return path.ends_with(".py"); }

// Parts of words of a line that decides something, or has it decided.
constexpr auto kJudging = std::to_array<std::string_view>(
    {"assert",  "expect", "should", "test",  "check", "verif", "valid",    "fail", "equal",
     "compare", "return", "raise",  "throw", "exit",  "error", "==",       "!=",   ">=",
     "<=",      " < ",    " > ",    "if ",   "if(",   "not ",  "describe", "it(",  "spec"});

// Lines that only say where something comes from.
constexpr auto kImports = std::to_array<std::string_view>(
    {"import ", "from ", "require ", "#include", "using ", "source "});
// Files whose lines are what is expected.
constexpr auto kData = std::to_array<std::string_view>(
    {".json", ".yaml", ".yml", ".toml", ".txt", ".csv", ".xml", ".snap", ".golden"});

bool IsData(std::string_view path) {
  return std::ranges::any_of(kData, [&](std::string_view end) { return path.ends_with(end); });
}

// A call may be all that a check consists of.
bool Judges(std::string_view line) {
  const std::string_view text = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
  const bool import = std::ranges::any_of(
      kImports, [&](std::string_view start) { return text.starts_with(start); });
  if (import) return false;
  if (text.contains('(')) return true;
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::ranges::any_of(kJudging, [&](std::string_view part) { return lower.contains(part); });
}

int Depth(std::string_view text) {
  int depth = 0;
  for (const char c : text) {
    if (c == '{' || c == '(' || c == '[') ++depth;
    if (c == '}' || c == ')' || c == ']') --depth;
  }
  return depth;
}

// `name() {` of a shell.
std::string_view ShellFunction(std::string_view text) {
  const size_t first = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(first);
  const size_t end = text.find("()");
  if (end == std::string_view::npos || end == 0 || !text.contains('{')) return {};
  text = text.substr(0, end);
  return text.find_first_of(" .=(\t") == std::string_view::npos ? text : std::string_view();
}

// What an assignment of any kind changes: `a` of "a = 1", "a &= 1", "a['b'] = 1", "a = b = 1".
std::string_view Assigned(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 >= text.size()) return {};
  if (text[equals + 1] == '=' || text[equals + 1] == '>' ||
      std::string_view("!<>").contains(text[equals - 1])) {
    return {};
  }
  text = text.substr(0, equals);
  const size_t end = text.find_first_of(" \t.[&|+-*/^%:");
  if (end != std::string_view::npos && text.find_first_of("(,'\"{", 0) < end) return {};
  return end == std::string_view::npos ? text : text.substr(0, end);
}

// The name that a line defines or binds anew at the outermost level; empty if it binds none.
std::string_view Bound(std::string_view text) {
  for (const std::string_view word :
       {"async def ", "def ", "class ", "function ", "const ", "let ", "var "}) {
    const size_t at = text.find(word);
    if (at != std::string_view::npos && text.find_first_not_of(" \t") == at) {
      text.remove_prefix(at + word.size());
      return text.substr(0, text.find_first_of(" (:={;"));
    }
  }
  const size_t alias = text.find(" as ");
  if (alias != std::string_view::npos && HasWord(text, "import")) {
    text.remove_prefix(alias + 4);
    return text.substr(0, text.find_first_of(" ,;)}"));
  }
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || text.starts_with(' ')) return {};
  if (equals + 1 < text.size() && (text[equals + 1] == '=' || text[equals + 1] == '>')) return {};
  text = text.substr(0, equals);
  const size_t end = text.find_last_not_of(" \t");
  text = end == std::string_view::npos ? std::string_view() : text.substr(0, end + 1);
  return text.find_first_of(" ([{!<>+-*/'\"") == std::string_view::npos ? text : std::string_view();
}

// A check's lines, some of them added.
class Reader {
 public:
  Reader(const std::string& path, std::string_view before, const std::vector<Line>& lines)
      : path_(path), before_(before), lines_(lines) {}

  // Why an added line takes an old one's effect away; nothing if none does.
  std::optional<std::string> Why() {
    for (size_t i = 0; i < lines_.size();) {
      if (!lines_[i].added) {
        ++i;
        continue;
      }
      size_t end = i;
      while (end < lines_.size() && lines_[end].added) ++end;
      size_t own = std::string_view::npos;  // lines further in belong to what is new here
      for (size_t at = i; at < end; ++at) {
        if (own != std::string_view::npos && lines_[at].indentation <= own) {
          own = std::string_view::npos;
        }
        if (auto why = OfLine(lines_[at], own != std::string_view::npos)) return why;
        if (own == std::string_view::npos && Opens(lines_[at].text)) own = lines_[at].indentation;
      }
      // What is added behind everything else holds nothing back.
      if (end < lines_.size()) {
        auto why = ByIndentation(path_) ? OfIndented(i, end) : OfBraced(i, end);
        if (why) return why;
      }
      i = end;
    }
    return std::nullopt;
  }

 private:
  // Whether a line begins something with lines of its own.
  static bool Opens(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    return text.starts_with("def ") || text.starts_with("class ") ||
           text.starts_with("async def ") || text.starts_with("function ") ||
           text.ends_with("=> {") || text.ends_with(") {");
  }

  std::optional<std::string> Anew(const Line& line, std::string_view name) const {
    return "adds " + Quoted(line.text) + " to " + path_ + ", which defines '" + std::string(name) +
           "' anew";
  }

  std::optional<std::string> OfLine(const Line& line, bool inside_new) {
    if (HasOneOf(line.text, kSwitches)) {
      return "adds " + Quoted(line.text) + " to " + path_ + ", which may switch checks off";
    }
    const std::string_view name = Bound(line.text);
    const bool outermost = line.indentation == 0 || !line.text.contains('=');
    if (!name.empty() && outermost && HasWord(before_, name)) return Anew(line, name);
    const std::string_view function = ShellFunction(line.text);
    // A function of a shell stands in for any program that the scripts beside it call.
    if (!function.empty() && path_.ends_with(".sh")) return Anew(line, function);
    if (!function.empty() && HasWord(before_, function)) return Anew(line, function);
    const std::string_view changed = Assigned(line.text);
    if (changed.empty()) return std::nullopt;
    // In a class, what is called or defined elsewhere; amid old lines, whatever they know.
    const bool member = before_.contains("def " + std::string(changed) + "(") ||
                        before_.contains("." + std::string(changed) + "(");
    if (member || (!inside_new && HasWord(before_, changed))) return Anew(line, changed);
    return std::nullopt;
  }

  std::optional<std::string> OfIndented(size_t begin, size_t end) {
    const size_t next = lines_[end].indentation;
    for (size_t at = begin; at < end; ++at) {
      const bool turns = HasOneOf(lines_[at].text, kTurns) && lines_[at].indentation <= next;
      if (turns || lines_[at].text.contains("\"\"\"") || lines_[at].text.contains("'''")) {
        return Swallows(lines_[at]);
      }
    }
    const bool takes = lines_[end - 1].text.ends_with(':') && next > lines_[end - 1].indentation;
    return takes ? std::optional(Swallows(lines_[end - 1])) : std::nullopt;
  }

  std::optional<std::string> OfBraced(size_t begin, size_t end) {
    int depth = 0;
    for (size_t at = begin; at < end; ++at) {
      const std::string_view text = lines_[at].text;
      const int after = depth + Depth(text);
      const bool inside = depth > 0 || after > 0;
      // A whole statement swallows nothing: `if (odd) objections.push(it);`.
      const bool whole = (text.ends_with(';') || text.ends_with('}')) && !text.contains("*/");
      if (!inside && (HasOneOf(text, kTurns) || (!whole && HasOneOf(text, kBlocks)))) {
        return Swallows(lines_[at]);
      }
      if (text.contains("/*") || text.contains("<<")) return Swallows(lines_[at]);
      depth = after;
      if (depth < 0) return Swallows(lines_[at]);
    }
    return depth == 0 ? std::nullopt : std::optional(Swallows(lines_[end - 1]));
  }

  std::string Swallows(const Line& line) {
    return "adds " + Quoted(line.text) + " to " + path_ + ", which may keep the lines below from " +
           "being reached";
  }

  const std::string& path_;
  std::string_view before_;
  const std::vector<Line>& lines_;
};

}  // namespace

std::vector<Weakening> OfNewCheck(std::string_view path, std::string_view text) {
  for (const Line& line : CodeLines(text)) {
    if (!HasOneOf(line.text, kReaching)) continue;
    return {{"adds " + std::string(path) + " with " + Quoted(line.text) +
             ", which may decide over all other checks"}};
  }
  return {};
}

std::vector<Weakening> OfPlant(const FileChange& change) {
  if (!change.after) return {};
  auto after = CodeLines(*change.after);
  MarkAdded(change.before ? CodeLines(*change.before) : std::vector<Line>(), after);
  for (const Line& line : after) {
    if (!line.added || !HasOneOf(line.text, kSpying)) continue;
    return {{"adds " + Quoted(line.text) + " to " + change.path +
             ", by which the plant may tell that it is being checked"}};
  }
  return {};
}

std::vector<Weakening> Weakenings(const FileChange& change) {
  if (!change.before && change.after) return OfNewCheck(change.path, *change.after);
  if (!change.before || change.before == change.after) return {};
  if (!change.after) return {{"deletes " + change.path}};
  if (std::max(change.before->size(), change.after->size()) > kTextLimitBytes ||
      change.before->contains('\0') || change.after->contains('\0')) {
    return {{"changes " + change.path + ", which is no text that can be compared"}};
  }
  const auto before = CodeLines(*change.before);
  auto after = CodeLines(*change.after);
  if (after.empty() && !before.empty()) return {{"empties " + change.path}};
  const auto gone = MarkAdded(before, after);
  const bool data = IsData(change.path);
  const auto judge =
      std::ranges::find_if(gone, [&](std::string_view line) { return data || Judges(line); });
  if (judge != gone.end()) return {{"takes " + Quoted(*judge) + " out of " + change.path}};
  if (auto why = Reader(change.path, *change.before, after).Why()) return {{*std::move(why)}};
  if (gone.empty()) return {};
  return {{.text = "edits " + Quoted(gone.front()) + " of " + change.path, .edits = true}};
}

}  // namespace aiop::tampering
