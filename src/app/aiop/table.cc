// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/table.h"

#include <algorithm>

namespace aiop::app {
namespace {

constexpr size_t kGap = 2;
constexpr size_t kLeastFlexible = 8;

bool StartsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

std::string OneLine(std::string_view text) {
  std::string line(text.substr(0, text.find('\n')));
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return line;
}

std::string_view Code(Colour colour) {
  switch (colour) {
    case Colour::kGreen:
      return "\033[32m";
    case Colour::kRed:
      return "\033[31m";
    case Colour::kYellow:
      return "\033[33m";
    case Colour::kBlue:
      return "\033[34m";
    case Colour::kBold:
      return "\033[1m";
    case Colour::kDim:
      return "\033[2m";
    case Colour::kNone:
      break;
  }
  return "";
}

}  // namespace

size_t Width(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), StartsCharacter));
}

std::string Cut(std::string_view text, size_t width) {
  std::string line = OneLine(text);
  if (Width(line) <= width) return line;
  size_t kept = 0;
  size_t end = 0;
  while (end < line.size()) {
    if (StartsCharacter(line[end])) {
      if (kept + 1 >= width) break;
      ++kept;
    }
    ++end;
  }
  return width == 0 ? "" : line.substr(0, end) + "…";
}

std::string Wrap(std::string_view text, size_t width, size_t indent) {
  std::string out;
  size_t column = indent;
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = std::min(text.find_first_of(" \n\t\r", start), text.size());
    const std::string_view word = text.substr(start, end - start);
    start = end + 1;
    if (word.empty()) continue;
    const size_t long_word = Width(word);
    if (column > indent && column + 1 + long_word > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += long_word;
  }
  return out;
}

std::string Paint(std::string_view text, Colour colour, bool colours) {
  const std::string_view code = colours ? Code(colour) : "";
  return code.empty() ? std::string(text)
                      : std::string(code) + std::string(text) + std::string("\033[0m");
}

std::string Ago(Timestamp time, Timestamp now) {
  const int64_t seconds = (now - time).count() / 1000;
  if (seconds < 5) return "just now";
  if (seconds < 60) return std::to_string(seconds) + " s ago";
  if (seconds < 3600) return std::to_string(seconds / 60) + " min ago";
  if (seconds < int64_t{48} * 3600) return std::to_string(seconds / 3600) + " h ago";
  return std::to_string(seconds / 86400) + " days ago";
}

std::string Table::Render(size_t width, bool colours) const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t most = Width(columns_[i].name);
    for (const auto& row : rows_) most = std::max(most, Width(OneLine(row.at(i).text)));
    widths.push_back(most);
  }
  size_t total = (columns_.size() - 1) * kGap;
  for (const size_t each : widths) total += each;
  for (size_t i = columns_.size(); i-- > 0 && width > 0 && total > width;) {
    if (!columns_[i].flexible) continue;
    const size_t least = std::min(widths[i], std::max(kLeastFlexible, Width(columns_[i].name)));
    const size_t less = std::min(widths[i] - least, total - width);
    widths[i] -= less;
    total -= less;
  }
  std::string out;
  const auto line = [&](const auto& text_of, const auto& colour_of) {
    std::string text;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const std::string cell = Cut(text_of(i), widths[i]);
      const std::string fill(widths[i] - std::min(widths[i], Width(cell)), ' ');
      const bool right = columns_[i].align == Align::kRight;
      if (right) text += fill;
      text += Paint(cell, colour_of(i), colours);
      if (!right && i + 1 < columns_.size()) text += fill;
      if (i + 1 < columns_.size()) text += std::string(kGap, ' ');
    }
    while (text.ends_with(' ')) text.pop_back();
    out += text + "\n";
  };
  line([&](size_t i) { return columns_[i].name; }, [](size_t) { return Colour::kDim; });
  for (const auto& row : rows_) {
    line([&](size_t i) { return row[i].text; }, [&](size_t i) { return row[i].colour; });
  }
  return out;
}

}  // namespace aiop::app
