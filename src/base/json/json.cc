// SPDX-License-Identifier: Apache-2.0
#include "base/json/json.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>
#include <set>
#include <vector>

namespace aiop::json {
namespace {

namespace bj = boost::json;

// Builds the value and refuses what Boost.JSON itself lets pass: duplicate keys and infinite
// numbers.
class StrictHandler {
 public:
  static constexpr std::size_t max_object_size = bj::object::max_size();
  static constexpr std::size_t max_array_size = bj::array::max_size();
  static constexpr std::size_t max_key_size = bj::string::max_size();
  static constexpr std::size_t max_string_size = bj::string::max_size();

  std::string refusal;

  StrictHandler() { stack_.reset(); }
  bj::value Take() { return stack_.release(); }

  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }
  bool on_object_begin(bj::error_code&) {
    keys_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t size, bj::error_code&) {
    keys_.pop_back();
    stack_.push_object(size);
    return true;
  }
  bool on_array_begin(bj::error_code&) { return true; }
  bool on_array_end(std::size_t size, bj::error_code&) {
    stack_.push_array(size);
    return true;
  }
  bool on_key_part(bj::string_view text, std::size_t, bj::error_code&) {
    key_.append(text.data(), text.size());
    stack_.push_chars(text);
    return true;
  }
  bool on_key(bj::string_view text, std::size_t, bj::error_code& error) {
    key_.append(text.data(), text.size());
    if (!keys_.back().insert(key_).second) {
      return Refuse("the key '" + key_ + "' occurs twice", error);
    }
    key_.clear();
    stack_.push_key(text);
    return true;
  }
  bool on_string_part(bj::string_view text, std::size_t, bj::error_code&) {
    stack_.push_chars(text);
    return true;
  }
  bool on_string(bj::string_view text, std::size_t, bj::error_code&) {
    stack_.push_string(text);
    return true;
  }
  bool on_number_part(bj::string_view, bj::error_code&) { return true; }
  bool on_int64(std::int64_t value, bj::string_view, bj::error_code&) {
    stack_.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, bj::string_view, bj::error_code&) {
    stack_.push_uint64(value);
    return true;
  }
  bool on_double(double value, bj::string_view, bj::error_code& error) {
    if (!std::isfinite(value)) return Refuse("a number is too large to represent", error);
    stack_.push_double(value);
    return true;
  }
  bool on_bool(bool value, bj::error_code&) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(bj::error_code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }

 private:
  bool Refuse(std::string why, bj::error_code& error) {
    refusal = std::move(why);
    error = bj::make_error_code(bj::error::syntax);
    return false;
  }

  bj::value_stack stack_;
  std::vector<std::set<std::string>> keys_;
  std::string key_;
};

std::string At(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t newline = before.rfind('\n');
  const size_t column =
      newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

// The shortest figure that reads back as the same number, written plainly (0.8, not 8E-1).
void AppendScalar(const Value& value, std::string& out) {
  const double* const number = value.if_double();
  if (!number || !std::isfinite(*number)) {
    out += bj::serialize(value);
    return;
  }
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, *number).ptr;
  const std::string_view text(buffer, size_t(end - buffer));
  out += text;
  // Still a floating-point number for whoever reads it back.
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

// Boost's own writer is faster, and right for all that has no fraction.
bool HasFraction(const Value& value) {
  if (const auto* object = value.if_object()) {
    return std::ranges::any_of(*object, [](const auto& each) { return HasFraction(each.value()); });
  }
  if (const auto* array = value.if_array()) return std::ranges::any_of(*array, HasFraction);
  return value.is_double();
}

void AppendPlain(const Value& value, std::string& out) {
  if (const auto* object = value.if_object()) {
    out += '{';
    bool first = true;
    for (const auto& member : *object) {
      if (!first) out += ',';
      first = false;
      out += bj::serialize(bj::string_view(member.key()));
      out += ':';
      AppendPlain(member.value(), out);
    }
    out += '}';
  } else if (const auto* array = value.if_array()) {
    out += '[';
    for (size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ',';
      AppendPlain((*array)[i], out);
    }
    out += ']';
  } else {
    AppendScalar(value, out);
  }
}

void AppendSorted(const Value& value, std::string& out) {
  if (const auto* object = value.if_object()) {
    std::vector<const bj::key_value_pair*> members;
    for (const auto& member : *object) members.push_back(&member);
    std::sort(members.begin(), members.end(),
              [](const auto* a, const auto* b) { return a->key() < b->key(); });
    out += '{';
    for (size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out += ',';
      out += bj::serialize(bj::string_view(members[i]->key()));
      out += ':';
      AppendSorted(members[i]->value(), out);
    }
    out += '}';
  } else if (const auto* array = value.if_array()) {
    out += '[';
    for (size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ',';
      AppendSorted((*array)[i], out);
    }
    out += ']';
  } else {
    AppendScalar(value, out);
  }
}

void AppendPretty(const Value& value, size_t indent, std::string& out) {
  const auto line = [&](size_t level) {
    out += '\n';
    out.append(level * 2, ' ');
  };
  if (const auto* object = value.if_object(); object && !object->empty()) {
    out += '{';
    bool first = true;
    for (const auto& member : *object) {
      if (!first) out += ',';
      first = false;
      line(indent + 1);
      out += bj::serialize(bj::string_view(member.key()));
      out += ": ";
      AppendPretty(member.value(), indent + 1, out);
    }
    line(indent);
    out += '}';
  } else if (const auto* array = value.if_array(); array && !array->empty()) {
    out += '[';
    for (size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ',';
      line(indent + 1);
      AppendPretty((*array)[i], indent + 1, out);
    }
    line(indent);
    out += ']';
  } else {
    AppendScalar(value, out);
  }
}

size_t SkipBlanks(std::string_view text, size_t at) {
  while (at < text.size() && std::string_view(" \t\r\n").find(text[at]) != std::string_view::npos) {
    ++at;
  }
  return at;
}

size_t SkipString(std::string_view text, size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return at;
}

size_t SkipValue(std::string_view text, size_t at) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = SkipString(text, at);
      if (depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    }
    if (depth == 0 && std::string_view(", \t\r\n").find(c) != std::string_view::npos) return at;
    ++at;
  }
  return at;
}

}  // namespace

Result<Value> Parse(std::string_view text) {
  if (text.size() > kTextLimitBytes) {
    return Invalid("the JSON text is larger than " + std::to_string(kTextLimitBytes) + " bytes");
  }
  bj::parse_options options;
  options.max_depth = kDepthLimit;
  bj::basic_parser<StrictHandler> parser(options);
  bj::error_code error;
  size_t used = 0;
  try {
    used = parser.write_some(false, text.data(), text.size(), error);
  } catch (const std::exception& exception) {
    return Invalid(std::string("not valid JSON: ") + exception.what());
  }
  if (!error && SkipBlanks(text, used) != text.size()) {
    return Invalid("not valid JSON at " + At(text, used) + ": extra data after the value");
  }
  if (error || !parser.done()) {
    std::string& refusal = parser.handler().refusal;
    const std::string why = !refusal.empty() ? refusal
                            : error == bj::error::too_deep
                                ? "nested deeper than " + std::to_string(kDepthLimit) + " levels"
                            : error ? error.message()
                                    : "it ends too early";
    return Invalid("not valid JSON at " + At(text, used) + ": " + why);
  }
  return parser.handler().Take();
}

namespace {

// What a text was cut from may end inside a character. Parse would refuse it.
std::string Readable(std::string text) {
  const bool plain = std::all_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return plain ? text : ToValidUtf8(text);
}

}  // namespace

std::string Text(const Value& value) {
  if (!HasFraction(value)) return Readable(bj::serialize(value));
  std::string out;
  AppendPlain(value, out);
  return Readable(std::move(out));
}

std::string CanonicalText(const Value& value) {
  std::string out;
  AppendSorted(value, out);
  return Readable(std::move(out));
}

std::string PrettyText(const Value& value) {
  std::string out;
  AppendPretty(value, 0, out);
  out += '\n';
  return Readable(std::move(out));
}

std::string Child(std::string_view pointer, std::string_view key) {
  std::string out(pointer);
  out += '/';
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Child(std::string_view pointer, size_t index) {
  return std::string(pointer) + "/" + std::to_string(index);
}

std::string LastKey(std::string_view pointer) {
  const size_t slash = pointer.rfind('/');
  if (slash == std::string_view::npos) return "";
  std::string key;
  for (size_t i = slash + 1; i < pointer.size(); ++i) {
    const bool escaped = pointer[i] == '~' && i + 1 < pointer.size();
    if (escaped) ++i;
    key += escaped ? (pointer[i] == '1' ? '/' : '~') : pointer[i];
  }
  return key;
}

const Value* Find(const Value& root, std::string_view pointer) {
  bj::error_code error;
  return root.find_pointer({pointer.data(), pointer.size()}, error);
}

const Value* Member(const Value& value, std::string_view key) {
  const auto* object = value.if_object();
  return object ? object->if_contains({key.data(), key.size()}) : nullptr;
}

std::string_view TextMember(const Value& value, std::string_view key) {
  const Value* member = Member(value, key);
  const auto* text = member ? member->if_string() : nullptr;
  return text ? std::string_view(text->data(), text->size()) : std::string_view();
}

std::string_view RawMember(std::string_view text, std::string_view key) {
  size_t at = SkipBlanks(text, 0);
  if (at >= text.size() || text[at] != '{') return {};
  at = SkipBlanks(text, at + 1);
  while (at < text.size() && text[at] == '"') {
    const size_t key_end = SkipString(text, at);
    const std::string_view raw_key = text.substr(at + 1, key_end - at - 2);
    at = SkipBlanks(text, key_end);
    at = SkipBlanks(text, at + 1);  // the colon
    const size_t value_end = SkipValue(text, at);
    if (raw_key == key) return text.substr(at, value_end - at);
    at = SkipBlanks(text, value_end);
    if (at >= text.size() || text[at] != ',') return {};
    at = SkipBlanks(text, at + 1);
  }
  return {};
}

std::string ToValidUtf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (size_t i = 0; i < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    const size_t length = lead < 0x80                   ? 1
                          : lead >= 0xc2 && lead < 0xe0 ? 2
                          : lead >= 0xe0 && lead < 0xf0 ? 3
                          : lead >= 0xf0 && lead < 0xf5 ? 4
                                                        : 0;
    bool valid = length > 0 && i + length <= bytes.size();
    for (size_t k = 1; valid && k < length; ++k) {
      valid = (static_cast<unsigned char>(bytes[i + k]) & 0xc0) == 0x80;
    }
    if (valid && length >= 3) {
      const auto second = static_cast<unsigned char>(bytes[i + 1]);
      valid = !(lead == 0xe0 && second < 0xa0) && !(lead == 0xed && second > 0x9f) &&
              !(lead == 0xf0 && second < 0x90) && !(lead == 0xf4 && second > 0x8f);
    }
    if (valid) {
      out.append(bytes.substr(i, length));
      i += length;
    } else {
      out += "\xef\xbf\xbd";
      ++i;
    }
  }
  return out;
}

}  // namespace aiop::json
