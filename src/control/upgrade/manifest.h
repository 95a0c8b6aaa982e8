// SPDX-License-Identifier: Apache-2.0
//
// Private: what package.json, package-lock.json and npm's answers say. Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json/json.h"
#include "base/result/result.h"

namespace aiop::upgrade {

// Whether `name` may be given to npm as the name of a package.
bool IsPackageName(std::string_view name);

// Exactly pinned dependencies by name, each once.
Result<std::vector<std::pair<std::string, std::string>>> PinsOf(std::string_view manifest);

// Whether the lock file can be made from manifest and lock file alone.
bool StandsAlone(const json::Value& manifest);

// The same bytes with another version in every place where `dependency` is pinned to `from`.
Result<std::string> WithPin(std::string_view manifest, const std::string& dependency,
                            const std::string& from, const std::string& to);

// Whether addresses of packages stand in the lock file.
bool HasAddresses(const json::Value& lock);

// The version of a direct dependency as locked; empty if there is none.
std::string LockedVersion(const json::Value& lock, const std::string& dependency);

// Versions worth having in npm's answer to `view NAME name version deprecated --json`, lowest
// first.
Result<std::vector<std::string>> VersionsIn(std::string_view answer, const std::string& dependency);

// Versions by precedence; those that are none, or are pre-releases, are left out.
std::vector<std::string> Releases(const std::vector<std::string>& versions);

}  // namespace aiop::upgrade
