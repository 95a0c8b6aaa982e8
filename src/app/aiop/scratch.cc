// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/scratch.h"

#include <unistd.h>

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
  return Absolute(place / (std::string(prefix) + NewId()));
}

}  // namespace aiop::app
