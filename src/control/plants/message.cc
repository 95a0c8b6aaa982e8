// SPDX-License-Identifier: Apache-2.0
#include "control/plants/message.h"

#include <algorithm>
#include <array>

#include "control/plants/plants.h"

namespace aiop::plants {
namespace {

constexpr std::array<std::string_view, 5> kKeys = {"event", "artifact", "usage", "checkpoint",
                                                   "result"};
constexpr std::string_view kSpaces = " \t\r\n";
constexpr size_t kKeysShown = 5;

bool IsKey(std::string_view text) { return std::ranges::find(kKeys, text) != kKeys.end(); }

std::string_view SkipSpaces(std::string_view text) {
  const size_t start = text.find_first_not_of(kSpaces);
  return start == std::string_view::npos ? std::string_view() : text.substr(start);
}

Message Mistake(std::string why) {
  Message message;
  message.kind = MessageKind::kInvalid;
  message.why = std::move(why);
  return message;
}

// The known key a line begins with, as in `{"event":`, whatever follows; empty if none.
std::string_view ClaimedKey(std::string_view line) {
  line = SkipSpaces(line);
  if (!line.starts_with('{')) return {};
  line = SkipSpaces(line.substr(1));
  if (!line.starts_with('"')) return {};
  const size_t end = line.find('"', 1);
  if (end == std::string_view::npos) return {};
  const std::string_view key = line.substr(1, end - 1);
  return IsKey(key) && SkipSpaces(line.substr(end + 1)).starts_with(':') ? key : "";
}

std::string Listed(const json::Object& object) {
  std::string text;
  size_t shown = 0;
  for (const auto& member : object) {
    if (shown++ == kKeysShown) return text + ", ...";
    text += (text.empty() ? "'" : ", '") + std::string(member.key()).substr(0, 50) + "'";
  }
  return text.empty() ? "none" : text;
}

std::string Known() {
  std::string text;
  for (const std::string_view key : kKeys) text += (text.empty() ? "" : ", ") + std::string(key);
  return text;
}

// Decodes `value`, the member `key` of the line. Problems name the path from the line's root.
template <class T>
bool Decode(const json::Value& value, std::string_view key, describe::Unknown unknown, T& out,
            Message& message) {
  auto read = describe::Read<T>(value, unknown);
  if (read) {
    out = *std::move(read);
    return true;
  }
  for (auto& problem : read.error()) problem.path = json::Child("", key) + problem.path;
  message = Mistake(describe::Describe(read.error()));
  return false;
}

Message ReadEvent(std::string_view line, json::Value& value) {
  if (!value.is_object()) return Mistake("/event must be an object");
  Message message;
  message.kind = MessageKind::kEvent;
  message.event = std::move(value);
  message.raw_payload = json::RawMember(json::RawMember(line, "event"), "payload");
  return message;
}

Message ReadArtifact(const json::Value& value) {
  Message message;
  message.kind = MessageKind::kArtifact;
  Decode(value, "artifact", describe::Unknown::kIgnore, message.artifact, message);
  return message;
}

// Unknown members are refused: a misspelt cost would count as nothing.
Message ReadUsage(const json::Value& value) {
  Message message;
  message.kind = MessageKind::kUsage;
  if (!Decode(value, "usage", describe::Unknown::kRefuse, message.usage, message)) return message;
  const auto& usage = message.usage;
  if (usage.tokens || usage.cost_usd || usage.latency_ms) return message;
  return Mistake("/usage must have tokens, cost_usd or latency_ms");
}

bool IsCheckpointName(std::string_view name) {
  return !name.empty() && name.size() <= kCheckpointNameLimitBytes &&
         std::ranges::none_of(name, [](unsigned char each) { return each < ' ' || each == 127; });
}

Message ReadCheckpoint(const json::Value& name, const json::Value* state) {
  Message message;
  message.kind = MessageKind::kCheckpoint;
  const auto* text = name.if_string();
  if (text) message.checkpoint.assign(text->data(), text->size());
  if (!text || !IsCheckpointName(message.checkpoint)) {
    return Mistake("/checkpoint must be a name of 1 to " +
                   std::to_string(kCheckpointNameLimitBytes) + " bytes without control characters");
  }
  if (state && json::Text(*state).size() > kStateLimitBytes) {
    return Mistake("/state is larger than " + std::to_string(kStateLimitBytes) + " bytes");
  }
  if (state) message.state = *state;
  return message;
}

Message ReadResult(const json::Value& value) {
  Message message;
  message.kind = MessageKind::kResult;
  Decode(value, "result", describe::Unknown::kIgnore, message.result, message);
  return message;
}

}  // namespace

Message ParseLine(std::string_view line, State state) {
  if (!SkipSpaces(line).starts_with('{')) return {};
  auto value = json::Parse(line);
  if (!value) {
    const std::string_view key = ClaimedKey(line);
    if (key.empty()) return {};
    return Mistake("begins like the message '" + std::string(key) +
                   "', but is no valid JSON: " + value.error().message);
  }
  auto& object = value->as_object();
  const json::Value* const carried = state == State::kAllowed && object.contains("checkpoint")
                                         ? json::Member(*value, "state")
                                         : nullptr;
  if (object.size() != (carried ? 2U : 1U) ||
      (!carried && !IsKey(std::string_view(object.begin()->key())))) {
    return Mistake("must have exactly one of the keys " + Known() + "; it has " + Listed(object));
  }
  if (auto* event = object.if_contains("event")) return ReadEvent(line, *event);
  if (const auto* artifact = object.if_contains("artifact")) return ReadArtifact(*artifact);
  if (const auto* usage = object.if_contains("usage")) return ReadUsage(*usage);
  if (const auto* name = object.if_contains("checkpoint")) return ReadCheckpoint(*name, carried);
  return ReadResult(object.at("result"));
}

}  // namespace aiop::plants
