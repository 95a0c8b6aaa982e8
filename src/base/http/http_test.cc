// SPDX-License-Identifier: Apache-2.0
#include "base/http/http.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace aiop::http {
namespace {

using testing::HasSubstr;

// Answers one request on the loopback with `answer`, then closes; keeps what it was sent.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer, bool hang = false) : answer_(std::move(answer)) {
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    AIOP_CHECK(bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    AIOP_CHECK(listen(socket_, 1) == 0);
    AIOP_CHECK(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/path?q=1";
    thread_ = std::thread([this, hang] { Serve(hang); });
  }
  ~OneAnswer() {
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    close(socket_);
  }
  const std::string& url() const { return url_; }
  // Call after Send only.
  const std::string& asked() {
    shutdown(socket_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([] {});
    return asked_;
  }

 private:
  bool Complete() const {
    const size_t end = asked_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const size_t length = asked_.find("Content-Length: ");
    return length == std::string::npos ||
           asked_.size() >= end + 4 + std::stoul(asked_.substr(length + 16));
  }
  void Serve(bool hang) {
    const int client = accept(socket_, nullptr, nullptr);
    if (client < 0) return;
    char buffer[4096];
    ssize_t got = 1;
    while (!Complete() && (got = read(client, buffer, sizeof buffer)) > 0) {
      asked_.append(buffer, static_cast<size_t>(got));
    }
    // The client may be gone before all is said.
    send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    while (hang && read(client, buffer, sizeof buffer) > 0) {
    }
    close(client);
  }

  std::string answer_;
  std::string asked_;
  std::string url_;
  int socket_ = -1;
  std::thread thread_;
};

TEST(Http, SendsAndReceives) {
  OneAnswer server("HTTP/1.1 201 Created\r\nX-One: a\r\nContent-Length: 5\r\n\r\nhello");
  const auto response = Send({.method = "POST",
                              .url = server.url(),
                              .headers = {{"X-Mine", "b"}, {"X-Empty", ""}},
                              .body = "question"});
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->headers.at("x-one"), "a");
  EXPECT_THAT(server.asked(), testing::StartsWith("POST /path?q=1 HTTP/1.1\r\n"));
  EXPECT_THAT(server.asked(), HasSubstr("\r\nX-Mine: b\r\n"));
  EXPECT_THAT(server.asked(), HasSubstr("\r\nX-Empty:\r\n"));
  EXPECT_THAT(server.asked(), testing::EndsWith("\r\n\r\nquestion"));
}

TEST(Http, StreamsTheBody) {
  OneAnswer server("HTTP/1.1 200 OK\r\n\r\none\ntwo\n");
  std::string streamed;
  const auto response = Send({.url = server.url(), .on_body = [&](std::string_view piece) {
                                streamed += piece;
                                return Status();
                              }});
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(streamed, "one\ntwo\n");
  EXPECT_EQ(response->body, "");
}

TEST(Http, DoesNotStreamErrors) {
  OneAnswer server("HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\noops");
  const auto response = Send(
      {.url = server.url(), .on_body = [](std::string_view) { return Status(Internal("no")); }});
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 500);
  EXPECT_EQ(response->body, "oops");
}

TEST(Http, AnErrorOfTheReceiverEndsIt) {
  OneAnswer server("HTTP/1.1 200 OK\r\n\r\none", true);
  const auto response = Send({.url = server.url(), .on_body = [](std::string_view) {
                                return Status(Fail(Code::kConflict, "enough"));
                              }});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kConflict);
  EXPECT_EQ(response.error().message, "enough");
}

TEST(Http, DoesNotFollow) {
  OneAnswer server(
      "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  const auto response = Send({.url = server.url()});
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 302);
}

TEST(Http, Limits) {
  OneAnswer body("HTTP/1.1 200 OK\r\n\r\n" + std::string(2000, 'x'));
  auto response = Send({.url = body.url(), .body_limit_bytes = 1000});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kForbidden);

  std::string many;
  for (int i = 0; i < 2000; ++i)
    many += "X-" + std::to_string(i) + ": " + std::string(1000, 'x') + "\r\n";
  OneAnswer headers("HTTP/1.1 200 OK\r\n" + many + "\r\n");
  response = Send({.url = headers.url()});
  ASSERT_FALSE(response.has_value());
}

TEST(Http, TimeoutAndStop) {
  OneAnswer slow("HTTP/1.1 200 OK\r\n\r\none", true);
  auto response = Send({.url = slow.url(), .timeout = Milliseconds(200)});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kTimeout);

  OneAnswer stopped("HTTP/1.1 200 OK\r\n\r\none", true);
  bool came = false;
  response = Send({.url = stopped.url(),
                   .on_body =
                       [&](std::string_view) {
                         came = true;
                         return Status();
                       },
                   .stop = [&] { return came; }});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kCancelled);
}

TEST(Http, BrokenOff) {
  OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  const auto response = Send({.url = server.url()});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kUnavailable);
}

TEST(Http, RefusesWhatIsNoRequest) {
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "", "http://", "gopher://x/",
                          "http://127.0.0.1/\nX: y"}) {
    const auto response = Send({.url = url});
    ASSERT_FALSE(response.has_value()) << url;
    EXPECT_EQ(response.error().code, Code::kInvalid) << url;
  }
  const auto response =
      Send({.url = "http://127.0.0.1:1/", .headers = {{"X", "a\r\nInjected: b"}}});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kInvalid);
}

}  // namespace
}  // namespace aiop::http
