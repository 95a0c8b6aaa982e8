// SPDX-License-Identifier: Apache-2.0
#include "core/version/version.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace aiop::version {
namespace {

bool IsDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool IsIdentifier(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

bool HasLeadingZero(std::string_view text) { return text.size() > 1 && text[0] == '0'; }

std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t dot = text.find('.');
    parts.push_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    text.remove_prefix(dot + 1);
  }
}

std::optional<uint64_t> Number(std::string_view text) {
  if (!IsDigits(text) || HasLeadingZero(text)) return std::nullopt;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// False if one of the dot-separated identifiers is not allowed.
bool TakeIdentifiers(std::string_view text, bool refuse_leading_zeros,
                     std::vector<std::string>* identifiers) {
  for (const std::string_view part : Split(text)) {
    if (!IsIdentifier(part)) return false;
    if (refuse_leading_zeros && IsDigits(part) && HasLeadingZero(part)) return false;
    identifiers->emplace_back(part);
  }
  return true;
}

std::optional<SemanticVersion> TryParse(std::string_view text) {
  SemanticVersion version;
  if (const size_t plus = text.find('+'); plus != std::string_view::npos) {
    if (!TakeIdentifiers(text.substr(plus + 1), false, &version.build)) return std::nullopt;
    text = text.substr(0, plus);
  }
  if (const size_t dash = text.find('-'); dash != std::string_view::npos) {
    if (!TakeIdentifiers(text.substr(dash + 1), true, &version.prerelease)) return std::nullopt;
    text = text.substr(0, dash);
  }
  const auto parts = Split(text);
  if (parts.size() != 3) return std::nullopt;
  const auto major = Number(parts[0]), minor = Number(parts[1]), patch = Number(parts[2]);
  if (!major || !minor || !patch) return std::nullopt;
  version.major = *major;
  version.minor = *minor;
  version.patch = *patch;
  return version;
}

// Digits compare as numbers (of any length: there are no leading zeros), lower than all others;
// those as ASCII.
std::weak_ordering CompareIdentifiers(std::string_view a, std::string_view b) {
  const bool a_is_number = IsDigits(a), b_is_number = IsDigits(b);
  if (a_is_number != b_is_number) {
    return a_is_number ? std::weak_ordering::less : std::weak_ordering::greater;
  }
  if (a_is_number && a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

std::weak_ordering ComparePrereleases(const std::vector<std::string>& a,
                                      const std::vector<std::string>& b) {
  if (a.empty() || b.empty())
    return b.size() <=> a.size();  // a release comes after its prereleases
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (const auto order = CompareIdentifiers(a[i], b[i]); order != 0) return order;
  }
  return a.size() <=> b.size();
}

void AppendIdentifiers(char mark, const std::vector<std::string>& identifiers, std::string* text) {
  for (const std::string& identifier : identifiers) {
    *text += mark + identifier;
    mark = '.';
  }
}

}  // namespace

std::weak_ordering SemanticVersion::operator<=>(const SemanticVersion& other) const {
  if (const auto order = major <=> other.major; order != 0) return order;
  if (const auto order = minor <=> other.minor; order != 0) return order;
  if (const auto order = patch <=> other.patch; order != 0) return order;
  return ComparePrereleases(prerelease, other.prerelease);
}

Result<SemanticVersion> Parse(std::string_view text) {
  if (text.size() > kTextLimitBytes) return Invalid("a version is longer than 256 characters");
  auto version = TryParse(text);
  if (!version) {
    return Invalid("\"" + std::string(text) +
                   "\" is no semantic version: MAJOR.MINOR.PATCH is needed, as in 1.4.0");
  }
  return *std::move(version);
}

std::string Text(const SemanticVersion& version) {
  std::string text = std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
                     std::to_string(version.patch);
  AppendIdentifiers('-', version.prerelease, &text);
  AppendIdentifiers('+', version.build, &text);
  return text;
}

SemanticVersion Bump(const SemanticVersion& version, Change change) {
  SemanticVersion next{version.major, version.minor, version.patch, {}, {}};
  // What the prerelease already prepares: 2.0.0-rc.1 a major change, 1.2.0-rc.1 a minor one.
  if (!version.prerelease.empty()) {
    const Change prepared = version.patch != 0   ? Change::kPatch
                            : version.minor != 0 ? Change::kMinor
                                                 : Change::kMajor;
    if (change <= prepared) return next;
  }
  switch (change) {
    case Change::kMajor:
      return {version.major + 1, 0, 0, {}, {}};
    case Change::kMinor:
      return {version.major, version.minor + 1, 0, {}, {}};
    case Change::kPatch:
      break;
  }
  ++next.patch;
  return next;
}

std::optional<SemanticVersion> FromTag(std::string_view tag) {
  if (!tag.starts_with('v') || tag.size() > kTextLimitBytes) return std::nullopt;
  return TryParse(tag.substr(1));
}

std::string TagName(const SemanticVersion& version) {
  SemanticVersion plain = version;
  plain.build.clear();
  return "v" + Text(plain);
}

}  // namespace aiop::version
