// SPDX-License-Identifier: Apache-2.0
// Forges (GitHub, Gitea): where a motor's source lives, the pull requests there, what they send.
#pragma once

#include "core/model/event.h"

namespace aiop::model {

enum class ForgeKind { kGithub, kGitea };
constexpr auto EnumNames(ForgeKind) {
  return std::to_array<std::pair<ForgeKind, std::string_view>>(
      {{ForgeKind::kGithub, "github"}, {ForgeKind::kGitea, "gitea"}});
}

// Secrets are none of this: a token comes from the environment.
struct ForgeSpec {
  ForgeKind kind = ForgeKind::kGithub;
  std::string api;         // root of its REST API, such as https://api.github.com
  std::string repository;  // OWNER/NAME
  static constexpr std::string_view kName = "ForgeSpec";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("kind", self.kind, "");
    visit.Required("api", self.api,
                   "Root of its REST API: https://api.github.com, or "
                   "https://HOST/api/v1 of a Gitea.",
                   describe::kNonEmptyRule);
    visit.Required("repository", self.repository, "OWNER/NAME.", describe::kNonEmptyRule);
  }
};

// The pull request that a change was made from.
struct PullRequest {
  int64_t number = 0;
  std::string head;  // the commit that was taken
  std::string url;   // for people
  std::string told;  // the last state that the forge was told of
  static constexpr std::string_view kName = "PullRequest";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("number", self.number, "");
    visit.Required("head", self.head, "The commit that was taken.");
    visit.Optional("url", self.url, "");
    visit.Optional("told", self.told, "The last state that the forge was told of.");
  }
};

// A delivery of a webhook that was accepted: never again.
struct HookDelivery {
  std::string id;  // HOOK/ID of the sender
  std::string hook;
  std::string event;  // "push", "pull_request"; empty if the sender does not say
  std::string plant;
  Timestamp at;
  static constexpr std::string_view kName = "HookDelivery";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("id", self.id, "The hook and the sender's id of the delivery.");
    visit.Required("hook", self.hook, "");
    visit.Optional("event", self.event, "");
    visit.Optional("plant", self.plant, "");
    visit.Required("at", self.at, "");
  }
};

}  // namespace aiop::model
