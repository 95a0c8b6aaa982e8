// SPDX-License-Identifier: Apache-2.0
// That a forge is spoken to as it wants is shown by tests/e2e/forge_test.py.
#include "control/forge/forge.h"

#include <gtest/gtest.h>

namespace aiop::forge {
namespace {

constexpr std::string_view kHead = "0123456789abcdef0123456789abcdef01234567";

std::string Entry(const std::string& more) {
  return R"([{"number": 7, "title": "Place for wide pages", "state": "open",
              "html_url": "https://forge.example/team/motor/pull/7", "base": {"ref": "main"},
              "head": {"ref": "wide", "sha": ")" +
         std::string(kHead) + R"("}, "draft": false)" + more + "}]";
}

PullRequest Only(const std::string& text) {
  const auto parsed = ParsePullRequests(text, "team/motor");
  EXPECT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->size(), 1U);
  return parsed->front();
}

std::string WithRepository(const std::string& repository, const std::string& more = "") {
  return R"([{"number": 7, "title": "t", "head": {"sha": ")" + std::string(kHead) +
         R"(", "repo": )" + repository + "}" + more + "}]";
}

TEST(ForgeAnswers, APullRequestIsRead) {
  const PullRequest request = Only(Entry(""));
  EXPECT_EQ(request.number, 7);
  EXPECT_EQ(request.title, "Place for wide pages");
  EXPECT_EQ(request.head, kHead);
  EXPECT_EQ(request.base, "main");
  EXPECT_EQ(request.url, "https://forge.example/team/motor/pull/7");
  EXPECT_FALSE(request.draft || request.conflicts || request.outside);
}

TEST(ForgeAnswers, DraftsAndConflictsAreSeen) {
  EXPECT_TRUE(Only(Entry(R"(, "mergeable": false)")).conflicts);
  EXPECT_FALSE(Only(Entry(R"(, "mergeable": null)")).conflicts) << "not known yet";
  std::string draft = Entry("");
  draft.replace(draft.find("\"draft\": false"), 14, "\"draft\": true");
  EXPECT_TRUE(Only(draft).draft);
  std::string unfinished = Entry("");
  unfinished.replace(unfinished.find("Place"), 5, "WIP: place");
  EXPECT_TRUE(Only(unfinished).draft);
}

TEST(ForgeAnswers, WhoDoesNotBelongToTheRepositoryIsOutside) {
  EXPECT_FALSE(Only(WithRepository(R"({"full_name": "Team/Motor"})")).outside);
  EXPECT_TRUE(Only(WithRepository(R"({"full_name": "eve/motor"})")).outside);
  EXPECT_TRUE(Only(WithRepository("null")).outside) << "the fork is gone";
  EXPECT_FALSE(
      Only(WithRepository(R"({"full_name": "ann/motor"})", R"(, "author_association": "MEMBER")"))
          .outside);
  EXPECT_TRUE(Only(WithRepository(R"({"full_name": "eve/motor"})",
                                  R"(, "author_association": "CONTRIBUTOR")"))
                  .outside);
}

TEST(ForgeAnswers, ATitleIsOneBoundedLine) {
  std::string text = Entry("");
  text.replace(text.find("Place"), 5, "Pl\\u001b[31m\\nace" + std::string(1000, 'x'));
  const PullRequest request = Only(text);
  EXPECT_EQ(request.title.size(), kTitleLimitBytes);
  EXPECT_EQ(request.title.find_first_of("\x1b\n"), std::string::npos);
}

TEST(ForgeAnswers, WhatIsNoneIsRefused) {
  for (const char* text :
       {"", "nothing", "{}", "[1]", "[{}]", R"([{"number": 0}])",
        R"([{"number": 7, "head": {"sha": "--upload-pack=evil"}}])",
        R"([{"number": 7.5, "head": {"sha": "0123456789abcdef0123456789abcdef01234567"}}])"}) {
    const auto parsed = ParsePullRequests(text, "team/motor");
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Code::kInvalid) << text;
  }
  EXPECT_FALSE(ParseComments(R"([{"body": "without an id"}])"));
  EXPECT_FALSE(ParseComments("<html>"));
}

TEST(ForgeAnswers, CommentsAreRead) {
  const auto comments = ParseComments(R"([{"id": 3, "body": "one"}, {"id": 4, "body": null}])");
  ASSERT_TRUE(comments);
  ASSERT_EQ(comments->size(), 2U);
  EXPECT_EQ(comments->front().id, 3);
  EXPECT_EQ(comments->front().body, "one");
}

TEST(ForgePages, TheForgeSaysWhetherThereIsMore) {
  EXPECT_TRUE(HasNext({{"link", R"(<https://x/?page=2>; rel="next", <https://x>; rel="last")"}},
                      kPageSize, kPageSize));
  EXPECT_FALSE(HasNext({{"link", R"(<https://x/?page=1>; rel="prev")"}}, kPageSize, 2 * kPageSize));
  EXPECT_TRUE(HasNext({{"x-total-count", "51"}}, kPageSize, kPageSize));
  EXPECT_FALSE(HasNext({{"x-total-count", "50"}}, kPageSize, kPageSize));
  EXPECT_TRUE(HasNext({}, kPageSize, kPageSize)) << "a full page may not be the last";
  EXPECT_FALSE(HasNext({}, kPageSize - 1, kPageSize - 1));
  EXPECT_FALSE(HasNext({{"x-total-count", "99"}}, 0, 0)) << "an empty page is the last";
}

Error Judged(int status, std::map<std::string, std::string> headers, bool with_token = true) {
  const Status judged =
      Judge({.status = status, .headers = std::move(headers), .body = R"({"message": "no\nway"})"},
            "listing", with_token, Timestamp{Milliseconds(1'700'000'000'000)});
  EXPECT_FALSE(judged);
  return judged.error();
}

TEST(ForgeErrors, EachSaysWhoCanMendIt) {
  EXPECT_TRUE(Judge({.status = 201, .headers = {}, .body = ""}, "x", true, {}));
  EXPECT_EQ(Judged(401, {}).code, Code::kForbidden);
  EXPECT_NE(Judged(401, {}).message.find("AIOP_FORGE_TOKEN"), std::string::npos);
  EXPECT_NE(Judged(401, {}, false).message.find("wants a token"), std::string::npos);
  EXPECT_EQ(Judged(403, {}).code, Code::kForbidden);
  EXPECT_EQ(Judged(404, {}).code, Code::kNotFound);
  EXPECT_EQ(Judged(422, {}).code, Code::kInvalid);
  EXPECT_NE(Judged(422, {}).message.find("no way"), std::string::npos);
  EXPECT_EQ(Judged(301, {}).code, Code::kInvalid);
  EXPECT_EQ(Judged(503, {}).code, Code::kUnavailable);
}

TEST(ForgeErrors, ARateLimitIsTold) {
  EXPECT_NE(Judged(429, {{"retry-after", "60"}}).message.find("try again in 60 s"),
            std::string::npos);
  const Error limited =
      Judged(403, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "1700000060"}});
  EXPECT_EQ(limited.code, Code::kUnavailable);
  EXPECT_NE(limited.message.find("try again at 2023-11-14T22:14:20"), std::string::npos)
      << limited.message;
  EXPECT_EQ(Judged(403, {{"x-ratelimit-remaining", "12"}}).code, Code::kForbidden);
  EXPECT_EQ(Judged(429, {}).code, Code::kUnavailable);
  EXPECT_NE(
      Judged(403, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "9223372036854775807"}})
          .message.find("try again later"),
      std::string::npos);
}

Code RefusalOf(const std::string& api, const std::string& repository = "team/motor") {
  const auto made = Forge::Create(
      {.kind = model::ForgeKind::kGitea, .api = api, .repository = repository}, "secret");
  return made ? Code::kInternal : made.error().code;
}

TEST(ForgeAddress, ATokenGoesNowhereUnsafe) {
  for (const char* api :
       {"https://api.github.com", "https://forge.example:3000/api/v1/", "http://127.0.0.1:8080",
        "http://localhost/api/v1", "http://[::1]:3000/api/v1"}) {
    EXPECT_EQ(RefusalOf(api), Code::kInternal) << api;
  }
  for (const char* api :
       {"http://forge.example", "http://127.evil.example", "http://127.0.0.1.evil.example",
        "http://localhost.evil.example", "http://127.0.0.1@evil.example", "ftp://x", "https://",
        "https://user:word@x", "https://x?a=b", "https://x#y", "https://x/ y", "api.github.com"}) {
    EXPECT_EQ(RefusalOf(api), Code::kInvalid) << api;
  }
  for (const char* repository : {"motor", "a/b/c", "../x", "a/..", "a/b?c", "", "/b", "a/"}) {
    EXPECT_EQ(RefusalOf("https://x", repository), Code::kInvalid) << repository;
  }
}

TEST(ForgeAddress, WhoIsNotThereIsUnavailable) {
  // Nothing listens on the discard port of this machine.
  const auto forge = Forge::Create(
      {.kind = model::ForgeKind::kGithub, .api = "http://127.0.0.1:9", .repository = "team/motor"},
      "secret");
  ASSERT_TRUE(forge);
  const auto listed = (*forge)->ListOpenPullRequests();
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().code, Code::kUnavailable);
  EXPECT_EQ(listed.error().message.find("secret"), std::string::npos);
}

TEST(ForgeWords, EachStateHasItsStatus) {
  using enum model::ChangeState;
  EXPECT_EQ(StateFor(kDrafted), std::nullopt);
  for (const auto state : {kGating, kAwaitingApproval, kCanary}) {
    EXPECT_EQ(StateFor(state), State::kPending);
  }
  EXPECT_EQ(StateFor(kPromoted), State::kSuccess);
  EXPECT_EQ(StateFor(kRejected), State::kFailure);
  EXPECT_EQ(StateFor(kRolledBack), State::kFailure);
  EXPECT_EQ(StateFor(kSuperseded), State::kError);
}

TEST(ForgeWords, ACommentShowsTheLastGatingAndIsNoMarkup) {
  model::Change change;
  change.id = "0199";
  change.status = model::ChangeState::kRejected;
  change.reason = "tests: <img src=x> @everybody | `rm`";
  change.pull_request = model::PullRequest{.number = 7, .head = std::string(kHead)};
  change.gates = {{.gate = "lint", .verdict = model::Verdict::kFail, .gating = 1},
                  {.gate = "lint", .verdict = model::Verdict::kPass, .gating = 2},
                  {.gate = "tests",
                   .verdict = model::Verdict::kFail,
                   .details = "a | b\nsecond line",
                   .gating = 2}};
  const std::string text = CommentFor(change);
  EXPECT_NE(text.find("is rejected"), std::string::npos);
  EXPECT_NE(text.find("| lint | pass |"), std::string::npos);
  EXPECT_EQ(text.find("| lint | fail |"), std::string::npos) << "of an earlier gating";
  EXPECT_NE(text.find("| tests | fail | a \\| b |"), std::string::npos) << text;
  EXPECT_EQ(text.find("<img"), std::string::npos);
  EXPECT_EQ(text.find("@everybody"), std::string::npos);
  EXPECT_LE(DescriptionFor(change).size(), kDescriptionLimitBytes);
}

}  // namespace
}  // namespace aiop::forge
