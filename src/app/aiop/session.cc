// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/session.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <iterator>
#include <sstream>

#include "app/aiop/built_in.h"
#include "base/file/file.h"
#include "base/yaml/yaml.h"
#include "control/access/access.h"

namespace aiop::app {
namespace {

namespace fs = std::filesystem;
using contexts::Home;

constexpr uint64_t kPolicyLimitBytes = uint64_t{4} << 20;
constexpr size_t kUserRecordBytes = 16384;

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

void SayWaiting(std::string_view why) {
  std::fprintf(stderr, "aiop: %.*s\n", static_cast<int>(why.size()), why.data());
}

int LineOf(const void* document, std::string_view pointer) {
  return yaml::LineOf(*static_cast<const yaml::Document*>(document), pointer);
}

}  // namespace

Environment ReadEnvironment() {
  return {.home = FromEnvironment("AIOP_HOME"),
          .data_home = FromEnvironment("XDG_DATA_HOME"),
          .user_home = FromEnvironment("HOME"),
          .policy = FromEnvironment("AIOP_POLICY"),
          .signing_key = FromEnvironment("AIOP_SIGNING_KEY"),
          .token = FromEnvironment("AIOP_TOKEN"),
          .patch_writer = FromEnvironment("AIOP_PATCH_WRITER"),
          .forge_token = FromEnvironment("AIOP_FORGE_TOKEN"),
          .no_colour = !FromEnvironment("NO_COLOR").empty()};
}

Session::Session(Arguments arguments, Environment environment)
    : arguments_(std::move(arguments)),
      environment_(std::move(environment)),
      out_(arguments_.Has("--json"), arguments_.Has("--quiet"), environment_.no_colour) {}

std::string Session::SigningKey() const {
  return arguments_.Has("--key") ? arguments_.One("--key") : environment_.signing_key;
}

std::vector<std::string> Session::PatchWriter() const {
  std::istringstream words(environment_.patch_writer);
  return {std::istream_iterator<std::string>(words), {}};
}

Result<fs::path> Session::HomeFolder() const {
  if (arguments_.Has("--home")) return fs::path(arguments_.One("--home"));
  if (!environment_.home.empty()) return fs::path(environment_.home);
  // Relative ones are to be ignored, says the XDG specification.
  if (environment_.data_home.starts_with('/')) return fs::path(environment_.data_home) / "aiop";
  if (!environment_.user_home.empty()) {
    return fs::path(environment_.user_home) / ".local" / "share" / "aiop";
  }
  return Invalid("there is no place for the home: give --home DIR, or set AIOP_HOME or HOME");
}

Result<Home*> Session::Open(Home::Access access) {
  AIOP_TRY(const fs::path folder, HomeFolder());
  home_.reset();
  AIOP_TRY(home_, Home::Open(folder, access, out_.quiet() ? nullptr : SayWaiting));
  access_ = access;
  return home_.get();
}

Result<Home*> Session::Read() {
  if (home_) return home_.get();
  AIOP_TRY(const fs::path folder, HomeFolder());
  std::error_code ignored;
  const bool complete = fs::exists(folder / "home.json", ignored) &&
                        fs::exists(folder / "ledger.db", ignored) &&
                        fs::exists(folder / "app" / "context.db", ignored) &&
                        fs::exists(folder / "motor" / "context.db", ignored);
  if (!complete) {
    AIOP_TRY([[maybe_unused]] Home * made, Open(Home::Access::kOwn));
    home_.reset();
  }
  return Open(Home::Access::kRead);
}

Result<Home*> Session::Own() {
  if (home_ && access_ == Home::Access::kOwn) return home_.get();
  return Open(Home::Access::kOwn);
}

Result<bool> Session::IsOwnedByOther() const {
  AIOP_TRY(const fs::path folder, HomeFolder());
  std::error_code ignored;
  if (!fs::exists(folder / "lock", ignored)) return false;
  const auto lock = file::Lock::Acquire(folder / "lock", 0);
  if (lock) return false;
  if (lock.error().code == Code::kConflict) return true;
  return std::unexpected(lock.error());
}

Result<std::pair<std::string, std::string>> Session::PolicyText() const {
  std::string file = arguments_.One("--policy");
  if (file.empty()) file = environment_.policy;
  if (file.empty()) return std::pair(std::string(kDefaultPolicy), std::string("default.yaml"));
  auto text = file::Read(file, kPolicyLimitBytes);
  if (!text && text.error().code == Code::kUnavailable) return Invalid(text.error().message);
  AIOP_CHECK_OK(text);
  return std::pair(*std::move(text), file);
}

Result<const policy::Policy*> Session::Policy() {
  if (policy_) return &*policy_;
  AIOP_TRY(const auto source, PolicyText());
  AIOP_TRY(const yaml::Document document, yaml::Parse(source.first, source.second));
  AIOP_TRY(auto loaded, policy::Policy::Load(document.value, source.second, LineOf, &document));
  policy_.emplace(std::move(loaded));
  return &*policy_;
}

Result<approval::Actor> Session::Acting(model::Role least, const std::string& team,
                                        const std::string& what) {
  AIOP_TRY(Home * home, Read());
  const std::string secret =
      arguments_.Has("--token") ? arguments_.One("--token") : environment_.token;
  AIOP_TRY(auto actor, access::WhoActs(home->ledger(), secret, UserName(), Now()));
  AIOP_CHECK_OK(approval::MayAct(actor, least, team, what));
  return actor;
}

Status Session::CheckRole(const Command& command) {
  const bool token = arguments_.Has("--token") || !environment_.token.empty();
  if (!token || command.least == model::Role::kViewer) return {};
  AIOP_TRY(Home * home, Read());
  const std::string secret =
      arguments_.Has("--token") ? arguments_.One("--token") : environment_.token;
  AIOP_TRY(auto actor, access::WhoActs(home->ledger(), secret, UserName(), Now()));
  actor.teams.clear();
  AIOP_CHECK_OK(
      approval::MayAct(actor, command.least, "", "use 'aiop " + std::string(command.path) + "'"));
  Close();
  return {};
}

std::string Session::UserName() {
  passwd record{};
  passwd* found = nullptr;
  std::string buffer(kUserRecordBytes, '\0');
  if (getpwuid_r(getuid(), &record, buffer.data(), buffer.size(), &found) == 0 && found) {
    return found->pw_name;
  }
  return "user " + std::to_string(getuid());
}

}  // namespace aiop::app
