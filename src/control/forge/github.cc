// SPDX-License-Identifier: Apache-2.0
// GitHub's REST API, version 2022-11-28.
#include "control/forge/drivers.h"

namespace aiop::forge {
namespace {

class Github final : public Forge {
 public:
  Github(const model::ForgeSpec& spec, std::string token) : Forge(spec, std::move(token)) {}

 private:
  std::map<std::string, std::string> Headers() const override {
    std::map<std::string, std::string> headers{{"accept", "application/vnd.github+json"},
                                               {"x-github-api-version", "2022-11-28"},
                                               {"user-agent", "aiop"}};  // it insists on one
    if (!token().empty()) headers["authorization"] = "Bearer " + token();
    return headers;
  }
  std::string PageQuery(int64_t page) const override {
    return "per_page=" + std::to_string(kPageSize) + "&page=" + std::to_string(page);
  }
};

}  // namespace

std::unique_ptr<Forge> MakeGithub(const model::ForgeSpec& spec, std::string token) {
  return std::make_unique<Github>(spec, std::move(token));
}

}  // namespace aiop::forge
