// SPDX-License-Identifier: Apache-2.0
//
// What is behind BlobStore: the packs and the index together, with objects of all kinds. Owns the
// store's lock, the pack small batches are appended to, and a few open packs for reading.
// Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/file/file.h"
#include "base/result/result.h"
#include "control/snapshot/digest.h"
#include "control/snapshot/index.h"
#include "control/snapshot/pack.h"

namespace aiop::snapshot {

using KeySet = std::unordered_set<Key, KeyHash>;

class Objects {
 public:
  static Result<std::unique_ptr<Objects>> Open(const std::filesystem::path& folder);

  Result<std::string> Get(const Key& key);
  Result<std::optional<Location>> Find(const Key& key) { return index_->Find(key); }
  Status Sweep(const std::vector<Digest>& live_roots, std::chrono::hours minimum_age);

  // While one exists, nothing is swept.
  class Pin {
   public:
    explicit Pin(Objects& objects);
    ~Pin();
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;

   private:
    Objects& objects_;
  };

  // For Writer. Appends records, flushed, to the pack of small batches and says where they begin.
  Result<Location> Append(std::string_view records);
  Result<PackWriter> NewPack();
  Status FlushFolder() { return file::FlushFolder(packs_); }
  Status Apply(const IndexChange& change);
  void RemovePack(uint64_t pack);
  // Makes the pack count as just used.
  void Touch(uint64_t pack);

 private:
  Objects(std::filesystem::path folder, file::Lock lock);

  // recover.cc
  Status Recover();
  Result<PackLengths> PacksOnDisk();
  Status TakeIn(const PackLengths& on_disk, const PackLengths& indexed);
  Status RestoreClosure(const std::vector<Row>& suspects);

  // sweep.cc
  Status SweepAlone(const std::vector<Digest>& live_roots, std::chrono::hours minimum_age);
  Result<KeySet> Mark(KeySet roots);
  Status Discard(const std::vector<Row>& rows, const KeySet& live,
                 const std::unordered_set<uint64_t>& young);
  Result<std::unordered_set<uint64_t>> YoungPacks(std::chrono::hours minimum_age);

  Result<std::shared_ptr<file::Descriptor>> OpenPack(uint64_t pack);
  Result<std::string> ReadRecord(const Key& key, const Location& location);

  const std::filesystem::path folder_;
  const std::filesystem::path packs_;
  const file::Lock lock_;
  std::unique_ptr<Index> index_;
  std::atomic<uint64_t> next_pack_{1};

  std::mutex append_mutex_;
  std::optional<PackWriter> active_;  // guarded by append_mutex_

  std::mutex readers_mutex_;
  std::unordered_map<uint64_t, std::shared_ptr<file::Descriptor>> readers_;

  std::mutex pins_mutex_;
  std::condition_variable pins_changed_;
  int pins_ = 0;
  bool sweeping_ = false;
};

// A batch of objects of any kind: BlobStore::Batch's inside. Thread-safe.
class Writer {
 public:
  explicit Writer(Objects& objects) : objects_(objects), pin_(objects) {}
  ~Writer();

  Result<Digest> Add(ObjectKind kind, std::string_view bytes);
  // Whether it is stored already or will be by Commit.
  Result<bool> Contains(const Key& key);
  Status Commit();

  uint64_t bytes_stored();
  uint64_t objects_stored();

 private:
  Result<bool> ContainsLocked(const Key& key);
  Status SpillLocked();
  Result<Location> PlaceLocked();

  Objects& objects_;
  const Objects::Pin pin_;
  std::mutex mutex_;
  std::string buffer_;                                  // records not yet written
  std::optional<PackWriter> own_;                       // once the batch is large
  std::unordered_map<Key, Location, KeyHash> pending_;  // offsets within the batch
  std::unordered_set<uint64_t> used_;                   // packs that held what was added again
  std::optional<Error> broken_;                         // a write came through in part only
  uint64_t batch_bytes_ = 0;
  uint64_t bytes_stored_ = 0;
  uint64_t objects_stored_ = 0;
};

}  // namespace aiop::snapshot
