// SPDX-License-Identifier: Apache-2.0
#include "base/time/time.h"

#include <cstdio>
#include <thread>

#include "base/fault/fault.h"

namespace aiop {
namespace {

namespace chrono = std::chrono;

// Reads exactly `digits` digits at `position`, moving it; -1 if they are not there.
int ReadDigits(std::string_view text, size_t& position, int digits) {
  if (text.size() < position + static_cast<size_t>(digits)) return -1;
  int value = 0;
  for (int i = 0; i < digits; ++i) {
    const char c = text[position + static_cast<size_t>(i)];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  position += static_cast<size_t>(digits);
  return value;
}

bool Skip(std::string_view text, size_t& position, std::string_view any_of) {
  if (position >= text.size() || any_of.find(text[position]) == std::string_view::npos)
    return false;
  ++position;
  return true;
}

int ReadFractionMilliseconds(std::string_view text, size_t& position) {
  int value = 0;
  int digits = 0;
  while (position < text.size() && text[position] >= '0' && text[position] <= '9') {
    if (digits < 3) value = value * 10 + (text[position] - '0');
    ++digits;
    ++position;
  }
  for (int i = digits; i < 3; ++i) value *= 10;
  return digits == 0 ? -1 : value;
}

}  // namespace

std::string FormatTimestamp(Timestamp time) {
  const chrono::sys_time<Milliseconds> point{time.since_epoch};
  const auto day = chrono::floor<chrono::days>(point);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss clock{point - day};
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int(date.year()),
                unsigned(date.month()), unsigned(date.day()), int(clock.hours().count()),
                int(clock.minutes().count()), int(clock.seconds().count()),
                int(clock.subseconds().count()));
  return buffer;
}

Result<Timestamp> ParseTimestamp(std::string_view text) {
  const auto refuse = [&] {
    return Invalid("'" + std::string(text.substr(0, 64)) +
                   "' is not an RFC 3339 time such as 2025-08-19T11:35:12.000Z");
  };
  size_t at = 0;
  const int year = ReadDigits(text, at, 4);
  if (year < 0 || !Skip(text, at, "-")) return refuse();
  const int month = ReadDigits(text, at, 2);
  if (month < 0 || !Skip(text, at, "-")) return refuse();
  const int day = ReadDigits(text, at, 2);
  if (day < 0 || !Skip(text, at, "Tt ")) return refuse();
  const int hour = ReadDigits(text, at, 2);
  if (hour < 0 || !Skip(text, at, ":")) return refuse();
  const int minute = ReadDigits(text, at, 2);
  if (minute < 0 || !Skip(text, at, ":")) return refuse();
  const int second = ReadDigits(text, at, 2);
  if (second < 0) return refuse();
  int milliseconds = 0;
  if (Skip(text, at, ".")) milliseconds = ReadFractionMilliseconds(text, at);
  if (milliseconds < 0) return refuse();

  int offset_minutes = 0;
  if (!Skip(text, at, "Zz")) {
    const bool negative = at < text.size() && text[at] == '-';
    if (!Skip(text, at, "+-")) return refuse();
    const int offset_hour = ReadDigits(text, at, 2);
    if (offset_hour < 0 || offset_hour > 23 || !Skip(text, at, ":")) return refuse();
    const int offset_minute = ReadDigits(text, at, 2);
    if (offset_minute < 0 || offset_minute > 59) return refuse();
    offset_minutes = (offset_hour * 60 + offset_minute) * (negative ? -1 : 1);
  }
  const chrono::year_month_day date{chrono::year{year}, chrono::month{unsigned(month)},
                                    chrono::day{unsigned(day)}};
  if (at != text.size() || !date.ok() || hour > 23 || minute > 59 || second > 60) return refuse();
  const auto point = chrono::sys_days{date} + chrono::hours{hour} + chrono::minutes{minute} +
                     chrono::seconds{second} - chrono::minutes{offset_minutes};
  return Timestamp{chrono::duration_cast<Milliseconds>(point.time_since_epoch()) +
                   Milliseconds{milliseconds}};
}

Timestamp Now() {
  return {chrono::duration_cast<Milliseconds>(chrono::system_clock::now().time_since_epoch()) +
          Milliseconds{fault::ClockErrorMilliseconds()}};
}

Stopwatch::Stopwatch() : began_(chrono::steady_clock::now()), began_by_the_wall_(Now()) {}

Milliseconds Stopwatch::Elapsed() const {
  if (fault::GuardIsOff("steady-durations")) return Now() - began_by_the_wall_;
  return chrono::duration_cast<Milliseconds>(chrono::steady_clock::now() - began_);
}

void WaitFor(Milliseconds span) { std::this_thread::sleep_for(span); }

std::string FormatDuration(Milliseconds span) {
  const long long count = span.count();
  char buffer[64];
  if (count < 1000) {
    std::snprintf(buffer, sizeof buffer, "%lld ms", count);
  } else if (count < 60'000) {
    std::snprintf(buffer, sizeof buffer, "%.1f s", double(count) / 1000.0);
  } else {
    std::snprintf(buffer, sizeof buffer, "%lld min %02lld s", count / 60'000, count / 1000 % 60);
  }
  return buffer;
}

}  // namespace aiop
