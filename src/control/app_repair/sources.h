// SPDX-License-Identifier: Apache-2.0
//
// Private: what sources share.
#pragma once

#include "control/app_repair/app_repair.h"
#include "core/mend/mend.h"

namespace aiop::app_repair {

inline constexpr size_t kEditsShown = 5;

std::string Listed(const std::vector<mend::Edit>& edits);
std::vector<std::string> GuessesOf(const std::vector<mend::Edit>& edits);

// The spec with its unique nearest corrections; nothing if it is a folder, or nobody can judge it.
Result<std::optional<mend::Mended>> MendByNames(engine::Engine& engine,
                                                experiments::Harness& harness,
                                                const Subject& subject);

}  // namespace aiop::app_repair
