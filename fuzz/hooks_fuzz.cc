// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <vector>

#include "control/hooks/hooks.h"

// Whatever a stranger sends: nothing is believed that is not signed with the secret.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace aiop::hooks;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::pair<std::string, std::string>> headers;
  const std::string value(text.substr(0, text.find('\n')));
  for (const char* name :
       {"X-Hub-Signature-256", "X-GitHub-Delivery", "X-GitHub-Event", "X-Gitea-Signature",
        "X-Gitea-Delivery", "X-Gitea-Event", "X-Gitlab-Token", "X-Gitlab-Event-UUID",
        "X-Gitlab-Event", "X-Signature"}) {
    headers.emplace_back(name, value);
  }
  const std::string secret = "not in the input: 9c1d0f6e";
  for (const Kind kind : {Kind::kGithub, Kind::kGitea, Kind::kGitlab, Kind::kGeneric}) {
    const auto delivery = Verify(kind, secret, headers, text, {});
    AIOP_CHECK(!delivery || value == secret);
  }
  return 0;
}
