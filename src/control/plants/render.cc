// SPDX-License-Identifier: Apache-2.0
#include "control/plants/render.h"

#include <array>
#include <charconv>
#include <cmath>
#include <kainjow/mustache.hpp>
#include <stdexcept>

namespace aiop::plants {
namespace {

namespace mustache = kainjow::mustache;

// Looks names up as the library does, but lets neither a data value act as a template (a partial
// could contain itself) nor the output grow without bound. Its exceptions end in Render.
class LimitedContext : public mustache::context<std::string> {
 public:
  explicit LimitedContext(const mustache::data* root) : context(root) {}

  void push(const mustache::data* data) override {
    if (++sections_ > kSectionLimit) throw std::length_error("renders too many sections");
    context::push(data);
  }
  const mustache::data* get(const std::string& name) const override {
    const mustache::data* found = context::get(name);
    if (found && found->is_string()) bytes_ += found->string_value().size();
    if (bytes_ > kRenderedLimitBytes) throw std::length_error("renders too much text");
    return found;
  }
  const mustache::data* get_partial(const std::string& name) const override {
    throw std::invalid_argument("partials are not supported: {{>" + name + "}}");
  }

 private:
  size_t sections_ = 0;
  mutable size_t bytes_ = 0;
};

class LimitedText {
 public:
  std::string text;
  LimitedText& operator<<(const std::string& more) {
    if (text.size() + more.size() > kRenderedLimitBytes) {
      throw std::length_error("renders too much text");
    }
    text += more;
    return *this;
  }
};

// As people write it: 2.5, not 2.5E0.
std::string NumberText(double number) {
  const double size = std::abs(number);
  const bool plain = size == 0 || (size >= 1e-6 && size < 1e21);
  std::array<char, 64> text;
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number, format).ptr;
  return {text.data(), end};
}

mustache::data ToData(const json::Value& value) {
  if (const auto* object = value.if_object()) {
    mustache::data data(mustache::data::type::object);
    for (const auto& member : *object) data.set(std::string(member.key()), ToData(member.value()));
    return data;
  }
  if (const auto* array = value.if_array()) {
    mustache::data data(mustache::data::type::list);
    for (const auto& item : *array) data.push_back(ToData(item));
    return data;
  }
  if (const auto* text = value.if_string()) return {std::string(text->data(), text->size())};
  if (const auto* flag = value.if_bool()) {
    return {*flag ? mustache::data::type::bool_true : mustache::data::type::bool_false};
  }
  if (value.is_null()) return {mustache::data::type::bool_false};
  if (const auto* number = value.if_double()) return {NumberText(*number)};
  return {json::Text(value)};
}

}  // namespace

Result<std::string> Render(std::string_view template_text, const json::Value& data, Escape escape) {
  try {
    mustache::mustache parsed{std::string(template_text)};
    if (!parsed.is_valid()) return Invalid(parsed.error_message());
    if (escape == Escape::kNone) {
      parsed.set_custom_escape([](const std::string& text) { return text; });
    }
    const mustache::data root = ToData(data);
    LimitedContext context(&root);
    LimitedText out;
    parsed.render(context, out);
    if (!parsed.is_valid()) return Invalid(parsed.error_message());
    return std::move(out.text);
  } catch (const std::exception& error) {
    return Invalid(error.what());
  }
}

}  // namespace aiop::plants
