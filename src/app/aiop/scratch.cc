// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/scratch.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "base/file/file.h"
#include "base/identity/identity.h"

namespace aiop::app {

namespace fs = std::filesystem;

Result<fs::path> Absolute(const fs::path& path) {
  std::error_code error;
  fs::path absolute = fs::weakly_canonical(fs::absolute(path, error), error);
  if (error) return Invalid(path.string() + ": " + error.message());
  return absolute;
}

Result<fs::path> ThisProgram() {
  std::error_code error;
  fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) return Unavailable("cannot find this program: " + error.message());
  return program;
}

namespace {

// What a process that is gone left behind; its number stands in the name.
void RemoveLeftovers(const fs::path& place, std::string_view prefix) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(place, error)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(prefix)) continue;
    pid_t process = 0;
    const auto* end = name.data() + name.size();
    const auto read = std::from_chars(name.data() + prefix.size(), end, process);
    const bool ours = read.ec == std::errc() && read.ptr != end && *read.ptr == '-' && process > 0;
    if (!ours || kill(process, 0) == 0 || errno != ESRCH) continue;
    [[maybe_unused]] const Status removed = file::RemoveTree(entry.path());
  }
}

}  // namespace

Result<fs::path> Scratch(std::string_view prefix) {
  constexpr uintmax_t kRoomBytes = uintmax_t{2} << 30;
  const fs::path memory = "/dev/shm";
  std::error_code error;
  const auto space = fs::space(memory, error);
  fs::path place = fs::temp_directory_path(error);
  if (error) return Unavailable("there is no folder for temporary files: " + error.message());
  if (place == "/tmp" && space.available != static_cast<uintmax_t>(-1) &&
      space.available >= kRoomBytes && access(memory.c_str(), W_OK) == 0) {
    place = memory;
  }
  RemoveLeftovers(place, prefix);
  return Absolute(place / (std::string(prefix) + std::to_string(getpid()) + "-" + NewId()));
}

}  // namespace aiop::app
