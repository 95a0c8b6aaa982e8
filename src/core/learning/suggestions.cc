// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/json/json.h"
#include "core/learning/learning.h"

namespace aiop::learning {
namespace {

constexpr std::string_view kAny = "*";

bool IsIndex(std::string_view token) {
  return !token.empty() && token.find_first_not_of("0123456789") == std::string_view::npos;
}

std::vector<std::string> Tokens(std::string_view pointer) {
  std::vector<std::string> tokens;
  size_t at = 0;
  while (at < pointer.size() && pointer[at] == '/') {
    const size_t end = std::min(pointer.find('/', at + 1), pointer.size());
    std::string token;
    for (size_t i = at + 1; i < end; ++i) {
      const bool escape = pointer[i] == '~' && i + 1 < end;
      if (!escape) {
        token += pointer[i];
        continue;
      }
      token += pointer[++i] == '1' ? '/' : '~';
    }
    tokens.push_back(std::move(token));
    at = end;
  }
  return tokens;
}

// A schema that leads to the place and says there what was found.
json::Object SchemaAt(const std::vector<std::string>& tokens, size_t from,
                      const std::string& message) {
  if (from == tokens.size()) return {{"description", message}};
  json::Object inner = SchemaAt(tokens, from + 1, message);
  if (tokens[from] == kAny) return {{"type", "array"}, {"items", std::move(inner)}};
  return {{"type", "object"},
          {"required", json::Array{tokens[from]}},
          {"properties", json::Object{{tokens[from], std::move(inner)}}}};
}

// The text that most of them have; the first of these.
std::string Commonest(const std::vector<std::string>& texts) {
  std::string best;
  std::ptrdiff_t most = 0;
  for (const std::string& text : texts) {
    const auto count = std::ranges::count(texts, text);
    if (count > most) {
      most = count;
      best = text;
    }
  }
  return best;
}

Suggestion SuggestOne(const std::vector<const AppFault*>& faults) {
  Suggestion made;
  made.kind = faults.front()->kind;
  made.title = faults.front()->title;
  made.incident = faults.front()->incident;
  std::vector<std::string> paths;
  std::vector<std::string> messages;
  for (const AppFault* each : faults) {
    made.apps.insert(each->app);
    if (!each->path.empty()) paths.push_back(PathPattern(each->path));
    if (!each->message.empty()) messages.push_back(each->message);
  }
  const std::string message = messages.empty() ? made.title : Commonest(messages);
  const std::string path = Commonest(paths);
  const bool agreed = !path.empty() && 2 * std::ranges::count(paths, path) > std::ssize(faults);
  if (!agreed) {
    made.text = message;
    return made;
  }
  json::Object schema = SchemaAt(Tokens(path), 0, message);
  schema["$comment"] = "at " + path + ", in " + std::to_string(made.apps.size()) + " apps";
  made.text = json::PrettyText(schema);
  return made;
}

}  // namespace

std::string PathPattern(std::string_view pointer) {
  std::string pattern;
  size_t at = 0;
  while (at < pointer.size() && pointer[at] == '/') {
    const size_t end = std::min(pointer.find('/', at + 1), pointer.size());
    const std::string_view token = pointer.substr(at + 1, end - at - 1);
    pattern += '/';
    pattern += IsIndex(token) ? kAny : token;
    at = end;
  }
  return pattern;
}

std::vector<Suggestion> Suggest(const std::vector<AppFault>& faults, int64_t after) {
  std::map<std::string, std::vector<const AppFault*>> kinds;
  for (const AppFault& each : faults) {
    if (!each.kind.empty()) kinds[each.kind].push_back(&each);
  }
  std::vector<Suggestion> made;
  for (const auto& [kind, members] : kinds) {
    Suggestion suggestion = SuggestOne(members);
    if (std::ssize(suggestion.apps) >= after) made.push_back(std::move(suggestion));
  }
  return made;
}

}  // namespace aiop::learning
