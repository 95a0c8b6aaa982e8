// SPDX-License-Identifier: Apache-2.0
#include "control/golden/stage.h"

#include "base/file/file.h"

namespace aiop::golden {
namespace {

namespace fs = std::filesystem;

// Set-ups of equal content are made once; what npm fetched is kept.
Status ShareCaches(contexts::Home& home, const fs::path& cache) {
  for (const char* each : {"npm", "installed"}) AIOP_CHECK_OK(file::MakeFolders(cache / each));
  home.ShareInstalled(cache / "installed");
  const fs::path link = home.CacheFolder() / ".npm";
  std::error_code error;
  if (fs::is_symlink(link, error)) return {};
  fs::create_directory_symlink(cache / "npm", link, error);
  if (error) return Unavailable("cannot create " + link.string() + ": " + error.message());
  return {};
}

Status WriteTreeTo(const FileTree& tree, const fs::path& folder) {
  for (const auto& [path, file] : tree) {
    AIOP_CHECK_OK(file::MakeFolders((folder / path).parent_path()));
    AIOP_CHECK_OK(file::Write(folder / path, file.content, file.executable ? 0755 : 0644));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Stage>> Stage::Create(const Plant& plant, const PlayOptions& options) {
  for (const char* each : {"specs", "world"}) {
    AIOP_CHECK_OK(file::MakeFolders(options.folder / each));
  }
  AIOP_TRY(Source source, Source::Create(options.folder / "motor.git", plant.folder));
  std::unique_ptr<Stage> stage(new Stage(plant, options, std::move(source)));
  AIOP_TRY(stage->home_,
           contexts::Home::Open(options.folder / "home", contexts::Home::Access::kOwn));
  if (!options.cache.empty()) AIOP_CHECK_OK(ShareCaches(*stage->home_, options.cache));
  return stage;
}

Status Stage::NeedPlant() {
  if (added_) return {};
  AIOP_CHECK_OK(contexts::AddPlant(*home_, plant_.name, source_.folder().string()));
  added_ = true;
  return {};
}

Status Stage::Do(const Step& step) {
  if (const auto* release = std::get_if<MotorStep>(&step)) return source_.Release(*release);
  if (const auto* branch = std::get_if<BranchStep>(&step)) return source_.Branch(*branch);
  if (const auto* app = std::get_if<AppStep>(&step)) return SetApp(*app);
  if (const auto* flag = std::get_if<FlagStep>(&step)) return SetFlag(*flag);
  return Internal("a run is no step of the stage");
}

Result<fs::path> Stage::MakeSpec(const AppStep& step) {
  if (!step.source.empty()) return plant_.folder / step.source;
  const fs::path folder = folder_ / "specs" / std::to_string(++revisions_);
  AIOP_CHECK_OK(file::MakeFolders(folder));
  const auto current = specs_.find(step.name);
  if (step.text) {
    const fs::path spec = folder / step.file;
    AIOP_CHECK_OK(file::Write(spec, *step.text));
    return spec;
  }
  if (!step.replace.empty()) {
    if (current == specs_.end()) return Invalid("app " + step.name + " has no spec to change yet");
    AIOP_TRY(std::string text, file::Read(current->second));
    AIOP_TRY(text, Replaced(std::move(text), step.replace, "the spec of " + step.name));
    const fs::path spec = folder / current->second.filename();
    AIOP_CHECK_OK(file::Write(spec, text));
    return spec;
  }
  FileTree tree;
  if (current != specs_.end()) {
    AIOP_TRY(tree, ReadTree(current->second));
  }
  AIOP_CHECK_OK(ApplyEdits(tree, step.edits, plant_.folder));
  AIOP_CHECK_OK(WriteTreeTo(tree, folder / step.name));
  return folder / step.name;
}

Status Stage::SetApp(const AppStep& step) {
  AIOP_CHECK_OK(NeedPlant());
  AIOP_TRY(const fs::path spec, MakeSpec(step));
  const bool known = specs_.contains(step.name);
  specs_[step.name] = spec;
  if (known) {
    AIOP_CHECK_OK(contexts::UpdateApp(*home_, step.name, {spec}, "owner", ""));
    return {};
  }
  AIOP_CHECK_OK(contexts::AddApp(*home_, step.name, plant_.name, {spec},
                                 step.profiles.value_or(std::vector<std::string>{})));
  return {};
}

Status Stage::SetFlag(const FlagStep& step) {
  const fs::path file = folder_ / "world" / step.name;
  if (step.value) return file::Write(file, *step.value);
  return file::RemoveTree(file);
}

}  // namespace aiop::golden
