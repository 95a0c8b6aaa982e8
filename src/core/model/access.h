// SPDX-License-Identifier: Apache-2.0
// Who may do what: tokens of people and programs.
#pragma once

#include "core/model/event.h"

namespace aiop::model {

// Each may do what those before it may. Stored by name; never rename.
enum class Role { kViewer, kRunner, kOperator, kApprover, kAdmin };
constexpr auto EnumNames(Role) {
  using enum Role;
  return std::to_array<std::pair<Role, std::string_view>>({{kViewer, "viewer"},
                                                           {kRunner, "runner"},
                                                           {kOperator, "operator"},
                                                           {kApprover, "approver"},
                                                           {kAdmin, "admin"}});
}

struct Token {
  std::string name;  // of its holder
  std::string hash;  // SHA-256 of the secret; the secret itself is kept nowhere
  Role role = Role::kViewer;
  std::vector<std::string> teams;  // none: all
  std::optional<Timestamp> expires;
  std::optional<Timestamp> revoked;
  Timestamp created;

  static constexpr std::string_view kName = "Token";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("name", self.name, "Whose it is.", describe::kNameRule);
    visit.Required("hash", self.hash, "SHA-256 of the secret.");
    visit.Required("role", self.role, "");
    visit.Optional("teams", self.teams, "Plants of these teams only; none: all.");
    visit.Optional("expires", self.expires, "");
    visit.Optional("revoked", self.revoked, "");
    visit.Required("created", self.created, "");
  }
};

}  // namespace aiop::model
