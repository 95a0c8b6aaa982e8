// SPDX-License-Identifier: Apache-2.0
//
// Plain folders as sources: their content, when it has changed, becomes the next commit of
// refs/upstream/heads/main. The commit's author, time and message follow from its parent alone, so
// that the same content imported twice has the same id.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/fault/fault.h"
#include "base/file/file.h"
#include "control/motors/git.h"
#include "control/motors/program.h"
#include "control/motors/source.h"
#include "control/motors/tree.h"

namespace aiop::motors {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kPlainFolderLimitBytes = uint64_t{512} << 20;
constexpr int64_t kSecondsBetweenImports = 1;
constexpr char kFolderBranch[] = "main";

struct FolderFile {
  std::string path;
  uint32_t mode = 0;
  std::string content;
};

bool IsLeftOut(const fs::path& name) { return name == ".git" || name == "node_modules"; }

Result<FolderFile> ReadEntry(const fs::path& full, const std::string& path) {
  struct stat info{};
  if (lstat(full.c_str(), &info) != 0) return SystemError("cannot read " + full.string(), errno);
  FolderFile entry{path, (info.st_mode & S_IXUSR) != 0 ? 0100755u : 0100644u, {}};
  if (S_ISLNK(info.st_mode)) {
    std::error_code error;
    entry.mode = 0120000;
    entry.content = fs::read_symlink(full, error).string();
    if (error) return Unavailable("cannot read " + full.string() + ": " + error.message());
    return entry;
  }
  if (!S_ISREG(info.st_mode)) {
    return Invalid(full.string() + " is neither a file nor a folder nor a symbolic link");
  }
  AIOP_TRY(entry.content, file::Read(full, kFileLimitBytes));
  return entry;
}

Result<std::vector<FolderFile>> ReadFolder(const fs::path& root) {
  std::vector<FolderFile> files;
  uint64_t total = 0;
  std::error_code error;
  fs::recursive_directory_iterator entry(root, error);
  for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
    const fs::path name = entry->path().filename();
    std::error_code ignored;
    const bool is_folder = entry->is_directory(ignored) && !entry->is_symlink(ignored);
    if (IsLeftOut(name)) {
      if (is_folder) entry.disable_recursion_pending();
      continue;
    }
    if (is_folder) continue;
    const std::string path = entry->path().lexically_relative(root).string();
    AIOP_CHECK_OK(CheckPath(path));
    AIOP_TRY(FolderFile file, ReadEntry(entry->path(), path));
    total += file.content.size();
    files.push_back(std::move(file));
    if (files.size() > kTreeLimitFiles || total > kPlainFolderLimitBytes) {
      return Invalid(root.string() + " is too large for a motor: at most " +
                     std::to_string(kTreeLimitFiles) + " files and " +
                     std::to_string(kPlainFolderLimitBytes >> 20) + " MiB");
    }
  }
  if (error) return Unavailable("cannot read " + root.string() + ": " + error.message());
  if (files.empty()) return Invalid(root.string() + " has no files: a motor has a motor.yaml");
  std::ranges::sort(files, {}, &FolderFile::path);
  return files;
}

std::string HashOf(const std::vector<FolderFile>& files) {
  ContentHasher hasher;
  for (const FolderFile& file : files) hasher.Add(file.path, file.mode, file.content);
  return hasher.Finish();
}

std::string QuotedPath(std::string_view path) {
  std::string quoted = "\"";
  for (const char c : path) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return quoted + "\"";
}

void AppendData(std::string_view data, std::string* stream) {
  *stream += "data " + std::to_string(data.size()) + "\n";
  *stream += data;
  *stream += "\n";
}

std::string ImportStream(const std::vector<FolderFile>& files, const std::string& parent,
                         int64_t seconds) {
  std::string stream = std::string("commit ") + kUpstreamHeads + kFolderBranch +
                       "\ncommitter aiop <aiop@localhost> " + std::to_string(seconds) + " +0000\n";
  AppendData(parent.empty() ? "Import of a plain folder\n" : "Changes in the plain folder\n",
             &stream);
  if (!parent.empty()) stream += "from " + parent + "\n";
  stream += "deleteall\n";
  for (const FolderFile& file : files) {
    const char* const mode = file.mode == 0120000   ? "120000"
                             : file.mode == 0100755 ? "100755"
                                                    : "100644";
    stream += std::string("M ") + mode + " inline " + QuotedPath(file.path) + "\n";
    AppendData(file.content, &stream);
  }
  return stream + "done\n";
}

}  // namespace

Status FetchPlainFolder(const Layout& layout, const fs::path& git_folder,
                        const std::string& source) {
  AIOP_TRY(const auto files, ReadFolder(source));
  AIOP_TRY(const auto repository, git::Open(git_folder));
  const std::string branch = std::string(kUpstreamHeads) + kFolderBranch;
  std::string parent;
  int64_t seconds = 0;
  if (auto head = git::ResolveToCommit(repository.get(), branch)) {
    parent = *std::move(head);
    AIOP_TRY(const auto tree, git::LookUpTree(repository.get(), parent));
    AIOP_TRY(const std::string before, HashTree(repository.get(), tree.get()));
    if (before == HashOf(files)) return {};
    AIOP_TRY(const auto commit, git::LookUpCommit(repository.get(), parent));
    seconds = git_commit_time(commit.get()) + kSecondsBetweenImports;
  }
  const GitProgram git(git_folder, layout.folder, source);
  AIOP_CHECK_OK(git.Read({.arguments = {"fast-import", "--quiet", "--done"},
                          .input = ImportStream(files, parent, seconds)},
                         Code::kUnavailable));
  fault::Point("motors.folder");
  git::ReferenceHandle head;
  if (git_reference_symbolic_create(git::Out(head), repository.get(), kUpstreamHead, branch.c_str(),
                                    1, nullptr) != 0) {
    return git::Failure(Code::kUnavailable, "cannot record the default branch");
  }
  fault::Point("motors.head");
  return {};
}

}  // namespace aiop::motors
