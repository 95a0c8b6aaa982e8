// SPDX-License-Identifier: Apache-2.0
//
// Private: as much of RFC 3986 as references between schemas need.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace aiop::schema {

// `reference` seen from `base` (section 5.2).
std::string ResolveUri(std::string_view base, std::string_view reference);

// What stands before and after the first '#'.
std::pair<std::string, std::string> SplitFragment(std::string_view uri);

std::string PercentDecoded(std::string_view text);

}  // namespace aiop::schema
