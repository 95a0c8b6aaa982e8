// SPDX-License-Identifier: Apache-2.0
// What is made of the table of commands: help texts, the man page, shell completions. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result/result.h"

namespace aiop::app {

// "aiop plant add NAME --motor PATH_OR_URL".
std::string UsageLine(std::string_view path);

// The help of a command or group; of the whole program for "". kInvalid for an unknown path.
Result<std::string> HelpText(std::string_view path);

// roff, section 1.
std::string ManPage();

// bash, zsh or fish.
Result<std::string> CompletionScript(std::string_view shell);

}  // namespace aiop::app
