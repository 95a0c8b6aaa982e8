// SPDX-License-Identifier: Apache-2.0
//
// Private: turns yaml-cpp's events into a Document. Refuses by throwing Refusal, which Parse
// catches.
#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <map>
#include <string>
#include <vector>

#include "base/yaml/yaml.h"

namespace aiop::yaml {

struct Refusal {
  int line;
  std::string message;
};

class Builder : public YAML::EventHandler {
 public:
  Document Take() && { return std::move(document_); }

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { Close(); }

 private:
  // What a value costs to copy.
  struct Weight {
    size_t nodes = 0;
    size_t bytes = 0;
  };
  struct Frame {
    json::Value value;  // an object or an array
    std::string pointer;
    std::string key;
    bool has_key = false;
    YAML::anchor_t anchor = YAML::NullAnchor;
    Weight weight;
    int line = 0;
  };
  struct Anchored {
    json::Value value;
    Weight weight;
    size_t height = 0;
  };

  bool ExpectsKey() const;
  void SetKey(int line, std::string key);
  std::string NextPointer() const;
  void NoteLine(const std::string& pointer, int line);
  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            json::Value empty, std::string_view core_name);
  void Close();
  void Leaf(const YAML::Mark& mark, YAML::anchor_t anchor, json::Value value, Weight weight);
  void Attach(json::Value value, Weight weight);
  void Remember(int line, YAML::anchor_t anchor, const json::Value& value, Weight weight);
  void Count(int line, Weight weight);
  void CountCopy(int line, Weight weight);

  Document document_;
  bool started_ = false;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  size_t nodes_ = 0;
  size_t copied_bytes_ = 0;
  size_t line_table_bytes_ = 0;
};

}  // namespace aiop::yaml
