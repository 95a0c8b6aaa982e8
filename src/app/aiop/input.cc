// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/input.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>

#include "base/file/file.h"

namespace aiop::app {

Result<std::string> ReadInput(const std::string& name, uint64_t limit_bytes) {
  constexpr size_t kPieceBytes = size_t{64} << 10;
  if (!name.empty() && name != "-") {
    std::error_code error;
    const auto status = std::filesystem::status(name, error);
    if (!std::filesystem::exists(status)) return NotFound(name + ": no such file");
    if (std::filesystem::is_directory(status)) return Invalid(name + " is a folder");
    return file::Read(name, limit_bytes);
  }
  std::string text;
  std::string piece(kPieceBytes, '\0');
  while (true) {
    const ssize_t count = read(STDIN_FILENO, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("standard input", errno);
    if (count == 0) return text;
    text.append(piece, 0, static_cast<size_t>(count));
    if (text.size() > limit_bytes) {
      return Invalid("standard input is longer than the limit of " + std::to_string(limit_bytes) +
                     " bytes");
    }
  }
}

Result<double> ReadShare(const std::string& text, std::string_view option) {
  double value = -1;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !(value >= 0 && value <= 1)) {
    return Invalid(std::string(option) + " must be a number from 0 to 1, not '" + text + "'");
  }
  return value;
}

}  // namespace aiop::app
