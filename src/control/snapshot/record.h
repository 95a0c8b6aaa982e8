// SPDX-License-Identifier: Apache-2.0
//
// One object in a pack: a header that proves itself, then the content, compressed where that pays.
// Little-endian:
//   0 "AOR1"  4 kind  5 encoding  6 zero (2)  8 content size (8)  16 stored size (8)  24 SHA-256 of
//   the content (32) 56 FNV-1a 64 of the 56 bytes before it
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result/result.h"
#include "control/snapshot/digest.h"

namespace aiop::snapshot {

inline constexpr std::string_view kRecordMagic = "AOR1";
inline constexpr size_t kRecordHeaderBytes = 64;

// Stored: values never change.
enum class Encoding : uint8_t { kPlain = 0, kZstd = 1 };

struct RecordHeader {
  Key key;
  Encoding encoding = Encoding::kPlain;
  uint64_t size = 0;    // of the content
  uint64_t stored = 0;  // of what follows the header
};

// The whole record of `content`, whose hash is key.digest.
std::string MakeRecord(const Key& key, std::string_view content);

// Nothing unless `bytes` begins with an intact header within the limits.
std::optional<RecordHeader> ParseHeader(std::string_view bytes);

// The content, proven against its hash; nothing if it does not match.
std::optional<std::string> Unpack(const RecordHeader& header, std::string_view stored);

// Little-endian numbers, here and in tree objects.
void AppendNumber(std::string& out, uint64_t value, size_t bytes);
uint64_t NumberAt(std::string_view bytes, size_t offset, size_t count);

}  // namespace aiop::snapshot
