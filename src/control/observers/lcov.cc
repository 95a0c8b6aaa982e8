// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "control/observers/builder.h"
#include "control/observers/coverage.h"

namespace aiop::observers {
namespace {

// "DA:12,3[,checksum]": the line and how often it ran. Counts may be huge, negative or fractions
// (known defects of counters): only whether they are above zero is of interest.
bool ParseLineData(std::string_view data, uint32_t& line, bool& ran) {
  const char* begin = data.data();
  const char* end = begin + data.size();
  const auto number = std::from_chars(begin, end, line);
  if (number.ec != std::errc() || number.ptr == end || *number.ptr != ',') return false;
  double count = 0;
  const auto hits = std::from_chars(number.ptr + 1, end, count);
  if (hits.ptr == number.ptr + 1 || (hits.ptr != end && *hits.ptr != ',')) return false;
  ran = hits.ec == std::errc::result_out_of_range || count > 0;
  return true;
}

bool ParseCount(std::string_view data, int64_t& count) {
  const auto [end, error] = std::from_chars(data.data(), data.data() + data.size(), count);
  return error == std::errc() && end == data.data() + data.size() && count >= 0;
}

// A record we do not read: capital letters, then a colon (TN, FN, FNDA, BRDA, VER, MCDC, ...).
bool IsOtherRecord(std::string_view line) {
  const size_t colon = line.find(':');
  return colon != std::string_view::npos && colon > 0 &&
         line.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == colon;
}

class LcovReader {
 public:
  // An empty text if the line is fine, else what is wrong with it.
  std::string Take(std::string_view line, LineCoverage& coverage) {
    if (line.empty() || line.starts_with('#')) return {};
    if (line.starts_with("SF:")) {
      if (!file_.empty()) return "a record begins before 'end_of_record' of the one above";
      if (line.size() == 3) return "SF: names no file";
      file_ = Clipped(line.substr(3), kFieldLimitBytes);
      covered_ = all_ = 0;
      return {};
    }
    if (line == "end_of_record") {
      if (file_.empty()) return "'end_of_record' without 'SF:' before it";
      coverage.AddTotals(file_, covered_, all_);
      file_.clear();
      return {};
    }
    if (line.starts_with("DA:")) {
      uint32_t number = 0;
      bool ran = false;
      if (file_.empty()) return "'DA:' outside of a record";
      if (!ParseLineData(line.substr(3), number, ran))
        return "'DA:' must be followed by LINE,COUNT";
      coverage.Add(file_, number, ran);
      return {};
    }
    if (line.starts_with("LF:") || line.starts_with("LH:")) {
      if (!ParseCount(line.substr(3), line[1] == 'F' ? all_ : covered_)) {
        return "'" + std::string(line.substr(0, 3)) + "' must be followed by a number";
      }
      return {};
    }
    return IsOtherRecord(line) ? std::string() : "is no line of an lcov trace file";
  }

  bool Open() const { return !file_.empty(); }

 private:
  std::string file_;  // of the record we are in; empty between records
  int64_t covered_ = 0;
  int64_t all_ = 0;
};

}  // namespace

Result<Events> ReadLcov(const Context& context, std::string_view text, std::string_view file_name,
                        std::optional<double> minimum) {
  LineCoverage coverage;
  LcovReader reader;
  size_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (const std::string wrong = reader.Take(line, coverage); !wrong.empty()) {
      return InvalidAt(file_name, number, wrong);
    }
  }
  if (reader.Open()) return InvalidAt(file_name, number, "the file ends inside a record");
  return coverage.Finish(context, "lcov", file_name, minimum);
}

}  // namespace aiop::observers
