// SPDX-License-Identifier: Apache-2.0
#include "base/yaml_events/yaml_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aiop::yaml_events {
namespace {

using ::testing::HasSubstr;

std::string EventsOf(std::string_view text) {
  std::string all;
  const auto status = Read(text, [&](const Event& event) {
    constexpr std::string_view kNames = "~s*[{.";
    all += kNames[static_cast<size_t>(event.kind)];
    if (event.kind != Kind::kEnd && event.kind != Kind::kNull) all += std::to_string(event.offset);
    if (event.flow) all += 'f';
    if (event.anchor != 0) all += '&' + std::to_string(event.anchor);
    if (!event.text.empty()) all += '=' + std::string(event.text);
    all += ' ';
  });
  return status ? all : "(" + status.error().message + ")";
}

TEST(YamlEvents, HavePlacesInBytes) {
  EXPECT_EQ(EventsOf("\xc3\xa4: \xe2\x82\xac\r\nb: 1\n"),
            "{0 s0=\xc3\xa4 s4=\xe2\x82\xac s9=b s12=1 . ");
  EXPECT_EQ(EventsOf("\xef\xbb\xbf"
                     "a: {b: }\n"),
            "{3 s3=a {6f s7=b ~ . . ");
  EXPECT_EQ(EventsOf("- &x !!str a\n- *x\n"), "[0 s2&1=a *15&1 . ");
}

TEST(YamlEvents, TakeWhatHasNoOneMeaning) {
  EXPECT_EQ(EventsOf("a: 1e400\na: !mine 2\n<<: {}\n"),
            "{0 s0=a s3=1e400 s9=a s12=2 s20=<< {24f . . ");
}

TEST(YamlEvents, RefuseWhatIsNotOneDocumentOfText) {
  EXPECT_THAT(EventsOf("a: 1\n---\nb: 2\n"), HasSubstr("a second document"));
  EXPECT_THAT(EventsOf("a: 1\nb: [1\n"), HasSubstr("(line "));
  EXPECT_THAT(EventsOf("a: *x\n"), HasSubstr("(line 1: "));
  EXPECT_THAT(EventsOf(std::string_view("a: \0", 4)), HasSubstr("control character"));
  EXPECT_THAT(EventsOf("a: \xff"), HasSubstr("UTF-8"));
  EXPECT_THAT(EventsOf("# nothing\n"), HasSubstr("no document"));
  EXPECT_THAT(EventsOf(std::string(kDepthLimit + 1, '[')), HasSubstr("nested deeper"));
  EXPECT_THAT(EventsOf(std::string(kTextLimitBytes + 1, 'a')), HasSubstr("larger than"));
}

}  // namespace
}  // namespace aiop::yaml_events
