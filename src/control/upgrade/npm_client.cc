// SPDX-License-Identifier: Apache-2.0
#include "control/upgrade/npm_client.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/file/file.h"
#include "base/json/json.h"
#include "base/process/process.h"

namespace aiop::upgrade {
namespace {

constexpr size_t kOutputLimitBytes = size_t{32} << 20;
constexpr size_t kMessageLimitBytes = 500;

// Of npm's settings those that say where the registry is and how to reach it. Others may make npm
// do other things than it is asked to here.
constexpr std::array<std::string_view, 13> kSettings = {
    "registry",     "cafile",        "ca",           "cert",    "key",
    "strict_ssl",   "proxy",         "https_proxy",  "noproxy", "userconfig",
    "globalconfig", "fetch_retries", "fetch_timeout"};

bool IsSetting(std::string_view variable) {
  constexpr std::string_view kPrefix = "npm_config_";
  std::string name(variable);
  std::ranges::transform(name, name.begin(), [](char c) {
    return c == '-' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (!name.starts_with(kPrefix)) return false;
  const std::string_view setting = std::string_view(name).substr(kPrefix.size());
  // "//host/:_authToken" and "@scope:registry".
  return setting.starts_with("//") || setting.starts_with('@') ||
         std::ranges::find(kSettings, setting) != kSettings.end();
}

std::map<std::string, std::string> Environment(const std::filesystem::path& home_folder) {
  auto environment = process::CleanEnvironment(home_folder);
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view variable = *each;
    const size_t equals = variable.find('=');
    if (equals == std::string_view::npos || !IsSetting(variable.substr(0, equals))) continue;
    environment.emplace(variable.substr(0, equals), variable.substr(equals + 1));
  }
  return environment;
}

struct Complaint {
  std::string code;  // npm's: "E404", "ENOTFOUND"
  std::string text;
};

// {"error": {"code", "summary", "detail"}} on standard output or, from older ones, lines such as
// "npm ERR! code E404".
Complaint ComplaintIn(const process::Output& output) {
  if (const auto value = json::Parse(output.out)) {
    if (const json::Value* error = json::Member(*value, "error")) {
      Complaint complaint{std::string(json::TextMember(*error, "code")),
                          std::string(json::TextMember(*error, "summary"))};
      if (!complaint.code.empty() || !complaint.text.empty()) return complaint;
    }
  }
  Complaint complaint{"", output.err};
  for (const std::string_view mark : {"npm error code ", "npm ERR! code "}) {
    const size_t at = output.err.find(mark);
    if (at == std::string::npos) continue;
    const size_t start = at + mark.size();
    complaint.code = output.err.substr(start, output.err.find_first_of(" \r\n", start) - start);
  }
  return complaint;
}

Code Meaning(std::string_view code) {
  if (code == "E404" || code == "ETARGET" || code == "ENOVERSIONS") return Code::kNotFound;
  if (code == "ERESOLVE" || code == "EOVERRIDE" || code == "EBADENGINE" || code == "EBADPLATFORM") {
    return Code::kConflict;
  }
  return Code::kUnavailable;
}

std::string Short(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  if (text.size() > kMessageLimitBytes) text = text.substr(0, kMessageLimitBytes) + " ...";
  return json::ToValidUtf8(text);
}

}  // namespace

Result<std::string> NpmClient::Run(const std::vector<std::string>& arguments,
                                   const std::filesystem::path& folder,
                                   Milliseconds timeout) const {
  process::Command command{
      .argv = {command_}, .folder = folder, .environment = Environment(home_folder_)};
  if (!process::FindProgram(command_, command.environment["PATH"])) {
    return Unavailable("cannot run " + command_ +
                       ": install Node.js with npm, or take `upgrade` out of patch_sources");
  }
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  const std::string cache = (home_folder_ / ".npm").string();
  for (const std::string& option :
       {std::string("--json"), "--cache=" + cache, std::string("--loglevel=error"),
        std::string("--no-update-notifier"), std::string("--fetch-retries=1"),
        std::string("--fetch-retry-mintimeout=500")}) {
    command.argv.push_back(option);
  }
  AIOP_CHECK_OK(file::MakeFolders(home_folder_));
  AIOP_TRY(process::Output output, process::Run(command, "", timeout, kOutputLimitBytes));
  const std::string what = "npm " + arguments.front();
  if (output.timed_out) {
    return Unavailable(what + ": no answer in " + std::to_string(timeout.count()) + " ms");
  }
  if (output.truncated) return Unavailable(what + ": the answer is too long");
  if (output.ok()) return std::move(output.out);
  const Complaint complaint = ComplaintIn(output);
  return Fail(Meaning(complaint.code),
              what + " failed" + (complaint.code.empty() ? "" : " (" + complaint.code + ")") +
                  ": " + Short(complaint.text.empty() ? "it did not say why" : complaint.text));
}

}  // namespace aiop::upgrade
