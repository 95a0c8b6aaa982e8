// SPDX-License-Identifier: Apache-2.0
//
// The record of a sealed checkout: one line of JSON, then one line per entry, "MODE SIZE MTIME_NS
// HASH PATH", the path as a JSON string.
#include <charconv>

#include "base/json/json.h"
#include "control/motors/checkout.h"

namespace aiop::motors {
namespace {

constexpr int kRecordVersion = 1;
constexpr std::string_view kNoHash = "-";

std::string_view TakeUntil(char separator, std::string_view* text) {
  const size_t end = std::min(text->find(separator), text->size());
  const std::string_view part = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return part;
}

template <class Number>
bool ReadNumber(std::string_view text, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

void ReplaceAll(std::string_view from, std::string_view to, std::string* text) {
  for (size_t at = 0; (at = text->find(from, at)) != std::string::npos; at += to.size()) {
    text->replace(at, from.size(), to);
  }
}

std::string Escaped(std::string path) {
  ReplaceAll("%", "%25", &path);
  ReplaceAll("\n", "%0A", &path);
  return path;
}

std::string Unescaped(std::string path) {
  ReplaceAll("%0A", "\n", &path);
  ReplaceAll("%25", "%", &path);
  return path;
}

Result<DiskEntry> ParseEntry(std::string_view line) {
  DiskEntry entry;
  const bool numbers = ReadNumber(TakeUntil(' ', &line), &entry.mode) &&
                       ReadNumber(TakeUntil(' ', &line), &entry.size) &&
                       ReadNumber(TakeUntil(' ', &line), &entry.mtime_ns);
  const std::string_view hash = TakeUntil(' ', &line);
  if (!numbers || line.empty()) return Invalid("the record of a seal is damaged");
  if (hash != kNoHash) entry.hash = hash;
  entry.path = Unescaped(std::string(line));
  return entry;
}

bool Same(const DiskEntry& sealed, const DiskEntry& found, ScanDepth depth) {
  return sealed.mode == found.mode && sealed.size == found.size &&
         sealed.mtime_ns == found.mtime_ns &&
         (depth == ScanDepth::kNames || sealed.hash == found.hash);
}

}  // namespace

std::string SealText(const Seal& seal) {
  const json::Object header{{"version", kRecordVersion},
                            {"tree", seal.tree},
                            {"inputs", seal.inputs},
                            {"reusable", seal.reusable},
                            {"entries", seal.entries.size()}};
  std::string text = json::Text(header) + "\n";
  for (const DiskEntry& entry : seal.entries) {
    text += std::to_string(entry.mode) + " " + std::to_string(entry.size) + " " +
            std::to_string(entry.mtime_ns) + " ";
    text += entry.hash.empty() ? kNoHash : entry.hash;
    text += " " + Escaped(entry.path) + "\n";
  }
  return text;
}

Result<Seal> ParseSeal(const std::string& text) {
  std::string_view rest = text;
  AIOP_TRY(const json::Value header, json::Parse(TakeUntil('\n', &rest)));
  const json::Value* const count = json::Member(header, "entries");
  const json::Value* const version = json::Member(header, "version");
  const json::Value* const reusable = json::Member(header, "reusable");
  Seal seal{std::string(json::TextMember(header, "tree")),
            std::string(json::TextMember(header, "inputs")),
            reusable != nullptr && reusable->is_bool() && reusable->as_bool(),
            {}};
  while (!rest.empty()) {
    AIOP_TRY(DiskEntry entry, ParseEntry(TakeUntil('\n', &rest)));
    seal.entries.push_back(std::move(entry));
  }
  if (version == nullptr || *version != kRecordVersion || count == nullptr ||
      *count != seal.entries.size()) {
    return Invalid("the record of a seal is damaged");
  }
  return seal;
}

std::string FirstDifference(const std::vector<DiskEntry>& sealed,
                            const std::vector<DiskEntry>& found, ScanDepth depth) {
  auto before = sealed.begin();
  for (const DiskEntry& entry : found) {
    if (before == sealed.end() || entry.path < before->path) return entry.path + " was added";
    if (before->path < entry.path) return before->path + " is gone";
    if (!Same(*before, entry, depth)) return entry.path + " was changed";
    ++before;
  }
  return before == sealed.end() ? "" : before->path + " is gone";
}

}  // namespace aiop::motors
