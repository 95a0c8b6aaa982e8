// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/twin/tree.h"
#include "core/twin/yaml_layout.h"

namespace aiop::twin {
namespace {

// Past the closing quote of the quoted text at `at`.
size_t QuotedEnd(std::string_view text, size_t at) {
  const char quote = text[at++];
  while (at < text.size()) {
    if (quote == '"' && text[at] == '\\') {
      at += 2;
    } else if (text[at] != quote) {
      ++at;
    } else if (quote == '\'' && text.substr(at).starts_with("''")) {
      at += 2;
    } else {
      return at + 1;
    }
  }
  return text.size();
}

bool IsQuote(std::string_view text, size_t at) {
  return at < text.size() && (text[at] == '"' || text[at] == '\'');
}

bool InBrackets(const Tree& tree, uint32_t part) {
  for (uint32_t at = tree.parts[part].parent;; at = tree.parts[at].parent) {
    const size_t begin = SkipProperties(tree.text, tree.parts[at].value);
    if (begin < tree.text.size() && (tree.text[begin] == '{' || tree.text[begin] == '[')) {
      return true;
    }
    if (at == 0) return false;
  }
}

size_t PlainEnd(const Tree& tree, uint32_t part, size_t begin) {
  const std::string_view text = tree.text;
  size_t end = std::min(text.find('\n', begin), text.size());
  end = std::min(end, text.find(" #", begin));
  if (InBrackets(tree, part)) end = std::min(end, text.find_first_of(",]}", begin));
  while (end > begin && (text[end - 1] == ' ' || text[end - 1] == '\t' || text[end - 1] == '\r')) {
    --end;
  }
  return end;
}

Result<Place> PlaceInYaml(const Tree& tree, uint32_t id) {
  const Part& part = tree.parts[id];
  Place place;
  if (tree.parts[part.parent].kind == Kind::kObject) {
    const std::string& key = tree.keys[id];
    place.key_begin = part.begin;
    if (IsQuote(tree.text, part.begin)) {
      place.key_end = QuotedEnd(tree.text, part.begin);
    } else if (tree.text.substr(part.begin).starts_with(key)) {
      place.key_end = part.begin + key.size();
    } else {
      return Invalid("the key is written in a way of its own");
    }
  }
  if (part.kind != Kind::kScalar) return place;
  place.value_begin = SkipProperties(tree.text, part.value);
  if (place.value_begin >= tree.text.size()) return Invalid("there is no value");
  if (const char first = tree.text[place.value_begin]; first == '|' || first == '>') {
    return Invalid("the value is a block of text");
  }
  place.value_end = IsQuote(tree.text, place.value_begin) ? QuotedEnd(tree.text, place.value_begin)
                                                          : PlainEnd(tree, id, place.value_begin);
  return place;
}

}  // namespace

Result<Place> PlaceOf(std::string_view text, const std::string& pointer) {
  AIOP_TRY(const Tree tree, Read(text));
  AIOP_TRY(const auto found, PartsAt(tree, pointer, {}));
  if (found.size() != 1 || PointerTo(tree, found.front()) != pointer) {
    return NotFound("there is not exactly one part at '" + pointer + "'");
  }
  const uint32_t id = found.front();
  if (tree.format == Format::kYaml) return PlaceInYaml(tree, id);
  const Part& part = tree.parts[id];
  Place place{.key_begin = 0, .key_end = 0, .value_begin = part.value, .value_end = part.end};
  if (tree.parts[part.parent].kind == Kind::kObject) {
    place.key_begin = part.begin;
    place.key_end = QuotedEnd(text, part.begin);
  }
  return place;
}

}  // namespace aiop::twin
