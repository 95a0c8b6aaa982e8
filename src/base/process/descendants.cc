// SPDX-License-Identifier: Apache-2.0
#include "base/process/descendants.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <unordered_set>

#include "base/file/file.h"

namespace aiop::process {
namespace {

constexpr int kSweepLimit = 200;
constexpr size_t kEnvironmentLimitBytes = size_t{4} << 20;

// Everything in a file of /proc; empty if the process is gone or not ours to read.
std::string Slurp(const std::string& path, size_t limit_bytes) {
  const file::Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string content;
  char buffer[4096];
  while (fd && content.size() < limit_bytes) {
    const ssize_t size = read(fd.get(), buffer, sizeof buffer);
    if (size <= 0) break;
    content.append(buffer, size_t(size));
  }
  return content;
}

std::vector<pid_t> NumbersIn(std::string_view text) {
  std::vector<pid_t> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    pid_t number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error == std::errc{}) numbers.push_back(number);
    at = error == std::errc{} ? next : at + 1;
  }
  return numbers;
}

// The entries of a folder whose names are numbers.
std::vector<pid_t> NumberedEntries(const std::string& folder) {
  std::vector<pid_t> numbers;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(folder.c_str()), closedir);
  if (!directory) return numbers;
  while (const dirent* entry = readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    pid_t number = 0;
    const auto [next, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc{} && next == name.data() + name.size()) numbers.push_back(number);
  }
  return numbers;
}

std::vector<pid_t> ChildrenOf(pid_t pid) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  std::vector<pid_t> children;
  for (const pid_t task : NumberedEntries(tasks)) {
    const std::string text = Slurp(tasks + "/" + std::to_string(task) + "/children", SIZE_MAX);
    for (const pid_t child : NumbersIn(text)) children.push_back(child);
  }
  return children;
}

// 0 if it is gone.
pid_t ParentOf(pid_t pid) {
  const std::string stat = Slurp("/proc/" + std::to_string(pid) + "/stat", 4096);
  // The name may hold anything, also parentheses: the fields start after the last one.
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos || stat.size() < name_end + 4) return 0;
  const std::vector<pid_t> fields = NumbersIn(std::string_view(stat).substr(name_end + 4));
  return fields.empty() ? 0 : fields.front();
}

bool HasCookie(pid_t pid, const std::string& cookie) {
  std::string environment = "/proc/" + std::to_string(pid) + "/environ";
  environment = '\0' + Slurp(environment, kEnvironmentLimitBytes) + '\0';
  return environment.contains(cookie);
}

}  // namespace

Descendants::Descendants(const std::string& attempt)
    : self_(getpid()),
      cookie_('\0' + ("AIOP_ATTEMPT=" + attempt) + '\0'),
      has_children_files_(
          access(("/proc/self/task/" + std::to_string(self_) + "/children").c_str(), R_OK) == 0) {}

std::vector<Process> Descendants::List() const {
  if (!has_children_files_) return Strays();
  std::vector<Process> found;
  std::unordered_set<pid_t> seen{self_};
  std::vector<pid_t> level{self_};
  while (!level.empty()) {
    std::vector<pid_t> next;
    for (const pid_t parent : level) {
      for (const pid_t child : ChildrenOf(parent)) {
        if (!seen.insert(child).second) continue;
        found.push_back({child, parent});
        next.push_back(child);
      }
    }
    level = std::move(next);
  }
  return found;
}

std::vector<Process> Descendants::Strays() const {
  std::vector<Process> found;
  for (const pid_t pid : NumberedEntries("/proc")) {
    if (pid != self_ && HasCookie(pid, cookie_)) found.push_back({pid, 0});
  }
  return found;
}

namespace {

// Only what is still what was found: between finding and signalling, a process id may have passed
// to a stranger.
bool SignalOne(const Process& process, int signal_number, const std::string& cookie, pid_t self) {
  const file::Descriptor handle(int(syscall(SYS_pidfd_open, process.pid, 0)));
  if (!handle) return false;
  if (process.parent == 0) {
    if (!HasCookie(process.pid, cookie)) return false;
  } else {
    const pid_t parent = ParentOf(process.pid);
    if (parent != process.parent && parent != self) return false;
  }
  if (syscall(SYS_pidfd_send_signal, handle.get(), signal_number, nullptr, 0) != 0) return false;
  // A stopped process would otherwise not see it.
  if (signal_number == SIGTERM) {
    syscall(SYS_pidfd_send_signal, handle.get(), SIGCONT, nullptr, 0);
  }
  return true;
}

}  // namespace

size_t Descendants::Signal(int signal_number) const {
  std::unordered_set<pid_t> signalled;
  for (int sweep = 0; sweep < kSweepLimit; ++sweep) {
    bool new_one = false;
    for (const Process& process : List()) {
      if (signalled.contains(process.pid)) continue;
      if (!SignalOne(process, signal_number, cookie_, self_)) continue;
      signalled.insert(process.pid);
      new_one = true;
    }
    if (!new_one) break;
  }
  return signalled.size();
}

size_t Descendants::KillStrays() const {
  const std::vector<Process> strays = Strays();
  for (const Process& process : strays) SignalOne(process, SIGKILL, cookie_, self_);
  return strays.size();
}

uint64_t Descendants::ResidentBytes(const std::vector<Process>& processes) {
  const auto page = uint64_t(sysconf(_SC_PAGESIZE));
  uint64_t pages = 0;
  for (const Process& process : processes) {
    const std::string statm = Slurp("/proc/" + std::to_string(process.pid) + "/statm", 256);
    const std::vector<pid_t> fields = NumbersIn(statm);
    if (fields.size() > 1) pages += uint64_t(fields[1]);
  }
  return pages * page;
}

}  // namespace aiop::process
