// SPDX-License-Identifier: Apache-2.0
#include "base/identity/identity.h"

#include <sys/random.h>

#include <array>
#include <cstdint>
#include <mutex>

#include "base/result/result.h"
#include "base/time/time.h"

namespace aiop {
namespace {

std::string Format(const std::array<uint8_t, 16>& bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[bytes[i] >> 4];
    text += kHex[bytes[i] & 15];
  }
  return text;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string NewId() {
  static std::mutex mutex;
  static uint64_t last = 0;  // milliseconds << 12 | counter, so that ids of one process only grow

  std::array<uint8_t, 16> bytes{};
  AIOP_CHECK(getrandom(bytes.data(), bytes.size(), 0) == ssize_t(bytes.size()));
  uint64_t stamp = static_cast<uint64_t>(Now().since_epoch.count()) << 12;
  {
    const std::lock_guard lock(mutex);
    stamp = stamp > last ? stamp : last + 1;
    last = stamp;
  }
  const uint64_t milliseconds = stamp >> 12;
  for (int i = 0; i < 6; ++i) bytes[size_t(i)] = uint8_t(milliseconds >> (8 * (5 - i)));
  bytes[6] = uint8_t(0x70 | ((stamp >> 8) & 0x0f));
  bytes[7] = uint8_t(stamp & 0xff);
  bytes[8] = uint8_t(0x80 | (bytes[8] & 0x3f));
  return Format(bytes);
}

std::string NewSecret() {
  static constexpr char kHex[] = "0123456789abcdef";
  std::array<uint8_t, 32> bytes{};
  AIOP_CHECK(getrandom(bytes.data(), bytes.size(), 0) == ssize_t(bytes.size()));
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : HexDigit(text[i]) < 0) return false;
  }
  return true;
}

std::string IdFromHash(std::string_view sha256_hex) {
  AIOP_CHECK(sha256_hex.size() >= 32);
  std::array<uint8_t, 16> bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = uint8_t(HexDigit(sha256_hex[2 * i]) << 4 | HexDigit(sha256_hex[2 * i + 1]));
  }
  bytes[6] = uint8_t(0x80 | (bytes[6] & 0x0f));
  bytes[8] = uint8_t(0x80 | (bytes[8] & 0x3f));
  return Format(bytes);
}

}  // namespace aiop
