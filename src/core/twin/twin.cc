// SPDX-License-Identifier: Apache-2.0
#include "core/twin/twin.h"

#include "core/twin/session.h"

namespace aiop::twin {

Format FormatOf(std::string_view text) {
  const bool json = text.size() <= kTextLimitBytes && ReadJson(text);
  return json ? Format::kJson : Format::kYaml;
}

Result<Cutting> Cut(std::string_view text, const std::vector<std::string>& pointers) {
  AIOP_TRY(const Tree tree, Read(text));
  std::vector<uint32_t> parts;
  for (const std::string& pointer : pointers) {
    AIOP_TRY(const auto found, PartsAt(tree, pointer, {}));
    parts.insert(parts.end(), found.begin(), found.end());
  }
  AIOP_TRY(Spliced spliced, Splice(tree, std::move(parts)));
  return CuttingOf(tree, std::move(spliced));
}

}  // namespace aiop::twin
