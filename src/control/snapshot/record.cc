// SPDX-License-Identifier: Apache-2.0
#include "control/snapshot/record.h"

#include <zstd.h>

#include <memory>

#include "control/snapshot/snapshot.h"

namespace aiop::snapshot {
namespace {

constexpr size_t kCheckedBytes = kRecordHeaderBytes - 8;
constexpr int kCompressionLevel = 1;
// Shorter content gains nothing worth a decompression.
constexpr size_t kCompressFromBytes = 128;
// Content is first tried on this much of its middle: most that does not shrink there does not
// shrink at all.
constexpr size_t kSampleBytes = 16 << 10;

uint64_t Fnv1a(std::string_view bytes) {
  uint64_t value = 0xcbf29ce484222325;
  for (const char byte : bytes) {
    value ^= static_cast<unsigned char>(byte);
    value *= 0x100000001b3;
  }
  return value;
}

// Worth it from a tenth saved.
bool Pays(size_t compressed, size_t plain) { return compressed < plain - plain / 10; }

// The compressed bytes, or nothing if they are not worth it.
std::optional<std::string> Compress(std::string_view content) {
  if (content.size() < kCompressFromBytes) return std::nullopt;
  thread_local const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                                  &ZSTD_freeCCtx);
  const auto compress = [](std::string_view bytes) -> std::optional<std::string> {
    std::string out;
    size_t size = 0;
    out.resize_and_overwrite(ZSTD_compressBound(bytes.size()), [&](char* data, size_t capacity) {
      size = ZSTD_compressCCtx(context.get(), data, capacity, bytes.data(), bytes.size(),
                               kCompressionLevel);
      return ZSTD_isError(size) ? 0 : size;
    });
    if (ZSTD_isError(size) || !Pays(size, bytes.size())) return std::nullopt;
    return out;
  };
  if (content.size() > 4 * kSampleBytes &&
      !compress(content.substr(content.size() / 2, kSampleBytes))) {
    return std::nullopt;
  }
  return compress(content);
}

}  // namespace

void AppendNumber(std::string& out, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

uint64_t NumberAt(std::string_view bytes, size_t offset, size_t count) {
  uint64_t value = 0;
  for (size_t i = 0; i < count; ++i) {
    value |= uint64_t{static_cast<unsigned char>(bytes[offset + i])} << (8 * i);
  }
  return value;
}

std::string MakeRecord(const Key& key, std::string_view content) {
  const std::optional<std::string> compressed = Compress(content);
  const std::string_view stored = compressed ? std::string_view(*compressed) : content;
  std::string out;
  out.reserve(kRecordHeaderBytes + stored.size());
  out += kRecordMagic;
  out += static_cast<char>(key.kind);
  out += static_cast<char>(compressed ? Encoding::kZstd : Encoding::kPlain);
  AppendNumber(out, 0, 2);
  AppendNumber(out, content.size(), 8);
  AppendNumber(out, stored.size(), 8);
  out += key.digest.view();
  AppendNumber(out, Fnv1a(out), 8);
  out += stored;
  return out;
}

std::optional<RecordHeader> ParseHeader(std::string_view bytes) {
  if (bytes.size() < kRecordHeaderBytes || !bytes.starts_with(kRecordMagic)) return std::nullopt;
  if (NumberAt(bytes, kCheckedBytes, 8) != Fnv1a(bytes.substr(0, kCheckedBytes))) {
    return std::nullopt;
  }
  RecordHeader header;
  const auto kind = static_cast<unsigned char>(bytes[4]);
  const auto encoding = static_cast<unsigned char>(bytes[5]);
  if (kind > uint8_t(ObjectKind::kPieces) || encoding > uint8_t(Encoding::kZstd)) {
    return std::nullopt;
  }
  header.key = {FromRaw(bytes.substr(24, kDigestBytes)), ObjectKind(kind)};
  header.encoding = Encoding(encoding);
  header.size = NumberAt(bytes, 8, 8);
  header.stored = NumberAt(bytes, 16, 8);
  if (header.size > kBlobLimitBytes || header.stored > header.size) return std::nullopt;
  return header;
}

std::optional<std::string> Unpack(const RecordHeader& header, std::string_view stored) {
  std::string content;
  if (header.encoding == Encoding::kPlain) {
    content = stored;
  } else {
    size_t size = 0;
    content.resize_and_overwrite(header.size, [&](char* data, size_t capacity) {
      size = ZSTD_decompress(data, capacity, stored.data(), stored.size());
      return ZSTD_isError(size) ? 0 : size;
    });
  }
  if (content.size() != header.size || DigestOf(content) != header.key.digest) return std::nullopt;
  return content;
}

}  // namespace aiop::snapshot
