// SPDX-License-Identifier: Apache-2.0
#include "control/snapshot/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <memory>

namespace aiop::snapshot {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

// Removes trees of any depth with few descriptors: what is deeper than kRemovalDepth is first moved
// up.
class Removal {
 public:
  explicit Removal(int base) : base_(base) {}

  Status Remove(const std::string& name, const std::string& path) {
    AIOP_CHECK_OK(RemoveBelow(base_, name, path, 0));
    while (!moved_.empty()) {
      const std::string next = std::move(moved_.back());
      moved_.pop_back();
      AIOP_CHECK_OK(RemoveBelow(base_, next, path, 0));
    }
    return {};
  }

 private:
  static constexpr unsigned kRemovalDepth = 64;

  Status RemoveBelow(int folder, const std::string& name, const std::string& path, unsigned depth) {
    if (unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT) return {};
    if (errno != EISDIR && errno != EPERM) return SystemError("cannot remove " + path, errno);
    {
      const file::Descriptor inner = OpenFolderToChange(folder, name);
      if (!inner) return SystemError("cannot open " + path, errno);
      if (depth >= kRemovalDepth) return MoveUp(folder, name, path);
      AIOP_TRY(const auto names, Names(inner.get(), path));
      for (const std::string& each : names) {
        AIOP_CHECK_OK(RemoveBelow(inner.get(), each, path, depth + 1));
      }
    }
    if (unlinkat(folder, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
      return SystemError("cannot remove " + path, errno);
    }
    return {};
  }

  Status MoveUp(int folder, const std::string& name, const std::string& path) {
    for (;;) {
      const std::string target = ".aiop-debris-" + std::to_string(counter_++);
      if (renameat2(folder, name.c_str(), base_, target.c_str(), RENAME_NOREPLACE) == 0) {
        moved_.push_back(target);
        return {};
      }
      if (errno != EEXIST) return SystemError("cannot remove " + path, errno);
    }
  }

  const int base_;
  std::vector<std::string> moved_;
  unsigned counter_ = 0;
};

}  // namespace

file::Descriptor OpenFolderAt(int parent, const std::string& name) {
  return file::Descriptor(openat(parent, name.c_str(), kFolderFlags));
}

file::Descriptor OpenFolderToChange(int parent, const std::string& name) {
  const file::Descriptor handle(
      openat(parent, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info{};
  if (handle && fstat(handle.get(), &info) == 0 && (info.st_mode & S_IRWXU) != S_IRWXU) {
    // By descriptor, so that it cannot hit what a link points to; where it fails, opening fails and
    // says so.
    const std::string self = "/proc/self/fd/" + std::to_string(handle.get());
    if (chmod(self.c_str(), (info.st_mode & 0777) | S_IRWXU) != 0) return {};
  }
  return OpenFolderAt(parent, name);
}

file::Descriptor OpenBeneath(int root, std::string_view path) {
  file::Descriptor folder = OpenFolderAt(root, ".");
  while (folder && !path.empty()) {
    const size_t slash = path.find('/');
    folder = OpenFolderAt(folder.get(), std::string(path.substr(0, slash)));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return folder;
}

Result<std::vector<std::string>> Names(int folder, std::string_view path_for_errors) {
  const int own = openat(folder, ".", kFolderFlags);
  const std::unique_ptr<DIR, decltype(&closedir)> stream(own >= 0 ? fdopendir(own) : nullptr,
                                                         &closedir);
  if (!stream) {
    const int error_number = errno;
    if (own >= 0) close(own);
    return SystemError("cannot list " + std::string(path_for_errors), error_number);
  }
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(stream.get());
    if (!entry) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return SystemError("cannot list " + std::string(path_for_errors), errno);
  std::ranges::sort(names);
  return names;
}

Status RemoveAt(int folder, const std::string& name, std::string_view path_for_errors) {
  return Removal(folder).Remove(name, std::string(path_for_errors));
}

Result<std::string> ReadLinkAt(int folder, const std::string& name) {
  char target[PATH_MAX + 1];
  const ssize_t size = readlinkat(folder, name.c_str(), target, sizeof target);
  if (size < 0) return SystemError("cannot read link " + name, errno);
  return std::string(target, size_t(size));
}

bool IsVanished(int error_number) {
  return error_number == ENOENT || error_number == ELOOP || error_number == ENOTDIR ||
         error_number == ENXIO || error_number == ESTALE;
}

}  // namespace aiop::snapshot
