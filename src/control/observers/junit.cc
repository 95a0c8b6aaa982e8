// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "control/observers/builder.h"
#include "control/observers/xml.h"

namespace aiop::observers {
namespace {

using model::Severity;
using model::SignalType;

struct Tally {
  int64_t tests = 0;
  int64_t failures = 0;
  int64_t errors = 0;
  int64_t skipped = 0;
};

std::string_view Attribute(const pugi::xml_node& node, const char* name) {
  return node.attribute(name).value();
}

std::string_view TrimBlanks(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// All text inside an element; tools split it into several CDATA sections.
std::string TextOf(const pugi::xml_node& node) {
  std::string text;
  for (const pugi::xml_node& child : node.children()) {
    if (text.size() > kDetailsLimitBytes) break;
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata)
      text += child.value();
  }
  return std::string(TrimBlanks(text));
}

int64_t NumberOf(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && number > 0 ? number : 0;
}

class JUnitReader {
 public:
  JUnitReader(const Context& context, const XmlDocument& document, std::string_view file_name)
      : builder_(context, "junit"), document_(document), file_name_(file_name) {}

  Result<Events> Read() {
    const pugi::xml_node root = document_.root();
    const std::string_view name = root.name();
    if (name != "testsuites" && name != "testsuite") {
      return InvalidAt(file_name_, document_.LineOf(root),
                       "is no JUnit report: its root is <" + Clipped(name, 64) +
                           ">, not <testsuites> or <testsuite>");
    }
    AIOP_CHECK_OK(TakeSuite(root, 0));
    const json::Object figures = {{"tests", tally_.tests},
                                  {"failed", tally_.failures},
                                  {"errored", tally_.errors},
                                  {"skipped", tally_.skipped}};
    return builder_.Finish(std::to_string(tally_.tests) + " tests", figures);
  }

 private:
  Status TakeSuite(const pugi::xml_node& suite, size_t depth) {
    if (depth > kNestingLimit) {
      return InvalidAt(file_name_, document_.LineOf(suite),
                       "test suites are nested deeper than " + std::to_string(kNestingLimit));
    }
    for (const pugi::xml_node& child : suite.children()) {
      const std::string_view name = child.name();
      if (name == "testsuite" || name == "testsuites") AIOP_CHECK_OK(TakeSuite(child, depth + 1));
      if (name == "testcase") AIOP_CHECK_OK(TakeCase(suite, child));
      // What broke outside any test: a fixture, the loading of a file.
      if (name == "error" || name == "failure") TakeOutcome(suite, suite, child);
    }
    return {};
  }

  Status TakeCase(const pugi::xml_node& suite, const pugi::xml_node& test) {
    if (Attribute(test, "name").empty()) {
      return InvalidAt(file_name_, document_.LineOf(test), "<testcase> has no attribute 'name'");
    }
    ++tally_.tests;
    for (const pugi::xml_node& outcome : test.children()) TakeOutcome(suite, test, outcome);
    return {};
  }

  void TakeOutcome(const pugi::xml_node& suite, const pugi::xml_node& test,
                   const pugi::xml_node& outcome) {
    const std::string_view kind = outcome.name();
    Finding finding;
    if (kind == "failure") {
      ++tally_.failures;
      finding.signal_type = SignalType::kValidation;
    } else if (kind == "error") {
      ++tally_.errors;
    } else if (kind == "skipped") {
      ++tally_.skipped;
      finding.signal_type = SignalType::kValidation;
      finding.severity = Severity::kInfo;
    } else {
      return;  // system-out, properties, reruns
    }
    const std::string name = NameOf(suite, test);
    finding.details = name + (kind == "skipped" ? ": skipped: " : ": ") + Describe(outcome);
    const std::string_view own_file = Attribute(test, "file");
    finding.file = own_file.empty() ? Attribute(suite, "file") : own_file;
    finding.line = NumberOf(Attribute(test, "line"));
    finding.more = {{"test", Clipped(name, kFieldLimitBytes)}, {"outcome", kind}};
    if (const std::string_view type = Attribute(outcome, "type"); !type.empty()) {
      finding.rule = type;
    }
    builder_.Add(std::move(finding));
  }

  static std::string NameOf(const pugi::xml_node& suite, const pugi::xml_node& test) {
    const std::string_view class_name = Attribute(test, "classname");
    const std::string_view group = class_name.empty() ? Attribute(suite, "name") : class_name;
    std::string name = Clipped(Attribute(test, "name"), kFieldLimitBytes);
    if (group.empty() || suite == test) return name;
    return Clipped(group, kFieldLimitBytes) + "." + name;
  }

  // The message attribute, and the element's text unless that says the same.
  static std::string Describe(const pugi::xml_node& outcome) {
    std::string message(TrimBlanks(Attribute(outcome, "message")));
    std::string text = TextOf(outcome);
    if (text.empty()) return message;
    if (message.empty() || text.find(message.substr(0, message.find('\n'))) != std::string::npos)
      return text;
    return message + "\n" + text;
  }

  ReportBuilder builder_;
  const XmlDocument& document_;
  std::string_view file_name_;
  Tally tally_;
};

}  // namespace

Result<Events> ReadJUnit(const Context& context, std::string_view text,
                         std::string_view file_name) {
  AIOP_TRY(const XmlDocument document, XmlDocument::Parse(text, file_name));
  return JUnitReader(context, document, file_name).Read();
}

}  // namespace aiop::observers
