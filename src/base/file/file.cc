// SPDX-License-Identifier: Apache-2.0
#include "base/file/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <thread>
#include <utility>

namespace aiop::file {
namespace {

namespace fs = std::filesystem;

Status WriteAll(int fd, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return SystemError("cannot write " + path.string(), errno);
    }
    content.remove_prefix(size_t(written));
  }
  return {};
}

Status Replace(const fs::path& path, std::string_view content, unsigned mode, bool durable) {
  const fs::path temporary = path.string() + ".tmp" + std::to_string(getpid());
  Descriptor fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!fd) return SystemError("cannot create " + temporary.string(), errno);
  AIOP_CHECK_OK(WriteAll(fd.get(), content, temporary));
  if (durable && fdatasync(fd.get()) != 0) {
    return SystemError("cannot flush " + temporary.string(), errno);
  }
  fd.Close();
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    return SystemError("cannot rename to " + path.string(), errno);
  }
  return durable ? FlushFolder(path.parent_path().empty() ? "." : path.parent_path()) : Status{};
}

std::string HolderOf(int fd) {
  char buffer[32] = {};
  const ssize_t size = pread(fd, buffer, sizeof buffer - 1, 0);
  return size > 0 ? std::string(buffer, size_t(size)) : "unknown";
}

}  // namespace

Result<std::string> Read(const fs::path& path, uint64_t limit_bytes) {
  Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT) return NotFound(path.string() + ": no such file");
    return SystemError("cannot open " + path.string(), errno);
  }
  struct stat info{};
  if (fstat(fd.get(), &info) != 0) return SystemError("cannot stat " + path.string(), errno);
  if (S_ISDIR(info.st_mode)) return Invalid(path.string() + " is a folder, a file is needed");
  std::string content;
  if (info.st_size > 0) content.reserve(size_t(info.st_size));
  char buffer[65536];
  for (;;) {
    const ssize_t size = read(fd.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return SystemError("cannot read " + path.string(), errno);
    if (size == 0) return content;
    if (content.size() + size_t(size) > limit_bytes) {
      return Invalid(path.string() + " is larger than the limit of " + std::to_string(limit_bytes) +
                     " bytes");
    }
    content.append(buffer, size_t(size));
  }
}

Status WriteDurably(const fs::path& path, std::string_view content, unsigned mode) {
  return Replace(path, content, mode, true);
}

Status Write(const fs::path& path, std::string_view content, unsigned mode) {
  return Replace(path, content, mode, false);
}

Status MakeFolders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return Unavailable("cannot create folder " + path.string() + ": " + error.message());
  return {};
}

Status FlushFolder(const fs::path& path) {
  Descriptor fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || fsync(fd.get()) != 0)
    return SystemError("cannot flush folder " + path.string(), errno);
  return {};
}

Status RemoveTree(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path, error))) return {};
  fs::remove_all(path, error);
  if (!error) return {};
  // Sealed checkouts have read-only folders: give ourselves the right back and try once more.
  std::error_code ignored;
  for (fs::recursive_directory_iterator entry(path, ignored), end; !ignored && entry != end;
       entry.increment(ignored)) {
    std::error_code each;
    if (entry->is_directory(each) && !entry->is_symlink(each)) {
      fs::permissions(entry->path(), fs::perms::owner_all, fs::perm_options::add, each);
    }
  }
  fs::permissions(path, fs::perms::owner_all, fs::perm_options::add, ignored);
  fs::remove_all(path, error);
  if (error) return Unavailable("cannot remove " + path.string() + ": " + error.message());
  return {};
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = other.Release();
  }
  return *this;
}

int Descriptor::Release() { return std::exchange(fd_, -1); }

void Descriptor::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

Result<Lock> Lock::Acquire(const fs::path& path, int patience_ms) {
  Descriptor fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) return SystemError("cannot open " + path.string(), errno);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  while (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return SystemError("cannot lock " + path.string(), errno);
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return Fail(Code::kConflict, path.string() + " is held by process " + HolderOf(fd.get()));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const std::string holder = std::to_string(getpid());
  if (ftruncate(fd.get(), 0) != 0 || pwrite(fd.get(), holder.data(), holder.size(), 0) < 0) {
    return SystemError("cannot write " + path.string(), errno);
  }
  return Lock(std::move(fd));
}

}  // namespace aiop::file
