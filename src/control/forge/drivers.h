// SPDX-License-Identifier: Apache-2.0
// The kinds of forges. Private to the module.
#pragma once

#include <memory>
#include <string>

#include "control/forge/forge.h"

namespace aiop::forge {

std::unique_ptr<Forge> MakeGithub(const model::ForgeSpec& spec, std::string token);
std::unique_ptr<Forge> MakeGitea(const model::ForgeSpec& spec, std::string token);

}  // namespace aiop::forge
