// SPDX-License-Identifier: Apache-2.0
//
// A folder that reproduces an incident's first failure without aiop:
//   motor/  the motor version as it was      spec/   the app version's spec
//   start/  the work folder it went on from  request.json, expected.json, run.sh, README.md
#pragma once

#include <filesystem>

#include "control/contexts/contexts.h"

namespace aiop::app {

// `folder` must not exist yet; nothing is left of it if that fails.
Status Export(contexts::Home& home, const model::Incident& incident,
              const std::filesystem::path& folder);

}  // namespace aiop::app
