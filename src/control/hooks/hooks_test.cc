// SPDX-License-Identifier: Apache-2.0
#include "control/hooks/hooks.h"

#include <gtest/gtest.h>

#include <vector>

namespace aiop::hooks {
namespace {

using Given = std::vector<std::pair<std::string, std::string>>;

// The example of GitHub's documentation, "Validating webhook deliveries".
constexpr std::string_view kSecret = "It's a Secret to Everybody";
constexpr std::string_view kBody = "Hello, World!";
const std::string kSignature = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
// HMAC-SHA256 of "1700000000.Hello, World!".
const std::string kTimedSignature =
    "76c83fd0acdf22faed320674fe8e04d528cfe8a17905e720a9611e40677c03b7";
constexpr Timestamp kNow{Milliseconds(1'700'000'000'000)};

Given Github() {
  return {{"X-Hub-Signature-256", "sha256=" + kSignature},
          {"X-GitHub-Delivery", "delivery-1"},
          {"X-GitHub-Event", "pull_request"}};
}

std::string Outcome(Kind kind, const Given& headers, std::string_view body = kBody,
                    Timestamp now = kNow, std::string_view secret = kSecret) {
  const auto delivery = Verify(kind, secret, headers, body, now);
  if (delivery) return delivery->event + " " + delivery->id;
  return std::to_string(ExitCode(delivery.error().code)) + ": " + delivery.error().message;
}

TEST(Github, IsVerifiedByItsSignatureOverTheBody) {
  EXPECT_EQ(Outcome(Kind::kGithub, Github()), "pull_request delivery-1");
  EXPECT_TRUE(Outcome(Kind::kGithub, Github(), "Hello, World?").starts_with("5: the signature"));
  EXPECT_TRUE(
      Outcome(Kind::kGithub, Github(), kBody, kNow, "guess").starts_with("5: the signature"));
  auto bare = Github();
  bare[0].second = kSignature;
  EXPECT_TRUE(Outcome(Kind::kGithub, bare).starts_with("5: the signature"));
  auto shortened = Github();
  shortened[0].second.pop_back();
  EXPECT_TRUE(Outcome(Kind::kGithub, shortened).starts_with("5: the signature"));
}

TEST(Headers, MayBeInAnyCaseButMustBeThereOnce) {
  for (size_t i = 0; i < Github().size(); ++i) {
    auto lower = Github();
    for (char& each : lower[i].first) each = static_cast<char>(std::tolower(each));
    EXPECT_EQ(Outcome(Kind::kGithub, lower), "pull_request delivery-1");
    auto missing = Github();
    missing.erase(missing.begin() + static_cast<long>(i));
    EXPECT_NE(Outcome(Kind::kGithub, missing).find("is missing"), std::string::npos);
    auto twice = Github();
    twice.push_back(twice[i]);
    EXPECT_NE(Outcome(Kind::kGithub, twice).find("is given twice"), std::string::npos);
    auto long_one = Github();
    long_one[i].second.assign(kHeaderLimitBytes + 1, 'a');
    EXPECT_NE(Outcome(Kind::kGithub, long_one).find("is too long"), std::string::npos);
  }
}

TEST(Gitea, IsVerifiedByItsBareSignature) {
  Given headers = {
      {"X-Gitea-Signature", kSignature}, {"X-Gitea-Delivery", "d"}, {"X-Gitea-Event", "push"}};
  EXPECT_EQ(Outcome(Kind::kGitea, headers), "push d");
  headers[0].second[0] = '0';
  EXPECT_TRUE(Outcome(Kind::kGitea, headers).starts_with("5: the signature"));
}

TEST(Gitlab, IsVerifiedByItsToken) {
  Given headers = {{"X-Gitlab-Token", std::string(kSecret)},
                   {"X-Gitlab-Event-UUID", "d"},
                   {"X-Gitlab-Event", "Merge Request Hook"}};
  EXPECT_EQ(Outcome(Kind::kGitlab, headers), "Merge Request Hook d");
  headers[0].second += "!";
  EXPECT_TRUE(Outcome(Kind::kGitlab, headers).starts_with("5: the token"));
}

TEST(Generic, IsVerifiedByASignatureOverTimeAndBody) {
  const Given good = {{"X-Signature", "t=1700000000,v1=" + kTimedSignature}};
  const std::string accepted = " " + kTimedSignature;
  EXPECT_EQ(Outcome(Kind::kGeneric, good), accepted);
  EXPECT_EQ(Outcome(Kind::kGeneric, good, kBody, kNow + kFreshFor), accepted);
  EXPECT_EQ(Outcome(Kind::kGeneric, good, kBody, kNow + -kFreshFor), accepted);
  for (const Milliseconds late : {kFreshFor + Milliseconds(1), -kFreshFor - Milliseconds(1)}) {
    EXPECT_TRUE(
        Outcome(Kind::kGeneric, good, kBody, kNow + late).starts_with("5: the delivery is stale"));
  }
  // A later time is not believed: it is signed too.
  EXPECT_TRUE(Outcome(Kind::kGeneric, {{"X-Signature", "t=1700000001,v1=" + kTimedSignature}})
                  .starts_with("5: the signature"));
  for (const char* wrong :
       {"t=,v1=a", "t=1", "v1=a,t=1", "t=-1,v1=a", "t=1 ,v1=a", "t=99999999999,v1=a", "t=1,v2=a"}) {
    EXPECT_NE(Outcome(Kind::kGeneric, {{"X-Signature", wrong}}).find("must read"),
              std::string::npos)
        << wrong;
  }
}

TEST(Limits, AreHeld) {
  EXPECT_TRUE(
      Outcome(Kind::kGithub, Github(), std::string(kBodyLimitBytes + 1, 'a')).starts_with("2: "));
  EXPECT_TRUE(
      Outcome(Kind::kGithub, Github(), kBody, kNow, "").starts_with("2: the secret is empty"));
}

}  // namespace
}  // namespace aiop::hooks
