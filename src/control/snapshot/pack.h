// SPDX-License-Identifier: Apache-2.0
//
// Pack files: a line that names the format, then records (record.h), only ever appended to.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "base/file/file.h"
#include "base/result/result.h"
#include "control/snapshot/record.h"

namespace aiop::snapshot {

inline constexpr std::string_view kPackMagic = "aiop-pack 1\n";

// Where a record lies: `bytes` from `offset` of pack `pack`, header included.
struct Location {
  uint64_t pack = 0;
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

struct Row {
  Key key;
  Location location;
};

std::filesystem::path PackPath(const std::filesystem::path& folder, uint64_t pack);

// A pack open for appending. Single owner.
class PackWriter {
 public:
  // Fails if the file exists.
  static Result<PackWriter> Create(const std::filesystem::path& folder, uint64_t pack);
  // Goes on at `length`, the end of what is known to be good.
  static Result<PackWriter> Continue(const std::filesystem::path& folder, uint64_t pack,
                                     uint64_t length);

  // After a failure the pack must not be written to again.
  Status Write(std::string_view bytes);
  // Asks the disk to begin with what was written, without waiting.
  void StartFlush();
  Status Flush();
  // Best effort: cuts off what was written after `length`.
  void CutTo(uint64_t length);

  uint64_t pack() const { return pack_; }
  uint64_t length() const { return length_; }

 private:
  PackWriter(file::Descriptor fd, std::filesystem::path path, uint64_t pack, uint64_t length)
      : fd_(std::move(fd)), path_(std::move(path)), pack_(pack), length_(length) {}

  file::Descriptor fd_;
  std::filesystem::path path_;
  uint64_t pack_ = 0;
  uint64_t length_ = 0;
};

struct Scanned {
  std::vector<Row> rows;  // every record from the start offset on whose content matches its hash
  uint64_t length = 0;    // the end of the last intact record: what follows is a torn tail
};

// Reads the pack from `start`. Damage in the middle is skipped, not cut off.
Result<Scanned> ScanPack(const std::filesystem::path& folder, uint64_t pack, uint64_t start);

// Cuts off the tail and flushes what remains.
Status SettlePack(const std::filesystem::path& folder, uint64_t pack, uint64_t length);

}  // namespace aiop::snapshot
