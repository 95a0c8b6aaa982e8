// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "core/mend/mend.h"
#include "core/version/version.h"

namespace aiop::mend {
namespace {

// Where the majors differ the rest says nothing of nearness, and so on.
auto Apart(const version::SemanticVersion& a, const version::SemanticVersion& b) {
  const auto between = [](uint64_t left, uint64_t right) {
    return left > right ? left - right : right - left;
  };
  const uint64_t major = between(a.major, b.major);
  const uint64_t minor = major == 0 ? between(a.minor, b.minor) : 0;
  const uint64_t patch = major == 0 && minor == 0 ? between(a.patch, b.patch) : 0;
  return std::make_tuple(major, minor, patch);
}

}  // namespace

std::optional<std::string> NearestVersion(std::string_view wanted,
                                          const std::vector<std::string>& published) {
  const auto missing = version::Parse(std::string(wanted));
  if (!missing || version::Text(*missing) != wanted || wanted.contains('-')) return std::nullopt;
  std::optional<version::SemanticVersion> nearest;
  for (const std::string& each : published) {
    const auto known = version::Parse(each);
    if (!known || each.contains('-')) continue;
    if (each == wanted) return std::nullopt;
    const bool nearer = !nearest || Apart(*known, *missing) < Apart(*nearest, *missing) ||
                        (Apart(*known, *missing) == Apart(*nearest, *missing) && *nearest < *known);
    if (nearer) nearest = *known;
  }
  if (!nearest) return std::nullopt;
  return version::Text(*nearest);
}

}  // namespace aiop::mend
