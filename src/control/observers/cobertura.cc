// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "control/observers/builder.h"
#include "control/observers/coverage.h"
#include "control/observers/xml.h"

namespace aiop::observers {
namespace {

class CoberturaReader {
 public:
  CoberturaReader(const XmlDocument& document, std::string_view file_name)
      : document_(document), file_name_(file_name) {}

  Status Read(LineCoverage& coverage) {
    const pugi::xml_node root = document_.root();
    if (std::string_view(root.name()) != "coverage") {
      return Refuse(root, "is no Cobertura report: its root is <" + Clipped(root.name(), 64) +
                              ">, not <coverage>");
    }
    for (const pugi::xml_node& package : root.child("packages").children("package")) {
      for (const pugi::xml_node& unit : package.child("classes").children("class")) {
        AIOP_CHECK_OK(TakeClass(unit, coverage));
      }
    }
    return found_ ? Status() : TakeTotals(root, coverage);
  }

 private:
  Status TakeClass(const pugi::xml_node& unit, LineCoverage& coverage) {
    const std::string file = Clipped(unit.attribute("filename").value(), kFieldLimitBytes);
    if (file.empty()) return Refuse(unit, "<class> has no attribute 'filename'");
    // The lines of methods are repeated in those of their class.
    for (const pugi::xml_node& line : unit.child("lines").children("line")) {
      uint32_t number = 0;
      double hits = 0;
      if (!Parse(line.attribute("number").value(), number) ||
          !Parse(line.attribute("hits").value(), hits)) {
        return Refuse(line, "<line> needs the numbers 'number' and 'hits'");
      }
      coverage.Add(file, number, hits > 0);
      found_ = true;
    }
    return {};
  }

  // Some writers give the totals alone.
  Status TakeTotals(const pugi::xml_node& root, LineCoverage& coverage) {
    int64_t covered = 0;
    int64_t valid = 0;
    if (!root.attribute("lines-valid")) return {};
    if (!Parse(root.attribute("lines-covered").value(), covered) ||
        !Parse(root.attribute("lines-valid").value(), valid) || covered < 0 || valid < 0) {
      return Refuse(root, "'lines-covered' and 'lines-valid' must be numbers");
    }
    coverage.AddTotals("", covered, valid);
    return {};
  }

  template <class Number>
  static bool Parse(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
  }

  std::unexpected<Error> Refuse(const pugi::xml_node& node, std::string_view what) const {
    return InvalidAt(file_name_, document_.LineOf(node), what);
  }

  const XmlDocument& document_;
  std::string_view file_name_;
  bool found_ = false;
};

}  // namespace

Result<Events> ReadCobertura(const Context& context, std::string_view text,
                             std::string_view file_name, std::optional<double> minimum) {
  AIOP_TRY(const XmlDocument document, XmlDocument::Parse(text, file_name));
  LineCoverage coverage;
  AIOP_CHECK_OK(CoberturaReader(document, file_name).Read(coverage));
  return coverage.Finish(context, "cobertura", file_name, minimum);
}

}  // namespace aiop::observers
