// SPDX-License-Identifier: Apache-2.0
//
// How things look on a terminal: aligned tables cut to its width, wrapped paragraphs, times as
// "3 min ago". Pure; widths are counted in code points.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/time/time.h"

namespace aiop::app {

enum class Colour { kNone, kGreen, kRed, kYellow, kBlue, kBold, kDim };

struct Cell {
  std::string text;
  Colour colour = Colour::kNone;

  Cell(std::string value) : text(std::move(value)) {}  // NOLINT: cells are mostly plain text
  Cell(const char* value) : text(value) {}             // NOLINT
  Cell(std::string value, Colour shade) : text(std::move(value)), colour(shade) {}
};

class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string name;
    Align align = Align::kLeft;
    bool flexible = false;  // gives way when the table is wider than the terminal
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void Add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }

  // One line per row, the names on top. `width` 0: as wide as it is.
  std::string Render(size_t width, bool colours) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

size_t Width(std::string_view text);
// The first line of the text, control characters gone, cut with an ellipsis to `width`.
std::string Cut(std::string_view text, size_t width);
// Words of the text in lines that end at `width`, all but the first indented. The first begins at
// the column `indent`: behind what the caller has written there.
std::string Wrap(std::string_view text, size_t width, size_t indent);
std::string Paint(std::string_view text, Colour colour, bool colours);
// "just now", "3 min ago", "2 h ago", "5 days ago".
std::string Ago(Timestamp time, Timestamp now);

}  // namespace aiop::app
