// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "control/snapshot/folder.h"
#include "control/snapshot/objects.h"
#include "control/snapshot/reader.h"
#include "control/snapshot/scan.h"
#include "control/snapshot/snapshot.h"

namespace aiop::snapshot {
namespace {

constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;
constexpr auto kXfsMagic = 0x58465342;

// File systems on which a write, also one through a mapping, shows in the times once syncfs has run
// before it.
bool KeepsTimes(int folder) {
  struct statfs info{};
  if (fstatfs(folder, &info) != 0) return false;
  return info.f_type == EXT4_SUPER_MAGIC || info.f_type == BTRFS_SUPER_MAGIC ||
         info.f_type == kXfsMagic;
}

void ForgetContent(Node& folder) {
  for (Node& node : folder.children) {
    node.known = node.clean = false;
    ForgetContent(node);
  }
}

// One Take of one folder.
class Taker {
 public:
  Taker(BlobStore& store, int root, ScanCache::State& remembered, const Options& options)
      : writer_(store.objects()), root_(root), remembered_(remembered), options_(options) {}

  Result<Taken> Run() {
    struct stat info{};
    if (fstat(root_, &info) != 0) return SystemError("cannot stat the work folder", errno);
    keeps_times_ = KeepsTimes(root_);
    trust_cache_ = keeps_times_ && remembered_.trusted && remembered_.device == info.st_dev &&
                   remembered_.inode == info.st_ino &&
                   remembered_.bytes >= options_.rehash_below_bytes;
    Attempt attempt;
    for (int i = 0; i < kReadAttempts; ++i) {
      AIOP_TRY(attempt, RunOnce());
      if (!attempt.changed) break;
    }
    AIOP_CHECK_OK(writer_.Commit());
    taken_.root = ToHex(attempt.walked.root.digest);
    taken_.bytes_stored = writer_.bytes_stored();
    taken_.objects_stored = writer_.objects_stored();
    Count(attempt.walked.root);
    remembered_ = {info.st_dev, info.st_ino, attempt.walked.bytes, attempt.synced,
                   std::move(attempt.walked.root)};
    return taken_;
  }

 private:
  struct Attempt {
    Walked walked;
    bool synced = false;   // before anything was looked at that the cache will keep
    bool changed = false;  // something vanished meanwhile
  };

  Result<Attempt> RunOnce() {
    Attempt attempt;
    if (trust_cache_) attempt.synced = syncfs(root_) == 0;
    const bool use_cache = trust_cache_ && attempt.synced;
    int64_t started_ns = NowNanoseconds();
    AIOP_TRY(attempt.walked, Walk(root_, use_cache ? &remembered_.root : nullptr));
    const bool large = attempt.walked.bytes >= options_.rehash_below_bytes;
    if (!large) ForgetContent(attempt.walked.root);
    if (large && keeps_times_ && !attempt.synced) {
      attempt.synced = syncfs(root_) == 0;
      started_ns = NowNanoseconds();
    }
    ContentReader reader(writer_, root_,
                         started_ns - kRacyWindow.count() * kNanosecondsPerMillisecond);
    do {
      AIOP_CHECK_OK(reader.ReadUnknown(attempt.walked.root, options_.threads));
      AIOP_CHECK_OK(StoreTrees(attempt.walked.root));
    } while (!attempt.walked.root.known);
    taken_.bytes_hashed += reader.bytes_hashed();
    attempt.changed = attempt.walked.changed || reader.changed();
    return attempt;
  }

  // Adds the folder's tree, once all that it refers to is stored; until then it is not `known`.
  // What the cache knew but the store has lost (swept, or another store) becomes unknown, so that
  // it is read.
  Status StoreTrees(Node& folder) {
    std::erase_if(folder.children, [](const Node& node) { return node.gone; });
    folder.known = true;
    std::string tree(kTreeMagic);
    for (Node& node : folder.children) {
      if (node.kind == NodeKind::kFolder) AIOP_CHECK_OK(StoreTrees(node));
      folder.known = folder.known && node.known;
      AppendTreeEntry(tree, node.kind, node.name, node.size, node.digest);
    }
    if (!folder.known) return {};
    folder.digest = DigestOf(tree);
    AIOP_TRY(const bool stored, writer_.Contains({folder.digest, ObjectKind::kTree}));
    if (stored) return {};  // and so is all below it
    for (Node& node : folder.children) {
      if (node.kind == NodeKind::kFolder) continue;
      AIOP_TRY(node.known, writer_.Contains({node.digest, TargetKind(node.kind)}));
      folder.known = folder.known && node.known;
    }
    if (folder.known) AIOP_CHECK_OK(writer_.Add(ObjectKind::kTree, tree));
    return {};
  }

  void Count(const Node& folder) {
    for (const Node& node : folder.children) {
      if (node.kind == NodeKind::kFolder) {
        ++taken_.folders;
        Count(node);
      } else {
        ++taken_.files;
        taken_.bytes += node.size;
      }
    }
  }

  Writer writer_;
  const int root_;
  ScanCache::State& remembered_;
  const Options options_;
  bool keeps_times_ = false;
  bool trust_cache_ = false;
  Taken taken_;
};

}  // namespace

Result<Taken> Take(BlobStore& store, const std::filesystem::path& work_folder, ScanCache& cache,
                   const Options& options) {
  const auto started = std::chrono::steady_clock::now();
  const file::Descriptor root(
      open(WithoutSlash(work_folder).c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!root) return SystemError("cannot open work folder " + work_folder.string(), errno);
  Taker taker(store, root.get(), cache.state(), options);
  auto taken = taker.Run();
  if (!taken) return std::unexpected(taken.error().Within(work_folder.string()));
  taken->elapsed =
      std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - started);
  return taken;
}

}  // namespace aiop::snapshot
