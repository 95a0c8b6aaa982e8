// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>

#include "control/sandbox/abilities.h"
#include "control/sandbox/sandbox.h"

namespace aiop::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporary = "/tmp";
constexpr uint64_t kTemporaryBytes = uint64_t{512} << 20;
// bwrap itself and its process 1 inside.
constexpr uint64_t kOwnProcesses = 2;

// Variables that name a file of certificates: shown too, or no connection could be checked.
constexpr std::array<std::string_view, 5> kCertificateVariables = {
    "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS"};

// Names the folder from which plants of golden incidents learn of their surroundings
// (docs/golden.md).
constexpr std::string_view kWorldVariable = "AIOP_GOLDEN_WORLD";

class Wrapper {
 public:
  Wrapper(const process::Command& command, const Policy& policy)
      : policy_(policy), wrapped_(command), abilities_(AbilitiesOnce()) {}

  Result<process::Command> Wrap();

 private:
  Status Bind();
  Status BindOne(std::string_view kind, const Policy::Bind& bind);
  Status PlaceProgram();
  void Show(const fs::path& path);
  void PlaceEnvironment();
  void PlaceLimits();
  bool IsVisible(const fs::path& path) const;
  bool IsWritable(const fs::path& path) const;
  void Add(std::string argument) { arguments_.push_back(std::move(argument)); }
  void Add(std::vector<std::string> arguments) {
    for (std::string& argument : arguments) Add(std::move(argument));
  }

  const Policy& policy_;
  process::Command wrapped_;
  const Abilities& abilities_;
  std::vector<std::string> arguments_;
};

Result<process::Command> Wrapper::Wrap() {
  if (wrapped_.argv.empty()) return Invalid("a command without a program");
  Add(abilities_.bwrap.string());
  const uint64_t temporary_bytes =
      std::min(kTemporaryBytes, policy_.limits.memory_bytes.value_or(kTemporaryBytes));
  Add(SystemArguments(abilities_, policy_.network, temporary_bytes));
  PlaceEnvironment();
  AIOP_CHECK_OK(Bind());
  AIOP_CHECK_OK(PlaceProgram());
  Add(SealingArguments());
  Add({"--chdir", wrapped_.folder.empty() ? "/" : wrapped_.folder.string(), "--"});
  PlaceLimits();
  Add(std::move(wrapped_.argv));
  wrapped_.argv = std::move(arguments_);
  wrapped_.folder = "/";
  return std::move(wrapped_);
}

Status Wrapper::Bind() {
  for (const fs::path& path : policy_.read_only) Show(path);
  for (const Policy::Bind& bind : policy_.bind_read_only) AIOP_CHECK_OK(BindOne("--ro-bind", bind));
  for (const Policy::Bind& bind : policy_.bind_writable) AIOP_CHECK_OK(BindOne("--bind", bind));
  return {};
}

Status Wrapper::BindOne(std::string_view kind, const Policy::Bind& bind) {
  const auto& [host, inside] = bind;
  if (!host.is_absolute() || !inside.is_absolute()) {
    return Invalid("a sandbox needs absolute paths: " + host.string() + " -> " + inside.string());
  }
  std::error_code error;
  if (!fs::exists(host, error)) return NotFound(host.string() + ": no such file or folder");
  Add({std::string(kind), host.string(), inside.string()});
  return {};
}

void Wrapper::Show(const fs::path& path) { Add({"--ro-bind-try", path.string(), path.string()}); }

bool Wrapper::IsWritable(const fs::path& path) const {
  return std::ranges::any_of(policy_.bind_writable,
                             [&](const auto& bind) { return IsWithin(path, bind.second); });
}

bool Wrapper::IsVisible(const fs::path& path) const {
  const auto bound = [&](const auto& bind) { return IsWithin(path, bind.second); };
  const auto shown = [&](const fs::path& folder) { return IsWithin(path, folder); };
  return IsSystemPath(path) || IsWritable(path) ||
         std::ranges::any_of(policy_.bind_read_only, bound) ||
         std::ranges::any_of(policy_.read_only, shown);
}

// Of the folders on PATH, those that are visible inside, or those that are not.
std::string PathWhere(std::string_view path, const auto& belongs) {
  std::string selected;
  while (!path.empty()) {
    const size_t colon = path.find(':');
    const std::string_view folder = path.substr(0, colon);
    path.remove_prefix(colon == std::string_view::npos ? path.size() : colon + 1);
    if (belongs(fs::path(folder))) selected.append(folder).append(":");
  }
  return selected;
}

Status Wrapper::PlaceProgram() {
  std::string& program = wrapped_.argv.front();
  fs::path path = program;
  if (!program.contains('/')) {
    const auto entry = wrapped_.environment.find("PATH");
    const std::string all = entry == wrapped_.environment.end() ? "" : entry->second;
    const auto visible = [this](const fs::path& folder) { return IsVisible(folder); };
    const auto hidden = [this](const fs::path& folder) { return !IsVisible(folder); };
    auto found = process::FindProgram(program, PathWhere(all, visible));
    if (!found) found = process::FindProgram(program, PathWhere(all, hidden));
    if (!found)
      return NotFound("cannot run " + program + ": no such program on PATH (" + all + ")");
    path = *found;
    program = path.string();
  }
  // A relative path is one inside, below the working directory.
  if (path.is_relative() || IsVisible(path)) return {};
  std::error_code error;
  if (!fs::exists(path, error)) return NotFound("cannot run " + program + ": no such program");
  Show(path);
  return {};
}

void Wrapper::PlaceEnvironment() {
  auto& environment = wrapped_.environment;
  for (const char* name : {"HOME", "TMPDIR"}) {
    std::string& value = environment[name];
    if (!IsWritable(value)) value = kTemporary;
  }
  const auto show = [&](std::string_view name) {
    const auto entry = environment.find(std::string(name));
    if (entry != environment.end() && fs::path(entry->second).is_absolute()) Show(entry->second);
  };
  for (const std::string_view name : kCertificateVariables) show(name);
  show(kWorldVariable);
}

void Wrapper::PlaceLimits() {
  process::Watch& watch = wrapped_.watch;
  const process::Watch& limits = policy_.limits;
  if (limits.memory_bytes) watch.memory_bytes = limits.memory_bytes;
  if (limits.wall) watch.wall = limits.wall;
  if (!limits.processes) return;
  watch.processes = *limits.processes + kOwnProcesses;
  if (!abilities_.process_limit) return;
  // Set inside, where it counts the processes of this sandbox alone. Process 1 inside counts too.
  const std::string limit = std::to_string(*limits.processes + 1);
  Add({abilities_.prlimit.string(), "--nproc=" + limit + ":" + limit, "--"});
}

std::string Joined(const std::vector<std::string>& notes) {
  std::string text;
  for (const std::string& note : notes) text += (text.empty() ? "" : "; ") + note;
  return text;
}

}  // namespace

Result<process::Command> Wrap(const process::Command& command, const Policy& policy) {
  const Probe& probe = ProbeOnce();
  if (probe.level < policy.least) {
    return Forbidden("this needs a sandbox of level " + std::string(LevelName(policy.least)) +
                     ", and this machine offers " + std::string(LevelName(probe.level)) + " (" +
                     Joined(probe.notes) + ")");
  }
  // The policy allows it expressly: least is none.
  if (probe.level == Level::kNone) return command;
  return Wrapper(command, policy).Wrap();
}

bool NeverStarted(const process::Output& output) {
  // As shells and bubblewrap say it. Other high codes, 255 above all, are how some programs refuse.
  constexpr int kNotExecutable = 126;
  constexpr int kNotFound = 127;
  constexpr int kSignalBase = 128;
  constexpr int kLastSignal = 64;
  const int code = output.exit.code;
  const bool killed = code > kSignalBase && code <= kSignalBase + kLastSignal;
  return code == kNotExecutable || code == kNotFound || killed ||
         output.err.starts_with("bwrap: execvp ");
}

}  // namespace aiop::sandbox
