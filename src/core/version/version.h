// SPDX-License-Identifier: Apache-2.0
//
// Semantic versions as https://semver.org 2.0.0 defines them: strict to read, compared by
// precedence.
//
//   AIOP_TRY(SemanticVersion next, version::Parse("1.4.0"));
//   next = version::Bump(next, version::Change::kMinor);   // 1.5.0
//
// Thread-safe: values only. Errors: kInvalid, naming the text.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"

namespace aiop::version {

inline constexpr size_t kTextLimitBytes = 256;

struct SemanticVersion {
  uint64_t major = 0;
  uint64_t minor = 0;
  uint64_t patch = 0;
  std::vector<std::string> prerelease;  // the identifiers after '-'
  std::vector<std::string> build;  // the identifiers after '+'; they do not count in comparisons

  // Precedence. Two versions that differ in `build` alone are equivalent, as the standard has it.
  std::weak_ordering operator<=>(const SemanticVersion& other) const;
  bool operator==(const SemanticVersion& other) const { return (*this <=> other) == 0; }
};

// "1.2.3", "1.2.3-rc.1+build.5". No leading "v", no missing part, no leading zeros, numbers up to
// 64 bits.
Result<SemanticVersion> Parse(std::string_view text);

// "1.2.3-rc.1+build.5".
std::string Text(const SemanticVersion& version);

// What a change means to those who use the thing; stored, never renumber.
enum class Change { kPatch = 0, kMinor = 1, kMajor = 2 };

// The next release: a higher number, nothing after it. A prerelease becomes its release where that
// is change enough (1.2.0-rc.1 by kMinor is 1.2.0).
SemanticVersion Bump(const SemanticVersion& version, Change change);

// The version a tag such as "v1.2.3" names; nothing for other names.
std::optional<SemanticVersion> FromTag(std::string_view tag);

// "v1.2.3": the tag of a version, without its build identifiers.
std::string TagName(const SemanticVersion& version);

}  // namespace aiop::version
