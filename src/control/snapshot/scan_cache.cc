// SPDX-License-Identifier: Apache-2.0
//
// The scan cache's file: "aiop-scan 1\n", the state's numbers, the nodes depth-first (files only if
// clean), and the SHA-256 of all that.
#include "base/file/file.h"
#include "control/snapshot/record.h"
#include "control/snapshot/scan.h"

namespace aiop::snapshot {
namespace {

constexpr std::string_view kScanMagic = "aiop-scan 1\n";
constexpr uint64_t kScanLimitBytes = uint64_t{2} << 30;

bool IsKept(const Node& node) { return node.kind == NodeKind::kFolder || node.clean; }

void EncodeChildren(std::string& out, const Node& folder) {
  uint64_t count = 0;
  for (const Node& node : folder.children) count += IsKept(node) ? 1 : 0;
  AppendNumber(out, count, 4);
  for (const Node& node : folder.children) {
    if (!IsKept(node)) continue;
    out += static_cast<char>(node.kind);
    AppendNumber(out, node.name.size(), 2);
    out += node.name;
    if (node.kind == NodeKind::kFolder) {
      EncodeChildren(out, node);
      continue;
    }
    AppendNumber(out, node.stamp.inode, 8);
    AppendNumber(out, node.stamp.size, 8);
    AppendNumber(out, uint64_t(node.stamp.modified_ns), 8);
    AppendNumber(out, uint64_t(node.stamp.changed_ns), 8);
    AppendNumber(out, node.size, 8);
    out += node.digest.view();
  }
}

// Reads front to back; past the end everything is zero and `good` turns false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::string_view Bytes(size_t count) {
    if (count > rest_.size()) {
      good_ = false;
      return {};
    }
    const std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }
  uint64_t Number(size_t count) {
    const std::string_view bytes = Bytes(count);
    return good_ ? NumberAt(bytes, 0, count) : 0;
  }
  bool good() const { return good_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

bool DecodeChildren(Reader& reader, Node& folder, unsigned depth) {
  if (depth > kDepthLimit) return false;
  const uint64_t count = reader.Number(4);
  for (uint64_t i = 0; i < count; ++i) {
    Node node;
    const uint64_t kind = reader.Number(1);
    if (kind < uint64_t(NodeKind::kFolder) || kind > uint64_t(NodeKind::kLargeExecutable)) {
      return false;
    }
    node.kind = NodeKind(kind);
    node.name = reader.Bytes(reader.Number(2));
    if (node.kind == NodeKind::kFolder) {
      if (!DecodeChildren(reader, node, depth + 1)) return false;
    } else {
      node.stamp.inode = reader.Number(8);
      node.stamp.size = reader.Number(8);
      node.stamp.modified_ns = int64_t(reader.Number(8));
      node.stamp.changed_ns = int64_t(reader.Number(8));
      node.size = reader.Number(8);
      const std::string_view digest = reader.Bytes(kDigestBytes);
      if (!reader.good()) return false;
      node.digest = FromRaw(digest);
      node.known = node.clean = true;
    }
    if (!folder.children.empty() && folder.children.back().name >= node.name) return false;
    folder.children.push_back(std::move(node));
  }
  return reader.good();
}

}  // namespace

std::string EncodeScan(const ScanCache::State& state) {
  std::string out(kScanMagic);
  AppendNumber(out, state.device, 8);
  AppendNumber(out, state.inode, 8);
  AppendNumber(out, state.bytes, 8);
  AppendNumber(out, state.trusted ? 1 : 0, 1);
  EncodeChildren(out, state.root);
  out += DigestOf(out).view();
  return out;
}

Result<ScanCache::State> DecodeScan(std::string_view bytes) {
  const auto damaged = [] { return Invalid("the scan cache is damaged"); };
  if (bytes.size() < kScanMagic.size() + kDigestBytes || !bytes.starts_with(kScanMagic)) {
    return damaged();
  }
  const std::string_view body = bytes.substr(0, bytes.size() - kDigestBytes);
  if (DigestOf(body).view() != bytes.substr(body.size())) return damaged();
  Reader reader(body.substr(kScanMagic.size()));
  ScanCache::State state;
  state.device = reader.Number(8);
  state.inode = reader.Number(8);
  state.bytes = reader.Number(8);
  state.trusted = reader.Number(1) == 1;
  state.root.kind = NodeKind::kFolder;
  if (!DecodeChildren(reader, state.root, 0) || !reader.at_end()) return damaged();
  return state;
}

ScanCache::ScanCache() : state_(std::make_unique<State>()) {}
ScanCache::~ScanCache() = default;
ScanCache::ScanCache(ScanCache&&) noexcept = default;
ScanCache& ScanCache::operator=(ScanCache&&) noexcept = default;

ScanCache ScanCache::Load(const std::filesystem::path& file) {
  ScanCache cache;
  const auto bytes = file::Read(file, kScanLimitBytes);
  if (!bytes) return cache;
  if (auto state = DecodeScan(*bytes)) *cache.state_ = *std::move(state);
  return cache;
}

Status ScanCache::Save(const std::filesystem::path& file) const {
  return file::Write(file, EncodeScan(*state_), 0600);
}

}  // namespace aiop::snapshot
