// SPDX-License-Identifier: Apache-2.0
#include "core/fingerprint/mask.h"

#include "core/fingerprint/words.h"

namespace aiop::fingerprint {
namespace {

constexpr size_t kQuoteLimitBytes = 1024;  // a longer quotation is prose
constexpr size_t kGroupLimitBytes = 512;   // a longer bracket is not looked through
constexpr std::string_view kAny = "<*>";
constexpr size_t kNone = std::string_view::npos;

class Masker {
 public:
  Masker(std::string_view line, Keep keep, std::string& out)
      : line_(line), out_(out), start_(out.size()), event_(keep == Keep::kEvent) {}

  void Run() {
    while (at_ < line_.size()) {
      const char c = line_[at_];
      const uint8_t kind = ClassOf(c);
      if (kind == kBlank) {
        pending_blank_ = true;
        ++at_;
      } else if (kind == kDelimiter || c == '\xe2') {
        if (!TakeQuoted() && !TakeGroup()) TakeDelimiter();
      } else {
        TakeToken();
      }
    }
  }

 private:
  void Flush() {
    if (pending_blank_ && out_.size() > start_) out_ += ' ';
    pending_blank_ = false;
  }
  void Put(std::string_view text) {
    Flush();
    out_ += text;
    after_number_ = false;
  }

  // A list of volatile things is as volatile as one: "<*>, <*>, <*>" becomes "<*>".
  void PutMask(std::string_view mask) {
    const std::string_view written = std::string_view(out_).substr(start_);
    std::string_view before = written;
    while (!before.empty() && (before.back() == ' ' || before.back() == ','))
      before.remove_suffix(1);
    if (before.ends_with(mask) && (before.size() < written.size() || pending_blank_)) {
      out_.resize(start_ + before.size());
      pending_blank_ = false;
      return;
    }
    Put(mask);
  }

  char Peek(size_t ahead = 0) const {
    return at_ + ahead < line_.size() ? line_[at_ + ahead] : '\0';
  }
  bool AtEndOfValue() const {
    return at_ >= line_.size() ||
           ((ClassOf(line_[at_]) & (kBlank | kDelimiter)) != 0 && line_[at_] != '|');
  }

  void TakeDelimiter() {
    const char c = line_[at_++];
    if (event_ && c == ')') pending_blank_ = false;  // "( 1 )" is "(1)"
    Put({&c, 1});
    if (event_ && c == '(') {
      while (Peek() == ' ') ++at_;
    }
    if (c != '=') return;
    const char before = at_ > 1 ? line_[at_ - 2] : ' ';
    if (IsWordChar(before) || before == ']') {
      TakeValue();
    } else if (event_ && before == ' ' && Peek() == ' ' && !last_word_.empty()) {  // key = value
      while (Peek() == ' ') ++at_;
      TakeValue();
    }
  }

  // What stands behind `key=`. It may be quoted, bracketed, empty, or run on behind blanks.
  void TakeValue() {
    if (!event_ && KeepsValue()) return;
    if (Peek() == '=' || Peek() == '>') return;
    if (Peek() == '"' || Peek() == '\'' || Peek() == '{' || Peek() == '[' || Peek() == '(' ||
        Peek() == '<') {
      const size_t end = EndOfGroup(at_);
      if (end != kNone) at_ = end;
    } else {
      while (!AtEndOfValue()) ++at_;
      if (event_ && (Peek() == '{' || Peek() == '[' || Peek() == '(')) {
        const size_t end = EndOfGroup(at_);
        if (end != kNone) at_ = end;
      }
    }
    pending_blank_ = false;
    Put(kAny);
    word_before_ = {};
    last_word_ = {};
  }

  // code=E404, errno=2, reason=timeout: why, not who or where.
  bool KeepsValue() const {
    static constexpr auto kKeys = std::to_array<std::string_view>(
        {"code", "errno", "error", "err", "reason", "status", "signal", "exit", "exit_code", "type",
         "kind", "state", "result", "cause", "oserror", "errorCode", "exitCode"});
    return IsOneOf(last_word_, kKeys);
  }

  // The place after the bracket or quotation that opens at `at`; kNone if it does not close.
  size_t EndOfGroup(size_t at) const {
    const char open = line_[at];
    const std::string_view window = line_.substr(at, kGroupLimitBytes);
    if (open == '"' || open == '\'') {
      const size_t close = window.find(open, 1);
      return close == kNone ? kNone : at + close + 1;
    }
    const char close = open == '(' ? ')' : open == '[' ? ']' : open == '{' ? '}' : '>';
    size_t depth = 0;
    for (size_t i = 0; i < window.size(); ++i) {
      if (window[i] == open) ++depth;
      if (window[i] == close && --depth == 0) return at + i + 1;
    }
    return kNone;
  }

  // Brackets that hold a value as a whole: Record{...}, list[...], call(...), [a, b], {"a": 1},
  // <unknown>, and empty ones, which elsewhere hold one.
  bool TakeGroup() {
    if (!event_) return false;
    const char open = line_[at_];
    if (open != '{' && open != '[' && open != '(' && open != '<') return false;
    const size_t end = EndOfGroup(at_);
    if (end == kNone) return false;
    const std::string_view content = line_.substr(at_ + 1, end - at_ - 2);
    const bool attached = !pending_blank_ && at_ > 0 && IsWordChar(line_[at_ - 1]);
    if (!IsValueGroup(open, content, attached)) return false;
    if (open == '<') {
      PutMask(kAny);
    } else {
      Put({&open, 1});
      out_ += kAny;
      out_ += line_[end - 1];
    }
    at_ = end;
    return true;
  }

  static bool IsValueGroup(char open, std::string_view content, bool attached) {
    if (open == '<') {
      return !content.empty() && content.size() <= 40 && IsLetter(content[0]) &&
             std::ranges::all_of(content, [](char c) { return IsWordChar(c) || c == '-'; });
    }
    if (content.empty()) return true;
    if (open == '(') {
      if (attached) return content.size() > 2;  // not "file(s)"
      while (content.starts_with(' ')) content.remove_prefix(1);
      while (content.ends_with(' ')) content.remove_suffix(1);
      return content.find_first_of(" (") == kNone;
    }
    if (attached) return true;
    if (open == '{') return content.find_first_of(":=,") != kNone;
    return content.find(',') != kNone;
  }

  // A quotation at the current place. False: there is none, or it is prose.
  bool TakeQuoted() {
    const Quote quote = OpenQuote();
    if (quote.open == 0) return false;
    const size_t from = at_ + quote.open;
    const size_t until = FindClose(from, quote);
    if (until == kNone) return false;
    const std::string_view content = line_.substr(from, until - from);
    if (IsProse(content, event_)) return false;
    if (KeepsQuoted(content)) {
      Put("'");
      out_ += content;
      out_ += '\'';
    } else {
      PutMask("'<*>'");
    }
    at_ = until + quote.close.size();
    return true;
  }

  struct Quote {
    size_t open = 0;  // bytes of the opening sign; 0 = none
    std::string_view close;
  };
  Quote OpenQuote() const {
    const char c = line_[at_];
    const bool after_word = at_ > 0 && IsWordChar(line_[at_ - 1]);  // the apostrophe of "can't"
    if (c == '"' && !after_word) return {1, "\""};
    if (c == '\'' && !after_word) return {1, "'"};
    if (c == '`') return {1, "`"};
    const std::string_view rest = line_.substr(at_, 3);
    if (rest == "\u2018") return {3, "\u2019"};
    if (rest == "\u201c") return {3, "\u201d"};
    return {};
  }

  size_t FindClose(size_t from, const Quote& quote) const {
    const std::string_view window = line_.substr(from, kQuoteLimitBytes);
    const bool backtick = quote.close == "`";  // ld writes `name'
    for (size_t i = 0;; ++i) {
      i = backtick ? window.find_first_of("`'", i) : window.find(quote.close, i);
      if (i == kNone) return i;
      const size_t after = from + i + quote.close.size();
      const bool inside_word =
          quote.close.size() == 1 && after < line_.size() && IsWordChar(line_[after]);
      if (!inside_word) return from + i;
    }
  }

  static bool IsProse(std::string_view content, bool event) {
    for (const std::string_view method : {"GET ", "POST ", "PUT ", "PATCH ", "DELETE "}) {
      if (content.starts_with(method)) return true;
    }
    return !event && std::ranges::count(content, ' ') >= 3 &&
           content.find_first_of("{}[]|<>;=&") == kNone;
  }

  // Quotes hold names of the app, except where the wording says otherwise.
  bool KeepsQuoted(std::string_view content) const {
    if (event_) return false;
    static constexpr auto kEngine = std::to_array<std::string_view>({"reading", "setting"});
    static constexpr auto kSupply =
        std::to_array<std::string_view>({"module", "package", "named", "command", "library"});
    if (!content.empty() && content.size() <= 4 && std::ranges::none_of(content, IsWordChar))
      return true;  // expected ';'
    if (IsErrorCode(content)) return true;
    if (IsOneOf(last_word_, kEngine))
      return content.size() <= 40;  // which access of the tool's own code failed
    if (!IsOneOf(last_word_, kSupply) || !IsPackageName(content)) return false;
    return last_word_ != "named" || word_before_ == "module";
  }

  void TakeToken() {
    const size_t from = at_;
    uint8_t seen = 0;
    while (at_ < line_.size()) {
      const uint8_t kind = ClassOf(line_[at_]);
      if ((kind & (kBlank | kDelimiter)) != 0) {
        if ((kind & kBlank) != 0 || !GoesOn(from, seen)) break;
      }
      if (line_[at_] == '\xe2' && line_.substr(at_, 2) == "\xe2\x80") break;  // typographic quote
      seen |= kind;
      ++at_;
    }
    std::string_view token = line_.substr(from, at_ - from);
    std::string_view tail = token;
    while (!token.empty() && IsEndOfSentence(token.back())) token.remove_suffix(1);
    tail.remove_prefix(token.size());
    if (!token.empty()) PutToken(token, seen);
    if (!tail.empty()) Put(tail);
    word_before_ = last_word_;
    last_word_ = token;
  }
  static bool IsEndOfSentence(char c) { return c == '.' || c == ':' || c == '!' || c == '?'; }

  // URLs, and path templates such as /pets/{id}, run across braces and `=`.
  bool GoesOn(size_t from, uint8_t seen) const {
    if ((seen & kSlash) == 0) return false;
    const char c = line_[at_];
    if (c == '{' || c == '}') return true;
    return (c == '=' || c == ';') && line_.substr(from, at_ - from).find("://") != kNone;
  }

  void PutToken(std::string_view token, uint8_t seen) {
    if (IsWho(token)) return PutMask(kAny);
    if (event_ && IsNameOfKind(token)) return PutMask(kAny);
    if ((seen & (kDigit | kSlash | kDot | kOther)) == 0) return PutWord(token);
    if ((seen & kDigit) != 0 && PutNamedNumber(token)) return;
    if ((seen & kSlash) != 0) return PutSlashed(token, seen);
    if ((seen & kDot) != 0) {
      if (const auto extension = ExtensionOf(token); !extension.empty()) return PutPath(extension);
    }
    if ((seen & kDigit) == 0) return PutSigns(token, seen);
    if (IsErrorCode(token) && (!event_ || IsCodeHere())) return Put(token);
    if (!event_ && IsExitNumber(token)) return Put(token);
    PutMask(kAny);
    after_number_ = true;
  }

  // A word of letters.
  void PutWord(std::string_view token) {
    if (token.size() <= 4) {
      if (after_number_ && IsUnit(token)) return Swallow();
      if (IsMonthOrDay(token) && (after_number_ || IsDigitChar(Peek(1)) || IsDigitChar(Peek(2)) ||
                                  (at_ < line_.size() && IsMonthOrDay(line_.substr(at_ + 1, 3)))))
        return PutMask(kAny), void(after_number_ = true);
    }
    if (event_ && (IsTruthValue(token) || IsState(token) || IsHexWord(token) || IsMixedName(token)))
      return PutMask(kAny);
    Put(token);
  }
  void Swallow() {
    pending_blank_ = false;
    after_number_ = false;
  }

  // "from NEW to RUNNING": which of its states a thing was in.
  bool IsState(std::string_view token) const {
    return (last_word_ == "from" || last_word_ == "to" || last_word_ == "state" ||
            last_word_ == "State") &&
           IsUpperCase(token);
  }

  // "steps:3579": the name stays. False: it is none of these.
  bool PutNamedNumber(std::string_view token) {
    size_t end = 0;
    while (end < token.size() && (IsLetter(token[end]) || token[end] == '_')) ++end;
    if (end < 2 || end + 1 >= token.size()) return false;
    if (token[end] != ':' || token[end + 1] == '/' || token[end + 1] == '\\') return false;
    if (token.find_first_not_of("0123456789abcdefABCDEF:") == kNone) return false;  // an address
    Put(token.substr(0, end + 1));
    out_ += kAny;
    after_number_ = true;
    return true;
  }

  // A token with signs or dots but without a digit or a slash.
  void PutSigns(std::string_view token, uint8_t seen) {
    if ((seen & kDot) != 0 && IsVolatileName(token)) return PutMask(kAny);
    if ((seen & kOther) == 0) return Put(token);
    if (event_ && after_number_ && token == "%") return Swallow();
    if (event_ && token.size() > 1 && token.find_first_not_of('*') == kNone) return PutMask(kAny);
    const size_t at = token.find('@');
    if (at != kNone && at > 0 && at + 1 < token.size()) return PutMask(kAny);
    if (event_ && PutNamedWord(token)) return;
    if (event_ && IsJoinedName(token)) return PutMask(kAny);
    Put(token);
  }

  // "kitchenLamp", a name like "kitchen_lamp".
  bool IsMixedName(std::string_view token) const {
    if (ClassOf(token[0]) != kLower || token.size() < 6 || out_.size() == start_) return false;
    const char next = Peek();
    if (next == '(' || next == '=' || line_[at_ - 1] == ':') return false;
    for (size_t i = 2; i + 2 < token.size(); ++i) {
      if (ClassOf(token[i]) == kUpper) return ClassOf(token[i + 1]) == kLower;
    }
    return false;
  }

  // "fmt:yuv", "finished:true": the name stays. False: it is not of this form.
  bool PutNamedWord(std::string_view token) {
    const size_t colon = token.find(':');
    if (colon == kNone || colon < 2 || colon + 1 == token.size() || token[colon + 1] == ':')
      return false;
    if (!std::ranges::all_of(token.substr(0, colon), IsWordChar)) return false;
    Put(token.substr(0, colon + 1));
    out_ += kAny;
    return true;
  }

  // "alpha_invoices", "groff-base": names of things, unless they open the line or a list of
  // arguments, or announce what follows, as functions do.
  bool IsJoinedName(std::string_view token) const {
    if (out_.size() == start_) return false;
    const char next = Peek();
    if (next == '(' || next == '=' || line_[at_ - 1] == ':') return false;
    if (token.starts_with("--") && token.size() > 3) return true;  // an option
    const size_t sign = token.find_first_of("_-");
    return sign != kNone && sign > 0 && sign + 1 < token.size() &&
           std::ranges::all_of(
               token, [](char c) { return IsLetter(c) || c == '_' || c == '-' || c == '+'; });
  }

  // Hosts, packages and classes. With kCause a class stays: it is often the exception.
  bool IsVolatileName(std::string_view token) const {
    if (IsDottedName(token)) {
      const std::string_view last = token.substr(token.rfind('.') + 1);
      if (last.ends_with("Exception") || last.ends_with("Error")) return false;
      return event_ || ClassOf(last[0]) != kUpper;
    }
    return event_ && Peek() != '(' && IsBareFileOrHost(token);
  }

  // "for user ann", "invalid user ann", "for ann from": who it happened to. Elsewhere "user" is
  // just a word.
  bool IsWho(std::string_view token) const {
    if (last_word_ == "user") {
      return word_before_ == "for" || word_before_ == "invalid" || word_before_ == "Invalid" ||
             word_before_ == "by";
    }
    return last_word_ == "for" && token != "user" && token != "invalid" &&
           line_.substr(at_).starts_with(" from ");
  }

  // "Unpacking zlib (1.2)", "Setting up zlib ...": what the line says is being worked on.
  bool IsObjectOfWork(std::string_view token) const {
    const std::string_view verb = last_word_ == "up" ? word_before_ : last_word_;
    if (verb.empty() || verb.data() != line_.data() || !verb.ends_with("ing") || token == "up")
      return false;
    const std::string_view rest = line_.substr(at_);
    return ClassOf(token[0]) == kLower &&
           (rest.starts_with(" (") || rest.starts_with(" ...") || rest.starts_with("..."));
  }

  // "package zlib", "On branch main", "from conn_read to conn_write".
  bool IsNameOfKind(std::string_view token) {
    const std::string_view rest = line_.substr(at_);
    if (last_word_ == "from" && rest.starts_with(" to ")) return from_to_ = true;
    if (last_word_ == "to" && from_to_) return from_to_ = false, true;
    if (IsObjectOfWork(token)) return true;
    static constexpr auto kKinds = std::to_array<std::string_view>(
        {"package", "Package", "branch", "import", "domain", "interface", "option", "host",
         "variable", "class", "method"});
    if (last_word_.size() < 4 || !IsOneOf(last_word_, kKinds)) return false;
    static constexpr auto kNot = std::to_array<std::string_view>(
        {"is",   "was",   "has",    "not",  "and",     "or",      "in",       "on",     "of",
         "for",  "to",    "from",   "with", "by",      "at",      "the",      "a",      "an",
         "name", "names", "list",   "file", "files",   "may",     "can",      "cannot", "could",
         "must", "will",  "should", "does", "expects", "depends", "requires", "key",    "type"});
    return !token.ends_with("ed") && !token.ends_with("ing") && !IsOneOf(token, kNot);
  }

  void PutSlashed(std::string_view token, uint8_t seen) {
    if (token.find("#/") != kNone) return PutMask(event_ ? kAny : "<ref>");
    if (token.starts_with("file:")) return PutPath(ExtensionOf(token));
    if (token.find("://") != kNone) return PutMask(event_ ? kAny : "<url>");
    const bool rooted = token.size() > 1 &&
                        (token[0] == '/' || token[0] == '.' || token[0] == '~' || token[0] == '\\');
    const std::string_view extension = ExtensionOf(token);
    const bool package = token[0] == '@' && (seen & kDigit) == 0 && !event_;
    if (rooted || !extension.empty() || (!package && std::ranges::count(token, '/') >= 2) ||
        (seen & kDigit) != 0 || token.find('\\') != kNone ||
        (event_ && (token.back() == '/' || token[0] == '@' || (seen & kDot) != 0))) {
      return PutPath(extension);
    }
    if (after_number_ && IsUnit(token)) return Swallow();
    Put(token);  // and/or, application/json
  }

  void PutPath(std::string_view extension) {
    if (event_) {
      PutMask(kAny);
    } else {
      PutMask(extension.empty() ? std::string("<path>") : "<path>." + std::string(extension));
    }
  }

  // Behind "error", or before a colon or a closing bracket, such a word is a code and not an id.
  bool IsCodeHere() const {
    return at_ >= line_.size() || line_[at_ - 1] == ':' || line_[at_] == ']' ||
           last_word_ == "error" || last_word_ == "code" || last_word_ == "warning";
  }

  // The number of an exit, a signal or a protocol status is the cause, not a measure.
  bool IsExitNumber(std::string_view token) const {
    static constexpr auto kWords = std::to_array<std::string_view>(
        {"code", "errno", "Errno", "signal", "HTTP", "exit", "exited", "error"});
    if (token.size() > 3 || !std::ranges::all_of(token, IsDigitChar)) return false;
    return IsOneOf(last_word_, kWords) ||
           (last_word_ == "status" && (word_before_ == "exit" || word_before_ == "exited"));
  }

  std::string_view line_;
  std::string& out_;
  size_t start_;
  bool event_;
  size_t at_ = 0;
  bool pending_blank_ = false;
  bool from_to_ = false;       // read "from X", "to Y" comes
  bool after_number_ = false;  // the last thing written stands for a number
  std::string_view last_word_;
  std::string_view word_before_;
};

}  // namespace

void AppendMasked(std::string_view line, Keep keep, std::string& out) {
  Masker(line, keep, out).Run();
}

}  // namespace aiop::fingerprint
