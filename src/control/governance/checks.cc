// SPDX-License-Identifier: Apache-2.0
// Which files of a motor are its checks: what the commands of gates and validators lead to, and
// what the plant itself does not use.
#include <algorithm>
#include <set>

#include "control/governance/governance.h"

namespace aiop::governance {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFilesFollowed = 5000;
constexpr size_t kTextLimitBytes = size_t{1} << 20;
constexpr auto kExtensions =
    std::to_array<std::string_view>({".js", ".mjs", ".cjs", ".ts", ".py", ".sh", ".rb"});
constexpr auto kFolderFiles =
    std::to_array<std::string_view>({"index.js", "index.mjs", "index.ts", "__init__.py"});

bool IsWordPart(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("_./@-").contains(c);
}

bool MayImport(std::string_view line) {
  return line.contains("import") || line.contains("require") || line.contains("from ") ||
         line.contains("source ") || line.contains("include") || line.starts_with(". ");
}

// Data that a check looks at (a lock file, say) is no part of the check.
bool IsCode(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension.empty() || std::ranges::find(kExtensions, extension) != kExtensions.end();
}

// Follows what texts name, from file to file.
class Follower {
 public:
  Follower(const motors::Repository& repository, const std::string& revision,
           const std::set<std::string>& files)
      : repository_(repository), revision_(revision), files_(files) {}

  // `imports`: words may be names of modules, as behind `-m`.
  void Start(const std::vector<std::string>& command, bool imports = false) {
    for (const std::string& word : command) {
      Add(fs::path(word).lexically_normal());
      Take(word, {}, imports);
      ScanLine(word, {});
    }
  }

  void Scan(std::string_view text, const fs::path& folder) {
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      ScanLine(text.substr(0, end), folder);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  std::set<std::string> Follow() {
    while (!open_.empty() && found_.size() < kFilesFollowed) {
      const std::string path = std::move(open_.back());
      open_.pop_back();
      const auto text = repository_.ReadFile(revision_, path);
      if (text && text->size() <= kTextLimitBytes) Scan(*text, fs::path(path).parent_path());
    }
    return found_;
  }

 private:
  void ScanLine(std::string_view line, const fs::path& folder) {
    const bool imports = MayImport(line);
    for (size_t at = 0; at < line.size();) {
      size_t end = at;
      while (end < line.size() && IsWordPart(line[end])) ++end;
      std::string_view word = line.substr(at, end - at);
      // "$motor/act.sh", "{motor}/act.sh": what follows the variable is a path of the motor.
      const bool variable = at > 0 && (line[at - 1] == '$' || line[at - 1] == '}');
      const size_t slash = variable ? word.find('/') : std::string_view::npos;
      if (slash != std::string_view::npos) word.remove_prefix(slash + 1);
      if (!word.empty()) Take(std::string(word), folder, imports);
      at = end + 1;
    }
  }

  void Take(const std::string& word, const fs::path& folder, bool imports) {
    for (const fs::path& base : {folder, fs::path()}) {
      const fs::path path = (base / word).lexically_normal();
      if (IsCode(path)) Add(path);
      if (!imports) continue;
      AddImported((base / word).lexically_normal());
      std::string dotted = word;  // a.b.c of Python
      std::ranges::replace(dotted, '.', '/');
      AddImported((base / dotted).lexically_normal());
    }
  }

  void AddImported(const fs::path& path) {
    for (const auto extension : kExtensions) Add(path.string() + std::string(extension));
    for (const auto file : kFolderFiles) Add(path / file);
  }

  void Add(const fs::path& path) {
    if (files_.contains(path.string()) && found_.insert(path.string()).second) {
      open_.push_back(path.string());
    }
  }

  const motors::Repository& repository_;
  const std::string& revision_;
  const std::set<std::string>& files_;
  std::set<std::string> found_;
  std::vector<std::string> open_;
};

}  // namespace

Result<std::vector<std::string>> NewlyReached(const motors::Repository& repository,
                                              const std::string& base, const std::string& candidate,
                                              const model::MotorManifest& manifest) {
  AIOP_TRY(const auto before, repository.ListFiles(base));
  AIOP_TRY(const auto after, repository.ListFiles(candidate));
  std::set<std::string> known;
  std::set<std::string> files;
  for (const auto& entry : before) known.insert(entry.path);
  for (const auto& entry : after) files.insert(entry.path);
  // Texts of the base, names of the candidate.
  Follower follower(repository, base, files);
  for (const auto* commands : {&manifest.gates.lint, &manifest.gates.tests,
                               &manifest.gates.validators, &manifest.validate}) {
    for (const auto& command : *commands) follower.Start(command, true);
  }
  follower.Start(manifest.run.command, true);
  if (!manifest.run.pipeline.empty()) follower.Start({manifest.run.pipeline});
  std::vector<std::string> reached;
  for (const auto& path : follower.Follow()) {
    if (!known.contains(path)) reached.push_back(path);
  }
  return reached;
}

Result<std::vector<std::string>> ProductFiles(const motors::Repository& repository,
                                              const std::string& revision,
                                              const model::MotorManifest& manifest) {
  AIOP_TRY(const auto entries, repository.ListFiles(revision));
  std::set<std::string> files;
  for (const auto& entry : entries) files.insert(entry.path);
  Follower product(repository, revision, files);
  product.Start(manifest.run.command);
  if (!manifest.run.pipeline.empty()) product.Start({manifest.run.pipeline});
  const auto used = product.Follow();
  return std::vector<std::string>(used.begin(), used.end());
}

Result<std::vector<std::string>> CheckFiles(const motors::Repository& repository,
                                            const std::string& revision,
                                            const model::MotorManifest& manifest) {
  AIOP_TRY(const auto entries, repository.ListFiles(revision));
  std::set<std::string> files;
  for (const auto& entry : entries) files.insert(entry.path);
  Follower checks(repository, revision, files);
  for (const auto* commands : {&manifest.gates.lint, &manifest.gates.tests,
                               &manifest.gates.validators, &manifest.validate}) {
    for (const auto& command : *commands) {
      checks.Start(command);
      // `npm test` runs what package.json says.
      const auto package = command.front() == "npm" ? repository.ReadFile(revision, "package.json")
                                                    : Result<std::string>(NotFound(""));
      if (package) checks.Scan(*package, {});
    }
  }
  AIOP_TRY(const auto used, ProductFiles(repository, revision, manifest));
  std::vector<std::string> only_checks;
  std::ranges::set_difference(checks.Follow(), used, std::back_inserter(only_checks));
  return only_checks;
}

}  // namespace aiop::governance
