// SPDX-License-Identifier: Apache-2.0
//
// The watch over a fix: whether the failure it answers stays away, and when nothing more may be
// tried without a human. A fix is confirmed once enough runs have got past the point where the
// failure stood, one of an app that showed it among them, and enough time has gone by. A run that
// stands at the failure again ends the watch: seen in an app that the fix was made for, the fix is
// useless and goes back; seen in other apps only, it was not enough, and a human is told.
//
// Pure and thread-safe; never fails.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/model/model.h"
#include "core/policy/policy.h"

namespace aiop::aftercare {

struct Terms {
  int64_t runs = 0;
  Milliseconds within{0};
};
// What the motor says; where it is silent, what the policy says.
Terms TermsOf(const model::AfterCareSpec& motor, const policy::Governance& policy);

model::AfterCare Begin(const Terms& terms, Timestamp promoted);

// Whether a run that made these checkpoints, in their order, came further than all points at which
// the failure stood: the names of the last checkpoints before it, empty for the start.
bool GotPast(const std::vector<std::string>& checkpoints, const std::set<std::string>& points);

// A run on a version that holds the fix.
struct Seen {
  std::string run;
  bool affected = false;  // of an app and profile that showed the failure before the fix
  bool past = false;      // went through, or got to another failure beyond
  bool returned = false;  // stands at the failure
};

enum class Next {
  kWait,
  kConfirm,
  kGoBack,    // back in an app that the fix was made for
  kEscalate,  // back in other apps only
};
struct Judgement {
  model::AfterCare care;  // as it is then
  Next next = Next::kWait;
};
// What becomes of a watch that is still open.
Judgement Judge(const model::AfterCare& care, std::span<const Seen> runs, Timestamp now);

// A watch that ended because its version was left for another reason.
model::AfterCare Replace(const model::AfterCare& care, const std::string& because, Timestamp now);

// Why nothing more is tried for a failure after so many useless fixes; empty if more may be.
std::string Breaker(int64_t useless_fixes, int64_t breaker_after);

}  // namespace aiop::aftercare
