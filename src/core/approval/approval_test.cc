// SPDX-License-Identifier: Apache-2.0
#include "core/approval/approval.h"

#include <gtest/gtest.h>

namespace aiop::approval {
namespace {

Timestamp At(int64_t seconds) { return Timestamp{} + Milliseconds{seconds * 1000}; }

model::Change Waiting() {
  model::Change change;
  change.id = "c";
  change.status = model::ChangeState::kAwaitingApproval;
  change.diff_hash = "diff";
  change.base_commit = "base";
  change.submitted_by = "ann";
  change.approval_wait = model::ApprovalWait{.quorum = 2, .expires = At(100), .form = {}};
  return change;
}

Actor Somebody(std::string name = "ben") {
  return {.name = std::move(name), .role = model::Role::kApprover, .teams = {}, .governed = true};
}

Word Yes() {
  return {.form = {}, .seen_diff = "", .diff_hash = "diff", .base_commit = "base", .now = At(50)};
}

Code RefusalOf(const model::Change& change, const Actor& actor, const Word& word) {
  const Status status = MayApprove(change, actor, word, model::Role::kApprover, "web");
  return status ? Code{} : status.error().code;
}

TEST(MayApprove, TakesTheWordOfSomebodyElseInTime) {
  EXPECT_TRUE(MayApprove(Waiting(), Somebody(), Yes(), model::Role::kApprover, "web"));
}

TEST(MayApprove, RefusesWhatARuleIsAgainst) {
  EXPECT_EQ(RefusalOf(Waiting(), Somebody("ann"), Yes()), Code::kForbidden);
  Actor low = Somebody();
  low.role = model::Role::kOperator;
  EXPECT_EQ(RefusalOf(Waiting(), low, Yes()), Code::kForbidden);
  Actor elsewhere = Somebody();
  elsewhere.teams = {"docs"};
  EXPECT_EQ(RefusalOf(Waiting(), elsewhere, Yes()), Code::kForbidden);
  Word late = Yes();
  late.now = At(101);
  EXPECT_EQ(RefusalOf(Waiting(), Somebody(), late), Code::kForbidden);
  Word moved = Yes();
  moved.base_commit = "other";
  EXPECT_EQ(RefusalOf(Waiting(), Somebody(), moved), Code::kForbidden);
  Word other = Yes();
  other.seen_diff = "another diff";
  EXPECT_EQ(RefusalOf(Waiting(), Somebody(), other), Code::kForbidden);
  model::Change back = Waiting();
  back.push_backs.push_back({.by = "eve", .comment = "no", .at = At(1)});
  EXPECT_EQ(RefusalOf(back, Somebody(), Yes()), Code::kForbidden);
  model::Change done = Waiting();
  done.status = model::ChangeState::kPromoted;
  EXPECT_EQ(RefusalOf(done, Somebody(), Yes()), Code::kForbidden);
}

TEST(MayApprove, WithoutTokensOnesOwnChangeIsFree) {
  Actor local = Somebody("ann");
  local.governed = false;
  EXPECT_TRUE(MayApprove(Waiting(), local, Yes(), model::Role::kApprover, ""));
}

TEST(Missing, CountsDifferentPeopleAndThisDiffOnThisBaseOnly) {
  model::Change change = Waiting();
  EXPECT_EQ(Missing(change), 2);
  const model::Approval good{
      .by = "ben", .role = "", .diff_hash = "diff", .base_commit = "base", .form = {}, .at = At(1)};
  change.approvals = {good, good};
  EXPECT_EQ(Missing(change), 1);
  EXPECT_EQ(RefusalOf(change, Somebody("ben"), Yes()), Code::kForbidden);
  model::Approval stale = good;
  stale.by = "cleo";
  stale.diff_hash = "an older diff";
  change.approvals.push_back(stale);
  EXPECT_EQ(Missing(change), 1);
  stale.diff_hash = "diff";
  change.approvals.push_back(stale);
  EXPECT_EQ(Missing(change), 0);
}

TEST(Form, WantsEveryFieldOfItsTypeAndNoOther) {
  const json::Object form{{"risk", json::Array{"low", "high"}},
                          {"tested", "yes_no"},
                          {"minutes", "number"},
                          {"ticket", "text"}};
  json::Object filled;
  for (const char* field : {"risk=low", "tested=yes", "minutes=4.5", "ticket=A-1=b"}) {
    ASSERT_TRUE(FillIn(form, field, filled)) << field;
  }
  EXPECT_TRUE(CheckForm(form, filled));
  EXPECT_EQ(filled["ticket"], json::Value("A-1=b"));
  for (const char* field : {"risk", "tested", "minutes", "ticket"}) {
    json::Object without = filled;
    without.erase(field);
    const Status missing = CheckForm(form, without);
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message.find(field), std::string::npos);
  }
  for (const char* wrong : {"risk=odd", "tested=perhaps", "minutes=many", "ticket="}) {
    json::Object other = filled;
    other.erase(std::string_view(wrong).substr(0, std::string_view(wrong).find('=')));
    ASSERT_TRUE(FillIn(form, wrong, other));
    EXPECT_FALSE(CheckForm(form, other)) << wrong;
  }
  EXPECT_FALSE(FillIn(form, "risk=high", filled));
  EXPECT_FALSE(FillIn(form, "=x", filled));
  json::Object more = filled;
  more["colour"] = "red";
  EXPECT_FALSE(CheckForm(form, more));
}

TEST(WaitFor, TakesTheStricterOfBothVersions) {
  model::ApprovalRule base;
  base.quorum = 2;
  base.within = "2d";
  model::ApprovalRule candidate;
  candidate.within = "3d";
  candidate.form = {{"risk", "text"}};
  const auto wait = WaitFor(base, candidate, Milliseconds{1}, At(0));
  EXPECT_EQ(wait.quorum, 2);
  EXPECT_EQ(wait.expires, At(0) + Milliseconds{2LL * 24 * 3'600'000});
  EXPECT_TRUE(wait.form.contains("risk"));
  EXPECT_EQ(WaitFor({}, {}, Milliseconds{1000}, At(0)).expires, At(1));
}

}  // namespace
}  // namespace aiop::approval
