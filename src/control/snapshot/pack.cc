// SPDX-License-Identifier: Apache-2.0
#include "control/snapshot/pack.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace aiop::snapshot {
namespace {

namespace fs = std::filesystem;

// A file mapped for reading; an empty one has no mapping.
class Mapping {
 public:
  Mapping(int fd, size_t size) : size_(size) {
    if (size > 0) address_ = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  }
  ~Mapping() {
    if (good() && size_ > 0) munmap(address_, size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  bool good() const { return address_ != MAP_FAILED; }
  std::string_view view() const {
    return size_ > 0 ? std::string_view(static_cast<const char*>(address_), size_)
                     : std::string_view();
  }

 private:
  void* address_ = nullptr;
  size_t size_ = 0;
};

// The next offset at which an intact header stands; the end if there is none.
size_t FindHeader(std::string_view bytes, size_t from) {
  for (size_t at = bytes.find(kRecordMagic, from); at != std::string_view::npos;
       at = bytes.find(kRecordMagic, at + 1)) {
    if (ParseHeader(bytes.substr(at))) return at;
  }
  return bytes.size();
}

Scanned ScanBytes(std::string_view bytes, uint64_t pack, uint64_t start) {
  Scanned scanned;
  // A file without our first line was torn at its very beginning: nothing in it was acknowledged.
  scanned.length = bytes.starts_with(kPackMagic) ? std::max<uint64_t>(start, kPackMagic.size()) : 0;
  size_t at = scanned.length;
  while (at < bytes.size()) {
    const std::optional<RecordHeader> header = ParseHeader(bytes.substr(at));
    if (!header || header->stored > bytes.size() - at - kRecordHeaderBytes) {
      at = FindHeader(bytes, at + 1);
      continue;
    }
    const uint64_t length = kRecordHeaderBytes + header->stored;
    if (Unpack(*header, bytes.substr(at + kRecordHeaderBytes, header->stored))) {
      scanned.rows.push_back({header->key, {pack, at, length}});
      scanned.length = at + length;
    }
    at += length;
  }
  return scanned;
}

}  // namespace

fs::path PackPath(const fs::path& folder, uint64_t pack) {
  char name[32];
  std::snprintf(name, sizeof name, "%010llu.pack", static_cast<unsigned long long>(pack));
  return folder / name;
}

Result<PackWriter> PackWriter::Create(const fs::path& folder, uint64_t pack) {
  const fs::path path = PackPath(folder, pack);
  file::Descriptor fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return SystemError("cannot create " + path.string(), errno);
  PackWriter writer(std::move(fd), path, pack, 0);
  AIOP_CHECK_OK(writer.Write(kPackMagic));
  return writer;
}

Result<PackWriter> PackWriter::Continue(const fs::path& folder, uint64_t pack, uint64_t length) {
  const fs::path path = PackPath(folder, pack);
  file::Descriptor fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return SystemError("cannot open " + path.string(), errno);
  return PackWriter(std::move(fd), path, pack, length);
}

Status PackWriter::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd_.get(), bytes.data(), bytes.size(), off_t(length_));
    if (written < 0) {
      if (errno == EINTR) continue;
      return SystemError("cannot write " + path_.string(), errno);
    }
    bytes.remove_prefix(size_t(written));
    length_ += uint64_t(written);
  }
  return {};
}

void PackWriter::StartFlush() { sync_file_range(fd_.get(), 0, 0, SYNC_FILE_RANGE_WRITE); }

Status PackWriter::Flush() {
  if (fdatasync(fd_.get()) != 0) return SystemError("cannot flush " + path_.string(), errno);
  return {};
}

void PackWriter::CutTo(uint64_t length) {
  // What cannot be cut off is recognised as a torn tail when the store is opened again.
  if (ftruncate(fd_.get(), off_t(length)) == 0) length_ = length;
}

Result<Scanned> ScanPack(const fs::path& folder, uint64_t pack, uint64_t start) {
  const fs::path path = PackPath(folder, pack);
  const file::Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return SystemError("cannot open " + path.string(), errno);
  struct stat info{};
  if (fstat(fd.get(), &info) != 0) return SystemError("cannot stat " + path.string(), errno);
  const Mapping mapping(fd.get(), size_t(info.st_size));
  if (!mapping.good()) return SystemError("cannot map " + path.string(), errno);
  return ScanBytes(mapping.view(), pack, start);
}

Status SettlePack(const fs::path& folder, uint64_t pack, uint64_t length) {
  const fs::path path = PackPath(folder, pack);
  const file::Descriptor fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return SystemError("cannot open " + path.string(), errno);
  if (ftruncate(fd.get(), off_t(length)) != 0) {
    return SystemError("cannot cut " + path.string(), errno);
  }
  if (fdatasync(fd.get()) != 0) return SystemError("cannot flush " + path.string(), errno);
  return {};
}

}  // namespace aiop::snapshot
