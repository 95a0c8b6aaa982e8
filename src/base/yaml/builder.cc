// SPDX-License-Identifier: Apache-2.0
#include "base/yaml/builder.h"

#include <algorithm>

#include "base/yaml/scalar.h"

namespace aiop::yaml {
namespace {

int LineOfMark(const YAML::Mark& mark) { return mark.line < 0 ? 1 : mark.line + 1; }

std::string Quoted(std::string_view key) { return "'" + std::string(key) + "'"; }

size_t HeightOf(const json::Value& value) {
  size_t below = 0;
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) below = std::max(below, HeightOf(member.value()));
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array) below = std::max(below, HeightOf(item));
  } else {
    return 0;
  }
  return below + 1;
}

}  // namespace

void Builder::OnDocumentStart(const YAML::Mark& mark) {
  if (started_) {
    throw Refusal{LineOfMark(mark),
                  "a second document, or something that does not belong to the first, begins here"};
  }
  started_ = true;
}

bool Builder::ExpectsKey() const {
  return !frames_.empty() && frames_.back().value.is_object() && !frames_.back().has_key;
}

void Builder::SetKey(int line, std::string key) {
  Frame& frame = frames_.back();
  if (frame.value.as_object().contains(key)) {
    throw Refusal{line, "the key " + Quoted(key) + " occurs twice; it was first set in line " +
                            std::to_string(LineOf(document_, json::Child(frame.pointer, key)))};
  }
  frame.weight.bytes += key.size();
  frame.key = std::move(key);
  frame.has_key = true;
  NoteLine(NextPointer(), line);
}

std::string Builder::NextPointer() const {
  if (frames_.empty()) return "";
  const Frame& frame = frames_.back();
  if (frame.value.is_object()) return json::Child(frame.pointer, frame.key);
  return json::Child(frame.pointer, frame.value.as_array().size());
}

void Builder::NoteLine(const std::string& pointer, int line) {
  line_table_bytes_ += pointer.size() + sizeof(std::string);
  if (line_table_bytes_ <= kLineTableLimitBytes) document_.lines.emplace(pointer, line);
}

void Builder::Count(int line, Weight weight) {
  nodes_ += weight.nodes;
  if (nodes_ > kNodeLimit) {
    throw Refusal{line, "more than " + std::to_string(kNodeLimit) + " values, aliases expanded"};
  }
}

void Builder::CountCopy(int line, Weight weight) {
  Count(line, weight);
  copied_bytes_ += weight.bytes;
  if (copied_bytes_ > kExpandedLimitBytes) {
    throw Refusal{line, "anchors and aliases expand to more than " +
                            std::to_string(kExpandedLimitBytes) + " bytes"};
  }
}

void Builder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const int line = LineOfMark(mark);
  if (ExpectsKey()) throw Refusal{line, "a key is empty or null; quote it if it is text"};
  Leaf(mark, anchor, nullptr, {1, 0});
}

void Builder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       const std::string& text) {
  const int line = LineOfMark(mark);
  auto value = TypedScalar(tag, text);
  if (ExpectsKey()) {
    // A key is text whatever it looks like (`200:`), but a tag on it must still be a known one.
    if (!value && tag != "?") throw Refusal{line, value.error().message};
    if (anchor != YAML::NullAnchor) throw Refusal{line, "an anchor on a key is not supported"};
    if (tag == "?" && text == "<<") {
      throw Refusal{line, "merge keys ('<<') are not part of YAML 1.2; quote it if it is a name"};
    }
    SetKey(line, text);
    return;
  }
  if (!value) {
    const std::string field = NextPointer();
    throw Refusal{line, (field.empty() ? "" : field + ": ") + value.error().message};
  }
  Leaf(mark, anchor, *std::move(value), {1, text.size()});
}

void Builder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const int line = LineOfMark(mark);
  if (ExpectsKey()) throw Refusal{line, "an alias cannot be a key"};
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) throw Refusal{line, "an alias refers to the value that it is in"};
  const Anchored& anchored = found->second;
  if (frames_.size() + anchored.height > kDepthLimit) {
    throw Refusal{
        line, "nested deeper than " + std::to_string(kDepthLimit) + " levels, aliases expanded"};
  }
  CountCopy(line, anchored.weight);
  NoteLine(NextPointer(), line);
  Attach(anchored.value, anchored.weight);
}

void Builder::Leaf(const YAML::Mark& mark, YAML::anchor_t anchor, json::Value value,
                   Weight weight) {
  const int line = LineOfMark(mark);
  Count(line, weight);
  NoteLine(NextPointer(), line);
  Remember(line, anchor, value, weight);
  Attach(std::move(value), weight);
}

void Builder::Remember(int line, YAML::anchor_t anchor, const json::Value& value, Weight weight) {
  if (anchor == YAML::NullAnchor) return;
  CountCopy(line, weight);
  anchors_[anchor] = {value, weight, HeightOf(value)};
}

void Builder::Attach(json::Value value, Weight weight) {
  if (frames_.empty()) {
    document_.value = std::move(value);
    return;
  }
  Frame& frame = frames_.back();
  frame.weight.nodes += weight.nodes;
  frame.weight.bytes += weight.bytes;
  if (auto* object = frame.value.if_object()) {
    object->emplace(frame.key, std::move(value));
    frame.has_key = false;
  } else {
    frame.value.as_array().push_back(std::move(value));
  }
}

void Builder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                              YAML::EmitterStyle::value) {
  Open(mark, tag, anchor, json::Array(), "seq");
}

void Builder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) {
  Open(mark, tag, anchor, json::Object(), "map");
}

void Builder::Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                   json::Value empty, std::string_view core_name) {
  const int line = LineOfMark(mark);
  if (ExpectsKey()) throw Refusal{line, "a key must be a scalar"};
  const bool core = tag.empty() || tag == "?" || tag == "!" ||
                    tag == std::string(kCoreTag) + std::string(core_name);
  if (!core) {
    throw Refusal{line, "the tag '" + tag + "' does not belong on a !!" + std::string(core_name)};
  }
  if (frames_.size() >= kDepthLimit) {
    throw Refusal{line, "nested deeper than " + std::to_string(kDepthLimit) + " levels"};
  }
  Count(line, {1, 0});
  Frame frame;
  frame.value = std::move(empty);
  frame.pointer = NextPointer();
  frame.anchor = anchor;
  frame.weight = {1, 0};
  frame.line = line;
  NoteLine(frame.pointer, line);
  frames_.push_back(std::move(frame));
}

void Builder::Close() {
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  Remember(frame.line, frame.anchor, frame.value, frame.weight);
  Attach(std::move(frame.value), frame.weight);
}

}  // namespace aiop::yaml
