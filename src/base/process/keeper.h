// SPDX-License-Identifier: Apache-2.0
//
// The keeper: the process between us and one program. It starts the program, answers for all its
// descendants, and exits when the last of them is gone. Single-threaded; it never returns.
#pragma once

#include "base/process/zygote.h"

namespace aiop::process {

[[noreturn]] void RunKeeper(const KeeperDescriptors& descriptors);

}  // namespace aiop::process
