// SPDX-License-Identifier: Apache-2.0
#include "core/twin/yaml_layout.h"

namespace aiop::twin {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool IsIndicator(char c) { return std::string_view(",[]{}").contains(c); }

// Trusts that yaml-cpp has accepted the text: it only finds the commas and brackets that count.
class FlowScanner {
 public:
  explicit FlowScanner(Tree& tree) : tree_(tree), text_(tree.text) {}

  // Past the closing bracket; npos if the text ends before. `part` may be kNoPart.
  size_t Collection(size_t at, uint32_t part) {
    const bool object = text_[at] == '{';
    const size_t bracket = at++;
    std::vector<Entry> entries;
    Entry entry;
    uint32_t child = part == kNoPart ? kNoPart : part + 1;
    const auto finish = [&] {
      if (entry.end > entry.begin) entries.push_back(entry);
      if (entry.end > entry.begin && child != kNoPart && child < tree_.parts[part].past) {
        child = tree_.parts[child].past;
      }
      entry = {};
    };
    while (at < text_.size()) {
      const char c = text_[at];
      if (IsSpace(c)) {
        ++at;
      } else if (c == '#' && IsSpace(text_[at - 1])) {
        at = std::min(text_.find('\n', at), text_.size());
      } else if (c == ']' || c == '}') {
        finish();
        ++at;
        Assign(part, bracket, at, entries);
        return at;
      } else if (c == ',') {
        finish();
        ++at;
      } else {
        at = Token(at, entry, Inner(part, child, object, entry, c));
        if (at == std::string_view::npos) return at;
      }
    }
    return std::string_view::npos;
  }

 private:
  struct Entry {
    size_t begin = 0;
    size_t end = 0;
    bool plain = false;  // in the middle of a plain scalar: quotes are ordinary characters
    bool colon = false;
  };

  // The part that a bracket here opens, if that is plain to see.
  uint32_t Inner(uint32_t part, uint32_t child, bool object, const Entry& entry, char c) const {
    if (part == kNoPart || child >= tree_.parts[part].past || entry.plain) return kNoPart;
    if (object != entry.colon || (c != '{' && c != '[')) return kNoPart;
    const Kind kind = c == '{' ? Kind::kObject : Kind::kArray;
    return tree_.parts[child].kind == kind ? child : kNoPart;
  }

  size_t Token(size_t at, Entry& entry, uint32_t inner) {
    const char c = text_[at];
    if (entry.end == 0) entry.begin = at;
    if (c == '[' || c == '{') {
      at = Collection(at, inner);
      entry.plain = false;
    } else if (!entry.plain && (c == '"' || c == '\'')) {
      at = Quoted(at);
    } else if (!entry.plain && (c == '&' || c == '!' || c == '*')) {
      while (at < text_.size() && !IsSpace(text_[at]) && !IsIndicator(text_[at])) ++at;
    } else if (c == ':' && EndsKey(at, entry)) {
      ++at;
      entry.colon = true;
      entry.plain = false;
    } else {
      ++at;
      entry.plain = true;
    }
    entry.end = at;
    return at;
  }

  // A colon does if a blank or an indicator follows, or if the key is no plain scalar.
  bool EndsKey(size_t at, const Entry& entry) const {
    const char next = at + 1 < text_.size() ? text_[at + 1] : '\n';
    return IsSpace(next) || IsIndicator(next) || (!entry.plain && !entry.colon);
  }

  size_t Quoted(size_t at) const {
    const char quote = text_[at];
    for (++at; at < text_.size(); ++at) {
      if (quote == '"' && text_[at] == '\\') {
        ++at;
      } else if (text_[at] == quote) {
        if (quote == '"' || at + 1 >= text_.size() || text_[at + 1] != quote) return at + 1;
        ++at;
      }
    }
    return std::string_view::npos;
  }

  void Assign(uint32_t part, size_t bracket, size_t end, const std::vector<Entry>& entries) {
    if (part == kNoPart) return;
    const auto children = ChildrenOf(tree_, part);
    if (children.size() != entries.size()) return;
    tree_.parts[part].value = static_cast<uint32_t>(bracket);
    tree_.parts[part].end = static_cast<uint32_t>(end);
    tree_.parts[part].layout = Layout::kFlow;
    for (size_t i = 0; i < children.size(); ++i) {
      tree_.parts[children[i]].begin = static_cast<uint32_t>(entries[i].begin);
      tree_.parts[children[i]].end = static_cast<uint32_t>(entries[i].end);
    }
  }

  Tree& tree_;
  std::string_view text_;
};

}  // namespace

void PlaceFlow(Tree& tree, uint32_t part, size_t at) {
  const char bracket = tree.parts[part].kind == Kind::kObject ? '{' : '[';
  if (at < tree.text.size() && tree.text[at] == bracket) FlowScanner(tree).Collection(at, part);
}

}  // namespace aiop::twin
