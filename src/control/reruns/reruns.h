// SPDX-License-Identifier: Apache-2.0
//
// Bulk re-run: what a motor version made is made anew on the active version. For each of its
// successful runs one new run of the same app version and profile, which starts from the checkpoint
// before the affected step, or from the beginning. No more are begun in a minute than the policy's
// `reruns_per_minute`.
//
// Resumable: a re-run names the run it makes anew in the same commit that creates it, so the same
// command after a kill goes on with those there are and makes none twice; the limit counts those of
// the killed command too. Errors: kNotFound no such version, kForbidden the version is the active
// one: what is made anew on it would be no better.
#pragma once

#include <functional>
#include <string>

#include "base/result/result.h"
#include "control/supervision/supervision.h"

namespace aiop::reruns {

struct Request {
  std::string plant;
  std::string version;  // whose runs are made anew
  std::string from;     // the affected step; empty: the first that the version made
  int jobs = 1;
};

// Told before the first run of each is begun, and when it waits for the limit.
using Told = std::function<void(const std::string&)>;

Result<supervision::Summary> ReRun(supervision::Supervisor& supervisor,
                                   const policy::Policy& policy, const Request& request,
                                   const Told& tell);

}  // namespace aiop::reruns
