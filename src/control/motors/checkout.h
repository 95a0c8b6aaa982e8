// SPDX-License-Identifier: Apache-2.0
//
// Trees as files on disk: writing them, sealing them, and telling whether they are still what was
// sealed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "control/motors/motors.h"

namespace aiop::motors {

// Writes the files of a checked tree, byte for byte, into `folder`, which must not exist or be
// empty.
Status WriteTree(const Repository& repository, const std::string& revision,
                 const std::filesystem::path& folder);

struct DiskEntry {
  std::string path;      // relative
  uint32_t mode = 0;     // of the kind and the permissions
  uint64_t size = 0;     // 0 for folders
  int64_t mtime_ns = 0;  // 0 for folders: theirs follows from what is in them
  std::string hash;      // of a file's content or a link's target, if asked for
};

enum class ScanDepth { kNames, kContent };

// Everything below `folder`, by path. kInvalid for what is neither file, folder nor link.
Result<std::vector<DiskEntry>> Scan(const std::filesystem::path& folder, ScanDepth depth);

// Takes the write permission from everything below `folder`, and itself, and flushes it all to
// disk.
Status MakeReadOnly(const std::filesystem::path& folder);

// Copies the folder `from` to `to`, writable; never by hard links, through which the copy's owner
// could change the original.
Status CopyWritable(const std::filesystem::path& from, const std::filesystem::path& to);

// What is remembered of a sealed checkout.
struct Seal {
  std::string tree;
  std::string inputs;     // hash of the manifests and lock files its set-up saw
  bool reusable = false;  // the set-up made nothing but node_modules
  std::vector<DiskEntry> entries;
};

std::string SealText(const Seal& seal);
Result<Seal> ParseSeal(const std::string& text);

// The first difference between what was sealed and what is there, in words; empty if none.
std::string FirstDifference(const std::vector<DiskEntry>& sealed,
                            const std::vector<DiskEntry>& found, ScanDepth depth);

}  // namespace aiop::motors
