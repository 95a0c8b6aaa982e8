// SPDX-License-Identifier: Apache-2.0
#include "control/snapshot/digest.h"

#include "base/hash/hash.h"
#include "base/result/result.h"

namespace aiop::snapshot {
namespace {

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

}  // namespace

Digest DigestOf(std::string_view bytes) {
  const std::optional<Digest> digest = FromHex(HashBytes(bytes));
  AIOP_CHECK(digest.has_value());
  return *digest;
}

std::string ToHex(const Digest& digest) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(kDigestBytes * 2);
  for (const unsigned char byte : digest.bytes) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

std::optional<Digest> FromHex(std::string_view text) {
  if (text.size() != kDigestBytes * 2) return std::nullopt;
  Digest digest;
  for (size_t i = 0; i < kDigestBytes; ++i) {
    const int high = HexValue(text[2 * i]);
    const int low = HexValue(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest.bytes[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return digest;
}

Digest FromRaw(std::string_view bytes) {
  AIOP_CHECK(bytes.size() == kDigestBytes);
  Digest digest;
  std::memcpy(digest.bytes.data(), bytes.data(), kDigestBytes);
  return digest;
}

}  // namespace aiop::snapshot
