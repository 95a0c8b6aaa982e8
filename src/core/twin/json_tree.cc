// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/twin/tree.h"

namespace aiop::twin {
namespace {

// RFC 8259 to the letter, but with no opinion on what other readers bend: depth, duplicate keys,
// the size of numbers and bytes that are no UTF-8.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {
    if (text.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  }

  bool Scan() {
    SkipBlanks();
    if (!Value(at_)) return false;
    while (!open_.empty()) {
      SkipBlanks();
      if (!Step()) return false;
    }
    SkipBlanks();
    return at_ == text_.size();
  }

  size_t at() const { return at_; }
  std::vector<Part> Take() && { return std::move(parts_); }

 private:
  struct Open {
    uint32_t part;
    uint32_t children;
  };

  char Here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void SkipBlanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  bool Take(char expected) {
    if (Here() != expected || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }

  // The end of the innermost collection, or its next child.
  bool Step() {
    const bool object = parts_[open_.back().part].kind == Kind::kObject;
    if (Take(object ? '}' : ']')) {
      Close(open_.back().part);
      open_.pop_back();
      return true;
    }
    if (open_.back().children > 0) {
      if (!Take(',')) return false;
      SkipBlanks();
    }
    const size_t begin = at_;
    if (object) {
      if (!String()) return false;
      SkipBlanks();
      if (!Take(':')) return false;
      SkipBlanks();
    }
    return Value(begin);
  }

  void Close(uint32_t part) {
    parts_[part].end = static_cast<uint32_t>(at_);
    parts_[part].past = static_cast<uint32_t>(parts_.size());
  }

  bool Value(size_t begin) {
    const auto id = static_cast<uint32_t>(parts_.size());
    Part part{.begin = static_cast<uint32_t>(begin), .value = static_cast<uint32_t>(at_)};
    if (!open_.empty()) {
      part.parent = open_.back().part;
      part.index = open_.back().children++;
    }
    const char first = Here();
    if (first == '{' || first == '[') {
      part.kind = first == '{' ? Kind::kObject : Kind::kArray;
      part.layout = Layout::kFlow;
      parts_.push_back(part);
      open_.push_back({id, 0});
      ++at_;
      return true;
    }
    parts_.push_back(part);
    if (!(first == '"' ? String() : Word("true") || Word("false") || Word("null") || Number())) {
      return false;
    }
    Close(id);
    return true;
  }

  bool Word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool Digits() {
    const size_t start = at_;
    while (Here() >= '0' && Here() <= '9') ++at_;
    return at_ > start;
  }

  bool Number() {
    Take('-');
    if (!Take('0') && !Digits()) return false;
    if (Take('.') && !Digits()) return false;
    if (!Take('e') && !Take('E')) return true;
    if (!Take('+')) Take('-');
    return Digits();
  }

  bool Escape() {
    const char escape = Here();
    ++at_;
    if (escape != 'u') return escape != '\0' && std::string_view("\"\\/bfnrt").contains(escape);
    for (int digit = 0; digit < 4; ++digit, ++at_) {
      const char c = Here();
      if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F')) {
        return false;
      }
    }
    return true;
  }

  bool String() {
    if (!Take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (static_cast<unsigned char>(c) < 0x20) return false;
      ++at_;
      if (c == '"') return true;
      if (c == '\\' && !Escape()) return false;
    }
    return false;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<Part> parts_;
  std::vector<Open> open_;
};

}  // namespace

Result<Tree> ReadJson(std::string_view text) {
  Scanner scanner(text);
  if (!scanner.Scan()) {
    return Invalid("no JSON from line " +
                   std::to_string(LineNumber(text, std::min(scanner.at(), text.size()))) + " on");
  }
  Tree tree{.text = text};
  tree.parts = std::move(scanner).Take();
  return tree;
}

}  // namespace aiop::twin
