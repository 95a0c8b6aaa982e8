// SPDX-License-Identifier: Apache-2.0
//
// Reads the files of a walked folder that are not known yet, hashes them and adds them to a batch.
// Work is handed out in portions, so that several threads can share it.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "control/snapshot/objects.h"
#include "control/snapshot/scan.h"

namespace aiop::snapshot {

class ContentReader {
 public:
  // Files whose ctime is at or after `racy_from_ns` are not marked clean.
  ContentReader(Writer& writer, int root, int64_t racy_from_ns)
      : writer_(writer), root_(root), racy_from_ns_(racy_from_ns) {}

  // Makes all files below `folder` known, or gone.
  Status ReadUnknown(Node& folder, unsigned threads);

  uint64_t bytes_hashed() const { return bytes_hashed_; }
  bool changed() const { return changed_; }

 private:
  // Some unknown files of one folder.
  struct Portion {
    std::string path;
    std::vector<Node*> files;
  };

  void Collect(Node& folder, const std::string& path);
  void Work();
  Status ReadPortion(const Portion& portion);
  Status ReadLink(int folder, Node& node);
  Status ReadFile(int folder, const std::string& path, Node& node);
  Result<uint64_t> ReadContent(int fd, const std::string& path, uint64_t expected, Node& node);
  void MarkGone(Node& node);

  Writer& writer_;
  const int root_;
  const int64_t racy_from_ns_;
  std::vector<Portion> portions_;
  std::atomic<size_t> next_{0};
  std::atomic<uint64_t> bytes_hashed_{0};
  std::atomic<bool> changed_{false};
  std::atomic<bool> failed_{false};
  std::mutex failure_mutex_;
  Status failure_;
};

}  // namespace aiop::snapshot
