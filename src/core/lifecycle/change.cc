// SPDX-License-Identifier: Apache-2.0
#include "core/lifecycle/lifecycle.h"

namespace aiop::lifecycle {

bool MayMove(model::ChangeState from, model::ChangeState to) {
  using enum model::ChangeState;
  switch (from) {
    case kDrafted:
      return to == kGating || to == kRejected || to == kSuperseded;
    case kGating:
      // Gated again after a crash or when its base moved: gating -> gating.
      return to == kGating || to == kAwaitingApproval || to == kCanary || to == kPromoted ||
             to == kRejected || to == kSuperseded;
    case kAwaitingApproval:
      return to == kGating || to == kCanary || to == kPromoted || to == kRejected ||
             to == kSuperseded;
    case kCanary:
      return to == kCanary || to == kPromoted || to == kRolledBack || to == kRejected ||
             to == kSuperseded;
    case kPromoted:
      return to == kRolledBack;
    case kRejected:
      return to == kPromoted;  // by break-glass only
    case kRolledBack:
    case kSuperseded:
      return false;
  }
  return false;
}

}  // namespace aiop::lifecycle
