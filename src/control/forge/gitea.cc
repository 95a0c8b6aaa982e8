// SPDX-License-Identifier: Apache-2.0
// Gitea's REST API, version 1 (Forgejo's is the same here).
#include "control/forge/drivers.h"

namespace aiop::forge {
namespace {

class Gitea final : public Forge {
 public:
  Gitea(const model::ForgeSpec& spec, std::string token) : Forge(spec, std::move(token)) {}

 private:
  std::map<std::string, std::string> Headers() const override {
    std::map<std::string, std::string> headers{{"accept", "application/json"},
                                               {"user-agent", "aiop"}};
    if (!token().empty()) headers["authorization"] = "token " + token();
    return headers;
  }
  std::string PageQuery(int64_t page) const override {
    return "limit=" + std::to_string(kPageSize) + "&page=" + std::to_string(page);
  }
};

}  // namespace

std::unique_ptr<Forge> MakeGitea(const model::ForgeSpec& spec, std::string token) {
  return std::make_unique<Gitea>(spec, std::move(token));
}

}  // namespace aiop::forge
