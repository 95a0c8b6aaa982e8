// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>

#include "base/fault/fault.h"
#include "base/file/file.h"
#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "base/json/json.h"
#include "base/process/process.h"
#include "control/motors/checkout.h"
#include "control/motors/motors.h"

namespace aiop::motors {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSetupOutputLimitBytes = size_t{16} << 20;
constexpr size_t kLogTailBytes = 2000;
constexpr std::string_view kModules = "node_modules";

// What decides what an installer of packages for node installs.
constexpr std::array<std::string_view, 8> kManifests = {
    "package.json", "package-lock.json", "npm-shrinkwrap.json",
    "yarn.lock",    "pnpm-lock.yaml",    "pnpm-workspace.yaml",
    ".npmrc",       ".yarnrc.yml"};

fs::path WithSuffix(const fs::path& path, const char* suffix) { return path.string() + suffix; }
fs::path RecordOf(const fs::path& checkout) { return WithSuffix(checkout, ".sealed"); }
fs::path LogOf(const fs::path& checkout) { return WithSuffix(checkout, ".log"); }

std::string SetupHash(const SetupSpec& setup) {
  json::Array argv;
  for (const std::string& argument : setup.argv) argv.emplace_back(argument);
  return std::string(ShortHash(HashBytes(json::CanonicalText(argv))));
}

Result<std::string> InputsHash(const Repository& repository, const std::string& revision) {
  AIOP_TRY(const auto files, repository.ListFiles(revision));
  Hasher hasher;
  for (const FileEntry& file : files) {
    const std::string name = fs::path(file.path).filename().string();
    if (std::ranges::find(kManifests, name) == kManifests.end()) continue;
    hasher.AddField(file.path);
    hasher.AddField(file.blob);
  }
  return hasher.Finish();
}

std::string LastLines(const std::string& text) {
  if (text.size() <= kLogTailBytes) return text;
  const size_t line = text.find('\n', text.size() - kLogTailBytes);
  return "...\n" + text.substr(line == std::string::npos ? text.size() - kLogTailBytes : line + 1);
}

Status RunSetup(const SetupSpec& setup, const fs::path& folder, const fs::path& log) {
  AIOP_CHECK_OK(file::MakeFolders(setup.home_folder));
  const process::Command command{.argv = setup.argv,
                                 .folder = folder,
                                 .environment = process::CleanEnvironment(setup.home_folder),
                                 .stop = setup.stop};
  const auto ran = process::Run(command, "", setup.timeout, kSetupOutputLimitBytes);
  if (!ran) return std::unexpected(ran.error().Within("setup of the motor"));
  const process::Output& output = *ran;
  const std::string text = output.out + output.err;
  AIOP_CHECK_OK(file::Write(log, text));
  if (output.timed_out) {
    return Fail(Code::kTimeout, "setup of the motor took longer than " +
                                    FormatDuration(setup.timeout) + "; its output is in " +
                                    log.string() + ":\n" + LastLines(text));
  }
  if (output.ok()) return {};
  return Unavailable("setup of the motor failed (" + output.exit.Describe() +
                     "); its output is in " + log.string() + ":\n" + LastLines(text));
}

bool IsInModules(const fs::path& path) {
  return std::ranges::any_of(path, [](const fs::path& part) { return part == kModules; });
}

// Whether all that the set-up did was to add things in node_modules.
bool AddedModulesOnly(const std::vector<DiskEntry>& before, const std::vector<DiskEntry>& after) {
  std::vector<DiskEntry> others;
  std::ranges::copy_if(after, std::back_inserter(others),
                       [](const DiskEntry& entry) { return !IsInModules(entry.path); });
  return FirstDifference(before, others, ScanDepth::kNames).empty();
}

// Top node_modules folders among the entries.
Status CopyModules(const std::vector<DiskEntry>& entries, const fs::path& from,
                   const fs::path& to) {
  for (const DiskEntry& entry : entries) {
    const fs::path path(entry.path);
    if (path.filename() != kModules || IsInModules(path.parent_path())) continue;
    AIOP_CHECK_OK(file::MakeFolders((to / path).parent_path()));
    AIOP_CHECK_OK(CopyWritable(from / path, to / path));
  }
  return {};
}

// Made beside its place and moved there: whoever finds it finds all of it.
Status KeepInstalled(const fs::path& checkout, const fs::path& kept) {
  AIOP_TRY(const auto entries, Scan(checkout, ScanDepth::kNames));
  const fs::path making = WithSuffix(kept, ("-" + NewId()).c_str());
  Status copied = file::MakeFolders(making);
  if (copied) copied = CopyModules(entries, checkout, making);
  std::error_code lost;  // to another who made the same
  if (copied) fs::rename(making, kept, lost);
  if (!copied || lost) AIOP_CHECK_OK(file::RemoveTree(making));
  return copied;
}

// The set-up of a checkout, by copying what an equal one installed where that is allowed and there.
// Whether it made nothing but node_modules.
Result<bool> SetUp(const SetupSpec& setup, const std::string& inputs, const fs::path& path) {
  const fs::path kept = setup.installed / (inputs + "-" + SetupHash(setup));
  std::error_code ignored;
  if (!setup.installed.empty() && fs::exists(kept, ignored)) {
    AIOP_TRY(const auto entries, Scan(kept, ScanDepth::kNames));
    AIOP_CHECK_OK(CopyModules(entries, kept, path));
    return true;
  }
  AIOP_TRY(const auto before, Scan(path, ScanDepth::kNames));
  AIOP_CHECK_OK(RunSetup(setup, path, LogOf(path)));
  AIOP_TRY(const auto after, Scan(path, ScanDepth::kNames));
  const bool modules_only = AddedModulesOnly(before, after);
  if (modules_only && !setup.installed.empty()) AIOP_CHECK_OK(KeepInstalled(path, kept));
  return modules_only;
}

// Built where it will stay, because set-ups write absolute paths into what they install; it counts
// only once the record beside it is on disk.
Status MakeSealed(const Repository& repository, const std::string& tree, const SetupSpec& setup,
                  const fs::path& path) {
  AIOP_CHECK_OK(file::RemoveTree(RecordOf(path)));
  AIOP_CHECK_OK(file::RemoveTree(path));
  Seal seal{.tree = tree, .inputs = {}, .reusable = false, .entries = {}};
  AIOP_TRY(seal.inputs, InputsHash(repository, tree));
  AIOP_CHECK_OK(WriteTree(repository, tree, path));
  if (!setup.argv.empty()) {
    AIOP_TRY(seal.reusable, SetUp(setup, seal.inputs, path));
  }
  AIOP_CHECK_OK(MakeReadOnly(path));
  AIOP_TRY(seal.entries, Scan(path, ScanDepth::kContent));
  AIOP_CHECK_OK(file::WriteDurably(RecordOf(path), SealText(seal)));
  fault::Point("motors.seal");
  return {};
}

Result<Seal> ReadSeal(const fs::path& path) {
  AIOP_TRY(const std::string text, file::Read(RecordOf(path)));
  auto seal = ParseSeal(text);
  if (!seal) return std::unexpected(seal.error().Within(RecordOf(path).string()));
  return seal;
}

Status Compare(const fs::path& path, ScanDepth depth) {
  AIOP_TRY(const Seal seal, ReadSeal(path));
  AIOP_TRY(const auto found, Scan(path, depth));
  const std::string difference = FirstDifference(seal.entries, found, depth);
  if (difference.empty()) return {};
  return Fail(Code::kConflict,
              "the sealed checkout " + path.string() + " was tampered with: " + difference);
}

}  // namespace

Checkouts::Checkouts(const fs::path& folder) : folder_(fs::absolute(folder)) {}

Checkouts::~Checkouts() = default;

std::shared_ptr<std::mutex> Checkouts::LockFor(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  auto& entry = locks_[name];
  if (entry == nullptr) entry = std::make_shared<std::mutex>();
  return entry;
}

Result<fs::path> Checkouts::Sealed(const Repository& repository, const std::string& revision,
                                   const SetupSpec& setup) {
  AIOP_TRY(const std::string tree, repository.TreeOf(revision));
  const std::string name = tree + "-" + SetupHash(setup);
  fs::path path = folder_ / name;
  const auto mutex = LockFor(name);
  const std::scoped_lock lock(*mutex);
  if (Verify(path)) return path;
  AIOP_CHECK_OK(file::MakeFolders(folder_));
  if (Status made = MakeSealed(repository, tree, setup, path); !made) {
    AIOP_CHECK_OK(file::RemoveTree(path));
    return std::unexpected(std::move(made).error());
  }
  return path;
}

Status Checkouts::Scratch(const Repository& repository, const std::string& revision,
                          const fs::path& to_folder, const SetupSpec& setup) {
  AIOP_CHECK_OK(WriteTree(repository, revision, to_folder));
  if (setup.argv.empty()) return {};
  AIOP_TRY(const bool copied, CopyInstalled(repository, revision, to_folder, setup));
  if (copied) return {};
  return RunSetup(setup, to_folder, LogOf(to_folder));
}

Result<bool> Checkouts::CopyInstalled(const Repository& repository, const std::string& revision,
                                      const fs::path& to_folder, const SetupSpec& setup) {
  AIOP_TRY(const std::string inputs, InputsHash(repository, revision));
  const std::string suffix = "-" + SetupHash(setup) + ".sealed";
  std::error_code error;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!entry->path().string().ends_with(suffix)) continue;
    const fs::path path = fs::path(entry->path()).replace_extension();
    const auto mutex = LockFor(path.filename().string());
    const std::scoped_lock lock(*mutex);
    const auto seal = ReadSeal(path);
    if (!seal || !seal->reusable || seal->inputs != inputs || !Verify(path)) continue;
    AIOP_CHECK_OK(CopyModules(seal->entries, path, to_folder));
    return true;
  }
  return false;
}

Status Checkouts::Verify(const fs::path& path) const { return Compare(path, ScanDepth::kNames); }

Status Checkouts::VerifyContent(const fs::path& path) const {
  return Compare(path, ScanDepth::kContent);
}

}  // namespace aiop::motors
