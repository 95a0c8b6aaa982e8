// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "base/yaml_events/yaml_events.h"
#include "core/twin/tree.h"
#include "core/twin/yaml_layout.h"

namespace aiop::twin {
namespace {

using yaml_events::Event;

uint64_t Digest(std::string_view tag, std::string_view text) {
  return std::hash<std::string>()(std::string(tag) + '\0' + std::string(text));
}

class Reader {
 public:
  explicit Reader(std::string_view text) {
    tree_.text = text;
    tree_.format = Format::kYaml;
  }

  Tree Take() && { return std::move(tree_); }

  void On(const Event& event) {
    switch (event.kind) {
      case yaml_events::Kind::kNull:
      case yaml_events::Kind::kScalar:
      case yaml_events::Kind::kAlias:
        return Leaf(event);
      case yaml_events::Kind::kSequence:
        return Open(event, Kind::kArray);
      case yaml_events::Kind::kMapping:
        return Open(event, Kind::kObject);
      case yaml_events::Kind::kEnd:
        return Close();
    }
  }

 private:
  struct Frame {
    uint32_t part = 0;
    uint32_t children = 0;
    bool has_key = false;
    std::string key;
    size_t key_begin = 0;
  };

  size_t Position(const Event& event) const { return std::min(tree_.text.size(), event.offset); }

  bool ExpectsKey() const {
    return !frames_.empty() && tree_.parts[frames_.back().part].kind == Kind::kObject &&
           !frames_.back().has_key;
  }

  // An odd key's begin is not sure, or other parts may depend on it.
  void SetKey(const Event& event, bool odd) {
    Frame& frame = frames_.back();
    frame.has_key = true;
    frame.key = event.text;
    frame.key_begin = Position(event);
    if (odd) tree_.parts[frame.part].layout = Layout::kSealed;
  }

  uint32_t Add(const Event& event, Kind kind) {
    const auto id = static_cast<uint32_t>(tree_.parts.size());
    Part part{.value = static_cast<uint32_t>(Position(event)), .kind = kind};
    part.begin = part.value;
    part.past = id + 1;
    tree_.keys.emplace_back();
    if (!frames_.empty()) {
      Frame& frame = frames_.back();
      part.parent = frame.part;
      part.index = frame.children++;
      if (std::exchange(frame.has_key, false)) {
        part.begin = static_cast<uint32_t>(frame.key_begin);
        tree_.keys.back() = std::move(frame.key);
      }
    }
    tree_.parts.push_back(part);
    tree_.digests.push_back(Digest(event.tag, event.text));
    tree_.targets.push_back(kNoPart);
    return id;
  }

  void Leaf(const Event& event) {
    if (key_depth_ > 0) {
      key_text_ += std::string(event.text) + ' ';
    } else if (ExpectsKey()) {
      SetKey(event, event.kind != yaml_events::Kind::kScalar || event.anchor != 0);
    } else if (event.kind == yaml_events::Kind::kAlias) {
      const uint32_t part = Add(event, Kind::kAlias);
      const auto target = anchors_.find(event.anchor);
      if (target != anchors_.end()) tree_.targets[part] = target->second;
    } else {
      const uint32_t part = Add(event, Kind::kScalar);
      if (event.anchor != 0) anchors_[event.anchor] = part;
    }
  }

  void Open(const Event& event, Kind kind) {
    if (key_depth_ > 0 || ExpectsKey()) {
      if (key_depth_++ == 0) SetKey(event, true);
      return;
    }
    const uint32_t part = Add(event, kind);
    if (event.anchor != 0) anchors_[event.anchor] = part;
    if (!event.flow) tree_.parts[part].layout = Layout::kBlock;
    frames_.push_back({.part = part});
  }

  void Close() {
    if (key_depth_ > 0) {
      if (--key_depth_ == 0) frames_.back().key = std::exchange(key_text_, "");
      return;
    }
    tree_.parts[frames_.back().part].past = static_cast<uint32_t>(tree_.parts.size());
    frames_.pop_back();
  }

  Tree tree_;
  std::vector<Frame> frames_;
  std::map<uint64_t, uint32_t> anchors_;
  size_t key_depth_ = 0;  // inside a key that is a collection
  std::string key_text_;
};

}  // namespace

Result<Tree> ReadYaml(std::string_view text) {
  Reader reader(text);
  AIOP_CHECK_OK(yaml_events::Read(text, [&](const Event& event) { reader.On(event); }));
  Tree tree = std::move(reader).Take();
  if (tree.parts.empty()) return Invalid("there is nothing in it");
  PlaceParts(tree);
  return tree;
}

}  // namespace aiop::twin
