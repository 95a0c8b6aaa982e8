// SPDX-License-Identifier: Apache-2.0
#include "control/plants/pipeline_keys.h"

#include <algorithm>
#include <map>

#include "base/file/file.h"
#include "base/hash/hash.h"
#include "control/plants/plants.h"
#include "control/plants/tree.h"

namespace aiop::plants {
namespace {

namespace fs = std::filesystem;

// Part of every key: a new way of making keys makes all old ones stale.
constexpr std::string_view kKeyVersion = "aiop pipeline step 1";

std::string HashOf(const std::map<std::string, std::string>& files,
                   const std::vector<std::string>* globs) {
  Hasher hasher;
  for (const auto& [path, hash] : files) {
    const auto matches = [&](const std::string& glob) { return GlobMatches(glob, path); };
    if (globs && std::ranges::none_of(*globs, matches)) continue;
    hasher.AddField(path);
    hasher.AddField(hash);
  }
  return hasher.Finish();
}

// A spec that is missing has a hash too: the step that needs it tells.
Result<std::string> HashSpec(const fs::path& spec) {
  std::error_code error;
  if (!fs::exists(spec, error)) return std::string();
  if (fs::is_directory(spec, error)) {
    AIOP_TRY(const auto files, HashTree(spec));
    return HashOf(files, nullptr);
  }
  AIOP_TRY(const std::string content, file::Read(spec));
  return HashBytes(content);
}

bool Matches(std::string_view glob, std::string_view path) {
  while (!glob.empty()) {
    if (glob.starts_with("**")) {
      const std::string_view rest = glob.substr(glob.starts_with("**/") ? 3 : 2);
      if (glob.size() > 2 && glob[2] == '/' && Matches(rest, path)) return true;
      for (size_t skip = 0; skip <= path.size(); ++skip) {
        const bool at_part = skip == 0 || path[skip - 1] == '/' || glob.size() == 2;
        if (at_part && Matches(rest, path.substr(skip))) return true;
      }
      return false;
    }
    if (glob.front() == '*') {
      const size_t part = std::min(path.find('/'), path.size());
      for (size_t skip = 0; skip <= part; ++skip) {
        if (Matches(glob.substr(1), path.substr(skip))) return true;
      }
      return false;
    }
    if (path.empty()) return false;
    if (glob.front() == '?' ? path.front() == '/' : glob.front() != path.front()) return false;
    glob.remove_prefix(1);
    path.remove_prefix(1);
  }
  return path.empty();
}

}  // namespace

bool GlobMatches(std::string_view glob, std::string_view path) {
  if (glob.starts_with("./")) glob.remove_prefix(2);
  while (glob.ends_with('/')) glob.remove_suffix(1);
  for (size_t end = path.find('/'); end != std::string_view::npos; end = path.find('/', end + 1)) {
    if (Matches(glob, path.substr(0, end))) return true;
  }
  return Matches(glob, path);
}

Result<std::vector<std::string>> StepKeys(const Pipeline& pipeline, const fs::path& motor_folder,
                                          const fs::path& spec, const std::string& profile) {
  AIOP_TRY(const auto motor, HashTree(motor_folder));
  AIOP_TRY(const std::string spec_hash, HashSpec(spec));
  std::vector<std::string> keys;
  // A step that is new before this one has to be done, even if this one reads nothing of it.
  std::string names;
  for (const Step& step : pipeline.steps) {
    Hasher key;
    key.AddField(kKeyVersion);
    key.AddField(step.definition);
    key.AddField(names);
    key.AddField(step.reads.spec ? spec_hash : "");
    key.AddField(step.reads.profile ? "profile " + profile : "");
    key.AddField(HashOf(motor, step.reads.motor ? &*step.reads.motor : nullptr));
    const bool reads_work = !step.reads.work || !step.reads.work->empty();
    key.AddField(reads_work && !keys.empty() ? keys.back() : "");
    keys.push_back(key.Finish());
    names = HashBytes(names + step.name);
  }
  return keys;
}

Result<std::map<std::string, std::string>> ExpectedKeys(const model::MotorManifest& manifest,
                                                        const fs::path& motor_folder,
                                                        const fs::path& spec,
                                                        const std::string& profile) {
  std::map<std::string, std::string> by_name;
  if (manifest.run.pipeline.empty()) return by_name;
  AIOP_TRY(const Pipeline pipeline, LoadPipeline(manifest, motor_folder));
  AIOP_TRY(const auto keys, StepKeys(pipeline, motor_folder, spec, profile));
  for (size_t i = 0; i < keys.size(); ++i) by_name[pipeline.steps[i].name] = keys[i];
  return by_name;
}

}  // namespace aiop::plants
