// SPDX-License-Identifier: Apache-2.0
//
// What each step of a pipeline depends on, as one key per step: equal keys, equal making. Keys
// depend on contents and declarations only, never on where things lie.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "control/plants/pipeline_file.h"

namespace aiop::plants {

// The key of each step, in order.
Result<std::vector<std::string>> StepKeys(const Pipeline& pipeline,
                                          const std::filesystem::path& motor_folder,
                                          const std::filesystem::path& spec,
                                          const std::string& profile);

// Whether `glob` names `path` or a folder above it. `*` and `?` stay within one part of a path,
// `**` does not.
bool GlobMatches(std::string_view glob, std::string_view path);

}  // namespace aiop::plants
