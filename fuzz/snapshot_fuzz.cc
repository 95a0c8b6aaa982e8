// SPDX-License-Identifier: Apache-2.0
//
// What the snapshot module reads back from disk: tree objects, lists of pieces, record headers with
// their content, scan caches. Whatever the bytes, they parse or are refused; a tree that parses is
// safe to restore.
#include <cstdlib>
#include <string>

#include "control/snapshot/record.h"
#include "control/snapshot/scan.h"
#include "control/snapshot/tree.h"

namespace {

using namespace aiop::snapshot;

void ParseAsTree(std::string_view bytes) {
  const auto entries = ParseTree(bytes);
  if (!entries) return;
  std::string again(kTreeMagic);
  for (const TreeEntry& entry : *entries) {
    if (entry.name.find('/') != std::string::npos || entry.name == "..") std::abort();
    AppendTreeEntry(again, entry.kind, entry.name, entry.size, entry.digest);
  }
  if (again != bytes) std::abort();
}

void ParseAsScan(std::string_view bytes) {
  // With the right hash at its end, or no input would get past that.
  const std::string proven = std::string(bytes) + std::string(DigestOf(bytes).view());
  if (const auto state = DecodeScan(proven)) {
    if (EncodeScan(*state).size() > proven.size()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ParseAsTree(bytes);
  if (const auto pieces = ParsePieces(bytes); pieces && MakePieces(*pieces) != bytes) std::abort();
  ParseAsScan(bytes);
  if (const auto header = ParseHeader(bytes); header && header->size < (1U << 20)) {
    static_cast<void>(Unpack(*header, bytes.substr(kRecordHeaderBytes)));
  }
  return 0;
}
