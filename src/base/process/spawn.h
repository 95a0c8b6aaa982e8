// SPDX-License-Identifier: Apache-2.0
//
// Starting the program itself, inside the single-threaded keeper.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/process/process.h"

namespace aiop::process {

// Forks and executes: new session, standard streams, limits, environment plus the cookie, no other
// descriptor. The program is killed should this process die. Errors name the program or the folder.
Result<pid_t> Spawn(const Command& command, const std::string& attempt, const int streams[3]);

}  // namespace aiop::process
