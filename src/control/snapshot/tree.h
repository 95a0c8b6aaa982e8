// SPDX-License-Identifier: Apache-2.0
//
// Objects that refer to others. A tree holds a folder's entries in order of their names:
//   "aiop-tree 1\n" then per entry: kind (1), name length (2), name, size (8), SHA-256 of what it
//   refers to (32)
// A list of pieces holds a large file: "aiop-pieces 1\n", size (8), one SHA-256 per kPieceBytes.
// Parsing trusts nothing: a tree that could lead outside its folder is refused. Values only,
// thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "control/snapshot/digest.h"

namespace aiop::snapshot {

// Stored: values never change.
enum class NodeKind : uint8_t {
  kFolder = 1,           // refers to a tree
  kFile = 2,             // to a blob
  kExecutable = 3,       // to a blob
  kLink = 4,             // to a blob, the link's target
  kLargeFile = 5,        // to a list of pieces
  kLargeExecutable = 6,  // to a list of pieces
};

bool IsLarge(NodeKind kind);
bool IsRegular(NodeKind kind);
bool IsExecutable(NodeKind kind);
// The object an entry of this kind refers to.
ObjectKind TargetKind(NodeKind kind);

struct TreeEntry {
  NodeKind kind = NodeKind::kFile;
  std::string name;
  uint64_t size = 0;
  Digest digest;

  Key target() const { return {digest, TargetKind(kind)}; }
  bool operator==(const TreeEntry&) const = default;
};

inline constexpr std::string_view kTreeMagic = "aiop-tree 1\n";

// `tree` begins as kTreeMagic; names must come in ascending order.
void AppendTreeEntry(std::string& tree, NodeKind kind, std::string_view name, uint64_t size,
                     const Digest& digest);
Result<std::vector<TreeEntry>> ParseTree(std::string_view bytes);

struct Pieces {
  uint64_t size = 0;
  std::vector<Digest> digests;
};

std::string MakePieces(const Pieces& pieces);
Result<Pieces> ParsePieces(std::string_view bytes);

// Everything the object refers to.
Result<std::vector<Key>> References(ObjectKind kind, std::string_view bytes);

}  // namespace aiop::snapshot
