// SPDX-License-Identifier: Apache-2.0
//
// Cuts a stream of bytes into lines, whatever the pieces it comes in.
#pragma once

#include <string>
#include <string_view>

#include "base/result/result.h"

namespace aiop::plants {

class LineSplitter {
 public:
  // What is beyond `limit` bytes in a line is dropped.
  explicit LineSplitter(size_t limit) : limit_(limit) {}

  // Calls `take(line, cut)` -> Status for every line that ends in `bytes`, without its line end.
  // Stops at the first error.
  template <class Take>
  Status Feed(std::string_view bytes, const Take& take) {
    while (!bytes.empty()) {
      const size_t end = bytes.find('\n');
      if (end == std::string_view::npos) {
        Append(bytes);
        return {};
      }
      const std::string_view rest = bytes.substr(0, end);
      bytes.remove_prefix(end + 1);
      if (line_.empty() && rest.size() <= limit_) {
        AIOP_CHECK_OK(take(WithoutReturn(rest), false));
        continue;
      }
      Append(rest);
      AIOP_CHECK_OK(Flush(take));
    }
    return {};
  }

  // The last line, if it has no line end.
  template <class Take>
  Status Finish(const Take& take) {
    return line_.empty() ? Status{} : Flush(take);
  }

 private:
  static std::string_view WithoutReturn(std::string_view line) {
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
  }
  void Append(std::string_view bytes) {
    const size_t room = limit_ - line_.size();
    cut_ = cut_ || bytes.size() > room;
    line_.append(bytes.substr(0, room));
  }
  template <class Take>
  Status Flush(const Take& take) {
    const std::string line = std::exchange(line_, {});
    const bool cut = std::exchange(cut_, false);
    return take(WithoutReturn(line), cut);
  }

  size_t limit_;
  std::string line_;
  bool cut_ = false;
};

}  // namespace aiop::plants
