// SPDX-License-Identifier: Apache-2.0
//
// Private: the lines of a text that json::Parse has accepted.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace aiop::yaml {

std::map<std::string, int> JsonLines(std::string_view text);

}  // namespace aiop::yaml
