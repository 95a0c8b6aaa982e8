// SPDX-License-Identifier: Apache-2.0
#include "core/twin/yaml_layout.h"

#include <algorithm>

namespace aiop::twin {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

size_t LineEnd(std::string_view text, size_t at) {
  const size_t feed = text.find('\n', at);
  return feed == std::string_view::npos ? text.size() : feed + 1;
}

size_t FirstInLine(std::string_view text, size_t start) {
  if (start == 0 && text.starts_with(kByteOrderMark)) start = kByteOrderMark.size();
  while (start < text.size() && IsBlank(text[start])) ++start;
  return start;
}

bool BeginsLine(std::string_view text, size_t at) {
  return FirstInLine(text, LineStart(text, at)) >= at;
}

// Where the document ends: at "..." or at the end of the text.
size_t DocumentEnd(std::string_view text, size_t at) {
  for (; at < text.size(); at = LineEnd(text, at)) {
    const std::string_view line = text.substr(at, LineEnd(text, at) - at);
    if (line.starts_with("...") && (line.size() == 3 || IsBlank(line[3]) || line[3] == '\n')) {
      return at;
    }
  }
  return text.size();
}

bool IsDash(std::string_view text, size_t at) {
  return at < text.size() && text[at] == '-' &&
         (at + 1 == text.size() || IsBlank(text[at + 1]) || text[at + 1] == '\n');
}

// Where the next entry of any block collection around begins, or the document ends.
size_t NextEntry(const Tree& tree, uint32_t part) {
  const uint32_t past = tree.parts[part].past;
  return past < tree.parts.size() ? LineStart(tree.text, tree.parts[past].begin) : tree.end;
}

void PlaceSequence(Tree& tree, uint32_t part) {
  const std::string_view text = tree.text;
  Part& sequence = tree.parts[part];
  const size_t first = SkipProperties(text, sequence.value);
  sequence.layout = Layout::kSealed;
  if (!IsDash(text, first)) return;
  const size_t column = first - LineStart(text, first);
  std::vector<size_t> dashes{first};
  const size_t end = NextEntry(tree, part);
  for (size_t line = LineEnd(text, first); line < end; line = LineEnd(text, line)) {
    const size_t at = FirstInLine(text, line);
    if (at - line == column && IsDash(text, at)) dashes.push_back(at);
  }
  const auto children = ChildrenOf(tree, part);
  if (children.size() != dashes.size()) return;
  sequence.layout = Layout::kBlock;
  for (size_t i = 0; i < children.size(); ++i) {
    tree.parts[children[i]].begin = static_cast<uint32_t>(dashes[i]);
  }
}

bool PlainlyBegun(const Tree& tree, uint32_t member, bool first) {
  const size_t begin = tree.parts[member].begin;
  if (begin >= tree.text.size()) return false;
  const char c = tree.text[begin];
  if (c == '?' || c == ':') return false;
  if (BeginsLine(tree.text, begin)) return true;
  size_t before = begin;
  while (before > 0 && IsBlank(tree.text[before - 1])) --before;
  return first && before > 0 && before < begin && tree.text[before - 1] == '-';
}

void PlaceMapping(Tree& tree, uint32_t part) {
  bool first = true;
  for (const uint32_t member : ChildrenOf(tree, part)) {
    if (!PlainlyBegun(tree, member, first)) tree.parts[part].layout = Layout::kSealed;
    first = false;
  }
}

}  // namespace

size_t SkipProperties(std::string_view text, size_t at) {
  while (at < text.size()) {
    const char c = text[at];
    if (IsBlank(c) || c == '\n') {
      ++at;
    } else if (c == '#') {
      at = LineEnd(text, at);
    } else if (c == '&' || c == '!') {
      while (at < text.size() && !IsBlank(text[at]) && text[at] != '\n') ++at;
    } else {
      break;
    }
  }
  return at;
}

size_t BlockEntryEnd(const Tree& tree, uint32_t part) {
  const std::string_view text = tree.text;
  const size_t begin = tree.parts[part].begin;
  const size_t column = begin - LineStart(text, begin);
  const size_t end = std::max(NextEntry(tree, part), begin);
  size_t kept = end;
  for (size_t line = end; line > begin;) {
    line = LineStart(text, line - 1);
    if (line <= begin) break;
    const size_t at = FirstInLine(text, line);
    if (at < end && text[at] == '#' && at - line <= column) {
      kept = line;
    } else if (at < end && text[at] != '\n') {
      break;
    }
  }
  return kept;
}

void PlaceParts(Tree& tree) {
  tree.end = static_cast<uint32_t>(DocumentEnd(tree.text, tree.parts[0].begin));
  // In this order a sequence ends where an entry begins that has been placed already.
  for (uint32_t part = 0; part < tree.parts.size(); ++part) {
    const Part& here = tree.parts[part];
    if (here.layout != Layout::kBlock) continue;
    if (here.kind == Kind::kArray) {
      PlaceSequence(tree, part);
    } else {
      PlaceMapping(tree, part);
    }
  }
  for (uint32_t part = 0; part < tree.parts.size(); ++part) {
    const Part& here = tree.parts[part];
    if (!here.collection() || here.layout != Layout::kSealed) continue;
    if (part != 0 && tree.parts[here.parent].layout != Layout::kBlock) continue;
    PlaceFlow(tree, part, SkipProperties(tree.text, here.value));
  }
}

}  // namespace aiop::twin
