// SPDX-License-Identifier: Apache-2.0
#include "control/motors/checkout.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/file/file.h"
#include "control/motors/git.h"
#include "control/motors/tree.h"

namespace aiop::motors {
namespace {

namespace fs = std::filesystem;

constexpr size_t kCopyPieceBytes = size_t{1} << 20;

Status WriteNew(const fs::path& path, std::string_view content, unsigned mode) {
  const file::Descriptor fd(
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd) return SystemError("cannot create " + path.string(), errno);
  while (!content.empty()) {
    const ssize_t written = write(fd.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError("cannot write " + path.string(), errno);
    content.remove_prefix(size_t(written));
  }
  return {};
}

// Links come last: as long as there are none, no path can lead out of the folder.
Status WriteEntries(git_repository* repository, const std::vector<FileEntry>& files,
                    const fs::path& folder, bool links) {
  fs::path made;
  for (const FileEntry& file : files) {
    if ((file.mode == 0120000) != links) continue;
    const fs::path path = folder / file.path;
    if (path.parent_path() != made) AIOP_CHECK_OK(file::MakeFolders(path.parent_path()));
    made = path.parent_path();
    AIOP_TRY(const git_oid id, git::ParseId(file.blob));
    AIOP_TRY(const std::string content, git::ReadBlob(repository, id, file.path));
    if (!links) {
      AIOP_CHECK_OK(WriteNew(path, content, file.mode == 0100755 ? 0755 : 0644));
    } else if (symlink(content.c_str(), path.c_str()) != 0) {
      return SystemError("cannot create " + path.string(), errno);
    }
  }
  return {};
}

Status MakeEmptyFolder(const fs::path& folder) {
  AIOP_CHECK_OK(file::MakeFolders(folder));
  std::error_code error;
  const bool empty = fs::is_empty(folder, error);
  if (error) return Unavailable("cannot read " + folder.string() + ": " + error.message());
  if (!empty) return Invalid(folder.string() + " is not empty");
  return {};
}

Result<DiskEntry> Look(const fs::path& full, const fs::path& root, ScanDepth depth) {
  struct stat info{};
  if (lstat(full.c_str(), &info) != 0) return SystemError("cannot read " + full.string(), errno);
  DiskEntry entry{full.lexically_relative(root).string(), uint32_t(info.st_mode), 0, 0, {}};
  if (S_ISDIR(info.st_mode)) return entry;
  if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode)) {
    return Invalid(full.string() + " is neither a file nor a folder nor a symbolic link");
  }
  entry.size = uint64_t(info.st_size);
  entry.mtime_ns = int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  if (depth == ScanDepth::kNames) return entry;
  if (S_ISLNK(info.st_mode)) {
    std::error_code error;
    entry.hash = HashBytes(fs::read_symlink(full, error).string());
    if (error) return Unavailable("cannot read " + full.string() + ": " + error.message());
    return entry;
  }
  AIOP_TRY(const std::string content, file::Read(full, kTreeLimitBytes));
  entry.hash = HashBytes(content);
  return entry;
}

Status CopyFile(const fs::path& from, const fs::path& to, unsigned mode) {
  const file::Descriptor in(open(from.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!in) return SystemError("cannot open " + from.string(), errno);
  const file::Descriptor out(
      open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode & 0777) | S_IWUSR));
  if (!out) return SystemError("cannot create " + to.string(), errno);
  for (;;) {
    const ssize_t copied =
        copy_file_range(in.get(), nullptr, out.get(), nullptr, kCopyPieceBytes, 0);
    if (copied == 0) return {};
    if (copied > 0) continue;
    if (errno != EXDEV && errno != ENOSYS && errno != EOPNOTSUPP && errno != EINVAL) {
      return SystemError("cannot copy " + from.string(), errno);
    }
    AIOP_TRY(const std::string content, file::Read(from, kTreeLimitBytes));
    if (pwrite(out.get(), content.data(), content.size(), 0) != ssize_t(content.size())) {
      return SystemError("cannot write " + to.string(), errno);
    }
    return {};
  }
}

}  // namespace

Status WriteTree(const Repository& repository, const std::string& revision,
                 const fs::path& folder) {
  AIOP_TRY(const auto handle, git::Open(repository.GitFolder()));
  AIOP_TRY(const auto tree, git::LookUpTree(handle.get(), revision));
  AIOP_TRY(const auto files, WalkCheckedTree(handle.get(), tree.get()));
  AIOP_CHECK_OK(MakeEmptyFolder(folder));
  AIOP_CHECK_OK(WriteEntries(handle.get(), files, folder, /*links=*/false));
  return WriteEntries(handle.get(), files, folder, /*links=*/true);
}

Result<std::vector<DiskEntry>> Scan(const fs::path& folder, ScanDepth depth) {
  std::vector<DiskEntry> entries;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
    AIOP_TRY(DiskEntry found, Look(entry->path(), folder, depth));
    entries.push_back(std::move(found));
  }
  if (error) return Unavailable("cannot read " + folder.string() + ": " + error.message());
  std::ranges::sort(entries, {}, &DiskEntry::path);
  return entries;
}

Status MakeReadOnly(const fs::path& folder) {
  AIOP_TRY(const auto entries, Scan(folder, ScanDepth::kNames));
  constexpr unsigned kNoWriting = 0555;
  for (const DiskEntry& entry : entries) {
    const fs::path path = folder / entry.path;
    if (!S_ISLNK(entry.mode) && chmod(path.c_str(), entry.mode & kNoWriting) != 0) {
      return SystemError("cannot seal " + path.string(), errno);
    }
  }
  if (chmod(folder.c_str(), kNoWriting) != 0) {
    return SystemError("cannot seal " + folder.string(), errno);
  }
  // One flush of the file system is many times quicker than one of each file.
  const file::Descriptor fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || syncfs(fd.get()) != 0) return SystemError("cannot flush " + folder.string(), errno);
  return {};
}

Status CopyWritable(const fs::path& from, const fs::path& to) {
  AIOP_TRY(const auto entries, Scan(from, ScanDepth::kNames));
  AIOP_CHECK_OK(file::MakeFolders(to));
  for (const DiskEntry& entry : entries) {  // by path: folders come before what is in them
    const fs::path source = from / entry.path, target = to / entry.path;
    if (S_ISDIR(entry.mode)) {
      AIOP_CHECK_OK(file::MakeFolders(target));
    } else if (S_ISREG(entry.mode)) {
      AIOP_CHECK_OK(CopyFile(source, target, entry.mode));
    } else {
      std::error_code error;
      fs::copy_symlink(source, target, error);
      if (error) return Unavailable("cannot create " + target.string() + ": " + error.message());
    }
  }
  return {};
}

}  // namespace aiop::motors
