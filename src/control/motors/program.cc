// SPDX-License-Identifier: Apache-2.0
#include "control/motors/program.h"

#include <unistd.h>

#include <algorithm>
#include <mutex>

#include "base/file/file.h"

namespace aiop::motors {
namespace {

constexpr size_t kComplaintLimitBytes = 2000;

// What the user has set for git itself would change what we do; what concerns the way to the source
// (proxies, the SSH agent, HOME with its keys) must stay.
std::map<std::string, std::string> InheritedEnvironment() {
  std::map<std::string, std::string> environment;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = text.substr(0, equals);
    if (name.starts_with("GIT_") || name.starts_with("AIOP_") || name.starts_with("LC_") ||
        name == "SSH_ASKPASS" || name == "LANGUAGE") {
      continue;
    }
    environment.emplace(name, text.substr(equals + 1));
  }
  return environment;
}

// The settings of the "global" level: the only place whose safe.directory the reading side of a
// local repository sees. For the network the user's own settings come first: credential helpers,
// URL rewriting, proxies.
std::string Settings(bool local, const std::map<std::string, std::string>& environment) {
  std::string text;
  const auto home = environment.find("HOME");
  if (!local && home != environment.end() && home->second.starts_with('/')) {
    text = "[include]\n\tpath = \"";
    for (const char c : home->second) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += "/.gitconfig\"\n";
  }
  return text + "[safe]\n\tdirectory = *\n";
}

Status WriteIfOther(const std::filesystem::path& path, const std::string& content) {
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  if (const auto found = file::Read(path); found && *found == content) return {};
  return file::Write(path, content, 0600);
}

std::vector<std::string> FixedSettings() {
  std::vector<std::string> arguments;
  for (const char* setting :
       {"core.hooksPath=/dev/null", "core.fsmonitor=false", "core.attributesFile=/dev/null",
        "core.fsync=committed,reference", "gc.auto=0", "maintenance.auto=false",
        "fetch.unpackLimit=1", "fastimport.unpackLimit=1", "fetch.recurseSubmodules=no",
        "fetch.fsckObjects=false", "transfer.fsckObjects=false", "push.recurseSubmodules=no",
        "push.gpgSign=false", "apply.ignoreWhitespace=no", "apply.whitespace=nowarn"}) {
    arguments.emplace_back("-c");
    arguments.emplace_back(setting);
  }
  return arguments;
}

}  // namespace

GitProgram::GitProgram(std::filesystem::path git_folder, std::filesystem::path settings_folder,
                       std::string source)
    : git_folder_(std::move(git_folder)),
      settings_folder_(std::move(settings_folder)),
      source_(std::move(source)) {}

Result<process::Output> GitProgram::Run(const GitCall& call) const {
  const bool local = IsLocal(source_);
  const auto settings = settings_folder_ / (local ? "git-local.config" : "git-network.config");
  process::Command command{.argv = {"git"}, .folder = call.folder, .environment = {}};
  command.environment = InheritedEnvironment();
  AIOP_CHECK_OK(WriteIfOther(settings, Settings(local, command.environment)));
  command.environment.insert({"PATH", "/usr/local/bin:/usr/bin:/bin"});
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"GIT_CONFIG_NOSYSTEM", "1"},
           {"GIT_CONFIG_GLOBAL", settings.string()},
           {"GIT_TERMINAL_PROMPT", "0"},
           {"GIT_ALLOW_PROTOCOL", local ? "file:http:https:ssh:git" : "http:https:ssh:git"},
           {"GIT_NO_REPLACE_OBJECTS", "1"},
           {"GIT_OPTIONAL_LOCKS", "0"},
           {"SSH_ASKPASS_REQUIRE", "never"},
           {"LC_ALL", "C"}}) {
    command.environment[name] = value;
  }
  if (local) {
    // A partial clone must get what it lacks from where it came from, over ssh as it is, whatever
    // its settings say.
    command.environment["GIT_NO_LAZY_FETCH"] = "0";
    command.environment["GIT_SSH_COMMAND"] = "ssh";
  }
  if (!git_folder_.empty()) command.environment["GIT_DIR"] = git_folder_.string();
  for (const auto& [name, value] : call.environment) command.environment[name] = value;
  std::ranges::copy(FixedSettings(), std::back_inserter(command.argv));
  std::ranges::copy(call.arguments, std::back_inserter(command.argv));
  AIOP_TRY(auto output, process::Run(command, call.input, kFetchTimeout, kGitOutputLimitBytes));
  if (output.timed_out) {
    return Fail(Code::kTimeout, "git " + call.arguments.front() + " took longer than " +
                                    FormatDuration(kFetchTimeout));
  }
  if (output.truncated) return Unavailable("git " + call.arguments.front() + " wrote too much");
  return output;
}

Result<std::string> GitProgram::Read(const GitCall& call, Code code) const {
  AIOP_TRY(auto output, Run(call));
  if (output.ok()) return std::move(output.out);
  return Fail(code, Complaint(output));
}

std::string GitProgram::Complaint(const process::Output& output) const {
  std::string text = output.err;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (text.size() > kComplaintLimitBytes) text.erase(0, text.size() - kComplaintLimitBytes);
  if (text.empty()) text = output.exit.Describe();
  const std::string plain = WithoutCredentials(source_);
  for (size_t at = 0; plain != source_ && (at = text.find(source_, at)) != std::string::npos;) {
    text.replace(at, source_.size(), plain);
  }
  return "git: " + text;
}

bool IsLocal(const std::string& source) { return source.starts_with('/'); }

std::string WithoutCredentials(std::string_view text) {
  const size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return std::string(text);
  const size_t host = scheme + 3;
  const size_t end = std::min(text.find('/', host), text.size());
  const size_t at = text.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < host) return std::string(text);
  return std::string(text.substr(0, host)) + std::string(text.substr(at + 1));
}

}  // namespace aiop::motors
