// SPDX-License-Identifier: Apache-2.0
// What a change comes to, in words for its pull request.
#include <map>
#include <optional>

#include "control/forge/forge.h"

namespace aiop::forge {
namespace {

using enum model::ChangeState;

constexpr size_t kDetailsLimitBytes = 120;
constexpr size_t kReasonLimitBytes = 1000;

// Nothing of it is markup, a mention, or another cell of the table.
std::string Plain(std::string_view text, size_t limit) {
  std::string plain;
  size_t taken = 0;
  for (const char each : text.substr(0, text.find('\n'))) {
    if (taken++ >= limit) return plain + " ...";
    switch (each) {
      case '<':
        plain += "&lt;";
        break;
      case '&':
        plain += "&amp;";
        break;
      case '@':
        plain += "&#64;";
        break;
      case '|':
      case '`':
      case '*':
      case '_':
      case '[':
      case ']':
      case '#':
      case '\\':
        plain += '\\';
        plain += each;
        break;
      default:
        plain += static_cast<unsigned char>(each) < 0x20 ? ' ' : each;
    }
  }
  return plain;
}

std::string Headline(const model::Change& change) {
  switch (change.status) {
    case kGating:
      return "is being gated";
    case kAwaitingApproval:
      return "passed its gates and awaits approval";
    case kCanary:
      return "passed its gates and is on trial with some of the apps";
    case kPromoted:
      return "is promoted: it is version " + change.version + " now";
    case kRejected:
      return "is rejected";
    case kRolledBack:
      return "is rolled back";
    case kSuperseded:
      return "is superseded";
    case kDrafted:
      break;
  }
  return "is drafted";
}

std::string NextStep(const model::Change& change) {
  switch (change.status) {
    case kGating:
      return "Nothing to do: this comment is brought up to date.";
    case kAwaitingApproval:
      return "Look at it with `aiop change show " + change.id + "`, then `aiop change approve " +
             change.id + "` or `aiop change reject " + change.id + "`.";
    case kCanary:
      return "Nothing to do: it is promoted or taken back by what its runs show (`aiop change "
             "show " +
             change.id + "`).";
    case kPromoted:
      return "Merge the pull request, so that the source has it too.";
    case kRejected:
      return "Push another commit: it is tried anew. `aiop change show " + change.id +
             "` has the gates' output.";
    case kRolledBack:
      return "Push another commit, or close the pull request. `aiop change show " + change.id +
             "` says what happened.";
    case kSuperseded:
      return "Bring the branch up to date with the motor: it is tried anew.";
    case kDrafted:
      break;
  }
  return "Nothing to do.";
}

// The last result of each gate of the last gating, in the order they ran.
std::string GateTable(const model::Change& change) {
  if (change.gates.empty()) return "";
  const int64_t gating = change.gates.back().gating;
  std::string table = "\n| gate | verdict | details |\n| --- | --- | --- |\n";
  for (const auto& gate : change.gates) {
    if (gate.gating != gating) continue;
    table += "| " + Plain(gate.gate, kDetailsLimitBytes) + " | " +
             std::string(describe::Name(gate.verdict)) + (gate.blocks ? "" : " (watched only)") +
             " | " + Plain(gate.details, kDetailsLimitBytes) + " |\n";
  }
  return table;
}

}  // namespace

std::optional<State> StateFor(model::ChangeState state) {
  switch (state) {
    case kGating:
    case kAwaitingApproval:
    case kCanary:
      return State::kPending;
    case kPromoted:
      return State::kSuccess;
    case kRejected:
    case kRolledBack:
      return State::kFailure;
    case kSuperseded:
      return State::kError;
    case kDrafted:
      break;
  }
  return std::nullopt;
}

std::string DescriptionFor(const model::Change& change) { return "The change " + Headline(change); }

std::string CommentFor(const model::Change& change) {
  std::string text = "**AI Operator**: the change made from commit " +
                     (change.pull_request ? change.pull_request->head.substr(0, 12) : "") + " " +
                     Headline(change) + ".\n";
  if (!change.reason.empty()) text += "\n" + Plain(change.reason, kReasonLimitBytes) + "\n";
  text += GateTable(change);
  text += "\n" + NextStep(change) + "\n\nChange `" + change.id + "`";
  if (!change.incident.empty()) text += ", incident `" + change.incident + "`";
  if (!change.decision.empty()) text += ", decision `" + change.decision + "`";
  return text + ".\n";
}

}  // namespace aiop::forge
