// SPDX-License-Identifier: Apache-2.0
#include "core/approval/approval.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace aiop::approval {
namespace {

constexpr size_t kTextBytes = 2000;

std::string Words(const json::Array& words) {
  std::string text;
  for (const json::Value& word : words) {
    text += (text.empty() ? "" : ", ") + std::string(word.get_string());
  }
  return text;
}

std::string Expected(const json::Value& type) {
  if (const auto* words = type.if_array()) return "one of " + Words(*words);
  const std::string name(type.get_string());
  if (name == "yes_no") return "yes or no";
  return name == "number" ? "a number" : "a text";
}

bool Fits(const json::Value& type, const json::Value& value) {
  if (const auto* words = type.if_array()) {
    return value.is_string() && std::ranges::find(*words, value) != words->end();
  }
  const std::string_view name = type.get_string();
  if (name == "yes_no") return value.is_bool();
  if (name == "number") return value.is_number();
  return value.is_string() && !value.get_string().empty() &&
         value.get_string().size() <= kTextBytes;
}

bool Counts(const model::Change& change, const model::Approval& approval) {
  return approval.diff_hash == change.diff_hash && approval.base_commit == change.base_commit;
}

}  // namespace

Status MayAct(const Actor& actor, model::Role least, const std::string& team,
              const std::string& what) {
  if (actor.role < least) {
    return Forbidden(actor.name + " is " + std::string(describe::Name(actor.role)) +
                     " and may not " + what + ": that takes the role " +
                     std::string(describe::Name(least)));
  }
  if (!actor.teams.empty() && std::ranges::find(actor.teams, team) == actor.teams.end()) {
    return Forbidden(
        actor.name + " may not " + what + ": " +
        (team.empty() ? "the plant belongs to no team" : "the plant belongs to team " + team) +
        ", the token to " + actor.teams.front() + (actor.teams.size() > 1 ? " and others" : ""));
  }
  return {};
}

Status MayApprove(const model::Change& change, const Actor& actor, const Word& word,
                  model::Role least, const std::string& team) {
  AIOP_CHECK_OK(MayAct(actor, least, team, "approve changes"));
  if (actor.nameless) {
    return Forbidden(
        "tokens exist, so an approval needs one: set AIOP_TOKEN, or give --token "
        "(aiop token add NAME --role approver)");
  }
  if (change.status != model::ChangeState::kAwaitingApproval) {
    return Forbidden("change " + change.id + " is " + std::string(describe::Name(change.status)) +
                     ", not awaiting approval");
  }
  if (HasExpired(change, word.now)) {
    return Forbidden("the time to approve change " + change.id + " was over at " +
                     FormatTimestamp(*change.approval_wait->expires) + ": submit it again");
  }
  if (!change.push_backs.empty()) {
    return Forbidden("change " + change.id + " was pushed back by " + change.push_backs.back().by +
                     ": submit what answers it (aiop change submit)");
  }
  if (actor.governed && actor.name == change.submitted_by) {
    return Forbidden("nobody approves their own change: " + actor.name + " submitted it");
  }
  if (word.diff_hash != change.diff_hash ||
      (!word.seen_diff.empty() && word.seen_diff != change.diff_hash)) {
    return Forbidden("the diff of change " + change.id +
                     " is not the one that was looked at: look at it again (aiop change show)");
  }
  if (word.base_commit != change.base_commit) {
    return Forbidden("the motor moved on since change " + change.id + " was gated");
  }
  const bool said = std::ranges::any_of(change.approvals, [&](const model::Approval& each) {
    return each.by == actor.name && Counts(change, each);
  });
  if (said && change.approval_wait && change.approval_wait->quorum > 1) {
    return Forbidden(actor.name + " has approved change " + change.id +
                     " already: it takes somebody else");
  }
  return CheckForm(change.approval_wait ? change.approval_wait->form : json::Object(), word.form);
}

int64_t Missing(const model::Change& change) {
  std::set<std::string> people;
  for (const model::Approval& each : change.approvals) {
    if (Counts(change, each)) people.insert(each.by);
  }
  const int64_t quorum = change.approval_wait ? change.approval_wait->quorum : 1;
  return std::max<int64_t>(0, quorum - static_cast<int64_t>(people.size()));
}

bool HasExpired(const model::Change& change, Timestamp now) {
  return change.approval_wait && change.approval_wait->expires &&
         now > *change.approval_wait->expires;
}

Status CheckForm(const json::Object& form, const json::Object& filled) {
  for (const auto& field : filled) {
    if (!form.contains(field.key())) {
      return Invalid("--form " + std::string(field.key()) + ": the form has no such field");
    }
  }
  for (const auto& field : form) {
    const json::Value* value = filled.if_contains(field.key());
    const std::string name(field.key());
    if (value == nullptr) {
      return Invalid("--form " + name + "=...: is missing; the approval form of the motor wants " +
                     Expected(field.value()));
    }
    if (!Fits(field.value(), *value)) {
      return Invalid("--form " + name + ": must be " + Expected(field.value()));
    }
  }
  return {};
}

Status FillIn(const json::Object& form, std::string_view text, json::Object& filled) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return Invalid("--form " + std::string(text) + ": must be FIELD=VALUE");
  }
  const std::string_view name = text.substr(0, equals);
  const std::string value(text.substr(equals + 1));
  const json::Value* type = form.if_contains(name);
  if (filled.contains(name)) return Invalid("--form " + std::string(name) + ": is given twice");
  json::Value& out = filled[name];
  out = json::Value(value);
  if (type == nullptr || !type->is_string()) return {};  // CheckForm says what is wrong with it
  if (type->get_string() == "yes_no" && (value == "yes" || value == "no")) out = value == "yes";
  if (type->get_string() == "number") {
    double number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc() && end == value.data() + value.size()) out = number;
  }
  return {};
}

model::ApprovalWait WaitFor(const model::ApprovalRule& base, const model::ApprovalRule& candidate,
                            Milliseconds otherwise, Timestamp now) {
  model::ApprovalWait wait;
  std::optional<Milliseconds> within;
  for (const model::ApprovalRule* rule : {&base, &candidate}) {
    wait.quorum = std::max(wait.quorum, rule->quorum);
    const auto window = model::ParseWindow(rule->within);
    if (window && (!within || *window < *within)) within = window;
    for (const auto& field : rule->form) {
      if (!wait.form.contains(field.key())) wait.form[field.key()] = field.value();
    }
  }
  wait.expires = now + within.value_or(otherwise);
  return wait;
}

}  // namespace aiop::approval
