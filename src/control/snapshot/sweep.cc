// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <cerrno>
#include <ctime>

#include "control/snapshot/objects.h"
#include "control/snapshot/snapshot.h"
#include "control/snapshot/tree.h"

namespace aiop::snapshot {

Status Objects::Sweep(const std::vector<Digest>& live_roots, std::chrono::hours minimum_age) {
  {
    std::unique_lock lock(pins_mutex_);
    if (!pins_changed_.wait_for(lock, kSweepPatience, [&] { return pins_ == 0 && !sweeping_; })) {
      return Fail(Code::kTimeout, "snapshots are being taken all the time; sweep later");
    }
    sweeping_ = true;
  }
  const Status status = SweepAlone(live_roots, minimum_age);
  const std::lock_guard lock(pins_mutex_);
  sweeping_ = false;
  pins_changed_.notify_all();
  return status;
}

Status Objects::SweepAlone(const std::vector<Digest>& live_roots, std::chrono::hours minimum_age) {
  KeySet roots;
  for (const Digest& root : live_roots) {
    bool stored = false;
    for (const ObjectKind kind : {ObjectKind::kBlob, ObjectKind::kTree, ObjectKind::kPieces}) {
      AIOP_TRY(const auto location, Find({root, kind}));
      if (!location) continue;
      roots.insert({root, kind});
      stored = true;
    }
    if (!stored) return NotFound("nothing swept: live root " + ToHex(root) + " is not stored");
  }
  AIOP_TRY(const auto young, YoungPacks(minimum_age));
  AIOP_TRY(const std::vector<Row> rows, index_->All());
  for (const Row& row : rows) {
    if (young.contains(row.location.pack)) roots.insert(row.key);
  }
  AIOP_TRY(const KeySet live, Mark(std::move(roots)));
  return Discard(rows, live, young);
}

Result<std::unordered_set<uint64_t>> Objects::YoungPacks(std::chrono::hours minimum_age) {
  AIOP_TRY(const PackLengths packs, index_->Packs());
  const auto before = std::time(nullptr) - std::chrono::seconds(minimum_age).count();
  std::unordered_set<uint64_t> young;
  for (const auto& [pack, length] : packs) {
    const auto path = PackPath(packs_, pack);
    struct stat info{};
    if (stat(path.c_str(), &info) != 0) return SystemError("cannot stat " + path.string(), errno);
    if (info.st_mtime > before) young.insert(pack);
  }
  return young;
}

// All that can be reached from the roots, the roots included.
Result<KeySet> Objects::Mark(KeySet roots) {
  std::vector<Key> open;
  for (const Key& key : roots) {
    if (key.kind != ObjectKind::kBlob) open.push_back(key);
  }
  KeySet live = std::move(roots);
  while (!open.empty()) {
    const Key key = open.back();
    open.pop_back();
    AIOP_TRY(const std::string bytes, Get(key));
    AIOP_TRY(const std::vector<Key> references, References(key.kind, bytes));
    for (const Key& reference : references) {
      if (live.insert(reference).second && reference.kind != ObjectKind::kBlob) {
        open.push_back(reference);
      }
    }
  }
  return live;
}

// Forgets what is not live in one transaction, so that no tree stays whose parts go, then deletes
// the empty packs.
Status Objects::Discard(const std::vector<Row>& rows, const KeySet& live,
                        const std::unordered_set<uint64_t>& young) {
  std::unordered_set<uint64_t> needed = young;
  for (const Row& row : rows) {
    if (live.contains(row.key)) needed.insert(row.location.pack);
  }
  AIOP_TRY(const PackLengths packs, index_->Packs());
  IndexChange change;
  for (const auto& [pack, length] : packs) {
    if (!needed.contains(pack)) change.packs_gone.push_back(pack);
  }
  for (const Row& row : rows) {
    if (!live.contains(row.key) && needed.contains(row.location.pack)) {
      change.objects_gone.push_back(row.key);
    }
  }
  if (change.packs_gone.empty() && change.objects_gone.empty()) return {};
  const std::lock_guard lock(append_mutex_);
  AIOP_CHECK_OK(Apply(change));
  for (const uint64_t pack : change.packs_gone) {
    if (active_ && active_->pack() == pack) active_.reset();
    RemovePack(pack);
  }
  return {};
}

}  // namespace aiop::snapshot
