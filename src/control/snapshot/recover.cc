// SPDX-License-Identifier: Apache-2.0
//
// What Open does after a crash: the packs are the truth, the index follows.
#include <algorithm>
#include <charconv>

#include "base/fault/fault.h"
#include "control/snapshot/objects.h"
#include "control/snapshot/tree.h"

namespace aiop::snapshot {
namespace {

namespace fs = std::filesystem;

// A pack that never exists. In the index while a recovery is under way, so that one cut short is
// done again.
constexpr uint64_t kRecoveryMarker = 0;

std::optional<uint64_t> PackNumber(const fs::path& path) {
  if (path.extension() != ".pack") return std::nullopt;
  const std::string stem = path.stem().string();
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), number);
  if (error != std::errc() || end != stem.data() + stem.size()) return std::nullopt;
  return number;
}

}  // namespace

Result<PackLengths> Objects::PacksOnDisk() {
  PackLengths lengths;
  std::error_code error;
  for (fs::directory_iterator entry(packs_, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::optional<uint64_t> number = PackNumber(entry->path());
    if (!number || PackPath(packs_, *number) != entry->path()) continue;
    std::error_code unreadable;
    lengths[*number] = entry->file_size(unreadable);
    if (unreadable) return Unavailable("cannot stat " + entry->path().string());
  }
  if (error) return Unavailable("cannot list " + packs_.string() + ": " + error.message());
  return lengths;
}

Status Objects::Recover() {
  AIOP_TRY(const PackLengths on_disk, PacksOnDisk());
  AIOP_TRY(const PackLengths indexed, index_->Packs());
  if (on_disk != indexed) AIOP_CHECK_OK(TakeIn(on_disk, indexed));
  AIOP_TRY(const PackLengths settled, index_->Packs());
  if (!settled.empty()) {
    const auto& [pack, length] = *settled.rbegin();
    next_pack_ = pack + 1;
    AIOP_TRY(active_, PackWriter::Continue(packs_, pack, length));
  }
  return {};
}

// Indexes what lies in packs beyond what the index knows, and forgets what is no longer there.
Status Objects::TakeIn(const PackLengths& on_disk, const PackLengths& indexed) {
  IndexChange change;
  bool lost = false;
  for (const auto& [pack, length] : indexed) {
    const auto found = on_disk.find(pack);
    if (found != on_disk.end() && found->second >= length) continue;
    change.packs_gone.push_back(pack);  // a pack that got shorter is read again from its beginning
    lost = true;
  }
  for (const auto& [pack, length] : on_disk) {
    const auto known = indexed.find(pack);
    const bool trusted = known != indexed.end() && known->second <= length;
    if (trusted && known->second == length) continue;
    AIOP_TRY(Scanned scanned, ScanPack(packs_, pack, trusted ? known->second : 0));
    if (scanned.length <= kPackMagic.size()) {
      RemovePack(pack);
      if (trusted) change.packs_gone.push_back(pack);
      continue;
    }
    // Flushed before it is indexed: what a killed process wrote may so far be in memory only.
    AIOP_CHECK_OK(SettlePack(packs_, pack, scanned.length));
    change.lengths[pack] = scanned.length;
    change.rows.insert(change.rows.end(), scanned.rows.begin(), scanned.rows.end());
  }
  AIOP_CHECK_OK(file::FlushFolder(packs_));
  change.lengths[kRecoveryMarker] = 1;
  AIOP_CHECK_OK(Apply(change));
  if (lost) {
    AIOP_TRY(change.rows, index_->All());
  }
  AIOP_CHECK_OK(RestoreClosure(change.rows));
  return Apply({.packs_gone = {kRecoveryMarker}});
}

// Drops from the index the trees and lists of pieces whose references are not all there, until none
// is left, so that "a tree is stored" again means that all below it is.
Status Objects::RestoreClosure(const std::vector<Row>& suspects) {
  std::unordered_map<Key, std::vector<Key>, KeyHash> references;
  for (const Row& row : suspects) {
    if (row.key.kind == ObjectKind::kBlob) continue;
    const auto bytes = Get(row.key);
    auto keys = bytes ? References(row.key.kind, *bytes) : std::unexpected(bytes.error());
    references[row.key] = keys ? *std::move(keys) : std::vector<Key>{row.key};
    if (!keys) AIOP_CHECK_OK(Apply({.objects_gone = {row.key}}));
  }
  for (;;) {
    IndexChange change;
    for (const auto& [key, targets] : references) {
      for (const Key& target : targets) {
        AIOP_TRY(const auto location, Find(target));
        if (location) continue;
        change.objects_gone.push_back(key);
        break;
      }
    }
    if (change.objects_gone.empty()) return {};
    AIOP_CHECK_OK(Apply(change));
    for (const Key& key : change.objects_gone) references.erase(key);
  }
}

}  // namespace aiop::snapshot
