// SPDX-License-Identifier: Apache-2.0
//
// One command being carried out: its arguments, its home, its policy, where its words go. Not
// thread-safe, except out().
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/aiop/arguments.h"
#include "app/aiop/output.h"
#include "base/json/json.h"
#include "base/result/result.h"
#include "control/contexts/contexts.h"
#include "core/approval/approval.h"
#include "core/policy/policy.h"

namespace aiop::app {

// What the product takes from the environment; nothing else is read from it.
struct Environment {
  std::string home;               // AIOP_HOME
  std::string data_home;          // XDG_DATA_HOME
  std::string user_home;          // HOME
  std::string policy;             // AIOP_POLICY
  std::string signing_key = {};   // AIOP_SIGNING_KEY: its file
  std::string token = {};         // AIOP_TOKEN
  std::string patch_writer = {};  // AIOP_PATCH_WRITER: a command, words split at blanks
  std::string forge_token = {};   // AIOP_FORGE_TOKEN
  bool no_colour = false;
};
Environment ReadEnvironment();

class Session {
 public:
  Session(Arguments arguments, Environment environment);

  const Arguments& arguments() const { return arguments_; }
  Output& out() { return out_; }

  // The home's folder, whether or not it exists.
  Result<std::filesystem::path> HomeFolder() const;
  // The home, for a command that only reads: no lock, no waiting; an empty one is made if there is
  // none. It lives as long as the session.
  Result<contexts::Home*> Read();
  // The home, owned: waits for another owner, saying so.
  Result<contexts::Home*> Own();
  // Whether another process owns the home at this moment.
  Result<bool> IsOwnedByOther() const;
  // Lets go of the home, so that another process may own it.
  void Close() { home_.reset(); }

  // The policy in force: --policy, else $AIOP_POLICY, else the built-in one.
  Result<const policy::Policy*> Policy();
  // Its text, and the name of the file it is from.
  Result<std::pair<std::string, std::string>> PolicyText() const;

  // The file of the key to sign with: --key, else $AIOP_SIGNING_KEY, else empty.
  std::string SigningKey() const;

  // The command that writes patches (prompt in, answer out); empty: there is none.
  std::vector<std::string> PatchWriter() const;
  // What forges are spoken to with: $AIOP_FORGE_TOKEN. Never stored, never shown.
  const std::string& ForgeToken() const { return environment_.forge_token; }

  // Who is at the keyboard, for the records.
  static std::string UserName();
  // Who acts: the holder of --token or $AIOP_TOKEN, else the local user. kForbidden for a token
  // that is not good, or who may not do what `least` may do on this plant's team.
  // Whether the holder of the token, if there is one, may use this command at all.
  Status CheckRole(const Command& command);
  Result<approval::Actor> Acting(model::Role least, const std::string& team,
                                 const std::string& what);

 private:
  Result<contexts::Home*> Open(contexts::Home::Access access);

  Arguments arguments_;
  Environment environment_;
  Output out_;
  std::unique_ptr<contexts::Home> home_;
  std::optional<contexts::Home::Access> access_;
  std::optional<policy::Policy> policy_;
};

}  // namespace aiop::app
