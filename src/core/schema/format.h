// SPDX-License-Identifier: Apache-2.0
//
// Private: the formats that can be asserted.
#pragma once

#include <string_view>

namespace aiop::schema {

using FormatCheck = bool (*)(std::string_view text);

// Null if the format is none of those implemented.
FormatCheck FindFormat(std::string_view name);

// A format that the standard defines and FindFormat lacks: asserting it is an error.
bool IsStandardFormat(std::string_view name);

}  // namespace aiop::schema
