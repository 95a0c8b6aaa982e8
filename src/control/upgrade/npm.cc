// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/file/file.h"
#include "control/upgrade/manifest.h"
#include "control/upgrade/npm_client.h"
#include "control/upgrade/upgrade.h"

namespace aiop::upgrade {
namespace {

constexpr const char* kManifest = "package.json";
constexpr const char* kLock = "package-lock.json";
constexpr const char* kConfiguration = ".npmrc";
constexpr Milliseconds kViewTimeout{60'000};
constexpr Milliseconds kInstallTimeout{240'000};

// A folder for one run of npm.
class WorkFolder {
 public:
  static Result<WorkFolder> Make() {
    std::error_code error;
    const auto parent = std::filesystem::temp_directory_path(error);
    std::string name = (parent / "aiop-upgrade-XXXXXX").string();
    if (error || mkdtemp(name.data()) == nullptr) {
      return Unavailable("cannot make a folder in " + parent.string());
    }
    return WorkFolder(name);
  }
  WorkFolder(WorkFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ~WorkFolder() {
    if (path_.empty()) return;
    [[maybe_unused]] const Status removed = file::RemoveTree(path_);
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit WorkFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

class Npm : public Registry {
 public:
  Npm(const std::filesystem::path& home_folder, const std::string& command)
      : client_(home_folder, command) {}

  std::string_view name() const override { return "npm"; }

  bool Serves(const motors::Repository& repository, const std::string& revision) const override {
    const auto manifest = repository.ReadFile(revision, kManifest);
    if (!manifest || !repository.ReadFile(revision, kLock)) return false;
    const auto value = json::Parse(*manifest);
    return !value || StandsAlone(*value);  // a broken one is for Pins to complain about
  }

  Result<std::vector<std::pair<std::string, std::string>>> Pins(
      const motors::Repository& repository, const std::string& revision) const override {
    AIOP_TRY(const std::string manifest, repository.ReadFile(revision, kManifest));
    return PinsOf(manifest);
  }

  Result<std::vector<std::string>> Published(const std::string& dependency) const override {
    if (!IsPackageName(dependency)) return Invalid("no name of a package: '" + dependency + "'");
    auto fresh = Ask(dependency);
    const auto path = AnswerPath(dependency);
    if (fresh) {
      json::Array kept;
      for (const std::string& version : *fresh) kept.emplace_back(version);
      AIOP_CHECK_OK(file::MakeFolders(path.parent_path()));
      AIOP_CHECK_OK(file::Write(path, json::Text(kept)));
      return fresh;
    }
    if (fresh.error().code != Code::kUnavailable) return fresh;
    if (auto kept = Kept(path)) return *std::move(kept);
    return fresh;
  }

  Result<std::string> Apply(motors::Repository& repository, const std::string& revision,
                            const Upgrade& upgrade) const override {
    AIOP_TRY(const std::string old_manifest, repository.ReadFile(revision, kManifest));
    AIOP_TRY(const std::string old_lock, repository.ReadFile(revision, kLock));
    AIOP_TRY(const std::string manifest,
             WithPin(old_manifest, upgrade.dependency, upgrade.from, upgrade.to));
    const auto configuration = repository.ReadFile(revision, kConfiguration);
    AIOP_TRY(const std::string lock,
             Lock(manifest, old_lock, configuration ? *configuration : "", upgrade));
    return repository.WithFiles(revision, {{kManifest, manifest}, {kLock, lock}});
  }

 private:
  Result<std::vector<std::string>> Ask(const std::string& dependency) const {
    // The range leaves pre-releases out. With `name` every row has two fields or more; npm leaves
    // out `deprecated` altogether if the first row has but one.
    AIOP_TRY(const WorkFolder folder, WorkFolder::Make());
    AIOP_TRY(const std::string answer,
             client_.Run({"view", dependency + "@>=0.0.0", "name", "version", "deprecated"},
                         folder.path(), kViewTimeout));
    auto versions = VersionsIn(answer, dependency);
    if (!versions) {
      return Unavailable("npm view " + dependency +
                         ": not understood: " + versions.error().message);
    }
    return versions;
  }

  std::filesystem::path AnswerPath(const std::string& dependency) const {
    std::string name = dependency;
    std::ranges::replace(name, '/', '+');  // no character of a package's name
    return client_.home_folder() / ".aiop-upgrade" / "npm" / (name + ".json");
  }

  static std::optional<std::vector<std::string>> Kept(const std::filesystem::path& path) {
    const auto content = file::Read(path);
    if (!content) return std::nullopt;
    const auto value = json::Parse(*content);
    if (!value || !value->is_array()) return std::nullopt;
    std::vector<std::string> versions;
    for (const json::Value& version : value->get_array()) {
      if (!version.is_string()) return std::nullopt;
      versions.emplace_back(version.get_string());
    }
    return Releases(versions);
  }

  // The lock file as npm makes it of these three files.
  Result<std::string> Lock(const std::string& manifest, const std::string& old_lock,
                           const std::string& configuration, const Upgrade& upgrade) const {
    const auto old_value = json::Parse(old_lock);
    if (!old_value) return std::unexpected(old_value.error().Within(kLock));
    const bool addresses = HasAddresses(*old_value);
    AIOP_TRY(const WorkFolder folder, WorkFolder::Make());
    AIOP_CHECK_OK(file::Write(folder.path() / kManifest, manifest));
    AIOP_CHECK_OK(file::Write(folder.path() / kLock, old_lock));
    if (!configuration.empty()) {
      AIOP_CHECK_OK(file::Write(folder.path() / kConfiguration, configuration));
    }
    AIOP_CHECK_OK(Install(folder.path(), *old_value, addresses));

    AIOP_TRY(std::string lock, file::Read(folder.path() / kLock));
    const auto value = json::Parse(lock);
    if (!value) return std::unexpected(value.error().Within("the lock file npm made"));
    if (LockedVersion(*value, upgrade.dependency) != upgrade.to) {
      return Fail(Code::kConflict, "npm did not lock " + upgrade.Text());
    }
    if (!addresses && HasAddresses(*value)) {
      return Unavailable("this npm cannot leave addresses out of a lock file: 8.13 or newer can");
    }
    return lock;
  }

  Status Install(const std::filesystem::path& folder, const json::Value& old_lock,
                 bool addresses) const {
    std::vector<std::string> arguments = {
        "install",
        "--package-lock-only",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--package-lock=true",
        std::string("--omit-lockfile-registry-resolved=") + (addresses ? "false" : "true")};
    const json::Value* version = json::Member(old_lock, "lockfileVersion");
    if (version != nullptr && version->is_int64()) {
      arguments.push_back("--lockfile-version=" + std::to_string(version->get_int64()));
    }
    const auto made = client_.Run(arguments, folder, kInstallTimeout);
    if (made) return {};
    if (made.error().code != Code::kUnavailable) return std::unexpected(made.error());
    arguments.emplace_back("--offline");
    if (!client_.Run(arguments, folder, kInstallTimeout)) return std::unexpected(made.error());
    return {};
  }

  NpmClient client_;
};

}  // namespace

std::unique_ptr<Registry> MakeNpm(const std::filesystem::path& home_folder,
                                  const std::string& command) {
  return std::make_unique<Npm>(home_folder, command);
}

}  // namespace aiop::upgrade
