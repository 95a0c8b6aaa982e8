// SPDX-License-Identifier: Apache-2.0
#include "base/yaml_events/yaml_events.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

#include "base/json/json.h"

namespace aiop::yaml_events {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

struct Refusal {
  int line;
  std::string message;
};

class Forwarder : public YAML::EventHandler {
 public:
  Forwarder(size_t offset, const std::function<void(const Event&)>& on_event)
      : offset_(offset), on_event_(on_event) {}

  bool started() const { return started_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) throw Refusal{mark.line + 1, "a second document"};
    started_ = true;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    on_event_({.kind = Kind::kNull, .offset = Offset(mark), .anchor = anchor});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    on_event_({.kind = Kind::kAlias, .offset = Offset(mark), .anchor = anchor});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    on_event_({.kind = Kind::kScalar,
               .offset = Offset(mark),
               .anchor = anchor,
               .tag = tag,
               .text = text});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    Open(Kind::kSequence, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    Open(Kind::kMapping, mark, tag, anchor, style);
  }
  void OnMapEnd() override { Close(); }

 private:
  size_t Offset(const YAML::Mark& mark) {
    return last_ = offset_ + static_cast<size_t>(std::max(mark.pos, 0));
  }

  void Open(Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style) {
    if (++depth_ > kDepthLimit) {  // yaml-cpp recurses
      throw Refusal{mark.line + 1, "nested deeper than " + std::to_string(kDepthLimit) + " levels"};
    }
    on_event_({.kind = kind,
               .offset = Offset(mark),
               .flow = style == YAML::EmitterStyle::Flow,
               .anchor = anchor,
               .tag = tag});
  }

  void Close() {
    --depth_;
    on_event_({.kind = Kind::kEnd, .offset = last_});
  }

  size_t offset_;
  const std::function<void(const Event&)>& on_event_;
  bool started_ = false;
  size_t depth_ = 0;
  size_t last_ = 0;
};

// yaml-cpp takes 0x04 for the end of the file and guesses UTF-16 from zero bytes.
bool HasControlCharacter(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
  });
}

}  // namespace

Status Read(std::string_view text, const std::function<void(const Event&)>& on_event) {
  if (text.size() > kTextLimitBytes) {
    return Invalid("larger than " + std::to_string(kTextLimitBytes) + " bytes");
  }
  if (HasControlCharacter(text)) return Invalid("a control character");
  if (json::ToValidUtf8(text) != text) return Invalid("not valid UTF-8");
  const size_t offset = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  Forwarder forwarder(offset, on_event);
  try {
    std::istringstream stream{std::string(text.substr(offset))};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(forwarder)) {
    }
  } catch (const Refusal& refusal) {
    return Invalid("line " + std::to_string(refusal.line) + ": " + refusal.message);
  } catch (const YAML::Exception& exception) {
    return Invalid("line " + std::to_string(std::max(exception.mark.line, 0) + 1) + ": " +
                   exception.msg);
  } catch (const std::exception& exception) {
    return Invalid(exception.what());
  }
  if (!forwarder.started()) return Invalid("there is no document in it");
  return {};
}

}  // namespace aiop::yaml_events
