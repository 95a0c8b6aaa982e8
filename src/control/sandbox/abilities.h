// SPDX-License-Identifier: Apache-2.0
//
// What bwrap can do on this machine, and the arguments that follow from that. Thread-safe: values
// only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace aiop::sandbox {

struct Abilities {
  std::filesystem::path bwrap;       // empty: no sandbox
  bool user_namespace = true;        // false: only root can make the other namespaces
  bool ends_user_namespaces = true;  // no further ones can be made inside
  bool proc = true;                  // a /proc of its own; else /proc is empty
  bool sized_tmpfs = true;           // temporary files have a limit
  bool process_limit = false;        // RLIMIT_NPROC set inside holds, and counts this sandbox only
  std::filesystem::path prlimit;     // the program that sets it
};

// The sandbox without anything of the caller's in it: namespaces, system folders, /dev, /proc,
// /tmp.
std::vector<std::string> SystemArguments(const Abilities& abilities, bool network,
                                         uint64_t temporary_bytes);

// Goes after the caller's binds: what must not be writable once they are in place.
std::vector<std::string> SealingArguments();

// Whether `path` is visible inside by SystemArguments alone.
bool IsSystemPath(const std::filesystem::path& path);

// Whether `path` is `folder` or lies below it; by their names alone.
bool IsWithin(const std::filesystem::path& path, const std::filesystem::path& folder);

// The abilities ProbeOnce() found.
const Abilities& AbilitiesOnce();

}  // namespace aiop::sandbox
