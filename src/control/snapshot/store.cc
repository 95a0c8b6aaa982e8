// SPDX-License-Identifier: Apache-2.0
#include "control/snapshot/objects.h"
#include "control/snapshot/snapshot.h"

namespace aiop::snapshot {
namespace {

Result<Digest> ParseHash(std::string_view text) {
  const std::optional<Digest> digest = FromHex(text);
  if (!digest) return Invalid("'" + std::string(text) + "' is no hash (64 lower-case hex digits)");
  return *digest;
}

constexpr ObjectKind kAnyKind[] = {ObjectKind::kBlob, ObjectKind::kTree, ObjectKind::kPieces};

}  // namespace

BlobStore::BlobStore(std::unique_ptr<Objects> objects) : objects_(std::move(objects)) {}

BlobStore::~BlobStore() = default;

Result<std::unique_ptr<BlobStore>> BlobStore::Open(const std::filesystem::path& folder) {
  AIOP_TRY(auto objects, Objects::Open(folder));
  return std::unique_ptr<BlobStore>(new BlobStore(std::move(objects)));
}

Result<std::string> BlobStore::Put(std::string_view bytes) {
  Batch batch(*this);
  AIOP_TRY(std::string hash, batch.Put(bytes));
  AIOP_CHECK_OK(batch.Commit());
  return hash;
}

Result<std::string> BlobStore::Get(std::string_view hash) {
  AIOP_TRY(const Digest digest, ParseHash(hash));
  for (const ObjectKind kind : kAnyKind) {
    auto bytes = objects_->Get({digest, kind});
    if (bytes || bytes.error().code != Code::kNotFound) return bytes;
  }
  return NotFound("blob " + std::string(hash) + " is not stored");
}

bool BlobStore::Has(std::string_view hash) {
  const std::optional<Digest> digest = FromHex(hash);
  if (!digest) return false;
  for (const ObjectKind kind : kAnyKind) {
    const auto location = objects_->Find({*digest, kind});
    if (location && *location) return true;
  }
  return false;
}

Status BlobStore::Sweep(const std::vector<std::string>& live_roots,
                        std::chrono::hours minimum_age) {
  std::vector<Digest> roots;
  for (const std::string& root : live_roots) {
    AIOP_TRY(const Digest digest, ParseHash(root));
    roots.push_back(digest);
  }
  return objects_->Sweep(roots, minimum_age);
}

struct BlobStore::Batch::State {
  Writer writer;
};

BlobStore::Batch::Batch(BlobStore& store) : state_(new State{Writer(store.objects())}) {}

BlobStore::Batch::~Batch() = default;

Result<std::string> BlobStore::Batch::Put(std::string_view bytes) {
  AIOP_TRY(const Digest digest, state_->writer.Add(ObjectKind::kBlob, bytes));
  return ToHex(digest);
}

Status BlobStore::Batch::Commit() { return state_->writer.Commit(); }

}  // namespace aiop::snapshot
