// SPDX-License-Identifier: Apache-2.0
#include "base/http/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace aiop::http {
namespace {

constexpr long kFirstGood = 200;
constexpr long kFirstNotGood = 300;
constexpr int kStopPollMs = 50;

struct Closer {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, Closer>;
struct MultiCloser {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
using Multi = std::unique_ptr<CURLM, MultiCloser>;
using List = std::unique_ptr<curl_slist, Closer>;

bool IsOneLine(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

std::string_view Trimmed(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t\r\n") - start + 1);
}

// Whether the URL names this machine itself.
bool IsLoopback(const std::string& url) {
  const std::unique_ptr<CURLU, Closer> parsed(curl_url());
  char* text = nullptr;
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_HOST, &text, 0) != CURLUE_OK) {
    return false;
  }
  const std::string host = text;
  curl_free(text);
  return host == "localhost" || host.starts_with("127.") || host == "[::1]";
}

class Exchange {
 public:
  explicit Exchange(const Request& request) : request_(request) {}

  Result<Response> Hold();

 private:
  Status Prepare();
  Status AddHeaders();
  Result<CURLcode> Perform();
  Error Judge(CURLcode code) const;
  size_t OnHeader(std::string_view line);
  size_t OnBody(std::string_view piece);
  static size_t HeaderCallback(char* bytes, size_t, size_t size, void* exchange);
  static size_t BodyCallback(char* bytes, size_t, size_t size, void* exchange);

  const Request& request_;
  Easy easy_;
  List headers_;
  Response response_;
  size_t header_bytes_ = 0;
  size_t body_bytes_ = 0;
  std::optional<Error> error_;  // why a callback ended the exchange
};

size_t Exchange::HeaderCallback(char* bytes, size_t, size_t size, void* exchange) {
  return static_cast<Exchange*>(exchange)->OnHeader({bytes, size});
}

size_t Exchange::BodyCallback(char* bytes, size_t, size_t size, void* exchange) {
  return static_cast<Exchange*>(exchange)->OnBody({bytes, size});
}

size_t Exchange::OnHeader(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kHeaderLimitBytes) {
    error_ = Error{Code::kForbidden, request_.url + ": the headers are too large"};
    return 0;
  }
  if (line.starts_with("HTTP/")) response_.headers.clear();  // after `100 Continue`, say
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  std::string name(Trimmed(line.substr(0, colon)));
  std::ranges::transform(name, name.begin(),
                         [](unsigned char each) { return each < 128 ? std::tolower(each) : each; });
  response_.headers[name] = Trimmed(line.substr(colon + 1));
  return line.size();
}

size_t Exchange::OnBody(std::string_view piece) {
  body_bytes_ += piece.size();
  if (body_bytes_ > request_.body_limit_bytes) {
    error_ = Error{Code::kForbidden, request_.url + ": the answer is larger than " +
                                         std::to_string(request_.body_limit_bytes) + " bytes"};
    return 0;
  }
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (!request_.on_body || status < kFirstGood || status >= kFirstNotGood) {
    response_.body += piece;
    return piece.size();
  }
  if (Status taken = request_.on_body(piece); !taken) {
    error_ = taken.error();
    return 0;
  }
  return piece.size();
}

Status Exchange::AddHeaders() {
  const auto add = [this](const std::string& line) {
    curl_slist* const longer = curl_slist_append(headers_.get(), line.c_str());
    if (!longer) return false;
    [[maybe_unused]] auto* const same = headers_.release();
    headers_.reset(longer);
    return true;
  };
  // Without it the body would wait for permission that many servers never give.
  if (!add("Expect:")) return Internal("out of memory");
  for (const auto& [name, value] : request_.headers) {
    if (name.empty() || !IsOneLine(name) || !IsOneLine(value) ||
        name.find(':') != std::string::npos) {
      return Invalid("the header '" + name + "' is none");
    }
    if (!add(value.empty() ? name + ";" : name + ": " + value)) return Internal("out of memory");
  }
  return {};
}

Status Exchange::Prepare() {
  // Once for the process; curl_global_cleanup is not safe while other threads live.
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  easy_.reset(ready == CURLE_OK ? curl_easy_init() : nullptr);
  if (!easy_) return Unavailable("libcurl could not be started");
  if (!IsOneLine(request_.url)) return Invalid("the URL has a line end");
  AIOP_CHECK_OK(AddHeaders());
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  if (IsLoopback(request_.url)) curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(kConnectTimeout.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::max(Milliseconds(1), request_.timeout).count()));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  if (request_.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (!request_.body.empty() || request_.method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
  }
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Exchange::HeaderCallback);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Exchange::BodyCallback);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  return {};
}

Result<CURLcode> Exchange::Perform() {
  const Multi multi(curl_multi_init());
  if (!multi || curl_multi_add_handle(multi.get(), easy_.get()) != CURLM_OK) {
    return Unavailable("libcurl could not be started");
  }
  int running = 1;
  std::optional<CURLcode> done;
  while (!done) {
    if (request_.stop && request_.stop()) {
      error_ = Error{Code::kCancelled, request_.url + ": stopped"};
      break;
    }
    CURLMcode code = curl_multi_perform(multi.get(), &running);
    if (code == CURLM_OK && running > 0) {
      code = curl_multi_poll(multi.get(), nullptr, 0, kStopPollMs, nullptr);
    }
    if (code != CURLM_OK) {
      error_ = Error{Code::kUnavailable, request_.url + ": " + curl_multi_strerror(code)};
      break;
    }
    int waiting = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi.get(), &waiting)) {
      if (message->msg == CURLMSG_DONE) done = message->data.result;
    }
  }
  curl_multi_remove_handle(multi.get(), easy_.get());
  if (error_) return std::unexpected(*error_);
  return *done;
}

Error Exchange::Judge(CURLcode code) const {
  const std::string message = request_.url + ": " + curl_easy_strerror(code);
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {Code::kInvalid, message};
    case CURLE_OPERATION_TIMEDOUT:
      return {Code::kTimeout, message};
    default:
      return {Code::kUnavailable, message};
  }
}

Result<Response> Exchange::Hold() {
  AIOP_CHECK_OK(Prepare());
  AIOP_TRY(const CURLcode code, Perform());
  if (code != CURLE_OK) return std::unexpected(Judge(code));
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  return std::move(response_);
}

}  // namespace

Result<Response> Send(const Request& request) { return Exchange(request).Hold(); }

}  // namespace aiop::http
