// SPDX-License-Identifier: Apache-2.0
#include "base/process/spawn.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include "base/file/file.h"

namespace aiop::process {
namespace {

enum class Stage : int { kStreams, kFolder, kLimits, kExecute };

// What the forked child writes if it cannot become the program; on success the pipe closes without
// a word.
struct Refusal {
  Stage stage = Stage::kExecute;
  int error_number = 0;
};

struct Prepared {
  const char* program = nullptr;
  const char* folder = nullptr;
  std::vector<char*> argv;
  std::vector<char*> environment;
  std::vector<std::pair<int, rlim_t>> limits;
  const int* streams = nullptr;
  int report = -1;
  pid_t keeper = 0;
};

[[noreturn]] void Refuse(const Prepared& prepared, Stage stage) {
  const Refusal refusal{stage, errno};
  // Nobody can be told if even this fails; the exit status remains.
  if (write(prepared.report, &refusal, sizeof refusal) < 0) _exit(126);
  _exit(127);
}

void ResetSignals() {
  for (int each = 1; each < NSIG; ++each) signal(each, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void TakeStreams(const Prepared& prepared) {
  // All of them lie above 2 (the zygote filled 0 to 2), so no copy overwrites a source.
  for (int fd = 0; fd <= 2; ++fd) {
    if (dup2(prepared.streams[fd], fd) < 0) Refuse(prepared, Stage::kStreams);
  }
  const auto report = unsigned(prepared.report);
  if (report > 3) close_range(3, report - 1, 0);
  close_range(report + 1, ~0u, 0);
}

void SetLimits(const Prepared& prepared) {
  for (const auto& [resource, value] : prepared.limits) {
    rlimit limit{};
    getrlimit(__rlimit_resource(resource), &limit);
    limit.rlim_max = std::min(limit.rlim_max, value);
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(__rlimit_resource(resource), &limit) != 0) Refuse(prepared, Stage::kLimits);
  }
}

[[noreturn]] void BecomeProgram(const Prepared& prepared) {
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != prepared.keeper) _exit(127);
  ResetSignals();
  TakeStreams(prepared);
  if (chdir(prepared.folder) != 0) Refuse(prepared, Stage::kFolder);
  SetLimits(prepared);
  execve(prepared.program, prepared.argv.data(), prepared.environment.data());
  Refuse(prepared, Stage::kExecute);
}

Code CodeOf(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return Code::kNotFound;
    case EACCES:
    case EPERM:
      return Code::kForbidden;
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
      return Code::kUnavailable;
    default:
      return Code::kInvalid;
  }
}

Error Explain(const Refusal& refusal, const Command& command, const std::string& program) {
  const std::string why = std::generic_category().message(refusal.error_number);
  const Code code = CodeOf(refusal.error_number);
  switch (refusal.stage) {
    case Stage::kFolder:
      return {code, "cannot run " + command.argv[0] + " in folder " + command.folder.string() +
                        ": " + why};
    case Stage::kLimits:
      return {code, "cannot set the limits of " + command.argv[0] + ": " + why};
    case Stage::kStreams:
      return {code, "cannot connect the streams of " + command.argv[0] + ": " + why};
    case Stage::kExecute:
      // A script whose interpreter is missing also says "No such file": name both possibilities.
      if (refusal.error_number == ENOENT && access(program.c_str(), F_OK) == 0) {
        return {code, "cannot run " + program + ": the interpreter it names does not exist"};
      }
      return {code, "cannot run " + program + ": " + why};
  }
  return {Code::kInternal, "cannot run " + program};
}

std::vector<std::pair<int, rlim_t>> LimitsOf(const Command& command) {
  std::vector<std::pair<int, rlim_t>> limits{{RLIMIT_CORE, 0}};
  const auto add = [&](int resource, const std::optional<uint64_t>& value) {
    if (value) limits.emplace_back(resource, *value);
  };
  add(RLIMIT_NPROC, command.limits.processes);
  add(RLIMIT_FSIZE, command.limits.file_size_bytes);
  add(RLIMIT_NOFILE, command.limits.open_files);
  add(RLIMIT_CPU, command.limits.cpu_seconds);
  return limits;
}

Result<std::string> ProgramOf(const Command& command) {
  if (command.argv.empty() || command.argv[0].empty())
    return Invalid("a command without a program");
  if (command.argv[0].contains('/')) return command.argv[0];
  const auto path = command.environment.find("PATH");
  AIOP_TRY(const auto program,
           FindProgram(command.argv[0], path == command.environment.end() ? "" : path->second));
  return program.string();
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Waits until the child has become the program or said why not.
Result<pid_t> Confirm(pid_t pid, int report, const Command& command, const std::string& program) {
  Refusal refusal;
  ssize_t got = 0;
  do {
    got = read(report, &refusal, sizeof refusal);
  } while (got < 0 && errno == EINTR);
  if (got != ssize_t(sizeof refusal)) return pid;
  waitpid(pid, nullptr, 0);
  return std::unexpected(Explain(refusal, command, program));
}

}  // namespace

Result<pid_t> Spawn(const Command& command, const std::string& attempt, const int streams[3]) {
  AIOP_TRY(const std::string program, ProgramOf(command));
  const std::string folder = command.folder.empty() ? "/" : command.folder.string();
  std::vector<std::string> argv = command.argv;
  std::vector<std::string> environment;
  for (const auto& [name, value] : command.environment) {
    if (name != "AIOP_ATTEMPT") environment.push_back(std::string(name).append("=").append(value));
  }
  environment.push_back("AIOP_ATTEMPT=" + attempt);
  int report[2] = {};
  if (pipe2(report, O_CLOEXEC) != 0) return SystemError("cannot make a pipe", errno);
  const file::Descriptor ours(report[0]);
  file::Descriptor theirs(report[1]);
  const Prepared prepared{.program = program.c_str(),
                          .folder = folder.c_str(),
                          .argv = Pointers(argv),
                          .environment = Pointers(environment),
                          .limits = LimitsOf(command),
                          .streams = streams,
                          .report = theirs.get(),
                          .keeper = getpid()};
  const pid_t pid = fork();
  if (pid < 0) return SystemError("cannot fork to run " + command.argv[0], errno);
  if (pid == 0) BecomeProgram(prepared);
  theirs.Close();
  return Confirm(pid, ours.get(), command, program);
}

}  // namespace aiop::process
