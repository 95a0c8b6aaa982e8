// SPDX-License-Identifier: Apache-2.0
// How records are put into words for people.
#pragma once

#include <string>
#include <vector>

#include "app/aiop/table.h"
#include "core/model/model.h"

namespace aiop::app {

std::string Joined(const std::vector<std::string>& items, std::string_view between = ", ");
Colour ColourOf(model::RunState state);
Colour ColourOf(model::ChangeState state);
Colour ColourOf(model::Severity severity);
// "PAUSED (fix)".
std::string StateText(const model::Run& run);
// "petstore [types]".
std::string NameOf(const model::Run& run);
// "1 run", "2 runs".
std::string Counted(size_t count, std::string_view word);
// 0.95 as "95 %".
std::string Percent(double share);
std::string Short(std::string_view id);  // enough of an id to name it by

}  // namespace aiop::app
