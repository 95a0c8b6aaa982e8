// SPDX-License-Identifier: Apache-2.0
#include "control/snapshot/reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "control/snapshot/folder.h"

namespace aiop::snapshot {
namespace {

constexpr size_t kPortionFiles = 256;
// Less than this is not worth a second thread.
constexpr size_t kFilesPerThread = 16;

// Up to `size` bytes; fewer only at the end of the file.
Result<size_t> ReadUpTo(int fd, char* data, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = read(fd, data + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("cannot read", errno);
    if (got == 0) break;
    done += size_t(got);
  }
  return done;
}

}  // namespace

Status ContentReader::ReadUnknown(Node& folder, unsigned threads) {
  portions_.clear();
  next_ = 0;
  Collect(folder, "");
  size_t files = 0;
  for (const Portion& portion : portions_) files += portion.files.size();
  const size_t useful =
      std::min({size_t(std::max(threads, 1U)), portions_.size(), files / kFilesPerThread + 1});
  {
    std::vector<std::jthread> helpers;
    for (size_t i = 1; i < useful; ++i) helpers.emplace_back([this] { Work(); });
    Work();
  }
  return failure_;
}

void ContentReader::Collect(Node& folder, const std::string& path) {
  Portion portion{path, {}};
  for (Node& node : folder.children) {
    if (node.gone) continue;
    if (node.kind == NodeKind::kFolder) {
      Collect(node, Join(path, node.name));
    } else if (!node.known) {
      portion.files.push_back(&node);
      if (portion.files.size() == kPortionFiles) {
        portions_.push_back(portion);
        portion.files.clear();
      }
    }
  }
  if (!portion.files.empty()) portions_.push_back(std::move(portion));
}

void ContentReader::Work() {
  while (!failed_) {
    const size_t index = next_++;
    if (index >= portions_.size()) return;
    const Status status = ReadPortion(portions_[index]);
    if (status) continue;
    failed_ = true;
    const std::lock_guard lock(failure_mutex_);
    failure_ = status;
  }
}

Status ContentReader::ReadPortion(const Portion& portion) {
  const file::Descriptor folder = OpenBeneath(root_, portion.path);
  if (!folder && !IsVanished(errno)) return SystemError("cannot open " + portion.path, errno);
  for (Node* node : portion.files) {
    if (!folder) {
      MarkGone(*node);
    } else if (node->kind == NodeKind::kLink) {
      AIOP_CHECK_OK(ReadLink(folder.get(), *node));
    } else {
      AIOP_CHECK_OK(ReadFile(folder.get(), Join(portion.path, node->name), *node));
    }
  }
  return {};
}

void ContentReader::MarkGone(Node& node) {
  node.gone = true;
  changed_ = true;
}

Status ContentReader::ReadLink(int folder, Node& node) {
  const auto target = ReadLinkAt(folder, node.name);
  if (!target) {
    MarkGone(node);
    return {};
  }
  AIOP_TRY(node.digest, writer_.Add(ObjectKind::kBlob, *target));
  node.size = target->size();
  bytes_hashed_ += target->size();
  node.known = true;
  node.clean = node.stamp.changed_ns < racy_from_ns_;
  return {};
}

Status ContentReader::ReadFile(int folder, const std::string& path, Node& node) {
  // Not O_NONBLOCK's meaning for files, but a fifo put here meanwhile must not stop us.
  constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  bool stable = false;
  for (int attempt = 0; attempt < kReadAttempts && !stable; ++attempt) {
    const file::Descriptor fd(openat(folder, node.name.c_str(), kFlags));
    struct stat before{};
    struct stat after{};
    if (!fd && !IsVanished(errno)) return SystemError("cannot open " + path, errno);
    if (!fd || fstat(fd.get(), &before) != 0 || !S_ISREG(before.st_mode)) {
      MarkGone(node);
      return {};
    }
    if (uint64_t(before.st_size) > kFileLimitBytes) return Invalid(path + " is too large");
    node.kind = (before.st_mode & S_IXUSR) != 0 ? NodeKind::kExecutable : NodeKind::kFile;
    AIOP_TRY(node.size, ReadContent(fd.get(), path, uint64_t(before.st_size), node));
    node.stamp = StampOf(before);
    stable = fstat(fd.get(), &after) == 0 && StampOf(after) == node.stamp &&
             node.size == node.stamp.size;
  }
  node.known = true;
  node.clean = stable && node.stamp.changed_ns < racy_from_ns_;
  return {};
}

// Adds the content as one blob or as pieces; returns how many bytes there were, at most `expected`.
Result<uint64_t> ContentReader::ReadContent(int fd, const std::string& path, uint64_t expected,
                                            Node& node) {
  thread_local std::string buffer;
  Pieces pieces;
  do {
    const size_t wanted = size_t(std::min(expected - pieces.size, kPieceBytes));
    if (buffer.size() < wanted) buffer.resize(wanted);
    const auto got = ReadUpTo(fd, buffer.data(), wanted);
    if (!got) return std::unexpected(got.error().Within(path));
    if (*got == 0 && !pieces.digests.empty()) break;
    AIOP_TRY(const Digest digest,
             writer_.Add(ObjectKind::kBlob, std::string_view(buffer.data(), *got)));
    pieces.digests.push_back(digest);
    pieces.size += *got;
    bytes_hashed_ += *got;
    if (*got < wanted) break;
  } while (pieces.size < expected);
  if (pieces.digests.size() == 1) {
    node.digest = pieces.digests.front();
    return pieces.size;
  }
  AIOP_TRY(node.digest, writer_.Add(ObjectKind::kPieces, MakePieces(pieces)));
  node.kind = IsExecutable(node.kind) ? NodeKind::kLargeExecutable : NodeKind::kLargeFile;
  return pieces.size;
}

}  // namespace aiop::snapshot
