// SPDX-License-Identifier: Apache-2.0
//
// What a work folder looks like: the tree of its entries with their stamps, and, once read, their
// hashes. The same tree is what ScanCache remembers.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "control/snapshot/snapshot.h"
#include "control/snapshot/tree.h"

namespace aiop::snapshot {

// What stat says about a file; while it stays, so does the content (with the exceptions ScanCache
// names).
struct Stamp {
  uint64_t inode = 0;
  uint64_t size = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;

  bool operator==(const Stamp&) const = default;
};

Stamp StampOf(const struct stat& info);
// The wall clock as file systems write it.
int64_t NowNanoseconds();

struct Node {
  std::string name;
  NodeKind kind = NodeKind::kFile;
  bool known = false;  // size and digest are those of the content
  bool clean = false;  // and the stamp proves it at the next scan
  bool gone = false;   // vanished between the walk and the reading
  Stamp stamp;
  uint64_t size = 0;
  Digest digest;
  std::vector<Node> children;  // by name
};

struct Walked {
  Node root;
  uint64_t bytes = 0;
  uint64_t entries = 0;
  bool changed = false;  // something vanished while we looked
};

// All entries below the open folder. Files whose stamp is that of a clean node of `remembered` (may
// be null) are `known` with its hash; nothing is read. Refuses what a snapshot cannot hold.
Result<Walked> Walk(int root, const Node* remembered);

struct ScanCache::State {
  uint64_t device = 0;  // of the work folder
  uint64_t inode = 0;
  uint64_t bytes = 0;    // content of all files
  bool trusted = false;  // stamps were taken after a syncfs, on a file system that keeps them
  Node root;
};

// ScanCache's file; of no other use.
std::string EncodeScan(const ScanCache::State& state);
Result<ScanCache::State> DecodeScan(std::string_view bytes);

}  // namespace aiop::snapshot
