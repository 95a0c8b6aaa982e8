// SPDX-License-Identifier: Apache-2.0
// Where commands that play homes of their own do so.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result/result.h"

namespace aiop::app {

Result<std::filesystem::path> Absolute(const std::filesystem::path& path);
// This very program, to be started again.
Result<std::filesystem::path> ThisProgram();
// A folder that is not there yet, for what nobody will look at: in memory if there is room, since
// all of it is flushed to disk again and again. Those of processes that were killed are removed.
Result<std::filesystem::path> Scratch(std::string_view prefix);

}  // namespace aiop::app
