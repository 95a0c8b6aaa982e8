// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "control/plants/lines.h"
#include "control/plants/message.h"

// Whatever a plant prints, in whatever pieces: each line is understood, refused with a reason, or
// log, and the pieces make no difference.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace aiop::plants;
  constexpr size_t kLimit = 4096;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string whole;
  std::string pieces;
  const auto collect = [](std::string& out) {
    return [&out](std::string_view line, bool cut) {
      AIOP_CHECK(line.size() <= kLimit);
      const Message message = ParseLine(line, cut ? State::kRefused : State::kAllowed);
      AIOP_CHECK((message.kind == MessageKind::kInvalid) == !message.why.empty());
      AIOP_CHECK(message.kind != MessageKind::kEvent || message.event.is_object());
      if (!message.raw_payload.empty()) {
        AIOP_CHECK(aiop::json::Parse(message.raw_payload).has_value());
      }
      out.append(line) += cut ? "!\n" : "\n";
      return aiop::Status();
    };
  };
  LineSplitter at_once(kLimit);
  AIOP_CHECK(at_once.Feed(text, collect(whole)).has_value());
  AIOP_CHECK(at_once.Finish(collect(whole)).has_value());
  LineSplitter in_pieces(kLimit);
  for (size_t at = 0; at < text.size(); at += 7) {
    AIOP_CHECK(in_pieces.Feed(text.substr(at, 7), collect(pieces)).has_value());
  }
  AIOP_CHECK(in_pieces.Finish(collect(pieces)).has_value());
  AIOP_CHECK(whole == pieces);
  return 0;
}
