// SPDX-License-Identifier: Apache-2.0
#include "control/paging/paging.h"

#include <algorithm>

#include "base/fault/fault.h"
#include "base/file/file.h"
#include "base/http/http.h"

namespace aiop::paging {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".json";

std::string ToText(const Page& page) {
  return json::Text(json::Object{{"key", page.key},
                                 {"url", page.url},
                                 {"body", page.body},
                                 {"attempts", page.attempts},
                                 {"last_error", page.last_error}});
}

Result<Page> FromText(std::string_view text) {
  AIOP_TRY(const json::Value value, json::Parse(text));
  Page page;
  page.key = std::string(json::TextMember(value, "key"));
  page.url = std::string(json::TextMember(value, "url"));
  page.last_error = std::string(json::TextMember(value, "last_error"));
  const json::Value* body = json::Member(value, "body");
  if (body != nullptr && body->is_object()) page.body = body->get_object();
  const json::Value* attempts = json::Member(value, "attempts");
  if (attempts != nullptr && attempts->is_int64()) page.attempts = attempts->get_int64();
  if (page.key.empty() || page.url.empty()) return Invalid("it names no key or no URL");
  return page;
}

// Empty if the receiver took it.
std::string Send(const Page& page) {
  const auto response =
      http::Send({.method = "POST",
                  .url = page.url,
                  .headers = {{"content-type", "application/json"}, {"idempotency-key", page.key}},
                  .body = json::Text(page.body),
                  .timeout = kDeliveryTimeout,
                  .body_limit_bytes = kAnswerLimitBytes});
  if (!response) return response.error().message;
  if (response->status / 100 == 2) return "";
  return "the receiver answered with status " + std::to_string(response->status);
}

}  // namespace

Status Outbox::Put(const Page& page) {
  AIOP_CHECK_OK(file::MakeFolders(folder_));
  const fs::path path = folder_ / (page.key + std::string(kEnding));
  std::error_code error;
  if (fs::exists(path, error)) return {};
  AIOP_CHECK_OK(file::WriteDurably(path, ToText(page), 0600));
  fault::Point("paging.page");
  return {};
}

Result<std::vector<Page>> Outbox::Waiting() const {
  std::vector<Page> pages;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    if (entry.path().extension() != kEnding) continue;
    AIOP_TRY(const std::string text, file::Read(entry.path()));
    auto page = FromText(text);
    if (!page) {
      return std::unexpected(page.error().Within(entry.path().string()));
    }
    pages.push_back(*std::move(page));
  }
  std::ranges::sort(pages, {}, &Page::key);
  return pages;
}

Result<std::vector<Page>> Outbox::Deliver() {
  AIOP_TRY(auto pages, Waiting());
  for (Page& page : pages) {
    const fs::path path = folder_ / (page.key + std::string(kEnding));
    page.last_error = Send(page);
    ++page.attempts;
    if (page.last_error.empty()) {
      fault::Point("paging.taken");
      std::error_code error;
      fs::remove(path, error);
      if (error) return Unavailable("cannot remove " + path.string() + ": " + error.message());
    } else {
      AIOP_CHECK_OK(file::WriteDurably(path, ToText(page), 0600));
    }
  }
  return pages;
}

}  // namespace aiop::paging
