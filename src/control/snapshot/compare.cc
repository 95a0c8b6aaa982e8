// SPDX-License-Identifier: Apache-2.0
//
// Reading snapshots without a folder: List, Diff, ReadFile.
#include <algorithm>

#include "control/snapshot/folder.h"
#include "control/snapshot/objects.h"
#include "control/snapshot/snapshot.h"
#include "control/snapshot/tree.h"

namespace aiop::snapshot {
namespace {

using Tree = std::vector<TreeEntry>;

Result<Tree> LoadTree(Objects& objects, const Digest& digest) {
  AIOP_TRY(const std::string bytes, objects.Get({digest, ObjectKind::kTree}));
  return ParseTree(bytes);
}

Result<Digest> ParseRoot(std::string_view root) {
  const std::optional<Digest> digest = FromHex(root);
  if (!digest) return Invalid("'" + std::string(root) + "' is no snapshot root");
  return *digest;
}

Kind PublicKind(NodeKind kind) {
  if (kind == NodeKind::kFolder) return Kind::kFolder;
  if (kind == NodeKind::kLink) return Kind::kLink;
  return IsExecutable(kind) ? Kind::kExecutable : Kind::kFile;
}

Entry PublicEntry(const TreeEntry& entry, const std::string& folder) {
  return {Join(folder, entry.name), PublicKind(entry.kind), entry.size, ToHex(entry.digest)};
}

Status CheckDepth(unsigned depth) {
  if (depth > kDepthLimit) return Internal("the snapshot is nested too deeply");
  return {};
}

Status ListInto(Objects& objects, const Digest& tree, const std::string& path, unsigned depth,
                std::vector<Entry>& entries) {
  AIOP_CHECK_OK(CheckDepth(depth));
  AIOP_TRY(const Tree content, LoadTree(objects, tree));
  for (const TreeEntry& entry : content) {
    entries.push_back(PublicEntry(entry, path));
    if (entry.kind != NodeKind::kFolder) continue;
    AIOP_CHECK_OK(ListInto(objects, entry.digest, Join(path, entry.name), depth + 1, entries));
  }
  return {};
}

class Differ {
 public:
  explicit Differ(Objects& objects) : objects_(objects) {}

  std::vector<Change> changes;

  Status Compare(const Digest& a, const Digest& b, const std::string& path, unsigned depth) {
    if (a == b) return {};
    AIOP_CHECK_OK(CheckDepth(depth));
    AIOP_TRY(const Tree before, LoadTree(objects_, a));
    AIOP_TRY(const Tree after, LoadTree(objects_, b));
    size_t i = 0;
    size_t k = 0;
    while (i < before.size() || k < after.size()) {
      if (k == after.size() || (i < before.size() && before[i].name < after[k].name)) {
        AIOP_CHECK_OK(Report(Change::What::kRemoved, before[i++], path, depth));
      } else if (i == before.size() || after[k].name < before[i].name) {
        AIOP_CHECK_OK(Report(Change::What::kAdded, after[k++], path, depth));
      } else {
        AIOP_CHECK_OK(CompareEntry(before[i++], after[k++], path, depth));
      }
    }
    return {};
  }

 private:
  Status CompareEntry(const TreeEntry& before, const TreeEntry& after, const std::string& path,
                      unsigned depth) {
    if (before == after) return {};
    const bool folders = before.kind == NodeKind::kFolder && after.kind == NodeKind::kFolder;
    if (folders) return Compare(before.digest, after.digest, Join(path, before.name), depth + 1);
    const bool same_sort =
        before.kind == after.kind || (IsRegular(before.kind) && IsRegular(after.kind));
    if (same_sort) return Report(Change::What::kModified, after, path, depth);
    AIOP_CHECK_OK(Report(Change::What::kRemoved, before, path, depth));
    return Report(Change::What::kAdded, after, path, depth);
  }

  // The entry and, for folders, all in it.
  Status Report(Change::What what, const TreeEntry& entry, const std::string& path,
                unsigned depth) {
    changes.push_back({what, PublicEntry(entry, path)});
    if (entry.kind != NodeKind::kFolder) return {};
    std::vector<Entry> inner;
    AIOP_CHECK_OK(ListInto(objects_, entry.digest, Join(path, entry.name), depth + 1, inner));
    for (Entry& each : inner) changes.push_back({what, std::move(each)});
    return {};
  }

  Objects& objects_;
};

Result<std::string> ReadContent(Objects& objects, const TreeEntry& entry) {
  if (!IsRegular(entry.kind)) return Invalid("it is no regular file");
  if (entry.size > kReadLimitBytes) {
    return Invalid("it is larger than the limit of " + std::to_string(kReadLimitBytes) + " bytes");
  }
  AIOP_TRY(std::string bytes, objects.Get(entry.target()));
  if (!IsLarge(entry.kind)) return bytes;
  AIOP_TRY(const Pieces pieces, ParsePieces(bytes));
  if (pieces.size != entry.size) return Internal("its list of pieces has another size");
  std::string content;
  content.reserve(pieces.size);
  for (const Digest& digest : pieces.digests) {
    AIOP_TRY(const std::string piece, objects.Get({digest, ObjectKind::kBlob}));
    content += piece;
  }
  return content;
}

}  // namespace

Result<std::vector<Entry>> List(BlobStore& store, std::string_view root) {
  AIOP_TRY(const Digest digest, ParseRoot(root));
  std::vector<Entry> entries;
  AIOP_CHECK_OK(ListInto(store.objects(), digest, "", 0, entries));
  return entries;
}

Result<std::vector<Change>> Diff(BlobStore& store, std::string_view root_a,
                                 std::string_view root_b) {
  AIOP_TRY(const Digest a, ParseRoot(root_a));
  AIOP_TRY(const Digest b, ParseRoot(root_b));
  Differ differ(store.objects());
  AIOP_CHECK_OK(differ.Compare(a, b, "", 0));
  return std::move(differ.changes);
}

Result<std::string> ReadFile(BlobStore& store, std::string_view root, std::string_view path) {
  AIOP_TRY(Digest folder, ParseRoot(root));
  std::string_view rest = path;
  for (;;) {
    const size_t slash = rest.find('/');
    const std::string_view name = rest.substr(0, slash);
    AIOP_TRY(const Tree tree, LoadTree(store.objects(), folder));
    const auto found = std::ranges::lower_bound(tree, name, {}, &TreeEntry::name);
    const bool last = slash == std::string_view::npos;
    if (found == tree.end() || found->name != name || (!last && found->kind != NodeKind::kFolder)) {
      return NotFound(std::string(path) + " is not in the snapshot");
    }
    if (last) {
      auto content = ReadContent(store.objects(), *found);
      if (!content) return std::unexpected(content.error().Within(path));
      return content;
    }
    folder = found->digest;
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace aiop::snapshot
