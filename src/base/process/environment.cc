// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/process/process.h"

namespace aiop::process {
namespace {

constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

constexpr std::array<std::string_view, 15> kPassedOn = {
    "http_proxy",          "https_proxy",        "no_proxy",       "all_proxy",
    "HTTP_PROXY",          "HTTPS_PROXY",        "NO_PROXY",       "ALL_PROXY",
    "SSL_CERT_FILE",       "SSL_CERT_DIR",       "CURL_CA_BUNDLE", "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "PIP_CERT"};

constexpr std::array<std::string_view, 7> kAboutThisProcess = {
    "AIOP_HOME",        "AIOP_STORE",        "AIOP_TOKEN",  "AIOP_SIGNING_KEY",
    "AIOP_FORGE_TOKEN", "AIOP_PATCH_WRITER", "AIOP_ATTEMPT"};

bool IsPassedOn(std::string_view name) {
  if (name.starts_with("AIOP_")) {
    return !name.starts_with("AIOP_CRASH_") && !name.starts_with("AIOP_CHAOS_") &&
           std::ranges::find(kAboutThisProcess, name) == kAboutThisProcess.end();
  }
  return std::ranges::find(kPassedOn, name) != kPassedOn.end();
}

std::string Ours(const char* name, std::string_view otherwise) {
  const char* value = std::getenv(name);
  return std::string(value != nullptr && *value != '\0' ? std::string_view(value) : otherwise);
}

bool IsExecutable(const std::filesystem::path& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::map<std::string, std::string> OwnEnvironment() {
  std::map<std::string, std::string> environment;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view variable = *each;
    const size_t equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = variable.substr(0, equals);
    if (name.starts_with("AIOP_") && !IsPassedOn(name)) continue;
    environment.emplace(name, variable.substr(equals + 1));
  }
  return environment;
}

std::map<std::string, std::string> CleanEnvironment(const std::filesystem::path& home_folder) {
  std::map<std::string, std::string> environment{
      {"PATH", Ours("PATH", kDefaultPath)},
      {"LANG", "C.UTF-8"},
      // Sealed checkouts stay as they were sealed, also for root.
      {"PYTHONDONTWRITEBYTECODE", "1"},
      {"TZ", "UTC"},
      {"HOME", home_folder.string()},
      {"TMPDIR", Ours("TMPDIR", "/tmp")}};
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view variable = *each;
    const size_t equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = variable.substr(0, equals);
    if (IsPassedOn(name)) environment.emplace(name, variable.substr(equals + 1));
  }
  return environment;
}

Result<std::filesystem::path> FindProgram(std::string_view name, std::string_view path) {
  if (name.contains('/')) {
    std::error_code error;
    auto absolute = std::filesystem::absolute(name, error);
    if (error || !IsExecutable(absolute)) return NotFound(std::string(name) + ": no such program");
    return absolute;
  }
  for (std::string_view rest = path; !rest.empty() && !name.empty();) {
    const size_t colon = rest.find(':');
    const std::filesystem::path folder(rest.substr(0, colon));
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
    // Relative folders would make the program depend on where it is called.
    if (folder.is_absolute() && IsExecutable(folder / name)) return folder / name;
  }
  return NotFound("cannot run " + std::string(name) + ": no such program on PATH (" +
                  std::string(path) + ")");
}

}  // namespace aiop::process
