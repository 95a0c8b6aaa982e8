// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "control/snapshot/folder.h"
#include "control/snapshot/objects.h"
#include "control/snapshot/snapshot.h"
#include "control/snapshot/tree.h"

namespace aiop::snapshot {
namespace {

// What is read of a file at an offset, fewer than `size` only at its end.
Result<std::string> ReadAt(int fd, uint64_t offset, size_t size) {
  std::string bytes(size, '\0');
  size_t done = 0;
  while (done < size) {
    const ssize_t got = pread(fd, bytes.data() + done, size - done, off_t(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("cannot read", errno);
    if (got == 0) break;
    done += size_t(got);
  }
  bytes.resize(done);
  return bytes;
}

Status WriteAt(int fd, uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd, bytes.data(), bytes.size(), off_t(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError("cannot write", errno);
    bytes.remove_prefix(size_t(written));
    offset += uint64_t(written);
  }
  return {};
}

// Keeps the file's mode where it agrees about executability, as git would set it otherwise.
Status SettleMode(int fd, bool executable) {
  struct stat info{};
  if (fstat(fd, &info) != 0) return SystemError("cannot stat", errno);
  mode_t mode = info.st_mode & 0777;
  if (executable != ((mode & S_IXUSR) != 0)) {
    mode = executable ? mode | S_IXUSR | ((mode & 0444) >> 2) : mode & mode_t{0666};
  }
  if (mode != (info.st_mode & 07777) && fchmod(fd, mode) != 0) {
    return SystemError("cannot change the mode", errno);
  }
  return {};
}

class Restorer {
 public:
  explicit Restorer(Objects& objects) : objects_(objects), pin_(objects) {}

  Status RestoreFolder(int folder, const Digest& tree, const std::string& path, unsigned depth) {
    if (depth > kDepthLimit) return Internal("the snapshot is nested too deeply at " + path);
    AIOP_TRY(const std::string bytes, objects_.Get({tree, ObjectKind::kTree}));
    AIOP_TRY(const auto entries, ParseTree(bytes));
    AIOP_CHECK_OK(RemoveOthers(folder, entries, path));
    for (const TreeEntry& entry : entries) {
      const std::string entry_path = Join(path, entry.name);
      const Status status = entry.kind == NodeKind::kFolder
                                ? RestoreInner(folder, entry, entry_path, depth)
                                : RestoreLeaf(folder, entry, entry_path);
      if (!status) return status;
    }
    return {};
  }

 private:
  Status RemoveOthers(int folder, const std::vector<TreeEntry>& entries, const std::string& path) {
    AIOP_TRY(const auto names, Names(folder, path));
    auto next = entries.begin();
    for (const std::string& name : names) {
      while (next != entries.end() && next->name < name) ++next;
      if (next != entries.end() && next->name == name) continue;
      AIOP_CHECK_OK(RemoveAt(folder, name, Join(path, name)));
    }
    return {};
  }

  Status RestoreInner(int folder, const TreeEntry& entry, const std::string& path, unsigned depth) {
    struct stat info{};
    const bool exists = fstatat(folder, entry.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
    if (exists && !S_ISDIR(info.st_mode)) AIOP_CHECK_OK(RemoveAt(folder, entry.name, path));
    if ((!exists || !S_ISDIR(info.st_mode)) && mkdirat(folder, entry.name.c_str(), 0777) != 0) {
      return SystemError("cannot create folder " + path, errno);
    }
    const file::Descriptor inner = OpenFolderToChange(folder, entry.name);
    if (!inner) return SystemError("cannot open folder " + path, errno);
    return RestoreFolder(inner.get(), entry.digest, path, depth + 1);
  }

  Status RestoreLeaf(int folder, const TreeEntry& entry, const std::string& path) {
    const Status status = entry.kind == NodeKind::kLink ? RestoreLink(folder, entry, path)
                          : IsLarge(entry.kind)         ? RestoreLarge(folder, entry, path)
                                                        : RestoreFile(folder, entry, path);
    if (!status) return std::unexpected(status.error().Within("restoring " + path));
    return {};
  }

  Status RestoreLink(int folder, const TreeEntry& entry, const std::string& path) {
    const auto present = ReadLinkAt(folder, entry.name);
    if (present && DigestOf(*present) == entry.digest) return {};
    AIOP_TRY(const std::string target, objects_.Get(entry.target()));
    AIOP_CHECK_OK(RemoveAt(folder, entry.name, path));
    if (symlinkat(target.c_str(), folder, entry.name.c_str()) != 0) {
      return SystemError("cannot create the link", errno);
    }
    return {};
  }

  // The regular file that is there, if it belongs to nobody else: another name of it may lie
  // anywhere.
  static file::Descriptor OpenPresent(int folder, const TreeEntry& entry, int access) {
    file::Descriptor fd(openat(folder, entry.name.c_str(),
                               access | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct stat info{};
    if (!fd || fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_nlink != 1) {
      return {};
    }
    return fd;
  }

  static Result<file::Descriptor> CreateFile(int folder, const TreeEntry& entry,
                                             const std::string& path) {
    AIOP_CHECK_OK(RemoveAt(folder, entry.name, path));
    file::Descriptor fd(openat(folder, entry.name.c_str(),
                               O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                               IsExecutable(entry.kind) ? 0777 : 0666));
    if (!fd) return SystemError("cannot create the file", errno);
    return fd;
  }

  Status RestoreFile(int folder, const TreeEntry& entry, const std::string& path) {
    if (const auto present = OpenPresent(folder, entry, O_RDONLY)) {
      AIOP_TRY(const std::string bytes, ReadAt(present.get(), 0, size_t(entry.size) + 1));
      if (bytes.size() == entry.size && DigestOf(bytes) == entry.digest) {
        return SettleMode(present.get(), IsExecutable(entry.kind));
      }
    }
    AIOP_TRY(const std::string bytes, objects_.Get(entry.target()));
    AIOP_TRY(const file::Descriptor fd, CreateFile(folder, entry, path));
    return WriteAt(fd.get(), 0, bytes);
  }

  // Only the pieces that differ are written; pieces of zeros in new files stay holes.
  Status RestoreLarge(int folder, const TreeEntry& entry, const std::string& path) {
    AIOP_TRY(const std::string list, objects_.Get(entry.target()));
    AIOP_TRY(const Pieces pieces, ParsePieces(list));
    file::Descriptor fd = OpenPresent(folder, entry, O_RDWR);
    if (!fd) {
      AIOP_TRY(fd, CreateFile(folder, entry, path));
    }
    if (ftruncate(fd.get(), off_t(pieces.size)) != 0) return SystemError("cannot resize", errno);
    for (size_t i = 0; i < pieces.digests.size(); ++i) {
      const uint64_t offset = i * kPieceBytes;
      const size_t size = size_t(std::min(kPieceBytes, pieces.size - offset));
      AIOP_TRY(const std::string present, ReadAt(fd.get(), offset, size));
      if (DigestOf(present) == pieces.digests[i]) continue;
      AIOP_TRY(const std::string bytes, objects_.Get({pieces.digests[i], ObjectKind::kBlob}));
      if (bytes.size() != size) return Internal("a piece has the wrong size");
      AIOP_CHECK_OK(WriteAt(fd.get(), offset, bytes));
    }
    return SettleMode(fd.get(), IsExecutable(entry.kind));
  }

  Objects& objects_;
  const Objects::Pin pin_;
};

}  // namespace

Status Restore(BlobStore& store, std::string_view root, const std::filesystem::path& folder) {
  const std::optional<Digest> digest = FromHex(root);
  if (!digest) return Invalid("'" + std::string(root) + "' is no snapshot root");
  Restorer restorer(store.objects());
  // Before anything is touched.
  AIOP_CHECK_OK(store.objects().Get({*digest, ObjectKind::kTree}));
  const std::string path = WithoutSlash(folder).string();
  if (mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) {
    return SystemError("cannot create " + path, errno);
  }
  const file::Descriptor opened = OpenFolderToChange(AT_FDCWD, path);
  if (!opened) return SystemError("cannot open folder " + path, errno);
  return restorer.RestoreFolder(opened.get(), *digest, "", 0);
}

}  // namespace aiop::snapshot
