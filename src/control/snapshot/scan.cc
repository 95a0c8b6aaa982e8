// SPDX-License-Identifier: Apache-2.0
#include "control/snapshot/scan.h"

#include <fcntl.h>

#include <cerrno>
#include <ctime>

#include "control/snapshot/folder.h"

namespace aiop::snapshot {
namespace {

constexpr int64_t kNanoseconds = 1'000'000'000;

class Walker {
 public:
  explicit Walker(uint64_t device) : device_(device) {}

  Walked walked;

  Status WalkFolder(int folder, const Node* remembered, const std::string& path, unsigned depth,
                    Node& node) {
    if (depth > kDepthLimit) return Refuse(path, "folders are nested too deeply");
    AIOP_TRY(auto names, Names(folder, path));
    node.children.reserve(names.size());
    size_t next = 0;
    for (std::string& name : names) {
      const Node* match = nullptr;
      if (remembered) {
        const auto& known = remembered->children;
        while (next < known.size() && known[next].name < name) ++next;
        if (next < known.size() && known[next].name == name) match = &known[next];
      }
      AIOP_CHECK_OK(WalkEntry(folder, std::move(name), match, path, depth, node));
    }
    return {};
  }

 private:
  static std::unexpected<Error> Refuse(const std::string& path, std::string_view why) {
    return Invalid("cannot take a snapshot: " + (path.empty() ? "the folder" : path) + ": " +
                   std::string(why));
  }

  Status WalkEntry(int folder, std::string name, const Node* match, const std::string& path,
                   unsigned depth, Node& parent) {
    struct stat info{};
    if (fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      if (!IsVanished(errno)) return SystemError("cannot stat " + Join(path, name), errno);
      walked.changed = true;
      return {};
    }
    if (++walked.entries > kEntryLimit) return Refuse(path, "too many entries");
    Node& node = parent.children.emplace_back();
    node.name = std::move(name);
    if (S_ISDIR(info.st_mode)) return WalkInto(folder, match, path, depth, parent);
    if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode)) {
      return Refuse(Join(path, node.name), "it is no file, folder or symbolic link");
    }
    node.kind = S_ISLNK(info.st_mode)           ? NodeKind::kLink
                : (info.st_mode & S_IXUSR) != 0 ? NodeKind::kExecutable
                                                : NodeKind::kFile;
    node.stamp = StampOf(info);
    if (node.stamp.size > kFileLimitBytes) return Refuse(Join(path, node.name), "it is too large");
    walked.bytes += node.stamp.size;
    if (walked.bytes > kFolderLimitBytes) return Refuse(path, "the files are too large in sum");
    if (match && match->clean && match->stamp == node.stamp && info.st_dev == device_ &&
        SameSort(match->kind, node.kind)) {
      node.kind = match->kind;
      node.size = match->size;
      node.digest = match->digest;
      node.known = node.clean = true;
    }
    return {};
  }

  Status WalkInto(int folder, const Node* match, const std::string& path, unsigned depth,
                  Node& parent) {
    Node& node = parent.children.back();
    node.kind = NodeKind::kFolder;
    const std::string inner_path = Join(path, node.name);
    const file::Descriptor inner = OpenFolderAt(folder, node.name);
    if (!inner) {
      if (!IsVanished(errno)) return SystemError("cannot open " + inner_path, errno);
      walked.changed = true;
      parent.children.pop_back();
      return {};
    }
    return WalkFolder(inner.get(), match, inner_path, depth + 1, node);
  }

  // Whether both are links, or regular files of the same executability.
  static bool SameSort(NodeKind a, NodeKind b) {
    return IsRegular(a) == IsRegular(b) && IsExecutable(a) == IsExecutable(b) &&
           a != NodeKind::kFolder;
  }

  const uint64_t device_;
};

}  // namespace

Stamp StampOf(const struct stat& info) {
  return {info.st_ino, uint64_t(info.st_size),
          int64_t(info.st_mtim.tv_sec) * kNanoseconds + info.st_mtim.tv_nsec,
          int64_t(info.st_ctim.tv_sec) * kNanoseconds + info.st_ctim.tv_nsec};
}

int64_t NowNanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t(now.tv_sec) * kNanoseconds + now.tv_nsec;
}

Result<Walked> Walk(int root, const Node* remembered) {
  struct stat info{};
  if (fstat(root, &info) != 0) return SystemError("cannot stat the work folder", errno);
  Walker walker(info.st_dev);
  Node node;
  node.kind = NodeKind::kFolder;
  AIOP_CHECK_OK(walker.WalkFolder(root, remembered, "", 0, node));
  walker.walked.root = std::move(node);
  return std::move(walker.walked);
}

}  // namespace aiop::snapshot
