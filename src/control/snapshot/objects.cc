// SPDX-License-Identifier: Apache-2.0
#include "control/snapshot/objects.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/fault/fault.h"
#include "control/snapshot/snapshot.h"

namespace aiop::snapshot {
namespace {

namespace fs = std::filesystem;

constexpr int kLockPatienceMs = 1000;
// Small batches share a pack up to this size.
constexpr uint64_t kPackFullBytes = uint64_t{64} << 20;
constexpr size_t kOpenPacks = 64;

Status ReadExactly(int fd, char* data, size_t size, uint64_t offset) {
  while (size > 0) {
    const ssize_t got = pread(fd, data, size, off_t(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("cannot read", errno);
    if (got == 0) return Internal("shorter than its index says");
    data += got;
    size -= size_t(got);
    offset += uint64_t(got);
  }
  return {};
}

}  // namespace

Objects::Objects(fs::path folder, file::Lock lock)
    : folder_(std::move(folder)), packs_(folder_ / "packs"), lock_(std::move(lock)) {}

Result<std::unique_ptr<Objects>> Objects::Open(const fs::path& folder) {
  AIOP_CHECK_OK(file::MakeFolders(folder / "packs"));
  AIOP_TRY(file::Lock lock, file::Lock::Acquire(folder / "lock", kLockPatienceMs));
  std::unique_ptr<Objects> objects(new Objects(folder, std::move(lock)));
  const fs::path file = folder / "index.db";
  auto index = Index::Open(file);
  if (!index && index.error().code == Code::kInternal) {
    AIOP_CHECK_OK(Index::Remove(file));
    index = Index::Open(file);
  }
  if (!index) return std::unexpected(index.error());
  objects->index_ = *std::move(index);
  AIOP_CHECK_OK(objects->Recover());
  return objects;
}

Result<std::shared_ptr<file::Descriptor>> Objects::OpenPack(uint64_t pack) {
  const std::lock_guard lock(readers_mutex_);
  if (const auto found = readers_.find(pack); found != readers_.end()) return found->second;
  const fs::path path = PackPath(packs_, pack);
  auto fd = std::make_shared<file::Descriptor>(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!*fd) return SystemError("cannot open " + path.string(), errno);
  if (readers_.size() >= kOpenPacks) readers_.clear();
  readers_[pack] = fd;
  return fd;
}

Result<std::string> Objects::ReadRecord(const Key& key, const Location& location) {
  AIOP_TRY(const auto fd, OpenPack(location.pack));
  if (location.bytes < kRecordHeaderBytes ||
      location.bytes > kBlobLimitBytes + kRecordHeaderBytes) {
    return Unavailable("its index is damaged");
  }
  std::string record(location.bytes, '\0');
  AIOP_CHECK_OK(ReadExactly(fd->get(), record.data(), record.size(), location.offset));
  const std::optional<RecordHeader> header = ParseHeader(record);
  if (!header || header->key != key || header->stored != record.size() - kRecordHeaderBytes) {
    return Unavailable("the record is damaged");
  }
  auto content = Unpack(*header, std::string_view(record).substr(kRecordHeaderBytes));
  if (!content) return Unavailable("the content does not match its hash");
  return *std::move(content);
}

Result<std::string> Objects::Get(const Key& key) {
  AIOP_TRY(const auto location, Find(key));
  if (!location) return NotFound("blob " + ToHex(key.digest) + " is not stored");
  auto content = ReadRecord(key, *location);
  if (!content) {
    return std::unexpected(content.error().Within(
        "blob " + ToHex(key.digest) + " in " + PackPath(packs_, location->pack).string() + " at " +
        std::to_string(location->offset) + ": restore the home from a backup"));
  }
  return content;
}

Result<PackWriter> Objects::NewPack() { return PackWriter::Create(packs_, next_pack_++); }

Result<Location> Objects::Append(std::string_view records) {
  const std::lock_guard lock(append_mutex_);
  bool fresh = false;
  if (!active_ || active_->length() >= kPackFullBytes) {
    AIOP_TRY(active_, NewPack());
    fresh = true;
  }
  const Location location{active_->pack(), active_->length(), records.size()};
  Status status = active_->Write(records);
  if (status) status = active_->Flush();
  if (status && fresh) status = FlushFolder();
  if (!status) {
    // Never trusted again: after a failed flush the kernel may have dropped what it could not
    // write.
    active_->CutTo(location.offset);
    active_.reset();
    return std::unexpected(status.error());
  }
  fault::Point("blobs.pack");
  return location;
}

Status Objects::Apply(const IndexChange& change) {
  AIOP_CHECK_OK(index_->Apply(change));
  fault::Point("blobs.index");
  return {};
}

void Objects::RemovePack(uint64_t pack) {
  {
    const std::lock_guard lock(readers_mutex_);
    readers_.erase(pack);
  }
  // A pack that stays is taken in again at the next start: space, no harm.
  unlink(PackPath(packs_, pack).c_str());
}

void Objects::Touch(uint64_t pack) {
  utimensat(AT_FDCWD, PackPath(packs_, pack).c_str(), nullptr, 0);
}

Objects::Pin::Pin(Objects& objects) : objects_(objects) {
  std::unique_lock lock(objects_.pins_mutex_);
  objects_.pins_changed_.wait(lock, [&] { return !objects_.sweeping_; });
  ++objects_.pins_;
}

Objects::Pin::~Pin() {
  const std::lock_guard lock(objects_.pins_mutex_);
  --objects_.pins_;
  objects_.pins_changed_.notify_all();
}

}  // namespace aiop::snapshot
