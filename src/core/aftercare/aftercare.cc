// SPDX-License-Identifier: Apache-2.0
#include "core/aftercare/aftercare.h"

#include <algorithm>

namespace aiop::aftercare {
namespace {

constexpr size_t kNamedRuns = 3;

std::string Count(int64_t count, const std::string& word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

std::string NamesOf(const std::vector<std::string>& runs) {
  std::string text;
  for (size_t i = 0; i < runs.size() && i < kNamedRuns; ++i) {
    text += (i == 0 ? "" : ", ") + runs[i];
  }
  if (runs.size() > kNamedRuns) {
    text += " and " + std::to_string(runs.size() - kNamedRuns) + " more";
  }
  return text;
}

Judgement Returned(Judgement judged, bool affected, Timestamp now) {
  model::AfterCare& care = judged.care;
  care.state = model::AfterCareState::kReturned;
  care.ended = now;
  care.because = std::string("the failure is back ") +
                 (affected ? "in an app that the fix was made for"
                           : "in apps that the fix was not made for; those it healed stay healed") +
                 ": run " + NamesOf(care.returns);
  judged.next = affected ? Next::kGoBack : Next::kEscalate;
  return judged;
}

}  // namespace

Terms TermsOf(const model::AfterCareSpec& motor, const policy::Governance& policy) {
  Terms terms{policy.after_care_runs, Milliseconds{policy.after_care_ms}};
  if (motor.runs > 0) terms.runs = motor.runs;
  if (const auto within = model::ParseWindow(motor.within)) terms.within = *within;
  return terms;
}

model::AfterCare Begin(const Terms& terms, Timestamp promoted) {
  model::AfterCare care;
  care.runs_wanted = std::max<int64_t>(1, terms.runs);
  care.until = promoted + terms.within;
  return care;
}

bool GotPast(const std::vector<std::string>& checkpoints, const std::set<std::string>& points) {
  size_t wanted = 0;  // so many checkpoints lie before the furthest point
  bool known = points.contains("");
  for (size_t i = 0; i < checkpoints.size(); ++i) {
    if (!points.contains(checkpoints[i])) continue;
    known = true;
    wanted = i + 1;
  }
  return known && checkpoints.size() > wanted;
}

Judgement Judge(const model::AfterCare& care, std::span<const Seen> runs, Timestamp now) {
  Judgement judged{care, Next::kWait};
  if (care.state != model::AfterCareState::kWatching) return judged;
  judged.care.runs_seen = 0;
  judged.care.returns.clear();
  bool returned_to_affected = false;
  bool affected = false;
  for (const Seen& each : runs) {
    if (each.returned) {
      judged.care.returns.push_back(each.run);
      returned_to_affected = returned_to_affected || each.affected;
    } else if (each.past) {
      ++judged.care.runs_seen;
      affected = affected || each.affected;
    }
  }
  if (!judged.care.returns.empty()) {
    return Returned(std::move(judged), returned_to_affected, now);
  }
  std::string missing;
  const auto lacks = [&](const std::string& what) {
    missing += (missing.empty() ? "" : "; ") + what;
  };
  if (judged.care.runs_seen < care.runs_wanted) {
    lacks(std::to_string(judged.care.runs_seen) + " of " + Count(care.runs_wanted, "run") +
          " got past the point of the failure");
  }
  if (!affected) lacks("no run yet of an app that showed the failure");
  if (now < care.until) lacks("watched until " + FormatTimestamp(care.until));
  if (!missing.empty()) {
    judged.care.because = missing;
    return judged;
  }
  judged.care.state = model::AfterCareState::kConfirmed;
  judged.care.because = Count(judged.care.runs_seen, "run") +
                        " got past the point of the failure, " + "none showed it again";
  judged.care.ended = now;
  judged.next = Next::kConfirm;
  return judged;
}

model::AfterCare Replace(const model::AfterCare& care, const std::string& because, Timestamp now) {
  model::AfterCare ended = care;
  ended.state = model::AfterCareState::kReplaced;
  ended.because = because;
  ended.ended = now;
  return ended;
}

std::string Breaker(int64_t useless_fixes, int64_t breaker_after) {
  if (useless_fixes < breaker_after) return "";
  return std::to_string(useless_fixes) + (useless_fixes == 1 ? " fix" : " fixes") +
         " did not keep this failure away: nothing more is tried until a human has looked";
}

}  // namespace aiop::aftercare
