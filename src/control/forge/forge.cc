// SPDX-License-Identifier: Apache-2.0
#include "control/forge/forge.h"

#include <algorithm>

#include "base/fault/fault.h"
#include "base/json/json.h"
#include "control/forge/drivers.h"

namespace aiop::forge {
namespace {

constexpr std::string_view kSecure = "https://";
constexpr std::string_view kPlain = "http://";

bool IsDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// 127.x.x.x in digits, and no name that only begins so.
bool IsLoopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  if (!host.starts_with("127.")) return false;
  int parts = 0;
  while (true) {
    const size_t dot = std::min(host.find('.'), host.size());
    if (!IsDigits(host.substr(0, dot))) return false;
    ++parts;
    if (dot == host.size()) break;
    host.remove_prefix(dot + 1);
  }
  return parts == 4;
}

std::string_view HostOf(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

Status CheckApi(const std::string& api) {
  const bool secure = api.starts_with(kSecure);
  if (!secure && !api.starts_with(kPlain)) {
    return Invalid("forge: /api: must begin with https://");
  }
  const std::string_view rest =
      std::string_view(api).substr(secure ? kSecure.size() : kPlain.size());
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (authority.empty() || rest.find_first_of("@?#\\ \t\r\n") != std::string_view::npos) {
    return Invalid("forge: /api: must be an address without credentials, query and fragment");
  }
  if (!secure && !IsLoopback(HostOf(authority))) {
    return Invalid(
        "forge: /api: http would show the token to everybody on the way: use https (http "
        "is for this machine only)");
  }
  return {};
}

bool IsName(std::string_view text) {
  return !text.empty() && text != "." && text != ".." && std::ranges::all_of(text, [](char each) {
    return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
           (each >= '0' && each <= '9') || each == '-' || each == '_' || each == '.';
  });
}

Status CheckRepository(const std::string& repository) {
  const size_t slash = repository.find('/');
  if (slash == std::string::npos || !IsName(std::string_view(repository).substr(0, slash)) ||
      !IsName(std::string_view(repository).substr(slash + 1))) {
    return Invalid("forge: /repository: must be OWNER/NAME");
  }
  return {};
}

// A forge may quote what it was sent.
std::string Without(std::string text, const std::string& secret) {
  if (secret.empty()) return text;
  for (size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    text.replace(at, secret.size(), "[redacted]");
  }
  return text;
}

std::string_view NameOf(State state) {
  switch (state) {
    case State::kPending:
      return "pending";
    case State::kSuccess:
      return "success";
    case State::kFailure:
      return "failure";
    case State::kError:
      return "error";
  }
  return "error";
}

std::string MarkText(const std::string& mark) { return "<!-- aiop:" + mark + " -->"; }

}  // namespace

Result<std::unique_ptr<Forge>> Forge::Create(const model::ForgeSpec& spec, std::string token,
                                             Stop stop) {
  AIOP_CHECK_OK(CheckApi(spec.api));
  AIOP_CHECK_OK(CheckRepository(spec.repository));
  model::ForgeSpec clean = spec;
  while (clean.api.ends_with('/')) clean.api.pop_back();
  std::unique_ptr<Forge> forge = spec.kind == model::ForgeKind::kGithub
                                     ? MakeGithub(clean, std::move(token))
                                     : MakeGitea(clean, std::move(token));
  forge->stop_ = std::move(stop);
  return forge;
}

Result<http::Response> Forge::Send(const std::string& method, const std::string& path,
                                   const json::Object* body, std::string_view what) const {
  http::Request request{.method = method,
                        .url = spec_.api + "/repos/" + spec_.repository + path,
                        .headers = Headers(),
                        .body = body ? json::Text(*body) : "",
                        .timeout = kTimeout,
                        .body_limit_bytes = kAnswerLimitBytes,
                        .stop = stop_};
  if (body) request.headers["content-type"] = "application/json";
  auto response = http::Send(request);
  if (!response) {
    const Code code =
        response.error().code == Code::kTimeout ? Code::kUnavailable : response.error().code;
    return Fail(code, Without(std::string(what) +
                                  ": the forge cannot be reached: " + response.error().message,
                              token_));
  }
  if (const Status judged = Judge(*response, what, !token_.empty(), Now()); !judged) {
    return Fail(judged.error().code, Without(judged.error().message, token_));
  }
  return response;
}

Status Forge::ForEachPage(const std::string& path, std::string_view query, std::string_view what,
                          const std::function<Result<int64_t>(std::string_view)>& take) const {
  int64_t seen = 0;
  for (int64_t page = 1; page <= kMostPages; ++page) {
    // Never an address that the forge gives: only its word that there is more.
    const std::string address = path + "?" + std::string(query) + PageQuery(page);
    AIOP_TRY(const auto response, Send("GET", address, nullptr, what));
    const auto size = take(response.body);
    if (!size) {
      return Invalid(Without(
          std::string(what) + ": the answer cannot be read: " + size.error().message, token_));
    }
    seen += *size;
    if (!HasNext(response.headers, *size, seen)) break;
  }
  return {};
}

Result<std::vector<PullRequest>> Forge::ListOpenPullRequests() const {
  std::vector<PullRequest> all;
  std::set<int64_t> known;  // one that is opened meanwhile moves others to the next page
  AIOP_CHECK_OK(ForEachPage("/pulls", "state=open&", "listing pull requests of " + spec_.repository,
                            [&](std::string_view text) -> Result<int64_t> {
                              AIOP_TRY(auto some, ParsePullRequests(text, spec_.repository));
                              for (PullRequest& each : some) {
                                if (known.insert(each.number).second)
                                  all.push_back(std::move(each));
                              }
                              return static_cast<int64_t>(some.size());
                            }));
  std::ranges::sort(all, {}, &PullRequest::number);
  return all;
}

Status Forge::SetStatus(const std::string& commit, State state, std::string_view description,
                        const std::string& url) const {
  json::Object body{
      {"state", NameOf(state)},
      {"description", json::ToValidUtf8(description.substr(0, kDescriptionLimitBytes))},
      {"context", kStatusContext}};
  if (!url.empty()) body["target_url"] = url;
  AIOP_CHECK_OK(Send("POST", "/statuses/" + commit, &body,
                     "setting the status of commit " + commit.substr(0, 12)));
  return {};
}

Status Forge::Comment(int64_t pull_request, const std::string& mark, std::string_view text) const {
  const std::string what = "commenting on pull request #" + std::to_string(pull_request);
  const std::string issue = "/issues/" + std::to_string(pull_request) + "/comments";
  const std::string marked = MarkText(mark);
  std::optional<RemoteComment> found;
  AIOP_CHECK_OK(ForEachPage(issue, "", what, [&](std::string_view page) -> Result<int64_t> {
    AIOP_TRY(const auto comments, ParseComments(page));
    for (const RemoteComment& each : comments) {
      // Whoever quotes it in an answer has it further down.
      if (!found && each.body.starts_with(marked)) found = each;
    }
    return static_cast<int64_t>(comments.size());
  }));
  const json::Object body{
      {"body", json::ToValidUtf8(marked + "\n" + std::string(text.substr(0, kCommentLimitBytes)))}};
  if (!found) {
    AIOP_CHECK_OK(Send("POST", issue, &body, what));
    return {};
  }
  if (found->body == json::TextMember(body, "body")) return {};
  AIOP_CHECK_OK(Send("PATCH", "/issues/comments/" + std::to_string(found->id), &body, what));
  return {};
}

}  // namespace aiop::forge
