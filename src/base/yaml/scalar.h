// SPDX-License-Identifier: Apache-2.0
//
// Private: the YAML 1.2 core schema for one scalar.
#pragma once

#include <string>
#include <string_view>

#include "base/json/json.h"
#include "base/result/result.h"

namespace aiop::yaml {

// The prefix of the core tags: !!str is kCoreTag + "str".
inline constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";

// `tag` as yaml-cpp gives it: "?" for a plain scalar, "!" for a quoted one, else the full tag.
Result<json::Value> TypedScalar(std::string_view tag, const std::string& text);

}  // namespace aiop::yaml
