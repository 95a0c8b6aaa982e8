// SPDX-License-Identifier: Apache-2.0
//
// What a motor version touched: every run it had a part in, and every artifact it made. Reads only.
// Errors: kNotFound no such plant or version.
#pragma once

#include <string>
#include <vector>

#include "base/json/json.h"
#include "base/result/result.h"
#include "control/contexts/contexts.h"
#include "core/model/model.h"

namespace aiop::blast_radius {

enum class Part { kStartedOn, kResumedOn };

struct TouchedRun {
  model::Run run;
  Part part = Part::kStartedOn;
  std::string last_before;  // the last checkpoint made by another version, from which it went on
  int64_t steps = 0;        // of the version that still hold
  int64_t artifacts = 0;    // made by the version
};
struct TouchedApp {
  std::string app;
  int64_t runs = 0;
  int64_t successful = 0;
  int64_t artifacts = 0;
};
struct Radius {
  model::MotorVersion version;
  std::vector<TouchedRun> runs;  // oldest first
  std::vector<model::Artifact> artifacts;
  std::vector<TouchedApp> apps;  // by name
};

Result<Radius> Of(contexts::Home& home, const std::string& plant, const std::string& version);
json::Object ToJson(const Radius& radius);

}  // namespace aiop::blast_radius
