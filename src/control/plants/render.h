// SPDX-License-Identifier: Apache-2.0
// Mustache templates filled with JSON. Pure.
#pragma once

#include <string>
#include <string_view>

#include "control/plants/pipeline_file.h"

namespace aiop::plants {

inline constexpr size_t kRenderedLimitBytes = size_t{64} << 20;
inline constexpr size_t kSectionLimit = 1'000'000;  // sections entered

// What is missing, false or null renders as nothing, and so does true; lists and objects are for
// sections. Partials are refused. kInvalid for a template that is none, or renders past the limits.
Result<std::string> Render(std::string_view template_text, const json::Value& data, Escape escape);

}  // namespace aiop::plants
