// SPDX-License-Identifier: Apache-2.0
#include "core/schema/format.h"

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <string>

#include "core/schema/pattern.h"

namespace aiop::schema {
namespace {

bool Full(std::string_view text, const RE2& expression) {
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), expression);
}

bool IsDayOfMonth(int year, int month, int day) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool IsDate(std::string_view text) {
  static const RE2& shape = *new RE2(R"(([0-9]{4})-([0-9]{2})-([0-9]{2}))");
  int year = 0;
  int month = 0;
  int day = 0;
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), shape, &year, &month, &day) &&
         IsDayOfMonth(year, month, day);
}

bool IsTime(std::string_view text) {
  static const RE2& shape = *new RE2(
      R"(([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:[zZ]|([+-])([0-9]{2}):([0-9]{2})))");
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::string sign;
  std::string offset_hour;
  std::string offset_minute;
  if (!RE2::FullMatch(re2::StringPiece(text.data(), text.size()), shape, &hour, &minute, &second,
                      &sign, &offset_hour, &offset_minute)) {
    return false;
  }
  const int hours = offset_hour.empty() ? 0 : std::stoi(offset_hour);
  const int minutes = offset_minute.empty() ? 0 : std::stoi(offset_minute);
  if (hour > 23 || minute > 59 || second > 60 || hours > 23 || minutes > 59) return false;
  if (second < 60) return true;
  // A leap second is the last of a UTC day.
  const int offset = (hours * 60 + minutes) * (sign == "-" ? -1 : 1);
  return ((hour * 60 + minute - offset) % 1440 + 1440) % 1440 == 23 * 60 + 59;
}

bool IsDateTime(std::string_view text) {
  return text.size() > 11 && (text[10] == 'T' || text[10] == 't') && IsDate(text.substr(0, 10)) &&
         IsTime(text.substr(11));
}

bool IsDuration(std::string_view text) {
  static const RE2& shape = *new RE2(
      R"(P(?:[0-9]+W|(?:[0-9]+D|[0-9]+M(?:[0-9]+D)?|[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?)(?:T(?:[0-9]+)"
      R"(H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))?|T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+)"
      R"(S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)))");
  return Full(text, shape);
}

bool IsUuid(std::string_view text) {
  static const RE2& shape =
      *new RE2("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");
  return Full(text, shape);
}

bool IsIpv4(std::string_view text) {
  static const RE2& shape =
      *new RE2(R"((?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.|$)){4})");
  return Full(text, shape) && !text.ends_with('.');
}

// The number of 16-bit groups in `text` ("1:2:3"), or -1; an IPv4 tail counts as two.
int GroupsIn(std::string_view text, bool may_end_in_ipv4) {
  static const RE2& group = *new RE2("[0-9a-fA-F]{1,4}");
  int groups = 0;
  while (!text.empty()) {
    const size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    if (colon == std::string_view::npos && may_end_in_ipv4 && IsIpv4(part)) return groups + 2;
    if (!Full(part, group)) return -1;
    ++groups;
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
    if (text.empty()) return -1;
  }
  return groups;
}

bool IsIpv6(std::string_view text) {
  const size_t gap = text.find("::");
  if (gap == std::string_view::npos) return GroupsIn(text, true) == 8;
  const int before = GroupsIn(text.substr(0, gap), false);
  const int after = GroupsIn(text.substr(gap + 2), true);
  return before >= 0 && after >= 0 && before + after <= 7;
}

bool IsHostname(std::string_view text) {
  static const RE2& shape = *new RE2(R"([a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)"
                                     R"((?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*)");
  return text.size() <= 253 && Full(text, shape);
}

bool IsEmail(std::string_view text) {
  static const RE2& local =
      *new RE2(R"([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*|)"
               R"("(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*")");
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos || !Full(text.substr(0, at), local)) return false;
  std::string_view domain = text.substr(at + 1);
  if (!domain.starts_with('[') || !domain.ends_with(']')) return IsHostname(domain);
  domain = domain.substr(1, domain.size() - 2);
  return domain.starts_with("IPv6:") ? IsIpv6(domain.substr(5)) : IsIpv4(domain);
}

// RFC 3986, piece by piece.
#define AIOP_UNRESERVED R"(A-Za-z0-9\-._~!$&'()*+,;=)"
#define AIOP_ESCAPE R"(%[0-9A-Fa-f]{2})"
#define AIOP_PATH_CHARACTER "(?:[" AIOP_UNRESERVED ":@]|" AIOP_ESCAPE ")"
#define AIOP_AUTHORITY                                                                        \
  "//(?:(?:[" AIOP_UNRESERVED ":]|" AIOP_ESCAPE R"()*@)?(?:\[([0-9A-Fa-f:.]+)\]|)"            \
  R"(\[[vV][0-9A-Fa-f]+\.[)" AIOP_UNRESERVED R"(:]+\]|(?:[)" AIOP_UNRESERVED "]|" AIOP_ESCAPE \
  ")*)(?::[0-9]*)?"
#define AIOP_QUERY_FRAGMENT \
  R"((?:\?(?:[/?]|)" AIOP_PATH_CHARACTER R"()*)?(?:#(?:[/?]|)" AIOP_PATH_CHARACTER ")*)?"
#define AIOP_ABSOLUTE_PATH "(?:/" AIOP_PATH_CHARACTER "*)*"
#define AIOP_ROOTED "/(?:" AIOP_PATH_CHARACTER "+" AIOP_ABSOLUTE_PATH ")?"

bool MatchesUri(std::string_view text, const RE2& shape) {
  std::string literal;
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), shape, &literal) &&
         (literal.empty() || IsIpv6(literal));
}

bool IsUri(std::string_view text) {
  static const RE2& shape =
      *new RE2("[A-Za-z][A-Za-z0-9+.-]*:(?:" AIOP_AUTHORITY AIOP_ABSOLUTE_PATH "|" AIOP_ROOTED
               "|" AIOP_PATH_CHARACTER "+" AIOP_ABSOLUTE_PATH "|)" AIOP_QUERY_FRAGMENT);
  return MatchesUri(text, shape);
}

bool IsUriReference(std::string_view text) {
  static const RE2& relative =
      *new RE2("(?:" AIOP_AUTHORITY AIOP_ABSOLUTE_PATH "|" AIOP_ROOTED "|(?:[" AIOP_UNRESERVED
               "@]|" AIOP_ESCAPE ")+" AIOP_ABSOLUTE_PATH "|)" AIOP_QUERY_FRAGMENT);
  return IsUri(text) || MatchesUri(text, relative);
}

bool IsJsonPointer(std::string_view text) {
  static const RE2& shape = *new RE2("(?s)(?:/(?:[^/~]|~[01])*)*");
  return Full(text, shape);
}

bool IsRelativeJsonPointer(std::string_view text) {
  static const RE2& shape = *new RE2("(?s)(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^/~]|~[01])*)*)");
  return Full(text, shape);
}

bool IsRegex(std::string_view text) { return Pattern::Compile(text).has_value(); }

}  // namespace

FormatCheck FindFormat(std::string_view name) {
  static const auto& formats = *new std::map<std::string_view, FormatCheck>{
      {"date", IsDate},
      {"time", IsTime},
      {"date-time", IsDateTime},
      {"duration", IsDuration},
      {"uuid", IsUuid},
      {"ipv4", IsIpv4},
      {"ipv6", IsIpv6},
      {"hostname", IsHostname},
      {"email", IsEmail},
      {"uri", IsUri},
      {"uri-reference", IsUriReference},
      {"json-pointer", IsJsonPointer},
      {"relative-json-pointer", IsRelativeJsonPointer},
      {"regex", IsRegex},
  };
  const auto found = formats.find(name);
  return found == formats.end() ? nullptr : found->second;
}

bool IsStandardFormat(std::string_view name) {
  constexpr std::string_view kLacking[] = {"idn-email", "idn-hostname", "iri", "iri-reference",
                                           "uri-template"};
  return FindFormat(name) != nullptr ||
         std::find(std::begin(kLacking), std::end(kLacking), name) != std::end(kLacking);
}

}  // namespace aiop::schema
