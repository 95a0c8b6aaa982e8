// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/words.h"

#include <cmath>

namespace aiop::app {

std::string Joined(const std::vector<std::string>& items, std::string_view between) {
  std::string text;
  for (const std::string& each : items) {
    if (!text.empty()) text += between;
    text += each;
  }
  return text;
}

Colour ColourOf(model::RunState state) {
  switch (state) {
    case model::RunState::kSuccess:
      return Colour::kGreen;
    case model::RunState::kFailed:
      return Colour::kRed;
    case model::RunState::kPaused:
      return Colour::kYellow;
    case model::RunState::kIdle:
      return Colour::kDim;
    default:
      return Colour::kBlue;
  }
}

Colour ColourOf(model::ChangeState state) {
  switch (state) {
    case model::ChangeState::kPromoted:
      return Colour::kGreen;
    case model::ChangeState::kRejected:
    case model::ChangeState::kRolledBack:
      return Colour::kRed;
    case model::ChangeState::kAwaitingApproval:
    case model::ChangeState::kCanary:
      return Colour::kYellow;
    default:
      return Colour::kNone;
  }
}

Colour ColourOf(model::Severity severity) {
  switch (severity) {
    case model::Severity::kCritical:
    case model::Severity::kError:
      return Colour::kRed;
    case model::Severity::kWarn:
      return Colour::kYellow;
    case model::Severity::kInfo:
      return Colour::kNone;
  }
  return Colour::kNone;
}

std::string StateText(const model::Run& run) {
  std::string text(describe::Name(run.state));
  if (run.state == model::RunState::kPaused && run.paused_because) {
    text += " (" + std::string(describe::Name(*run.paused_because)) + ")";
  }
  return text;
}

std::string NameOf(const model::Run& run) {
  return run.profile.empty() ? run.app : run.app + " [" + run.profile + "]";
}

std::string Counted(size_t count, std::string_view word) {
  return std::to_string(count) + " " + std::string(word) + (count == 1 ? "" : "s");
}

std::string Percent(double share) { return std::to_string(std::lround(share * 100)) + " %"; }

std::string Short(std::string_view id) {
  constexpr size_t kShown = 12;
  return std::string(id.size() > kShown ? id.substr(id.size() - kShown) : id);
}

}  // namespace aiop::app
