// SPDX-License-Identifier: Apache-2.0
#include "control/snapshot/tree.h"

#include "control/snapshot/record.h"
#include "control/snapshot/snapshot.h"

namespace aiop::snapshot {
namespace {

constexpr std::string_view kPiecesMagic = "aiop-pieces 1\n";

bool IsSafeName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

std::unexpected<Error> BadTree(std::string_view why) {
  return Internal("snapshot: a tree object is malformed: " + std::string(why));
}

}  // namespace

bool IsLarge(NodeKind kind) {
  return kind == NodeKind::kLargeFile || kind == NodeKind::kLargeExecutable;
}

bool IsRegular(NodeKind kind) { return kind != NodeKind::kFolder && kind != NodeKind::kLink; }

bool IsExecutable(NodeKind kind) {
  return kind == NodeKind::kExecutable || kind == NodeKind::kLargeExecutable;
}

ObjectKind TargetKind(NodeKind kind) {
  if (kind == NodeKind::kFolder) return ObjectKind::kTree;
  return IsLarge(kind) ? ObjectKind::kPieces : ObjectKind::kBlob;
}

void AppendTreeEntry(std::string& tree, NodeKind kind, std::string_view name, uint64_t size,
                     const Digest& digest) {
  tree += static_cast<char>(kind);
  AppendNumber(tree, name.size(), 2);
  tree += name;
  AppendNumber(tree, size, 8);
  tree += digest.view();
}

Result<std::vector<TreeEntry>> ParseTree(std::string_view bytes) {
  if (!bytes.starts_with(kTreeMagic)) return BadTree("its first line");
  std::vector<TreeEntry> entries;
  size_t at = kTreeMagic.size();
  while (at < bytes.size()) {
    if (bytes.size() - at < 3) return BadTree("cut off");
    TreeEntry entry;
    const auto kind = static_cast<unsigned char>(bytes[at]);
    if (kind < uint8_t(NodeKind::kFolder) || kind > uint8_t(NodeKind::kLargeExecutable)) {
      return BadTree("unknown kind");
    }
    entry.kind = NodeKind(kind);
    const size_t length = NumberAt(bytes, at + 1, 2);
    at += 3;
    if (bytes.size() - at < length + 8 + kDigestBytes) return BadTree("cut off");
    entry.name = bytes.substr(at, length);
    if (!IsSafeName(entry.name)) return BadTree("unsafe name");
    if (!entries.empty() && entries.back().name >= entry.name) return BadTree("out of order");
    entry.size = NumberAt(bytes, at + length, 8);
    const bool whole = entry.kind != NodeKind::kFolder && !IsLarge(entry.kind);
    if (whole && entry.size > kPieceBytes) return BadTree("too large for one blob");
    entry.digest = FromRaw(bytes.substr(at + length + 8, kDigestBytes));
    at += length + 8 + kDigestBytes;
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string MakePieces(const Pieces& pieces) {
  std::string bytes(kPiecesMagic);
  AppendNumber(bytes, pieces.size, 8);
  for (const Digest& digest : pieces.digests) bytes += digest.view();
  return bytes;
}

Result<Pieces> ParsePieces(std::string_view bytes) {
  const size_t start = kPiecesMagic.size() + 8;
  if (!bytes.starts_with(kPiecesMagic) || bytes.size() < start ||
      (bytes.size() - start) % kDigestBytes != 0) {
    return Internal("snapshot: a list of pieces is malformed");
  }
  Pieces pieces;
  pieces.size = NumberAt(bytes, kPiecesMagic.size(), 8);
  for (size_t at = start; at < bytes.size(); at += kDigestBytes) {
    pieces.digests.push_back(FromRaw(bytes.substr(at, kDigestBytes)));
  }
  if (pieces.size / kPieceBytes + (pieces.size % kPieceBytes != 0) != pieces.digests.size()) {
    return Internal("snapshot: a list of pieces does not add up");
  }
  return pieces;
}

Result<std::vector<Key>> References(ObjectKind kind, std::string_view bytes) {
  std::vector<Key> keys;
  if (kind == ObjectKind::kTree) {
    AIOP_TRY(const auto entries, ParseTree(bytes));
    for (const TreeEntry& entry : entries) keys.push_back(entry.target());
  }
  if (kind == ObjectKind::kPieces) {
    AIOP_TRY(const Pieces pieces, ParsePieces(bytes));
    for (const Digest& digest : pieces.digests) keys.push_back({digest, ObjectKind::kBlob});
  }
  return keys;
}

}  // namespace aiop::snapshot
