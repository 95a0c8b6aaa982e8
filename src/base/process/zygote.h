// SPDX-License-Identifier: Apache-2.0
//
// The small single-threaded process from which keepers are forked: a process with threads cannot
// safely fork.
#pragma once

#include <array>

#include "base/result/result.h"

namespace aiop::process {

// Standard input, output and errors of the program, and the keeper's end of its socket to us.
using KeeperDescriptors = std::array<int, 4>;

// Has the zygote fork a keeper that gets copies of the descriptors. Thread-safe. kUnavailable if
// there is no zygote.
Status ForkKeeper(const KeeperDescriptors& descriptors);

}  // namespace aiop::process
