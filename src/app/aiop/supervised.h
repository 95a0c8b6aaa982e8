// SPDX-License-Identifier: Apache-2.0
//
// Commands that drive runs: what they share. While runs are driven, signals stop them in good
// order, other processes may ask to pause or cancel one, and what happens is shown as it happens.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/aiop/session.h"
#include "control/supervision/supervision.h"

namespace aiop::app {

// Whether each thing that happens is a JSON line on standard output (with --json only).
enum class Lines { kNone, kStream };

using Work = std::function<Result<supervision::Summary>(supervision::Supervisor&)>;

// --jobs is in its bounds.
Status CheckJobs(const Arguments& arguments);

// Owns the home and drives runs by `work`. A summary of what stands paused if a signal stopped it.
Result<supervision::Summary> Supervise(Session& session, Lines lines, const Work& work);

// The same with streaming, then the summary is shown; the exit code.
Result<int> SuperviseAndShow(Session& session, const Work& work);

// A run, ready to go on (PAUSED), is resumed on its app's current version and the plant's active
// motor version (its own, if that was named by hand), and seen through.
Result<supervision::Summary> ResumeRun(supervision::Supervisor& supervisor, const std::string& run);

// Pauses or cancels a run of an engine, whether or not it is being driven.
Status Interrupt(engine::Engine& engine, const std::string& run, const std::string& verb);

}  // namespace aiop::app
