// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "app/aiop/harmless.h"

namespace aiop::app {
namespace {

constexpr size_t kReadableWidth = 100;
constexpr size_t kDefaultWidth = 80;

size_t TerminalWidth(int fd) {
  winsize size{};
  if (isatty(fd) == 0) return 0;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefaultWidth;
  return size.ws_col;
}

}  // namespace

Output::Output(bool json, bool quiet, bool no_colour)
    : json_(json),
      quiet_(quiet),
      colours_(!no_colour && !json && isatty(STDOUT_FILENO) != 0),
      error_colours_(!no_colour && isatty(STDERR_FILENO) != 0),
      error_is_terminal_(isatty(STDERR_FILENO) != 0),
      width_(TerminalWidth(STDOUT_FILENO)) {}

size_t Output::paragraph_width() const {
  return width_ == 0 ? kReadableWidth : std::clamp<size_t>(width_, 40, kReadableWidth);
}

void Output::Write(std::FILE* stream, std::string_view text) {
  const std::lock_guard lock(mutex_);
  const size_t written = std::fwrite(text.data(), 1, text.size(), stream);
  if ((written < text.size() || std::fflush(stream) != 0) && stream == stdout) broken_ = true;
}

void Output::Text(std::string_view text) { Write(stdout, Harmless(text, colours_)); }

void Output::Show(const Table& table) { Text(table.Render(width_, colours_)); }

void Output::Document(const json::Value& value) { Write(stdout, json::PrettyText(value)); }

void Output::Line(const json::Value& value) { Write(stdout, json::Text(value) + "\n"); }

void Output::Note(std::string_view text) {
  if (!quiet_) Write(stderr, Harmless(text, error_colours_) + "\n");
}

}  // namespace aiop::app
