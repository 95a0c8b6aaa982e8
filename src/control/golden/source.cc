// SPDX-License-Identifier: Apache-2.0
#include "control/golden/source.h"

#include "base/file/file.h"
#include "base/process/process.h"
#include "base/yaml/yaml.h"
#include "control/governance/governance.h"
#include "core/version/version.h"

namespace aiop::golden {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifest = "motor.yaml";
constexpr Milliseconds kGitTimeout{60'000};
constexpr size_t kGitOutputBytes = size_t{1} << 20;
// Commits are dated an hour apart, from here: the same story makes the same commits.
constexpr int64_t kFirstCommitSeconds = 1'709'542'800;
constexpr int64_t kHourSeconds = 3600;

Status Git(const fs::path& folder, std::vector<std::string> arguments, std::string_view input) {
  process::Command command{
      .argv = {"git"}, .folder = folder, .environment = process::CleanEnvironment(folder)};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.environment["GIT_CONFIG_NOSYSTEM"] = "1";
  command.environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
  AIOP_TRY(const auto output, process::Run(command, input, kGitTimeout, kGitOutputBytes));
  if (output.ok()) return {};
  return Unavailable("git " + arguments.front() + ": " + output.exit.Describe() + ": " +
                     output.err);
}

std::string Data(std::string_view text) {
  return "data " + std::to_string(text.size()) + "\n" + std::string(text) + "\n";
}

Result<std::string> VersionOf(const FileTree& files) {
  const auto manifest = files.find(std::string(kManifest));
  if (manifest == files.end()) return Invalid("the motor has no motor.yaml");
  AIOP_TRY(const yaml::Document document, yaml::Parse(manifest->second.content, kManifest));
  return std::string(json::TextMember(document.value, "version"));
}

}  // namespace

Result<FileTree> ReadTree(const fs::path& folder) {
  FileTree files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (entry->is_directory(error) && (name == "node_modules" || name == "__pycache__")) {
      entry.disable_recursion_pending();
    }
    if (!entry->is_regular_file(error)) continue;
    const std::string path = entry->path().lexically_relative(folder).string();
    if (path.find_first_of("\"\n") != std::string::npos) {
      return Invalid(entry->path().string() + ": such a name cannot be in a motor");
    }
    TreeFile& file = files[path];
    AIOP_TRY(file.content, file::Read(entry->path()));
    file.executable =
        (entry->status(error).permissions() & fs::perms::owner_exec) != fs::perms::none;
  }
  if (error) return Unavailable(folder.string() + ": " + error.message());
  return files;
}

Result<std::string> Replaced(std::string text, const Replacements& replacements,
                             std::string_view name) {
  for (const auto& [before, after] : replacements) {
    size_t at = text.find(before);
    if (at == std::string::npos) {
      return Invalid(std::string(name) + " does not contain the text to be replaced: " + before);
    }
    for (; at != std::string::npos; at = text.find(before, at + after.size())) {
      text.replace(at, before.size(), after);
    }
  }
  return text;
}

Status ApplyEdits(FileTree& tree, const Edits& edits, const fs::path& plant) {
  if (!edits.folder.empty()) {
    AIOP_TRY(FileTree over, ReadTree(plant / edits.folder));
    for (auto& [path, file] : over) tree[path] = std::move(file);
  }
  for (const auto& [path, replacements] : edits.replace) {
    const auto file = tree.find(path);
    if (file == tree.end()) return Invalid(path + ": no such file to replace texts in");
    AIOP_TRY(file->second.content, Replaced(file->second.content, replacements, path));
  }
  for (const auto& [path, content] : edits.files) {
    if (content) {
      tree[path].content = *content;
    } else if (tree.erase(path) == 0) {
      return Invalid(path + ": no such file to delete");
    }
  }
  return {};
}

Result<Source> Source::Create(const fs::path& folder, const fs::path& plant) {
  AIOP_TRY(FileTree files, ReadTree(plant / "motor"));
  AIOP_CHECK_OK(file::MakeFolders(folder));
  AIOP_CHECK_OK(Git(folder, {"init", "--quiet", "--bare", "--initial-branch=main", "."}, ""));
  AIOP_TRY(const std::string version, VersionOf(files));
  Source source(folder, plant);
  source.main_ = std::move(files);
  AIOP_CHECK_OK(source.Import(source.Commit("main", "Version " + version, source.main_, false) +
                              source.Tag(version)));
  return source;
}

std::string Source::Commit(const std::string& branch, const std::string& message,
                           const FileTree& files, bool has_parent) {
  const std::string time = std::to_string(kFirstCommitSeconds + kHourSeconds * commits_++);
  std::string stream = "commit refs/heads/" + branch +
                       "\ncommitter Motor Team <motor@example.org> " + time + " +0000\n" +
                       Data(message);
  if (has_parent) stream += "from refs/heads/main^0\n";
  stream += "deleteall\n";
  for (const auto& [path, file] : files) {
    stream += std::string("M ") + (file.executable ? "100755" : "100644") + " inline \"" + path +
              "\"\n" + Data(file.content);
  }
  return stream;
}

std::string Source::Tag(const std::string& version) {
  const std::string time = std::to_string(kFirstCommitSeconds + kHourSeconds * commits_);
  return "tag v" + version + "\nfrom refs/heads/main\ntagger Motor Team <motor@example.org> " +
         time + " +0000\n" + Data("Version " + version);
}

Status Source::Import(const std::string& stream) const {
  return Git(folder_, {"fast-import", "--quiet", "--force"}, stream);
}

Status Source::Release(const MotorStep& step) {
  AIOP_TRY(const std::string before, VersionOf(main_));
  const auto from = version::Parse(before);
  const auto to = version::Parse(step.version);
  if (!from || !to || !(*from < *to)) {
    return Invalid("the release " + step.version + " is not above the version before, " + before);
  }
  AIOP_CHECK_OK(ApplyEdits(main_, step.edits, plant_));
  const auto manifest = main_.find(std::string(kManifest));
  if (manifest == main_.end()) return Invalid("the release has no motor.yaml");
  AIOP_TRY(manifest->second.content,
           governance::WithVersion(manifest->second.content, step.version));
  const std::string message = step.message.empty() ? "Version " + step.version : step.message;
  return Import(Commit("main", message, main_, true) + Tag(step.version));
}

Status Source::Branch(const BranchStep& step) {
  FileTree files = main_;
  AIOP_CHECK_OK(ApplyEdits(files, step.edits, plant_));
  if (!step.edits.folder.empty()) {
    // The folder is written for a release; a branch says nothing about versions.
    std::string& manifest = files[std::string(kManifest)].content;
    AIOP_TRY(const std::string version, VersionOf(main_));
    AIOP_TRY(manifest, governance::WithVersion(manifest, version));
  }
  return Import(Commit(step.name, step.message.empty() ? step.name : step.message, files, true));
}

}  // namespace aiop::golden
