// SPDX-License-Identifier: Apache-2.0
//
// Small file chores, each done the durable way or not at all. Thread-safe: no state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result/result.h"

namespace aiop::file {

inline constexpr uint64_t kReadLimitBytes = uint64_t{256} << 20;

// The whole file; refused above `limit_bytes`.
Result<std::string> Read(const std::filesystem::path& path, uint64_t limit_bytes = kReadLimitBytes);

// Replaces the file as a whole: written beside it, flushed to disk, renamed over it, folder
// flushed. A crash leaves the old or the new content, never a mix.
Status WriteDurably(const std::filesystem::path& path, std::string_view content,
                    unsigned mode = 0644);

// The same without the flushes, for what can be made again.
Status Write(const std::filesystem::path& path, std::string_view content, unsigned mode = 0644);

Status MakeFolders(const std::filesystem::path& path);

// Flushes a folder's entries (new names) to disk.
Status FlushFolder(const std::filesystem::path& path);

// Deletes the tree, also when its folders have been made read-only. Absent is fine. Symbolic links
// are not followed.
Status RemoveTree(const std::filesystem::path& path);

// An owned file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { Close(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int Release();
  void Close();

 private:
  int fd_ = -1;
};

// An exclusive lock on `path` (created if absent), held until destroyed or until the process ends.
class Lock {
 public:
  // Waits up to `patience_ms`; kConflict if somebody else still holds it, naming the process id
  // written in the file.
  static Result<Lock> Acquire(const std::filesystem::path& path, int patience_ms);

 private:
  explicit Lock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}
  Descriptor descriptor_;
};

}  // namespace aiop::file
