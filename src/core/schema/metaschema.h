// SPDX-License-Identifier: Apache-2.0
//
// Private: the meta-schemas of the supported dialects, so that a schema may refer to them without a
// network.
#pragma once

#include <string_view>

#include "base/json/json.h"

namespace aiop::schema {

// The meta-schema of that URI (no fragment), or null.
const json::Value* StandardMetaSchema(std::string_view uri);

}  // namespace aiop::schema
