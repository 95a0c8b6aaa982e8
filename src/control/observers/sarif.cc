// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>

#include "base/json/json.h"
#include "control/observers/builder.h"

namespace aiop::observers {
namespace {

using model::Severity;
using model::SignalType;

const json::Array* ArrayMember(const json::Value& value, std::string_view key) {
  const json::Value* member = json::Member(value, key);
  return member == nullptr ? nullptr : member->if_array();
}

int64_t NumberMember(const json::Value& value, std::string_view key) {
  const json::Value* member = json::Member(value, key);
  return member != nullptr && member->is_int64() ? member->get_int64() : -1;
}

const json::Value* ItemAt(const json::Array* array, int64_t index) {
  if (array == nullptr || index < 0 || static_cast<uint64_t>(index) >= array->size())
    return nullptr;
  return &(*array)[static_cast<size_t>(index)];
}

// Whether the tool was told to keep quiet about it: any suppression that is accepted (or of no
// stated status).
bool IsSuppressed(const json::Value& result) {
  const json::Array* suppressions = ArrayMember(result, "suppressions");
  if (suppressions == nullptr) return false;
  for (const json::Value& each : *suppressions) {
    const std::string_view status = json::TextMember(each, "status");
    if (status.empty() || status == "accepted") return true;
  }
  return false;
}

// Fills "{0}" of a message with its arguments.
std::string WithArguments(std::string_view text, const json::Array* arguments) {
  std::string filled;
  for (size_t at = 0; at < text.size(); ++at) {
    const size_t close = text[at] == '{' ? text.find('}', at) : std::string_view::npos;
    size_t index = 0;
    if (close != std::string_view::npos && arguments != nullptr) {
      const auto [end, error] = std::from_chars(text.data() + at + 1, text.data() + close, index);
      if (error == std::errc() && end == text.data() + close && index < arguments->size() &&
          (*arguments)[index].is_string()) {
        filled += std::string_view((*arguments)[index].get_string()).substr(0, kFieldLimitBytes);
        at = close;
        if (filled.size() > kDetailsLimitBytes) break;
        continue;
      }
    }
    filled += text[at];
  }
  return filled;
}

class RunReader {
 public:
  RunReader(const json::Value& run, ReportBuilder& builder) : run_(run), builder_(builder) {
    if (const json::Value* driver = json::Find(run, "/tool/driver"))
      rules_ = ArrayMember(*driver, "rules");
    artifacts_ = ArrayMember(run, "artifacts");
    if (rules_ == nullptr) return;
    for (const json::Value& rule : *rules_)
      rules_by_id_.emplace(json::TextMember(rule, "id"), &rule);
  }

  Status Read(const std::string& where) {
    AIOP_CHECK_OK(ReadNotifications());
    const json::Value* results = json::Member(run_, "results");
    if (results == nullptr || results->is_null()) return {};  // a run that only computed metadata
    if (!results->is_array()) return Invalid(where + "/results must be a list");
    size_t index = 0;
    for (const json::Value& result : results->get_array()) {
      AIOP_CHECK_OK(TakeResult(result, where + "/results/" + std::to_string(index++)));
    }
    return {};
  }

 private:
  Status TakeResult(const json::Value& result, const std::string& where) {
    if (!result.is_object()) return Invalid(where + " must be an object");
    const std::string_view kind = json::TextMember(result, "kind");
    if (IsSuppressed(result) || json::TextMember(result, "baselineState") == "absent") return {};
    if (kind == "pass" || kind == "notApplicable" || kind == "informational") return {};
    const json::Value* rule = RuleOf(result);
    const json::Value* message = json::Member(result, "message");
    if (message == nullptr || !message->is_object())
      return Invalid(where + "/message must be an object");
    Finding finding;
    finding.signal_type = SignalType::kValidation;
    AIOP_TRY(finding.severity, SeverityOf(result, rule, where));
    finding.rule = json::TextMember(result, "ruleId");
    if (finding.rule.empty() && rule != nullptr) finding.rule = json::TextMember(*rule, "id");
    Locate(result, finding);
    const std::string text = MessageOf(*message, rule);
    finding.details = finding.rule.empty() ? text : finding.rule + ": " + text;
    if (!finding.file.empty()) {
      finding.details += " at " + finding.file;
      if (finding.line > 0) finding.details += ":" + std::to_string(finding.line);
    }
    builder_.Add(std::move(finding));
    return {};
  }

  // A tool that failed itself reports it here, with results empty.
  Status ReadNotifications() {
    const json::Array* invocations = ArrayMember(run_, "invocations");
    if (invocations == nullptr) return {};
    for (const json::Value& invocation : *invocations) {
      const json::Array* notifications = ArrayMember(invocation, "toolExecutionNotifications");
      bool said = false;
      if (notifications != nullptr) {
        for (const json::Value& each : *notifications) {
          const json::Value* message = json::Member(each, "message");
          if (json::TextMember(each, "level") != "error" || message == nullptr) continue;
          said = true;
          Finding finding;
          finding.details = MessageOf(*message, nullptr);
          builder_.Add(std::move(finding));
        }
      }
      const json::Value* success = json::Member(invocation, "executionSuccessful");
      if (!said && success != nullptr && success->is_bool() && !success->get_bool()) {
        Finding finding;
        finding.details = "the tool says that its execution failed";
        builder_.Add(std::move(finding));
      }
    }
    return {};
  }

  const json::Value* RuleOf(const json::Value& result) const {
    if (const json::Value* rule = ItemAt(rules_, NumberMember(result, "ruleIndex"))) return rule;
    const auto known = rules_by_id_.find(json::TextMember(result, "ruleId"));
    return known == rules_by_id_.end() ? nullptr : known->second;
  }

  static Result<Severity> SeverityOf(const json::Value& result, const json::Value* rule,
                                     const std::string& where) {
    std::string_view level = json::TextMember(result, "level");
    if (level.empty() && rule != nullptr) {
      if (const json::Value* standard = json::Find(*rule, "/defaultConfiguration")) {
        level = json::TextMember(*standard, "level");
      }
    }
    if (level == "error") return Severity::kError;
    if (level == "warning" || level.empty()) return Severity::kWarn;
    if (level == "note" || level == "none") return Severity::kInfo;
    return Invalid(where + "/level is '" + Clipped(level, 40) +
                   "': expected error, warning, note or none");
  }

  static std::string MessageOf(const json::Value& message, const json::Value* rule) {
    const json::Array* arguments = ArrayMember(message, "arguments");
    std::string_view text = json::TextMember(message, "text");
    if (text.empty()) text = json::TextMember(message, "markdown");
    const std::string_view id = json::TextMember(message, "id");
    if (text.empty() && rule != nullptr && !id.empty()) {
      if (const json::Value* standard = json::Find(*rule, json::Child("/messageStrings", id))) {
        text = json::TextMember(*standard, "text");
      }
    }
    return WithArguments(text.substr(0, kDetailsLimitBytes), arguments);
  }

  void Locate(const json::Value& result, Finding& finding) const {
    const json::Value* location = json::Find(result, "/locations/0/physicalLocation");
    if (location == nullptr) return;
    if (const json::Value* artifact = json::Member(*location, "artifactLocation")) {
      std::string_view uri = json::TextMember(*artifact, "uri");
      if (uri.empty()) {
        if (const json::Value* known = ItemAt(artifacts_, NumberMember(*artifact, "index"))) {
          if (const json::Value* place = json::Member(*known, "location"))
            uri = json::TextMember(*place, "uri");
        }
      }
      if (uri.starts_with("file://")) uri.remove_prefix(7);
      finding.file = Clipped(uri, kFieldLimitBytes);
    }
    if (const json::Value* region = json::Member(*location, "region")) {
      finding.line = NumberMember(*region, "startLine");
      finding.column = NumberMember(*region, "startColumn");
    }
  }

  const json::Value& run_;
  ReportBuilder& builder_;
  const json::Array* rules_ = nullptr;
  const json::Array* artifacts_ = nullptr;
  std::map<std::string_view, const json::Value*> rules_by_id_;
};

Result<Events> ReadRuns(const Context& context, const json::Value& log) {
  if (!log.is_object()) return Invalid("/ must be an object");
  const std::string_view version = json::TextMember(log, "version");
  // Compilers leave the version out and name the schema.
  const bool known =
      version == "2.1.0" ||
      (version.empty() && json::TextMember(log, "$schema").find("2.1.0") != std::string_view::npos);
  if (!known)
    return Invalid("/version is '" + Clipped(version, 40) + "': only SARIF 2.1.0 is read");
  const json::Array* runs = ArrayMember(log, "runs");
  if (runs == nullptr) return Invalid("/runs must be a list");
  Events events;
  size_t room = kEventLimit;
  for (size_t index = 0; index < runs->size() && index < kEventLimit; ++index) {
    const json::Value& run = (*runs)[index];
    const std::string where = "/runs/" + std::to_string(index);
    const json::Value* driver = json::Find(run, "/tool/driver");
    const std::string_view tool =
        driver == nullptr ? std::string_view() : json::TextMember(*driver, "name");
    if (tool.empty()) return Invalid(where + "/tool/driver/name must be given");
    Context here = context;
    here.occasion += where;
    ReportBuilder builder(here, Clipped(tool, kFieldLimitBytes), room);
    AIOP_CHECK_OK(RunReader(run, builder).Read(where));
    Events made = builder.Finish(Clipped(tool, kFieldLimitBytes));
    room -= made.size() - 1;
    std::ranges::move(made, std::back_inserter(events));
  }
  return events;
}

}  // namespace

Result<Events> ReadSarif(const Context& context, std::string_view text,
                         std::string_view file_name) {
  AIOP_CHECK_OK(CheckSize(text, file_name));
  Result<json::Value> log = json::Parse(text);
  if (!log) return std::unexpected(log.error().Within(file_name));
  Result<Events> events = ReadRuns(context, *log);
  if (!events) return std::unexpected(events.error().Within(file_name));
  return events;
}

}  // namespace aiop::observers
