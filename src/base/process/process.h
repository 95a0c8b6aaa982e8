// SPDX-License-Identifier: Apache-2.0
//
// Programs run under supervision: whatever a program starts ends with it, and all of it ends when
// we do.
//
// Each program runs below a keeper: a small process that adopts every orphan below it, and that
// ends all descendants (daemons, other sessions and process groups included) when asked, when the
// program exits, when a limit is passed, when the owner's lease renewal fails to come in time, or
// when the owner is gone, killed included. Keepers are forked from a zygote, made by StartZygote()
// while this process has no thread yet.
//
//   AIOP_CHECK_OK(process::StartZygote());  // first thing in main()
//   AIOP_TRY(auto output, process::Run({.argv = {"git", "--version"}, .environment =
//   CleanEnvironment(home)}, "",
//                                      Milliseconds(5000), 1 << 20));
//
// Thread-safe, except where said. Children are never found by name, only by descent and by a cookie
// in their environment (AIOP_ATTEMPT).
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "base/time/time.h"

namespace aiop::process {

inline constexpr Milliseconds kDefaultGrace{2000};
// How long what a program leaves behind has between SIGTERM and SIGKILL (the grace period, if that
// is shorter).
inline constexpr Milliseconds kLeftoverGrace{200};

// Forks the zygote and makes this process ignore SIGPIPE. Call it first thing in main(), before any
// thread exists; a second call does nothing. The zygote ends when this process ends.
Status StartZygote();

// Limits of the kernel on each process (setrlimit). Core dumps are always off. There is none on
// address space: it breaks programs that reserve much and use little.
struct Limits {
  std::optional<uint64_t> processes;  // of the same real user; does not hold for root
  std::optional<uint64_t> file_size_bytes;
  std::optional<uint64_t> open_files;
  std::optional<uint64_t> cpu_seconds;  // of each process
};

// Limits on the program and all its descendants together, watched by the keeper, who ends
// everything when one is passed. Looked at every kWatchInterval, so a short peak may go unseen.
// Memory is the sum of resident sizes: what processes share counts for each.
struct Watch {
  std::optional<uint64_t> memory_bytes;
  std::optional<uint64_t> processes;
  std::optional<Milliseconds> wall;
};
inline constexpr Milliseconds kWatchInterval{10};

struct Command {
  // argv[0] without a slash is looked up on the PATH of `environment`; a relative one is below
  // `folder`.
  std::vector<std::string> argv;
  std::filesystem::path folder;                    // working directory; empty: the root folder
  std::map<std::string, std::string> environment;  // all of it: nothing is inherited
  Limits limits = {};
  Watch watch = {};
  std::filesystem::path lock_file = {};  // if set: locked (flock) until the last descendant is gone
  const std::atomic<bool>* stop = nullptr;  // Run() ends the program once this is set
};

struct KeeperOptions {
  Milliseconds grace = kDefaultGrace;  // from SIGTERM to SIGKILL
  Milliseconds renew_deadline{
      0};  // everything is killed if Renew() is not called this often; 0: never
};

// Why the keeper ended the program; kItself if it was not the keeper.
enum class Ending : uint8_t {
  kItself,
  kTerminated,     // Terminate()
  kKilled,         // Kill()
  kOwnerGone,      // the owner ended first; nobody is left to read this
  kRenewalMissed,  // no Renew() in time
  kWallLimit,
  kMemoryLimit,
  kProcessLimit,
};

struct Exit {
  int code = 0;    // exit status, if signal is 0
  int signal = 0;  // the signal that ended the program, or 0
  bool killed_by_us = false;
  Ending ending = Ending::kItself;
  Milliseconds wall{0};
  std::chrono::microseconds user{0};    // of the program and all descendants
  std::chrono::microseconds system{0};  // of the program and all descendants
  uint64_t max_rss_bytes = 0;           // of the largest single process

  bool ok() const { return code == 0 && signal == 0 && !killed_by_us; }
  // "exit status 3", "killed by signal 11 (Segmentation fault)", "ended by AI Operator: memory
  // limit passed".
  std::string Describe() const;
};

// One supervised run of a program. Destroying it ends the program and all descendants at once,
// without waiting. Terminate, Kill, Renew and Wait may be called from any thread; the streams
// belong to one caller each.
class Child {
 public:
  // Returns once the program runs. A program that cannot be executed is an error naming it:
  // kNotFound, kForbidden, or kInvalid. kConflict if the lock file is held by somebody else;
  // kUnavailable if the zygote is gone.
  static Result<std::unique_ptr<Child>> Start(const Command& command, KeeperOptions options = {});

  virtual ~Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Our ends of the program's standard streams: blocking pipes, close-on-exec, owned by this
  // object. -1 once closed.
  virtual int input() const = 0;
  virtual int output() const = 0;
  virtual int errors() const = 0;
  virtual void CloseInput() = 0;

  // The program's process id, for messages: never signal it yourself.
  virtual pid_t pid() const = 0;
  // The keeper's process id, likewise.
  virtual pid_t keeper() const = 0;
  // The value of AIOP_ATTEMPT in the program's environment.
  virtual const std::string& attempt() const = 0;

  // Puts off the renewal deadline, counted from now. kCancelled if the keeper has ended.
  virtual Status Renew() = 0;
  // SIGTERM to all descendants, SIGKILL after the grace period. Returns at once; harmless when
  // ended.
  virtual void Terminate() = 0;
  // SIGKILL to all descendants. Returns at once; harmless when ended.
  virtual void Kill() = 0;

  // Waits until the program and all its descendants are gone and the lock file is free (no timeout:
  // for ever). kTimeout if that takes longer; may be called again, also after success. kInternal if
  // the keeper itself was killed.
  virtual Result<Exit> Wait(std::optional<Milliseconds> timeout = std::nullopt) = 0;
  // Readable once Wait() would not block. For poll only.
  virtual int ended() const = 0;

 protected:
  Child() = default;
};

// What a program did that ran to its end.
struct Output {
  Exit exit;
  std::string out;  // the first `output_limit_bytes` of each stream
  std::string err;
  bool truncated = false;  // more came out than that; it was read and dropped
  bool timed_out = false;

  bool ok() const { return exit.ok() && !timed_out; }
};

// Runs a program to its end: feeds it `input`, collects what it prints. At the timeout everything
// is ended (SIGTERM, then SIGKILL), which is no error: see Output::timed_out. An exit status other
// than 0 is no error either. kCancelled if Command::stop was set before its end.
Result<Output> Run(const Command& command, std::string_view input, Milliseconds timeout,
                   size_t output_limit_bytes);

// The environment programs get: PATH, LANG, TZ, HOME (= home_folder), TMPDIR; what this process's
// environment says about proxies and certificates; and its AIOP_ variables, except those that are
// about this process alone (AIOP_CRASH_*, AIOP_CHAOS_*, AIOP_HOME, AIOP_STORE, AIOP_ATTEMPT) or
// that hold a secret (AIOP_TOKEN, AIOP_SIGNING_KEY, AIOP_FORGE_TOKEN, AIOP_PATCH_WRITER).
std::map<std::string, std::string> CleanEnvironment(const std::filesystem::path& home_folder);

// Our own, for programs that the user at the keyboard wants to be run as they would run them: all
// of it but what CleanEnvironment keeps back of our variables.
std::map<std::string, std::string> OwnEnvironment();

// The absolute path of the program `name` as found on `path` (folders split by colons), or of
// itself if it has a slash. kNotFound if there is no such executable file.
Result<std::filesystem::path> FindProgram(std::string_view name, std::string_view path);

}  // namespace aiop::process
