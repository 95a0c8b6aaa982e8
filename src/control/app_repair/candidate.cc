// SPDX-License-Identifier: Apache-2.0
#include "control/app_repair/candidate.h"

#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "core/version/version.h"

namespace aiop::app_repair {

namespace fs = std::filesystem;

Scratch::Scratch(contexts::Home& home) : path_(home.ExperimentFolder() / ("app-" + NewId())) {}
Scratch::~Scratch() { [[maybe_unused]] const Status removed = file::RemoveTree(path_); }

Result<model::AppVersion> WithFiles(
    contexts::Home& home, const model::AppVersion& app,
    const std::map<std::string, std::optional<std::string>>& files) {
  const Scratch scratch(home);
  AIOP_TRY([[maybe_unused]] const fs::path placed, contexts::PlaceSpec(home, app, scratch.path()));
  for (const auto& [path, content] : files) {
    std::error_code error;
    fs::remove(scratch.path() / path, error);
    if (error) return Unavailable("cannot remove " + path + ": " + error.message());
    if (content) AIOP_CHECK_OK(file::Write(scratch.path() / path, *content));
  }
  snapshot::ScanCache cache;
  AIOP_TRY(const auto taken, snapshot::Take(home.blobs(), scratch.path(), cache));
  model::AppVersion version = app;
  version.root = taken.root;
  version.content_hash = taken.root;
  if (!app.entry.empty()) {
    AIOP_TRY(const std::string text,
             file::Read(scratch.path() / app.entry, contexts::kSpecLimitBytes));
    version.content_hash = HashBytes(text);
  }
  AIOP_TRY(const auto number, version::Parse(app.reference.version));
  version.reference = {app.app, version::Text(version::Bump(number, version::Change::kPatch)),
                       std::string(ShortHash(version.content_hash))};
  version.parent = app.reference.Text();
  version.made_by = "operator";
  return version;
}

Result<std::string> SpecText(contexts::Home& home, const model::AppVersion& app) {
  if (app.entry.empty()) return NotFound("the spec is a folder");
  return snapshot::ReadFile(home.blobs(), app.root, app.entry);
}

}  // namespace aiop::app_repair
