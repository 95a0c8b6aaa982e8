// SPDX-License-Identifier: Apache-2.0
//
// Content-addressed storage (BlobStore) and snapshots of work folders on top of it, so that a
// checkpoint costs the changed bytes plus a scan. A snapshot is a Merkle tree like git's: one tree
// object per folder, named by the SHA-256 of its bytes; equal sub-trees are one object, stored
// once.
//
//   AIOP_TRY(auto store, snapshot::BlobStore::Open(home / "blobs"));
//   snapshot::ScanCache cache = snapshot::ScanCache::Load(cache_file);
//   AIOP_TRY(snapshot::Taken taken, snapshot::Take(*store, work_folder, cache));   // durable once
//   it returns AIOP_CHECK_OK(snapshot::Restore(*store, taken.root, work_folder));
//
// What is on disk: `packs/*.pack`, append-only, records that describe and prove themselves;
// `index.db`, which tells where each hash lies and can be made again from the packs; `lock`, held
// while open: one process owns a store. Hashes are 64 lower-case hex digits. Errors: kInvalid what
// cannot be taken (named), kNotFound an unknown hash or path, kUnavailable the disk, kInternal
// stored bytes that no longer match their hash (the pack is named). Thread-safe: BlobStore and
// Batch fully; a ScanCache belongs to one Take at a time; the functions have no state.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "base/time/time.h"

namespace aiop::snapshot {

// Above this a file is stored in pieces of this size, so that a change inside a large file costs
// the piece.
inline constexpr uint64_t kPieceBytes = uint64_t{4} << 20;
// What one blob may hold.
inline constexpr uint64_t kBlobLimitBytes = uint64_t{1} << 30;
// What Take refuses, naming the path: sizes as stat tells them, so holes count.
inline constexpr uint64_t kFileLimitBytes = uint64_t{16} << 30;
inline constexpr uint64_t kFolderLimitBytes = uint64_t{64} << 30;
inline constexpr uint64_t kEntryLimit = 4'000'000;
inline constexpr unsigned kDepthLimit = 200;
// What ReadFile returns at most.
inline constexpr uint64_t kReadLimitBytes = uint64_t{256} << 20;
// Folders smaller than this are read as a whole each time; above, stat decides (see ScanCache).
inline constexpr uint64_t kRehashBelowBytes = uint64_t{64} << 20;
// Timestamps are coarse: what changed this shortly before a scan may change again without a new
// timestamp.
inline constexpr std::chrono::milliseconds kRacyWindow{20};
// How often a file or folder that changes while it is read is read again before it is taken as it
// came.
inline constexpr int kReadAttempts = 3;
// How long Sweep waits for Takes and Batches under way.
inline constexpr std::chrono::seconds kSweepPatience{60};

class Objects;  // private: objects.h

// Blobs by the hash of their content.
class BlobStore {
 public:
  // Creates the folder if absent. After a crash it takes in what was written but not yet indexed,
  // cuts off a torn tail, and rebuilds the index if it is lost or damaged. kConflict if another
  // process has the store open.
  static Result<std::unique_ptr<BlobStore>> Open(const std::filesystem::path& folder);
  ~BlobStore();

  // Stores the bytes durably (nothing is written if they are stored already) and returns their
  // hash.
  Result<std::string> Put(std::string_view bytes);

  // The bytes, proven against the hash.
  Result<std::string> Get(std::string_view hash);

  bool Has(std::string_view hash);

  // Removes the packs in which nothing can be reached from `live_roots` (snapshot roots and plain
  // blobs) and which were neither written nor referred to for `minimum_age`; whatever is younger
  // counts as live, with all it refers to. Removes nothing if a root is not stored (kNotFound) or
  // damaged (kInternal). Waits for Takes and Batches under way (kTimeout after kSweepPatience): the
  // calling thread must not hold a Batch.
  Status Sweep(const std::vector<std::string>& live_roots, std::chrono::hours minimum_age);

  // Many puts, made durable together by Commit: one pack append, one fdatasync (and one fsync of
  // the folder when the pack is new), one index transaction. Nothing counts as stored before Commit
  // returned; destroyed without it, nothing was stored. Small batches are kept in memory, large
  // ones stream into a pack of their own. Must not outlive the store.
  class Batch {
   public:
    explicit Batch(BlobStore& store);
    ~Batch();
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    Result<std::string> Put(std::string_view bytes);
    // The batch is empty afterwards and can be filled again.
    Status Commit();

   private:
    struct State;
    std::unique_ptr<State> state_;
  };

  Objects& objects() { return *objects_; }  // for this module only

 private:
  explicit BlobStore(std::unique_ptr<Objects> objects);
  std::unique_ptr<Objects> objects_;
};

// What the last Take saw, so that the next one reads only what changed: each file's inode, size,
// mtime and ctime. Trusted only for folders above kRehashBelowBytes on file systems known to keep
// these times (ext4, XFS, Btrfs), after a syncfs before each scan (a write through a mapping shows
// in them only then), and not for files changed within kRacyWindow of the scan. Losing it costs
// time, never correctness.
class ScanCache {
 public:
  ScanCache();
  ~ScanCache();
  ScanCache(ScanCache&&) noexcept;
  ScanCache& operator=(ScanCache&&) noexcept;

  // Empty if the file is absent, damaged or of another version. Keep the file beside the work
  // folder, not in it.
  static ScanCache Load(const std::filesystem::path& file);
  // Replaces the file as a whole, without flushing it: best effort.
  Status Save(const std::filesystem::path& file) const;

  struct State;
  State& state() { return *state_; }  // for this module only

 private:
  std::unique_ptr<State> state_;
};

struct Options {
  unsigned threads = 2;
  uint64_t rehash_below_bytes = kRehashBelowBytes;
};

struct Taken {
  std::string root;             // what Restore, List, Diff and ReadFile are given
  uint64_t files = 0;           // regular files and symbolic links
  uint64_t folders = 0;         // without the work folder itself
  uint64_t bytes = 0;           // content of all files
  uint64_t bytes_hashed = 0;    // content that had to be read
  uint64_t bytes_stored = 0;    // written to a pack, after compression, with all overhead
  uint64_t objects_stored = 0;  // blobs and trees that were new
  Milliseconds elapsed{0};
};

// Stores the folder as it is: regular files (whether executable; no other mode bits, no times),
// folders, also empty ones, symbolic links as links. Durable when it returns. Anything else in it
// (socket, fifo, device) is refused with its path. Never follows a symbolic link. A file that keeps
// changing while it is read is taken as it came after kReadAttempts; one that vanishes meanwhile is
// left out. `cache` is brought up to date.
Result<Taken> Take(BlobStore& store, const std::filesystem::path& work_folder, ScanCache& cache,
                   const Options& options = {});

// Makes `folder` (created if absent; its parent must exist) exactly that snapshot: removes what is
// not in it, rewrites what differs, keeps what is equal by content. Files are copies, never hard
// links. Crash-safe by repetition: restoring again completes it. Nobody else may write in the
// folder meanwhile; even so nothing outside it is touched.
Status Restore(BlobStore& store, std::string_view root, const std::filesystem::path& folder);

enum class Kind { kFolder, kFile, kExecutable, kLink };

struct Entry {
  std::string path;  // relative, '/' between the parts; bytes, not necessarily UTF-8
  Kind kind = Kind::kFile;
  uint64_t size = 0;  // 0 for folders
  // SHA-256 of the content (a link's target, a folder's tree object); for files above kPieceBytes
  // of their list of pieces. Equal hash and kind mean equal content.
  std::string hash;

  bool operator==(const Entry&) const = default;
};

// All entries in order of path parts: a folder comes before what is in it.
Result<std::vector<Entry>> List(BlobStore& store, std::string_view root);

struct Change {
  enum class What { kAdded, kRemoved, kModified };
  What what = What::kModified;
  Entry entry;  // as it is in `root_b`, or, if removed, as it was in `root_a`
};

// What leads from `root_a` to `root_b`, in order. Files, links, and folders that appear or go (with
// all in them); something that became another kind (file, link, folder) is removed and added. Costs
// the difference only.
Result<std::vector<Change>> Diff(BlobStore& store, std::string_view root_a,
                                 std::string_view root_b);

// The content of the regular file at `path`.
Result<std::string> ReadFile(BlobStore& store, std::string_view root, std::string_view path);

}  // namespace aiop::snapshot
