// SPDX-License-Identifier: Apache-2.0
//
// Where a command's words go. Standard output: what was asked for (with --json exactly one
// document, or lines). Standard error: progress, hints, errors. Thread-safe.
#pragma once

#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>

#include "app/aiop/table.h"
#include "base/json/json.h"

namespace aiop::app {

class Output {
 public:
  Output(bool json, bool quiet, bool no_colour);

  bool json() const { return json_; }
  bool quiet() const { return quiet_; }
  // Whether colours may be used on standard output (on standard error).
  bool colours() const { return colours_; }
  bool error_colours() const { return error_colours_; }
  bool error_is_terminal() const { return error_is_terminal_; }
  // Columns of standard output; 0 if it is no terminal.
  size_t width() const { return width_; }
  // As width(), for paragraphs: never 0.
  size_t paragraph_width() const;

  void Text(std::string_view text);
  void Show(const Table& table);
  // The one document of a --json command.
  void Document(const json::Value& value);
  // One of its lines.
  void Line(const json::Value& value);
  // A hint or progress; silent with --quiet.
  void Note(std::string_view text);

  bool broken() const { return broken_; }  // nobody reads standard output any more

 private:
  void Write(std::FILE* stream, std::string_view text);

  bool json_;
  bool quiet_;
  bool colours_;
  bool error_colours_;
  bool error_is_terminal_;
  size_t width_ = 0;
  bool broken_ = false;
  std::mutex mutex_;
};

}  // namespace aiop::app
