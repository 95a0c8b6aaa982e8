// SPDX-License-Identifier: Apache-2.0
//
// Private: what a spec and its schema offer instead of what is there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"

namespace aiop::mend {

// The value of a keyword, its path followed through references within the schema; null if it leads
// elsewhere.
const json::Value* At(const json::Value* schema, std::string_view keyword);

// The same value written as another type, where nothing is lost: "7" -> 7, 7 -> "7", "true" ->
// true, x -> [x].
std::optional<json::Value> AsType(const json::Value& value, const std::string& type);

// The names that a spec gives: its keys, and what it calls `id`, `key` or `name`; without `word`.
std::vector<std::string> NamesIn(const json::Value& spec, const std::string& word);

// The part of the spec that a reference such as "#/parts/heigth" must mean: one step of it is
// misspelt, the rest is there.
std::optional<std::string> NearestTarget(const json::Value& spec, const std::string& reference);

// The first word between single quotes; empty if there is none.
std::string FirstQuoted(std::string_view text);

}  // namespace aiop::mend
