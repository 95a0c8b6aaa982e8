// SPDX-License-Identifier: Apache-2.0
// What is in a folder, as hashes. Stateless.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/result/result.h"

namespace aiop::plants {

// Relative path -> hash of kind (file, program, link) and content, for all but `.git` at the top.
Result<std::map<std::string, std::string>> HashTree(const std::filesystem::path& folder);

}  // namespace aiop::plants
