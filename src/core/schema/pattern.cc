// SPDX-License-Identifier: Apache-2.0
#include "core/schema/pattern.h"

#include <re2/re2.h>

#include <cstdint>
#include <string>

namespace aiop::schema {
namespace {

// ECMA's white space; RE2's \s has neither the vertical tab nor anything outside ASCII.
constexpr std::string_view kSpaces = R"(\t\n\v\f\r \x{feff}\x{2028}\x{2029}\p{Zs})";

class Translator {
 public:
  explicit Translator(std::string_view ecma) : text_(ecma) {}

  Result<std::string> Translate() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\\') {
        AIOP_CHECK_OK(Escape());
      } else if (in_class_) {
        ClassCharacter(c);
      } else {
        AIOP_CHECK_OK(Character(c));
      }
    }
    return std::move(out_);
  }

 private:
  void ClassCharacter(char c) {
    if (c == '[') out_ += '\\';  // a plain character to ECMA, the start of [:alpha:] to RE2
    if (c == ']') in_class_ = false;
    out_ += c;
    ++at_;
  }

  Status Character(char c) {
    if (c == '[') {
      in_class_ = true;
      out_ += c;
      ++at_;
      if (Rest().starts_with('^')) {
        out_ += '^';
        ++at_;
      }
      if (Rest().starts_with(']')) return Invalid("empty character classes are not supported");
      return {};
    }
    if (c == '.') {
      out_ += R"([^\n\r\x{2028}\x{2029}])";
    } else if (Rest().starts_with("(?<") && !Rest().starts_with("(?<=") &&
               !Rest().starts_with("(?<!")) {
      out_ += "(?P<";
      at_ += 3;
      return {};
    } else {
      out_ += c;
    }
    ++at_;
    return {};
  }

  std::string_view Rest() const { return text_.substr(at_); }

  Status Escape() {
    ++at_;
    if (at_ >= text_.size()) return Invalid("a trailing backslash");
    const char c = text_[at_++];
    if (c == 's' || c == 'S') {
      Spaces(c == 'S');
    } else if (c == 'u') {
      return CodePoint();
    } else if (c == 'c') {
      return Control();
    } else if (c == '0' && (Rest().empty() || Rest()[0] < '0' || Rest()[0] > '9')) {
      out_ += R"(\x00)";
    } else if (c == 'p' || c == 'P') {
      return Property(c);
    } else if (c == 'b' && in_class_) {
      out_ += R"(\x08)";
    } else if (IsLetterOrDigit(c) &&
               std::string_view("dDwWbBnrtvfx").find(c) == std::string_view::npos) {
      return Invalid(std::string("'\\") + c + "' is not supported");
    } else {
      out_ += '\\';
      out_ += c;
    }
    return {};
  }

  static bool IsLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  void Spaces(bool negated) {
    if (in_class_ && negated) {
      out_ += R"(\S)";  // RE2 has no complement inside a class; beside \s ([\s\S]) it makes no
                        // difference
    } else if (in_class_) {
      out_ += kSpaces;
    } else {
      out_ += negated ? "[^" : "[";
      out_ += kSpaces;
      out_ += "]";
    }
  }

  // The hexadecimal number at at_, of exactly `length` digits, or -1.
  int64_t Hex(size_t length) {
    if (at_ + length > text_.size() || length == 0 || length > 6) return -1;
    int64_t number = 0;
    for (const char c : text_.substr(at_, length)) {
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return -1;
      number = number * 16 + digit;
    }
    at_ += length;
    return number;
  }

  Status CodePoint() {
    int64_t code = -1;
    if (Rest().starts_with('{')) {
      const size_t close = Rest().find('}');
      ++at_;
      if (close != std::string_view::npos) code = Hex(close - 1);
      ++at_;
    } else {
      code = Hex(4);
      if (code >= 0xd800 && code < 0xdc00 && Rest().starts_with("\\u")) {
        at_ += 2;
        const int64_t low = Hex(4);
        if (low < 0xdc00 || low > 0xdfff) return Invalid("a lone surrogate");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      }
    }
    if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      return Invalid("'\\u' without a code point");
    }
    AppendCode(code);
    return {};
  }

  Status Control() {
    if (at_ >= text_.size() || !IsLetterOrDigit(text_[at_]) || text_[at_] <= '9') {
      return Invalid("'\\c' without a letter");
    }
    AppendCode(text_[at_++] % 32);
    return {};
  }

  void AppendCode(int64_t code) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string digits;
    for (; code > 0 || digits.empty(); code /= 16) {
      digits.insert(digits.begin(), kDigits[static_cast<size_t>(code % 16)]);
    }
    out_ += "\\x{" + digits + "}";
  }

  // The long names that ECMA allows; RE2 knows the short ones and the scripts.
  Status Property(char p) {
    const size_t close = Rest().find('}');
    if (!Rest().starts_with('{') || close == std::string_view::npos) {
      return Invalid("'\\p' without braces");
    }
    std::string_view name = Rest().substr(1, close - 1);
    at_ += close + 1;
    for (const std::string_view prefix : {"Script=", "sc=", "General_Category=", "gc="}) {
      if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    }
    for (const auto& [full, brief] : {std::pair<std::string_view, std::string_view>{"Letter", "L"},
                                      {"Lowercase_Letter", "Ll"},
                                      {"Uppercase_Letter", "Lu"},
                                      {"Number", "N"},
                                      {"Decimal_Number", "Nd"},
                                      {"digit", "Nd"},
                                      {"Punctuation", "P"},
                                      {"punct", "P"},
                                      {"Symbol", "S"},
                                      {"Separator", "Z"},
                                      {"Space_Separator", "Zs"},
                                      {"Mark", "M"},
                                      {"Other", "C"}}) {
      if (name == full) name = brief;
    }
    out_ += '\\';
    out_ += p;
    out_ += "{" + std::string(name) + "}";
    return {};
  }

  std::string_view text_;
  size_t at_ = 0;
  bool in_class_ = false;
  std::string out_;
};

}  // namespace

Result<Pattern> Pattern::Compile(std::string_view ecma) {
  const std::string what = "the regular expression '" + std::string(ecma) + "' is not usable: ";
  auto translated = Translator(ecma).Translate();
  if (!translated) return Invalid(what + translated.error().message);
  RE2::Options options;
  options.set_log_errors(false);
  auto expression = std::make_shared<const RE2>(*translated, options);
  if (!expression->ok()) return Invalid(what + expression->error());
  return Pattern(std::move(expression));
}

bool Pattern::Matches(std::string_view text) const {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expression_);
}

}  // namespace aiop::schema
