// SPDX-License-Identifier: Apache-2.0
#include "base/yaml/yaml.h"

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "base/yaml/builder.h"
#include "base/yaml/json_lines.h"

namespace aiop::yaml {
namespace {

std::unexpected<Error> At(std::string_view file, int line, const std::string& what) {
  return Invalid(std::string(file) + ":" + std::to_string(line) + ": " + what);
}

int LineAt(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  return 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
}

// The first byte that YAML does not allow, or npos. yaml-cpp takes 0x04 for the end of the file and
// guesses UTF-16 from zero bytes, so neither may reach it.
size_t FirstControlCharacter(std::string_view text) {
  const auto found = std::find_if(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
  });
  return found == text.end() ? std::string_view::npos : static_cast<size_t>(found - text.begin());
}

size_t FirstInvalidUtf8(std::string_view text) {
  const std::string valid = json::ToValidUtf8(text);
  const auto [left, right] = std::mismatch(text.begin(), text.end(), valid.begin(), valid.end());
  return left == text.end() ? std::string_view::npos : static_cast<size_t>(left - text.begin());
}

// JSON goes through the JSON parser: yaml-cpp refuses surrogate pairs ("\ud83d\ude00") and is
// slower. Text that is not JSON after all is then read as YAML, whose message has the line.
std::optional<Document> AsJson(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos ||
      std::string_view("{[\"").find(text[first]) == std::string_view::npos) {
    return std::nullopt;
  }
  auto value = json::Parse(text);
  if (!value) return std::nullopt;
  return Document{*std::move(value), JsonLines(text)};
}

Result<Document> AsYaml(std::string_view text, std::string_view file) {
  Builder builder;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder))
      return At(file, 1, "there is no document in this file");
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refusal& refusal) {
    return At(file, refusal.line, refusal.message);
  } catch (const YAML::Exception& exception) {
    return At(file, std::max(exception.mark.line, 0) + 1, "not valid YAML: " + exception.msg);
  } catch (const std::exception& exception) {
    return At(file, 1, std::string("not valid YAML: ") + exception.what());
  }
  return std::move(builder).Take();
}

}  // namespace

Result<Document> Parse(std::string_view text, std::string_view file_name) {
  if (text.size() > kTextLimitBytes) {
    return At(file_name, 1, "larger than " + std::to_string(kTextLimitBytes) + " bytes");
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (const size_t at = FirstInvalidUtf8(text); at != std::string_view::npos) {
    return At(file_name, LineAt(text, at), "not valid UTF-8");
  }
  if (const size_t at = FirstControlCharacter(text); at != std::string_view::npos) {
    return At(file_name, LineAt(text, at), "a control character; YAML is text");
  }
  if (auto document = AsJson(text)) return *std::move(document);
  return AsYaml(text, file_name);
}

int LineOf(const Document& document, std::string_view pointer) {
  while (true) {
    if (const auto found = document.lines.find(std::string(pointer));
        found != document.lines.end()) {
      return found->second;
    }
    const size_t slash = pointer.rfind('/');
    if (slash == std::string_view::npos) return 1;
    pointer = pointer.substr(0, slash);
  }
}

}  // namespace aiop::yaml
