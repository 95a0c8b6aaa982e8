// SPDX-License-Identifier: Apache-2.0
#include "core/twin/tree.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

namespace aiop::twin {
namespace {

void AppendUtf8(std::string& out, uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | (point >> 6));
    out += static_cast<char>(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xe0 | (point >> 12));
    out += static_cast<char>(0x80 | ((point >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (point & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (point >> 18));
    out += static_cast<char>(0x80 | ((point >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((point >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (point & 0x3f));
  }
}

std::optional<uint32_t> Hexadecimal(std::string_view digits, size_t count) {
  uint32_t value = 0;
  if (digits.size() < count) return std::nullopt;
  const char* const last = std::to_address(digits.begin()) + count;
  const auto [end, error] = std::from_chars(std::to_address(digits.begin()), last, value, 16);
  if (error != std::errc() || end != last) return std::nullopt;
  return value;
}

// Reads the XXXX of \uXXXX at `at`, and the second half of a surrogate pair.
uint32_t CodePoint(std::string_view body, size_t& at) {
  const uint32_t high = Hexadecimal(body.substr(at), 4).value_or(0xfffd);
  at += 4;
  if (high < 0xd800 || high > 0xdfff) return high;
  if (high < 0xdc00 && body.substr(at).starts_with("\\u")) {
    const uint32_t low = Hexadecimal(body.substr(at + 2), 4).value_or(0);
    if (low >= 0xdc00 && low <= 0xdfff) {
      at += 6;
      return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    }
  }
  return 0xfffd;
}

// Of a string that the scanner has accepted: what is between its quotes.
std::string Decoded(std::string_view body) {
  std::string out;
  for (size_t at = 0; at < body.size();) {
    const char c = body[at++];
    if (c != '\\') {
      out += c;
      continue;
    }
    const char escape = body[at++];
    constexpr std::string_view kNames = "bfnrt";
    constexpr std::string_view kMeanings = "\b\f\n\r\t";
    if (escape == 'u') {
      AppendUtf8(out, CodePoint(body, at));
    } else if (const size_t name = kNames.find(escape); name != std::string_view::npos) {
      out += kMeanings[name];
    } else {
      out += escape;
    }
  }
  return out;
}

// Between the quotes of the JSON string at `at`.
std::string_view Body(std::string_view text, size_t at) {
  size_t end = ++at;
  while (text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  return text.substr(at, end - at);
}

bool KeyIs(const Tree& tree, uint32_t part, std::string_view key) {
  if (tree.format == Format::kYaml) return tree.keys[part] == key;
  const std::string_view body = Body(tree.text, tree.parts[part].begin);
  return body.contains('\\') ? Decoded(body) == key : body == key;
}

std::string PercentDecoded(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    const auto byte = text[at] == '%' ? Hexadecimal(text.substr(at + 1), 2) : std::nullopt;
    out += byte ? static_cast<char>(*byte) : text[at];
    if (byte) at += 2;
  }
  return out;
}

Result<std::vector<std::string>> Steps(std::string_view given) {
  // The form in URIs, RFC 6901 section 6: many validators write it.
  std::string pointer(given);
  if (given.starts_with('#')) pointer = PercentDecoded(given.substr(1));
  std::vector<std::string> steps;
  if (pointer.empty()) return steps;
  if (pointer[0] != '/') return Invalid("no JSON pointer: '" + std::string(given) + "'");
  for (size_t at = 0; at < pointer.size(); ++at) {
    if (pointer[at] == '/') {
      steps.emplace_back();
    } else if (pointer[at] == '~' && at + 1 < pointer.size() &&
               (pointer[at + 1] == '0' || pointer[at + 1] == '1')) {
      steps.back() += pointer[++at] == '0' ? '~' : '/';
    } else {
      steps.back() += pointer[at];
    }
  }
  return steps;
}

// In place: json::Child would copy the pointer once for each of a million levels.
void AppendStep(std::string& pointer, std::string_view key) {
  pointer += '/';
  for (const char c : key) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

std::optional<uint32_t> Index(std::string_view step) {
  uint32_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (error != std::errc() || end != step.data() + step.size()) return std::nullopt;
  if (step.size() > 1 && step[0] == '0') return std::nullopt;
  return index;
}

void FindStep(const Tree& tree, uint32_t part, std::string_view step, const Cuts& cuts,
              std::vector<uint32_t>& found) {
  const Part& parent = tree.parts[part];
  if (!parent.collection()) return;
  const auto wanted = parent.kind == Kind::kArray ? Index(step) : std::nullopt;
  if (parent.kind == Kind::kArray && !wanted) return;
  uint32_t index = 0;
  for (uint32_t child = part + 1; child < parent.past; child = tree.parts[child].past) {
    if (cuts.Has(child)) continue;
    if (wanted ? index == *wanted : KeyIs(tree, child, step)) {
      found.push_back(child);
      if (wanted) return;
    }
    ++index;
  }
}

}  // namespace

size_t LineStart(std::string_view text, size_t at) {
  const size_t feed = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return feed == std::string_view::npos ? 0 : feed + 1;
}

int LineNumber(std::string_view text, size_t at) {
  const std::string_view before = text.substr(0, at);
  return 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
}

uint32_t Cuttable(const Tree& tree, uint32_t part) {
  if (tree.format == Format::kJson) return part;
  uint32_t cuttable = part;
  for (uint32_t at = part; at != 0; at = tree.parts[at].parent) {
    const uint32_t parent = tree.parts[at].parent;
    if (tree.parts[parent].layout == Layout::kSealed) cuttable = parent;
  }
  return cuttable;
}

Cuts MakeCuts(const Tree& tree, std::vector<uint32_t> parts) {
  for (uint32_t& part : parts) part = Cuttable(tree, part);
  std::ranges::sort(parts);
  Cuts cuts;
  cuts.flags.resize(tree.parts.size());
  for (const uint32_t part : parts) {
    if (part == 0 || (!cuts.tops.empty() && part < tree.parts[cuts.tops.back()].past)) continue;
    cuts.tops.push_back(part);
    cuts.flags[part] = true;
  }
  return cuts;
}

std::vector<uint32_t> ChildrenOf(const Tree& tree, uint32_t part) {
  std::vector<uint32_t> children;
  for (uint32_t child = part + 1; child < tree.parts[part].past; child = tree.parts[child].past) {
    children.push_back(child);
  }
  return children;
}

std::string KeyOf(const Tree& tree, uint32_t part) {
  if (tree.format == Format::kYaml) return tree.keys[part];
  return Decoded(Body(tree.text, tree.parts[part].begin));
}

std::string PointerTo(const Tree& tree, uint32_t part) {
  std::vector<uint32_t> path;
  for (; part != 0; part = tree.parts[part].parent) path.push_back(part);
  std::string pointer;
  for (auto at = path.rbegin(); at != path.rend(); ++at) {
    const bool item = tree.parts[tree.parts[*at].parent].kind == Kind::kArray;
    AppendStep(pointer, item ? std::to_string(tree.parts[*at].index) : KeyOf(tree, *at));
  }
  return pointer;
}

Result<std::vector<uint32_t>> PartsAt(const Tree& tree, std::string_view pointer,
                                      const Cuts& cuts) {
  AIOP_TRY(const auto steps, Steps(pointer));
  std::vector<uint32_t> parts{0};
  for (const std::string& step : steps) {
    std::vector<uint32_t> next;
    for (const uint32_t part : parts) FindStep(tree, part, step, cuts, next);
    if (next.empty()) break;
    parts = std::move(next);
  }
  std::erase(parts, 0);
  return parts;
}

Result<Tree> Read(std::string_view text) {
  if (text.size() > kTextLimitBytes) {
    return Invalid("larger than " + std::to_string(kTextLimitBytes) + " bytes");
  }
  auto as_json = ReadJson(text);
  if (as_json) return as_json;
  auto as_yaml = ReadYaml(text);
  if (as_yaml) return as_yaml;
  return Invalid("neither JSON (" + as_json.error().message + ") nor YAML (" +
                 as_yaml.error().message + ")");
}

}  // namespace aiop::twin
