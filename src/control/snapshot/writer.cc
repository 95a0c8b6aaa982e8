// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/fault/fault.h"
#include "control/snapshot/objects.h"
#include "control/snapshot/record.h"
#include "control/snapshot/snapshot.h"

namespace aiop::snapshot {
namespace {

// A batch above this gets a pack of its own.
constexpr size_t kBufferBytes = size_t{8} << 20;

}  // namespace

Writer::~Writer() {
  if (own_) objects_.RemovePack(own_->pack());
}

Result<Digest> Writer::Add(ObjectKind kind, std::string_view bytes) {
  if (bytes.size() > kBlobLimitBytes) {
    return Invalid("a blob of " + std::to_string(bytes.size()) + " bytes is above the limit of " +
                   std::to_string(kBlobLimitBytes));
  }
  const Key key{DigestOf(bytes), kind};
  AIOP_TRY(bool known, Contains(key));
  if (known) return key.digest;
  const std::string record = MakeRecord(key, bytes);  // the slow part, outside the lock
  const std::lock_guard lock(mutex_);
  AIOP_TRY(known, ContainsLocked(key));
  if (known) return key.digest;
  pending_[key] = {0, batch_bytes_, record.size()};
  buffer_ += record;
  batch_bytes_ += record.size();
  bytes_stored_ += record.size();
  ++objects_stored_;
  if (buffer_.size() >= kBufferBytes) AIOP_CHECK_OK(SpillLocked());
  return key.digest;
}

Result<bool> Writer::Contains(const Key& key) {
  const std::lock_guard lock(mutex_);
  return ContainsLocked(key);
}

Result<bool> Writer::ContainsLocked(const Key& key) {
  if (pending_.contains(key)) return true;
  AIOP_TRY(const auto location, objects_.Find(key));
  if (location) used_.insert(location->pack);
  return location.has_value();
}

Status Writer::SpillLocked() {
  if (broken_) return std::unexpected(*broken_);
  if (!own_) {
    AIOP_TRY(own_, objects_.NewPack());
  }
  if (const Status written = own_->Write(buffer_); !written) {
    broken_ = written.error();
    return written;
  }
  own_->StartFlush();
  buffer_.clear();
  return {};
}

// Brings all records to disk and says where the batch begins.
Result<Location> Writer::PlaceLocked() {
  if (!own_) return objects_.Append(buffer_);
  AIOP_CHECK_OK(SpillLocked());
  AIOP_CHECK_OK(own_->Flush());
  AIOP_CHECK_OK(objects_.FlushFolder());
  fault::Point("blobs.pack");
  return Location{own_->pack(), kPackMagic.size(), batch_bytes_};
}

Status Writer::Commit() {
  const std::lock_guard lock(mutex_);
  for (const uint64_t pack : used_) objects_.Touch(pack);
  used_.clear();
  if (pending_.empty()) return {};
  AIOP_TRY(const Location start, PlaceLocked());
  IndexChange change;
  change.rows.reserve(pending_.size());
  for (const auto& [key, place] : pending_) {
    change.rows.push_back({key, {start.pack, start.offset + place.offset, place.bytes}});
  }
  // In the order of the index's own tree: many times faster for large batches.
  std::ranges::sort(change.rows, {}, &Row::key);
  change.lengths[start.pack] = start.offset + batch_bytes_;
  AIOP_CHECK_OK(objects_.Apply(change));
  own_.reset();
  pending_.clear();
  buffer_.clear();
  batch_bytes_ = 0;
  return {};
}

uint64_t Writer::bytes_stored() {
  const std::lock_guard lock(mutex_);
  return bytes_stored_;
}

uint64_t Writer::objects_stored() {
  const std::lock_guard lock(mutex_);
  return objects_stored_;
}

}  // namespace aiop::snapshot
