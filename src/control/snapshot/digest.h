// SPDX-License-Identifier: Apache-2.0
//
// Hashes as 32 raw bytes, half of what their text needs, and what names a stored object: its hash
// and its kind. The kind belongs to the name because a work folder may hold a file whose bytes are
// a tree object's (a test's data): the two are stored apart, and only the tree promises that what
// it refers to is stored too.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace aiop::snapshot {

inline constexpr size_t kDigestBytes = 32;

struct Digest {
  std::array<unsigned char, kDigestBytes> bytes{};

  auto operator<=>(const Digest&) const = default;
  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

// Stored in records and in the index: values never change.
enum class ObjectKind : uint8_t { kBlob = 0, kTree = 1, kPieces = 2 };

struct Key {
  Digest digest;
  ObjectKind kind = ObjectKind::kBlob;

  auto operator<=>(const Key&) const = default;
};

struct KeyHash {
  size_t operator()(const Key& key) const {
    size_t value = 0;  // the digest is uniform already
    std::memcpy(&value, key.digest.bytes.data(), sizeof value);
    return value ^ size_t(key.kind);
  }
};

// SHA-256 of the bytes.
Digest DigestOf(std::string_view bytes);
// 64 lower-case hex digits.
std::string ToHex(const Digest& digest);
// Nothing unless it is 64 lower-case hex digits.
std::optional<Digest> FromHex(std::string_view text);
// From 32 raw bytes.
Digest FromRaw(std::string_view bytes);

}  // namespace aiop::snapshot
