// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>

#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "base/process/process.h"
#include "control/contexts/contexts.h"
#include "core/version/version.h"

namespace aiop::contexts {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds kDiffTimeout{60'000};
constexpr size_t kDiffLimitBytes = size_t{4} << 20;

// A spec taken into the blobs, not yet named by any version.
struct TakenSpec {
  std::string root;
  std::string entry;
  std::string content_hash;
};

Status CopySpec(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (fs::is_directory(from, error)) {
    fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
  } else {
    fs::copy_file(from, to / from.filename(), error);
  }
  if (error) return Unavailable("cannot copy " + from.string() + ": " + error.message());
  return {};
}

Result<TakenSpec> TakeSpec(Home& home, const SpecSource& spec) {
  std::error_code error;
  const fs::file_status status = fs::status(spec.path, error);
  if (!fs::exists(status)) return NotFound(spec.path.string() + ": no such file or folder");
  const bool folder = fs::is_directory(status);
  if (!folder && !fs::is_regular_file(status))
    return Invalid(spec.path.string() + " is neither a file nor a folder");
  if (!folder && fs::file_size(spec.path, error) > kSpecLimitBytes) {
    return Invalid(spec.path.string() + " is larger than the limit of " +
                   std::to_string(kSpecLimitBytes) + " bytes");
  }
  const fs::path scratch = home.folder() / "app" / ("taking-" + NewId());
  AIOP_CHECK_OK(file::MakeFolders(scratch));
  TakenSpec taken;
  Status copied = CopySpec(spec.path, scratch);
  if (copied) {
    snapshot::ScanCache cache;
    auto snapshot = snapshot::Take(home.blobs(), scratch, cache);
    if (snapshot) {
      taken.root = snapshot->root;
    } else {
      copied = std::unexpected(snapshot.error());
    }
  }
  [[maybe_unused]] const Status removed = file::RemoveTree(scratch);
  AIOP_CHECK_OK(copied);
  if (!folder) taken.entry = spec.path.filename().string();
  // The file's name does not matter to what the spec says: renaming it makes no new version.
  if (folder) {
    taken.content_hash = taken.root;
  } else {
    AIOP_TRY(const std::string content, file::Read(spec.path, kSpecLimitBytes));
    taken.content_hash = HashBytes(content);
  }
  return taken;
}

model::AppVersion MakeVersion(const std::string& app, const TakenSpec& taken,
                              const version::SemanticVersion& number, const std::string& made_by,
                              const std::string& because) {
  model::AppVersion version;
  version.app = app;
  version.reference = {app, version::Text(number), std::string(ShortHash(taken.content_hash))};
  version.content_hash = taken.content_hash;
  version.root = taken.root;
  version.entry = taken.entry;
  version.made_by = made_by;
  version.because = because;
  version.created = Now();
  return version;
}

Status CheckLabels(const std::vector<std::string>& labels) {
  for (const std::string& label : labels) {
    if (!describe::IsName(label)) {
      return Invalid("label '" + label + "' must be " +
                     std::string(describe::kNameRule.expectation));
    }
  }
  return {};
}

}  // namespace

Result<model::App> AddApp(Home& home, const std::string& name, const std::string& plant,
                          const SpecSource& spec, const std::vector<std::string>& profiles,
                          const std::vector<std::string>& labels) {
  if (!describe::IsName(name)) {
    return Invalid("app name '" + name + "' must be " +
                   std::string(describe::kNameRule.expectation));
  }
  AIOP_CHECK_OK(CheckLabels(labels));
  AIOP_TRY(const Motor motor, ActiveMotor(home, plant));
  for (const std::string& profile : profiles) {
    const auto& known = motor.manifest.profiles;
    if (std::find(known.begin(), known.end(), profile) == known.end()) {
      std::string names;
      for (const std::string& each : known) names += (names.empty() ? "" : ", ") + each;
      return Invalid("plant '" + plant + "' has no profile '" + profile + "'" +
                     (names.empty() ? ": its motor.yaml lists none" : "; it has " + names));
    }
  }
  AIOP_TRY(const auto existing, home.apps().Find<model::App>(name));
  if (existing)
    return Invalid("there is an app '" + name + "' already: use 'aiop app update " + name +
                   " --spec PATH'");
  AIOP_TRY(const TakenSpec taken, TakeSpec(home, spec));
  AIOP_TRY(const auto first, version::Parse("1.0.0"));
  const model::AppVersion version = MakeVersion(name, taken, first, "owner", "");
  model::App app;
  app.name = name;
  app.plant = plant;
  app.profiles = profiles;
  app.labels = labels;
  app.current = version.reference;
  app.created = version.created;
  store::AppStore::Batch batch;
  batch.Put(version).Put(app, store::Mode::kInsert);
  AIOP_CHECK_OK(home.apps().Commit(std::move(batch)));
  return app;
}

Result<model::App> SetLabels(Home& home, const std::string& name,
                             const std::vector<std::string>& labels) {
  AIOP_CHECK_OK(CheckLabels(labels));
  AIOP_TRY(model::App app, home.apps().Get<model::App>(name));
  app.labels = labels;
  AIOP_CHECK_OK(home.apps().Put(app));
  return app;
}

Result<model::AppVersion> UpdateApp(Home& home, const std::string& name, const SpecSource& spec,
                                    const std::string& made_by, const std::string& because) {
  AIOP_TRY(model::App app, home.apps().Get<model::App>(name));
  AIOP_TRY(const model::AppVersion current, VersionOf(home, app.current));
  AIOP_TRY(const TakenSpec taken, TakeSpec(home, spec));
  if (taken.content_hash == current.content_hash && taken.entry.empty() == current.entry.empty())
    return current;
  AIOP_TRY(const auto number, version::Parse(current.reference.version));
  const auto bump = made_by == "operator" ? version::Change::kPatch : version::Change::kMinor;
  model::AppVersion version =
      MakeVersion(name, taken, version::Bump(number, bump), made_by, because);
  version.parent = current.reference.Text();
  app.current = version.reference;
  store::AppStore::Batch batch;
  batch.Put(version).Put(app);
  AIOP_CHECK_OK(home.apps().Commit(std::move(batch)));
  return version;
}

Result<model::AppVersion> VersionOf(Home& home, const model::AppReference& reference) {
  return home.apps().Get<model::AppVersion>(reference.Text());
}

Result<model::AppVersion> CurrentVersion(Home& home, const std::string& app) {
  AIOP_TRY(const model::App record, home.apps().Get<model::App>(app));
  return VersionOf(home, record.current);
}

Result<fs::path> PlaceSpec(Home& home, const model::AppVersion& version, const fs::path& folder) {
  AIOP_CHECK_OK(file::MakeFolders(folder.parent_path()));
  AIOP_CHECK_OK(snapshot::Restore(home.blobs(), version.root, folder));
  return version.entry.empty() ? folder : folder / version.entry;
}

Result<std::string> DiffApps(Home& home, const model::AppVersion& from,
                             const model::AppVersion& to) {
  const fs::path scratch = home.folder() / "app" / ("diff-" + NewId());
  AIOP_CHECK_OK(file::MakeFolders(scratch));
  auto diff = [&]() -> Result<std::string> {
    AIOP_TRY([[maybe_unused]] const fs::path a,
             PlaceSpec(home, from, scratch / from.reference.version));
    AIOP_TRY([[maybe_unused]] const fs::path b,
             PlaceSpec(home, to, scratch / to.reference.version));
    process::Command command;
    command.argv = {"git",
                    "diff",
                    "--no-index",
                    "--no-color",
                    "--",
                    from.reference.version,
                    to.reference.version};
    command.folder = scratch;
    command.environment = process::CleanEnvironment(home.CacheFolder());
    AIOP_TRY(const process::Output output,
             process::Run(command, "", kDiffTimeout, kDiffLimitBytes));
    if (output.exit.code > 1 || output.timed_out)
      return Unavailable("git diff failed: " + output.err);
    return output.out;
  }();
  [[maybe_unused]] const Status removed = file::RemoveTree(scratch);
  return diff;
}

}  // namespace aiop::contexts
