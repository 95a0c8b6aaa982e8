// SPDX-License-Identifier: Apache-2.0
// What forges answer, read with suspicion.
#include <algorithm>
#include <charconv>
#include <optional>

#include "base/json/json.h"
#include "control/forge/forge.h"

namespace aiop::forge {
namespace {

constexpr int kUnauthorized = 401;
constexpr int kForbiddenStatus = 403;
constexpr int kNotFoundStatus = 404;
constexpr int kTooMany = 429;
constexpr int kServerFault = 500;
constexpr size_t kCommitDigits = 40;

char Lower(char each) { return each >= 'A' && each <= 'Z' ? static_cast<char>(each + 32) : each; }

bool SameWord(std::string_view one, std::string_view two) {
  return std::ranges::equal(one, two, {}, Lower, Lower);
}

// One line without control characters, cut.
std::string OneLine(std::string_view text, size_t limit) {
  std::string line;
  for (const char each : text) {
    if (line.size() >= limit) break;
    const auto byte = static_cast<unsigned char>(each);
    line += byte < 0x20 || byte == 0x7f ? ' ' : each;
  }
  return json::ToValidUtf8(line);
}

bool IsCommit(std::string_view text) {
  return text.size() == kCommitDigits && std::ranges::all_of(text, [](char each) {
           return (each >= '0' && each <= '9') || (each >= 'a' && each <= 'f');
         });
}

bool IsTrue(const json::Value& value, std::string_view key) {
  const json::Value* member = json::Member(value, key);
  return member != nullptr && member->is_bool() && member->get_bool();
}

std::optional<int64_t> Positive(const json::Value& value, std::string_view key) {
  const json::Value* member = json::Member(value, key);
  if (member == nullptr || !member->is_int64() || member->get_int64() <= 0) return std::nullopt;
  return member->get_int64();
}

// Anybody may open a pull request; what it brings is run. A repository that is gone is a
// stranger's.
bool IsOutside(const json::Value& entry, std::string_view repository) {
  const json::Value* from = json::Find(entry, "/head/repo");
  if (from == nullptr) return false;
  if (SameWord(json::TextMember(*from, "full_name"), repository)) return false;
  const std::string_view author = json::TextMember(entry, "author_association");
  return author != "OWNER" && author != "MEMBER" && author != "COLLABORATOR";
}

// Before Gitea had drafts, their titles said so; it still takes such a title for one.
bool SaysUnfinished(std::string_view title) {
  return title.starts_with("WIP:") || title.starts_with("[WIP]");
}

Result<PullRequest> ReadPullRequest(const json::Value& entry, std::string_view repository) {
  PullRequest request;
  const auto number = Positive(entry, "number");
  if (!number) return Invalid("a pull request without a number");
  request.number = *number;
  const json::Value* head = json::Member(entry, "head");
  if (head != nullptr) request.head = json::TextMember(*head, "sha");
  if (!IsCommit(request.head)) {
    return Invalid("pull request #" + std::to_string(request.number) + " has no head commit");
  }
  const json::Value* base = json::Member(entry, "base");
  if (base != nullptr) request.base = OneLine(json::TextMember(*base, "ref"), kTitleLimitBytes);
  const std::string_view title = json::TextMember(entry, "title");
  request.title = OneLine(title, kTitleLimitBytes);
  request.url = OneLine(json::TextMember(entry, "html_url"), http::kHeaderLimitBytes);
  request.draft = IsTrue(entry, "draft") || SaysUnfinished(title);
  const json::Value* mergeable = json::Member(entry, "mergeable");
  // null: not known yet.
  request.conflicts = mergeable != nullptr && mergeable->is_bool() && !mergeable->get_bool();
  request.outside = IsOutside(entry, repository);
  return request;
}

Result<json::Array> ReadList(std::string_view text) {
  AIOP_TRY(json::Value value, json::Parse(text));
  if (!value.is_array()) return Invalid("the answer is no list");
  return std::move(value.get_array());
}

std::optional<int64_t> HeaderNumber(const std::map<std::string, std::string>& headers,
                                    const std::string& name) {
  const auto found = headers.find(name);
  if (found == headers.end()) return std::nullopt;
  int64_t number = 0;
  const char* end = found->second.data() + found->second.size();
  const auto read = std::from_chars(found->second.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || number < 0) return std::nullopt;
  return number;
}

// How long it asks to be left alone; nothing if that is not what it says.
std::optional<std::string> Limited(const http::Response& response, Timestamp now) {
  if (response.status != kForbiddenStatus && response.status != kTooMany) return std::nullopt;
  if (const auto wait = HeaderNumber(response.headers, "retry-after")) {
    return "try again in " + std::to_string(*wait) + " s";
  }
  const auto left = HeaderNumber(response.headers, "x-ratelimit-remaining");
  if (left == 0) {
    const auto reset = HeaderNumber(response.headers, "x-ratelimit-reset");
    const int64_t seconds = now.since_epoch.count() / 1000;
    constexpr int64_t kDay = 86'400;  // it is a number of strangers: nothing is computed with any
    if (reset && *reset >= seconds && *reset <= seconds + kDay) {
      return "try again at " + FormatTimestamp(Timestamp{Milliseconds(*reset * 1000)});
    }
    return "try again later";
  }
  if (response.status == kTooMany) return "try again later";
  return std::nullopt;
}

// What the forge says is wrong.
std::string Complaint(const http::Response& response) {
  const auto value = json::Parse(response.body);
  const std::string said =
      value ? OneLine(json::TextMember(*value, "message"), kComplaintLimitBytes) : "";
  return " (status " + std::to_string(response.status) + (said.empty() ? "" : ": " + said) + ")";
}

}  // namespace

Result<std::vector<PullRequest>> ParsePullRequests(std::string_view text,
                                                   std::string_view repository) {
  AIOP_TRY(const json::Array entries, ReadList(text));
  std::vector<PullRequest> requests;
  for (const json::Value& entry : entries) {
    const std::string_view state = json::TextMember(entry, "state");
    if (!state.empty() && state != "open") continue;
    AIOP_TRY(auto request, ReadPullRequest(entry, repository));
    requests.push_back(std::move(request));
  }
  return requests;
}

Result<std::vector<RemoteComment>> ParseComments(std::string_view text) {
  AIOP_TRY(const json::Array entries, ReadList(text));
  std::vector<RemoteComment> comments;
  for (const json::Value& entry : entries) {
    const auto id = Positive(entry, "id");
    if (!id) return Invalid("a comment without an id");
    comments.push_back({*id, std::string(json::TextMember(entry, "body"))});
  }
  return comments;
}

bool HasNext(const std::map<std::string, std::string>& headers, int64_t size, int64_t seen) {
  if (size == 0) return false;
  const auto link = headers.find("link");
  if (link != headers.end()) return link->second.find("rel=\"next\"") != std::string::npos;
  const auto total = HeaderNumber(headers, "x-total-count");
  return total ? *total > seen : size >= kPageSize;
}

Status Judge(const http::Response& response, std::string_view what, bool with_token,
             Timestamp now) {
  constexpr int kGood = 2, kMoved = 3;
  const int hundreds = response.status / 100;
  if (hundreds == kGood) return {};
  const std::string wrong(what);
  if (const auto wait = Limited(response, now)) {
    return Unavailable(wrong + ": the forge takes no more requests for now; " + *wait +
                       Complaint(response));
  }
  if (response.status == kUnauthorized || response.status == kForbiddenStatus) {
    const std::string remedy =
        !with_token ? "it wants a token: set AIOP_FORGE_TOKEN"
        : response.status == kUnauthorized
            ? "it does not take the token: set AIOP_FORGE_TOKEN to one that is valid"
            : "the token may not do this: it takes one that may read pull requests, and write "
              "commit statuses and comments";
    return Forbidden(wrong + ": " + remedy + Complaint(response));
  }
  if (response.status == kNotFoundStatus) {
    return NotFound(wrong + ": not there, or not for this token to see: check `forge` in " +
                    "motor.yaml and AIOP_FORGE_TOKEN" + Complaint(response));
  }
  if (response.status >= kServerFault) {
    return Unavailable(wrong + ": the forge has a fault of its own" + Complaint(response));
  }
  if (hundreds == kMoved) {
    return Invalid(wrong + ": it has moved, and redirects are not followed: put the new address " +
                   "into `forge` in motor.yaml" + Complaint(response));
  }
  return Invalid(wrong + ": the forge refuses it" + Complaint(response));
}

}  // namespace aiop::forge
