// SPDX-License-Identifier: Apache-2.0
//
// What comes after a fix: the failure it answers is watched (core/aftercare). Confirmed, it becomes
// a pattern and its impact is measured once more. Back in an app that the fix was made for, the
// version goes back to the one before, or a human is told where another version stands on it
// already; the pattern is demoted; and after so many useless fixes of one failure nothing more is
// tried until a human has looked: the incident's breaker is open, and a page is sent.
//
// Every step is stored before the next and can be taken again: what a killed process began, the
// next command finishes. For the process that owns the home; not thread-safe. Errors are those of
// the stores; a receiver of pages that cannot be reached is an event, not an error.
#pragma once

#include <string>
#include <vector>

#include "control/engine/engine.h"
#include "control/governance/governance.h"
#include "control/paging/paging.h"
#include "core/aftercare/aftercare.h"
#include "core/policy/policy.h"

namespace aiop::followup {

// Where the pages of a home wait.
std::filesystem::path PageFolder(const contexts::Home& home);

class FollowUp {
 public:
  // `policy` is looked at anew each time, so it may change with the plant.
  FollowUp(engine::Engine& engine, governance::Governor& governor, const policy::Policy& policy);

  // Acts on failures that are back since their fix, once their runs are decided and before anybody
  // looks for the next fix. Returns the changes that did not hold, as they are then.
  Result<std::vector<model::Change>> NoteReturns(const std::string& plant);
  // A change of which it is known already that it healed nothing.
  Status NoteUseless(const std::string& change, const std::string& because);
  // Counts the runs that got past the points of failures, confirms what held, ends the watch over
  // what was left, and suggests checks for faults of apps that come back.
  Status Settle(const std::string& plant);
  // Sends the pages that wait, whichever plant they are about.
  Status DeliverPages();

  // Why no fix of this failure is tried; empty if one may be.
  Result<std::string> BreakerOf(const model::Incident& incident);

 private:
  struct Watch;
  Result<std::vector<Watch>> Watches(const std::string& plant);
  Result<Watch> Look(const model::Change& change);
  Result<std::vector<aftercare::Seen>> RunsOf(const Watch& watch);
  Result<bool> StandsAtIt(const Watch& watch, const model::Run& run);
  Result<bool> IsPast(const Watch& watch, const model::Run& run);
  Status Confirm(const Watch& watch, const model::AfterCare& care);
  Result<model::Change> Return(const Watch& watch, aftercare::Judgement judged);
  Status Page(const model::Change& change, const model::Incident& incident, const std::string& kind,
              const std::string& text);
  Status SuggestChecks(const std::string& plant);

  engine::Engine& engine_;
  governance::Governor& governor_;
  const policy::Policy& policy_;
};

// Fixes of this failure may be tried again. kInvalid if its breaker is not open.
Result<model::Incident> CloseBreaker(engine::Engine& engine, const std::string& incident,
                                     const std::string& by, const std::string& because);

}  // namespace aiop::followup
