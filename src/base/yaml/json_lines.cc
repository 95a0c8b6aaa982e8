// SPDX-License-Identifier: Apache-2.0
#include "base/yaml/json_lines.h"

#include "base/yaml/yaml.h"

namespace aiop::yaml {
namespace {

// Trusts the text: it runs only after the strict parser took it, so nesting is limited and tokens
// are well formed.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  std::map<std::string, int> Walk() {
    SkipBlanks();
    Note("");
    Value("");
    return std::move(lines_);
  }

 private:
  char Here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void SkipBlanks() {
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') {
        ++line_;
      } else if (text_[at_] != ' ' && text_[at_] != '\t' && text_[at_] != '\r') {
        return;
      }
    }
  }

  void Note(const std::string& pointer) {
    bytes_ += pointer.size() + sizeof(std::string);
    if (bytes_ <= kLineTableLimitBytes) lines_.emplace(pointer, line_);
  }

  std::string_view String() {
    const size_t start = at_;
    for (++at_; Here() != '"'; ++at_) {
      if (Here() == '\\') ++at_;
    }
    ++at_;
    return text_.substr(start, at_ - start);
  }

  static std::string Decoded(std::string_view quoted) {
    const auto value = json::Parse(quoted);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
  }

  void Value(const std::string& pointer) {
    const char opening = Here();
    if (opening == '{' || opening == '[') {
      Members(pointer, opening == '{');
    } else if (opening == '"') {
      String();
    } else {
      at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
    }
  }

  void Members(const std::string& pointer, bool object) {
    ++at_;
    SkipBlanks();
    for (size_t index = 0; Here() != '}' && Here() != ']'; ++index) {
      const int line = line_;
      std::string child;
      if (object) {
        child = json::Child(pointer, Decoded(String()));
        SkipBlanks();
        ++at_;  // the colon
        const int value_line = line_;
        line_ = line;
        Note(child);
        line_ = value_line;
        SkipBlanks();
      } else {
        child = json::Child(pointer, index);
        Note(child);
      }
      Value(child);
      SkipBlanks();
      if (Here() == ',') ++at_;
      SkipBlanks();
    }
    ++at_;
  }

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
  size_t bytes_ = 0;
  std::map<std::string, int> lines_;
};

}  // namespace

std::map<std::string, int> JsonLines(std::string_view text) { return Walker(text).Walk(); }

}  // namespace aiop::yaml
