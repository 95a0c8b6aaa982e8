// SPDX-License-Identifier: Apache-2.0
//
// The home on disk, and the two kinds of context kept in it, apart from each other:
//
//   home/home.json           version of the layout
//   home/lock                held by the one process that owns the home
//   home/ledger.db           what happened
//   home/app/context.db      apps, their versions, artifacts, searchable transcripts
//   home/app/blobs/          specs, checkpoints, transcripts, logs (control/snapshot)
//   home/motor/context.db    plants, motor versions, restore points
//   home/motor/NAME/         one bare git repository per plant (control/motors)
//   home/motor/checkouts/    sealed checkouts
//   home/work/RUN/           work folders of open runs; home/experiments/: those of experiments;
//   home/cache/: HOME of
//                            plants and of setup
//
// Contexts and blobs are written first, the ledger's commit then refers to them. Thread-safe.
// Errors: kInvalid bad input, naming file, line and field, before anything was changed; kNotFound;
// kConflict a home held by another process.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file/file.h"
#include "base/result/result.h"
#include "control/motors/motors.h"
#include "control/snapshot/snapshot.h"
#include "control/store/store.h"
#include "core/model/model.h"

namespace aiop::contexts {

inline constexpr uint64_t kSpecLimitBytes = uint64_t{64} << 20;
inline constexpr uint64_t kManifestLimitBytes = uint64_t{1} << 20;

// How long a command waits for another that owns the home.
inline constexpr int kHomePatienceMilliseconds = 600'000;

class Home {
 public:
  enum class Access { kOwn, kRead };
  // kOwn creates what is missing and holds the home's lock (waiting for it, saying so once through
  // `waiting`); kRead opens what is there and never writes; kNotFound if there is no home.
  static Result<std::unique_ptr<Home>> Open(const std::filesystem::path& folder, Access access,
                                            void (*waiting)(std::string_view) = nullptr);

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path WorkFolder(std::string_view run) const { return folder_ / "work" / run; }
  std::filesystem::path CacheFolder() const { return folder_ / "cache"; }
  std::filesystem::path ExperimentFolder() const { return folder_ / "experiments"; }

  store::Ledger& ledger() { return *ledger_; }
  store::AppStore& apps() { return *apps_; }
  store::MotorStore& motors() { return *motors_; }
  snapshot::BlobStore& blobs() { return *blobs_; }  // owners only
  motors::Checkouts& checkouts() { return *checkouts_; }
  // Set once whoever owns the home is asked to end: programs that run for it are ended, and what
  // waited for them fails with kCancelled.
  std::atomic<bool>& stopping() { return stopping_; }
  // Set-ups of motors are shared with other homes through this folder (SetupSpec::installed).
  void ShareInstalled(const std::filesystem::path& folder) { installed_ = folder; }
  const std::filesystem::path& installed() const { return installed_; }

 private:
  Home() = default;
  std::atomic<bool> stopping_{false};
  std::filesystem::path folder_;
  std::filesystem::path installed_;
  std::optional<file::Lock> lock_;
  std::unique_ptr<store::Ledger> ledger_;
  std::unique_ptr<store::AppStore> apps_;
  std::unique_ptr<store::MotorStore> motors_;
  std::unique_ptr<snapshot::BlobStore> blobs_;
  std::unique_ptr<motors::Checkouts> checkouts_;
};

// ---- Apps ----

// Where a spec's content comes from.
struct SpecSource {
  std::filesystem::path path;  // a file or a folder
};

Result<model::App> AddApp(Home& home, const std::string& name, const std::string& plant,
                          const SpecSource& spec, const std::vector<std::string>& profiles,
                          const std::vector<std::string>& labels = {});

// The words by which canaries choose the app, in place of those it had.
Result<model::App> SetLabels(Home& home, const std::string& name,
                             const std::vector<std::string>& labels);

// A new version with this content: minor bump if its owner made it, patch if the operator did. The
// same content as the current version returns that one, unchanged.
Result<model::AppVersion> UpdateApp(Home& home, const std::string& name, const SpecSource& spec,
                                    const std::string& made_by, const std::string& because);

Result<model::AppVersion> CurrentVersion(Home& home, const std::string& app);
Result<model::AppVersion> VersionOf(Home& home, const model::AppReference& reference);

// Writes the version's spec below `folder` and returns the path to hand to the plant.
Result<std::filesystem::path> PlaceSpec(Home& home, const model::AppVersion& version,
                                        const std::filesystem::path& folder);

// Unified diff between two versions' specs.
Result<std::string> DiffApps(Home& home, const model::AppVersion& from,
                             const model::AppVersion& to);

// ---- Motors ----

// A motor version ready to be read: its manifest, checked, and where it comes from.
struct Motor {
  model::MotorVersion version;
  model::MotorManifest manifest;
};

// Reads and checks motor.yaml of a revision; errors name motor.yaml, line and key.
Result<model::MotorManifest> ReadManifest(const motors::Repository& repository,
                                          const std::string& revision);

Result<model::Plant> AddPlant(Home& home, const std::string& name, const std::string& source,
                              const std::string& team = "");
Result<model::Plant> GetPlant(Home& home, const std::string& name);
Result<motors::Repository> OpenRepository(Home& home, const std::string& plant);

// The plant's active version, or the one named by semver.
Result<Motor> ActiveMotor(Home& home, const std::string& plant);
Result<Motor> MotorAt(Home& home, const std::string& plant, const std::string& version);
Result<Motor> MotorAtCommit(Home& home, const std::string& plant, const std::string& commit);

// Records versions that were tagged or committed outside since the last look: `outside` until they
// are promoted.
Result<std::vector<model::MotorVersion>> NoticeOutsideVersions(Home& home,
                                                               const std::string& plant);

// The golden specs of a motor version: paths in it, sorted.
Result<std::vector<std::string>> GoldenSpecs(Home& home, const Motor& motor);

// How the motor version is set up.
motors::SetupSpec SetupOf(Home& home, const Motor& motor);
// The sealed checkout of a motor version, set up. Slow the first time.
Result<std::filesystem::path> Checkout(Home& home, const Motor& motor);

// The reference of a commit of this plant: name@version+hash, from its manifest and content.
Result<model::MotorVersion> DescribeCommit(Home& home, const std::string& plant,
                                           const motors::Repository& repository,
                                           const std::string& commit);

// Moves the active-version pointer, recording who and why. Durable when it returns.
Status MovePointer(Home& home, const std::string& plant, const model::MotorVersion& to,
                   const std::string& actor, const std::string& because);

}  // namespace aiop::contexts
