// SPDX-License-Identifier: Apache-2.0
//
// Commands run where they can do no harm: a read-only system, folders of our choice, no home, no
// network unless granted, and namespaces of their own, from which nothing of theirs survives.
// Underneath is the program bwrap.
//
//   AIOP_TRY(auto wrapped, sandbox::Wrap(command, {.bind_writable = {{work_folder, "/work"}}}));
//   AIOP_TRY(auto output, process::Run(wrapped, "", Milliseconds(60000), 1 << 20));
//
// What the machine allows is found out once, by trying. Thread-safe. Needs process::StartZygote().
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/process/process.h"
#include "base/result/result.h"

namespace aiop::sandbox {

// How well commands are held, worst first. Recorded with every gate and experiment: names are
// stored, keep them.
enum class Level : uint8_t {
  kNone,      // not at all
  kLandlock,  // files only; not built yet, so never probed
  kReduced,   // namespaces; memory, and for root also the number of processes, are watched by the
              // keeper
  kFull,  // the kernel holds these limits too (a delegated cgroup); not built yet, so never probed
};

// "none", "landlock", "reduced", "full".
std::string_view LevelName(Level level);
Result<Level> ParseLevel(std::string_view name);

struct Probe {
  Level level = Level::kNone;
  std::vector<std::string>
      notes;  // one sentence each, for people: what works here and what does not
};

// Tries it out at the first call (some 50 ms), then remembers.
const Probe& ProbeOnce();

struct Policy {
  using Bind = std::pair<std::filesystem::path, std::filesystem::path>;  // on the host -> inside

  bool network = false;
  std::vector<std::filesystem::path>
      read_only;  // visible at the same path inside; those that do not exist are left out
  std::vector<Bind> bind_read_only;  // host paths that must exist
  std::vector<Bind> bind_writable;   // host paths that must exist
  Level least = Level::kReduced;
  process::Watch limits;  // of the whole sandbox; what is not set is as the command says
};

// The command, to be run in the sandbox: folder, programs and arguments of `command` are meant as
// seen inside. Inside, /usr and a few files of /etc are as on the host; /tmp is empty, writable and
// gone afterwards; HOME and TMPDIR are /tmp, unless they lie in a writable bind; the user is the
// same, without any capability. A program killed by signal N shows as exit status 128+N (so that
// NeverStarted holds of it too). An argv[0]
// without a slash is looked up on PATH, visible folders first; a program found elsewhere becomes
// visible alone, without what it may need beside it: name that in `read_only`. kForbidden if the
// machine offers less than `least`; kNotFound for a bind or program that does not exist.
Result<process::Command> Wrap(const process::Command& command, const Policy& policy);

// Whether a wrapped program could not be started, or was killed: its exit status is not its own.
bool NeverStarted(const process::Output& output);

}  // namespace aiop::sandbox
