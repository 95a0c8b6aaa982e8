// SPDX-License-Identifier: Apache-2.0
#include "core/fingerprint/first_mask.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace aiop::fingerprint {
namespace {

constexpr size_t kQuoteLimitBytes = 1024;  // a longer quotation is prose
constexpr std::string_view kAny = "<*>";

enum Class : uint8_t {
  kBlank = 1,
  kDelimiter = 2,  // ends a token: brackets, separators, quotes
  kDigit = 4,
  kLower = 8,
  kUpper = 16,
  kSlash = 32,
  kDot = 64,
  kOther = 128,
};

constexpr std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> classes{};
  for (size_t c = 0; c < 256; ++c) classes[c] = c <= ' ' || c == 0x7f ? kBlank : kOther;
  for (const char c : std::string_view("()[]{}<>,;=|\"'`"))
    classes[static_cast<uint8_t>(c)] = kDelimiter;
  for (size_t c = '0'; c <= '9'; ++c) classes[c] = kDigit;
  for (size_t c = 'a'; c <= 'z'; ++c) classes[c] = kLower;
  for (size_t c = 'A'; c <= 'Z'; ++c) classes[c] = kUpper;
  classes['/'] = classes['\\'] = kSlash;
  classes['.'] = kDot;
  return classes;
}
constexpr auto kClasses = MakeClasses();

uint8_t ClassOf(char c) { return kClasses[static_cast<uint8_t>(c)]; }
bool IsDigit(char c) { return ClassOf(c) == kDigit; }
bool IsWordChar(char c) { return (ClassOf(c) & (kDigit | kLower | kUpper)) != 0 || c == '_'; }

template <size_t N>
bool IsOneOf(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, word) != words.end();
}

// Extensions that make a bare word a file name. What a file is called is volatile, its kind is not.
bool IsFileExtension(std::string_view extension) {
  static constexpr auto kExtensions = std::to_array<std::string_view>(
      {"c",   "cc",   "cjs",  "cpp",  "cs",  "css",  "cxx",  "d",   "go",   "gz",  "h",
       "hh",  "hpp",  "html", "java", "js",  "json", "jsx",  "kt",  "lock", "log", "md",
       "mjs", "mts",  "o",    "php",  "py",  "rb",   "rs",   "sh",  "so",   "sql", "swift",
       "tmp", "toml", "ts",   "tsx",  "txt", "xml",  "yaml", "yml", "zip"});
  return !extension.empty() && extension.size() <= 5 && IsOneOf(extension, kExtensions);
}

// "TS2304", "E0308", "E404", "ORA-00942", "ENOENT", "SIGSEGV", "EADDRINUSE".
bool IsErrorCode(std::string_view word) {
  size_t letters = 0;
  while (letters < word.size() && ClassOf(word[letters]) == kUpper) ++letters;
  if (letters == 0) return false;
  if (letters == word.size()) return letters >= 4 && (word[0] == 'E' || word.starts_with("SIG"));
  size_t position = letters;
  if (word[position] == '-' || word[position] == '_') ++position;
  const size_t digits = word.size() - position;
  return letters <= 6 && digits >= 3 && digits <= 5 &&
         std::all_of(word.begin() + static_cast<ptrdiff_t>(position), word.end(), IsDigit);
}

// A package's name rather than a file of the app: lower case, not relative.
bool IsPackageName(std::string_view text) {
  if (text.empty() || text[0] == '.' || text[0] == '/' || text.size() > 100) return false;
  return std::ranges::all_of(text, [](char c) {
    return (ClassOf(c) & (kDigit | kLower | kDot)) != 0 || c == '-' || c == '_' || c == '@' ||
           c == '/';
  });
}

class Masker {
 public:
  Masker(std::string_view line, std::string& out) : line_(line), out_(out), start_(out.size()) {}

  void Run() {
    while (at_ < line_.size()) {
      const char c = line_[at_];
      const uint8_t kind = ClassOf(c);
      if (kind == kBlank) {
        pending_blank_ = true;
        ++at_;
      } else if (kind == kDelimiter || c == '\xe2') {
        if (!TakeQuoted()) TakeDelimiter();
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

  void TakeDelimiter() {
    const char c = line_[at_++];
    Put({&c, 1});
    if (c == '=') TakeValueOfIdentity();
  }

  // user=root, rhost=example: who and where, never why.
  void TakeValueOfIdentity() {
    static constexpr auto kKeys =
        std::to_array<std::string_view>({"user", "ruser", "rhost", "host", "hostname", "name", "id",
                                         "path", "file", "app", "tty", "addr", "key"});
    if (!IsOneOf(last_word_, kKeys)) return;
    const size_t from = at_;
    while (at_ < line_.size() && (ClassOf(line_[at_]) & (kBlank | kDelimiter)) == 0) ++at_;
    if (at_ > from) PutMask(kAny);
  }

  // A quotation at the current place. False: there is none, or it is prose.
  bool TakeQuoted() {
    const Quote quote = OpenQuote();
    if (quote.open == 0) return false;
    const size_t from = at_ + quote.open;
    const size_t until = FindClose(from, quote);
    if (until == std::string_view::npos) return false;
    const std::string_view content = line_.substr(from, until - from);
    if (IsProse(content)) return false;
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
      if (i == std::string_view::npos) return i;
      const size_t after = from + i + quote.close.size();
      const bool inside_word =
          quote.close.size() == 1 && after < line_.size() && IsWordChar(line_[after]);
      if (!inside_word) return from + i;
    }
  }

  static bool IsProse(std::string_view content) {
    for (const std::string_view method : {"GET ", "POST ", "PUT ", "PATCH ", "DELETE "}) {
      if (content.starts_with(method)) return true;
    }
    return std::ranges::count(content, ' ') >= 3 &&
           content.find_first_of("{}[]|<>;=&") == std::string_view::npos;
  }

  // Quotes hold names of the app, except where the wording says otherwise.
  bool KeepsQuoted(std::string_view content) const {
    static constexpr auto kEngine = std::to_array<std::string_view>({"reading", "setting"});
    static constexpr auto kSupply =
        std::to_array<std::string_view>({"module", "package", "named", "command", "library"});
    if (content.size() <= 4 && std::ranges::none_of(content, IsWordChar))
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
      if ((kind & kBlank) != 0) break;
      if ((kind & kDelimiter) != 0 && !GoesOn(from, seen)) break;
      if (line_[at_] == '\xe2' && line_.substr(at_, 2) == "\xe2\x80") break;  // a typographic quote
      seen |= kind;
      ++at_;
    }
    std::string_view token = line_.substr(from, at_ - from);
    std::string_view tail = token;
    while (!token.empty() && std::string_view(".:!?").find(token.back()) != std::string_view::npos)
      token.remove_suffix(1);
    tail.remove_prefix(token.size());
    if (!token.empty()) PutToken(token, seen);
    if (!tail.empty()) Put(tail);
    word_before_ = last_word_;
    last_word_ = token;
  }

  // URLs, and path templates such as /pets/{id}, run across braces and `=`.
  bool GoesOn(size_t from, uint8_t seen) const {
    if ((seen & kSlash) == 0) return false;
    const char c = line_[at_];
    if (c == '{' || c == '}') return true;
    return (c == '=' || c == ';') &&
           line_.substr(from, at_ - from).find("://") != std::string_view::npos;
  }

  void PutToken(std::string_view token, uint8_t seen) {
    if (NamesAPerson()) return PutMask(kAny);
    if ((seen & (kDigit | kSlash | kDot)) == 0) return Put(token);
    if ((seen & kSlash) != 0) return PutSlashed(token, seen);
    const std::string_view extension = ExtensionOf(token);
    if (!extension.empty()) return PutPath(extension);
    if ((seen & kDigit) == 0) return Put(token);
    if (IsErrorCode(token) || IsExitNumber(token)) return Put(token);
    PutMask(kAny);
  }

  // "for user ann", "invalid user ann": who it happened to. Elsewhere "user" is just a word.
  bool NamesAPerson() const {
    return last_word_ == "user" &&
           (word_before_ == "for" || word_before_ == "invalid" || word_before_ == "Invalid");
  }

  void PutSlashed(std::string_view token, uint8_t seen) {
    if (token.starts_with("#/") || token.find("#/") != std::string_view::npos)
      return PutMask("<ref>");
    if (token.starts_with("file:")) return PutPath(ExtensionOf(token));
    if (token.find("://") != std::string_view::npos) return PutMask("<url>");
    const bool rooted = token.size() > 1 &&
                        (token[0] == '/' || token[0] == '.' || token[0] == '~' || token[0] == '\\');
    const std::string_view extension = ExtensionOf(token);
    const bool package = token[0] == '@' && (seen & kDigit) == 0;
    if (rooted || !extension.empty() || (!package && std::ranges::count(token, '/') >= 2) ||
        (seen & kDigit) != 0 || token.find('\\') != std::string_view::npos) {
      return PutPath(extension);
    }
    Put(token);  // and/or, application/json
  }

  void PutPath(std::string_view extension) {
    PutMask(extension.empty() ? std::string("<path>") : "<path>." + std::string(extension));
  }

  // The extension of the file a token names, its position (":12:3") left out; empty if it names
  // none.
  static std::string_view ExtensionOf(std::string_view token) {
    for (int part = 0; part < 2; ++part) {
      size_t end = token.size();
      while (end > 0 && IsDigit(token[end - 1])) --end;
      if (end == token.size() || end == 0 || token[end - 1] != ':') break;
      token = token.substr(0, end - 1);
    }
    const size_t dot = token.rfind('.');
    if (dot == std::string_view::npos || dot == 0) return {};
    const std::string_view extension = token.substr(dot + 1);
    return IsFileExtension(extension) ? extension : std::string_view();
  }

  // The number of an exit, a signal or a protocol status is the cause, not a measure.
  bool IsExitNumber(std::string_view token) const {
    static constexpr auto kWords = std::to_array<std::string_view>(
        {"code", "errno", "Errno", "signal", "HTTP", "exit", "exited"});
    if (token.size() > 3 || !std::ranges::all_of(token, IsDigit)) return false;
    return IsOneOf(last_word_, kWords) ||
           (last_word_ == "status" && (word_before_ == "exit" || word_before_ == "exited"));
  }

  std::string_view line_;
  std::string& out_;
  size_t start_;
  size_t at_ = 0;
  bool pending_blank_ = false;
  std::string_view last_word_;
  std::string_view word_before_;
};

}  // namespace

void AppendMaskedFirst(std::string_view line, std::string& out) { Masker(line, out).Run(); }

}  // namespace aiop::fingerprint
