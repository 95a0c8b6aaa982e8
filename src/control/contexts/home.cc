// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/fault/fault.h"
#include "control/contexts/contexts.h"

namespace aiop::contexts {
namespace {

namespace fs = std::filesystem;

// Raised when the folders change in a way older programs cannot use.
constexpr int64_t kLayoutVersion = 1;
// After this long a waiting command says what it waits for.
constexpr int kSilentPatienceMilliseconds = 200;

Status CheckLayout(const fs::path& folder, bool create) {
  const fs::path marker = folder / "home.json";
  if (!fs::exists(marker)) {
    if (!create)
      return NotFound(folder.string() +
                      " is no home of aiop: run 'aiop init' or name one with --home");
    return file::WriteDurably(marker, json::PrettyText(json::Object{{"layout", kLayoutVersion}}));
  }
  AIOP_TRY(const std::string text, file::Read(marker, kManifestLimitBytes));
  auto value = json::Parse(text);
  const json::Value* layout = value ? json::Member(*value, "layout") : nullptr;
  if (!layout || !layout->is_int64())
    return Unavailable(marker.string() + " is damaged: it must name its layout");
  if (layout->get_int64() > kLayoutVersion) {
    return Unavailable(folder.string() + " was made by a newer aiop (layout " +
                       std::to_string(layout->get_int64()) + ", this program knows " +
                       std::to_string(kLayoutVersion) + "): use that one");
  }
  return {};
}

// Several commands may be started at once: one owns the home, the others wait and say so.
Result<file::Lock> AcquireHome(const fs::path& folder, void (*waiting)(std::string_view)) {
  auto lock = file::Lock::Acquire(folder / "lock", kSilentPatienceMilliseconds);
  if (lock || lock.error().code != Code::kConflict) return lock;
  if (waiting) waiting(lock.error().message + ": waiting for it to finish");
  lock = file::Lock::Acquire(folder / "lock", kHomePatienceMilliseconds);
  if (!lock) return Unavailable(lock.error().message + "; gave up waiting");
  return lock;
}

}  // namespace

Result<std::unique_ptr<Home>> Home::Open(const fs::path& folder, Access access,
                                         void (*waiting)(std::string_view)) {
  std::unique_ptr<Home> home(new Home());
  const bool own = access == Access::kOwn;
  std::error_code error;
  home->folder_ = fs::weakly_canonical(fs::absolute(folder, error), error);
  if (error) return Invalid("'" + folder.string() + "' is no usable path: " + error.message());
  fault::EnterHome(home->folder_);
  if (own) {
    // Specs and transcripts are nobody else's business.
    const bool fresh = !fs::exists(home->folder_, error);
    AIOP_CHECK_OK(file::MakeFolders(home->folder_));
    if (fresh) fs::permissions(home->folder_, fs::perms::owner_all, error);
    for (const char* each : {"app", "motor", "work", "experiments", "cache"}) {
      AIOP_CHECK_OK(file::MakeFolders(home->folder_ / each));
    }
    AIOP_TRY(home->lock_, AcquireHome(home->folder_, waiting));
  }
  AIOP_CHECK_OK(CheckLayout(home->folder_, own));
  AIOP_TRY(home->ledger_, store::Ledger::Open(home->folder_ / "ledger.db", !own));
  AIOP_TRY(home->apps_, store::AppStore::Open(home->folder_ / "app" / "context.db", !own));
  AIOP_TRY(home->motors_, store::MotorStore::Open(home->folder_ / "motor" / "context.db", !own));
  if (own) {
    AIOP_TRY(home->blobs_, snapshot::BlobStore::Open(home->folder_ / "app" / "blobs"));
    home->checkouts_ = std::make_unique<motors::Checkouts>(home->folder_ / "motor" / "checkouts");
  }
  return home;
}

}  // namespace aiop::contexts
