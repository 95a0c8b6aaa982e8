// SPDX-License-Identifier: Apache-2.0
#include "control/chaos/service.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/time/time.h"

namespace aiop::chaos {
namespace {

constexpr int kPollMilliseconds = 20;
constexpr int kRequestPatienceMilliseconds = 2'000;
constexpr size_t kRequestLimitBytes = size_t{1} << 20;
constexpr Milliseconds kDrip{60};

bool Ready(int descriptor, int milliseconds) {
  pollfd waiting{descriptor, POLLIN, 0};
  return poll(&waiting, 1, milliseconds) > 0;
}

// The body of the request that comes over this connection; empty if none does.
std::string ReadBody(int connection) {
  constexpr std::string_view kLength = "Content-Length: ";
  std::string text;
  char buffer[4096];
  while (text.size() < kRequestLimitBytes && Ready(connection, kRequestPatienceMilliseconds)) {
    const ssize_t got = read(connection, buffer, sizeof buffer);
    if (got <= 0) break;
    text.append(buffer, static_cast<size_t>(got));
    const size_t head = text.find("\r\n\r\n");
    const size_t length = text.find(kLength);
    if (head == std::string::npos || length == std::string::npos) continue;
    const size_t wanted = std::strtoul(text.c_str() + length + kLength.size(), nullptr, 10);
    if (text.size() >= head + 4 + wanted) return text.substr(head + 4);
  }
  return "";
}

bool Send(int connection, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<Service>> Service::Start(Answer answer) {
  file::Descriptor listening(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (!listening || bind(listening.get(), plain, size) != 0 ||
      listen(listening.get(), SOMAXCONN) != 0 || getsockname(listening.get(), plain, &size) != 0) {
    return SystemError("cannot listen on this machine", errno);
  }
  return std::unique_ptr<Service>(
      new Service(std::move(listening), ntohs(address.sin_port), std::move(answer)));
}

Service::Service(file::Descriptor listening, int port, Answer answer)
    : listening_(std::move(listening)),
      port_(port),
      answer_(std::move(answer)),
      thread_([this] { Serve(); }) {}

Service::~Service() {
  stop_ = true;
  thread_.join();
}

void Service::Serve() {
  while (!stop_) {
    if (!Ready(listening_.get(), kPollMilliseconds)) continue;
    file::Descriptor connection(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (connection) Handle(std::move(connection));
  }
}

void Service::Handle(file::Descriptor connection) {
  const std::string body = ReadBody(connection.get());
  const auto lines = answer_(body);
  if (lines.empty()) {
    hanging_.push_back(std::move(connection));
    return;
  }
  bool heard = Send(connection.get(),
                    "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
                    "Connection: close\r\n\r\n");
  for (const std::string& line : lines) {
    if (!heard || stop_) return;
    WaitFor(kDrip);
    heard = Send(connection.get(), line + "\n");
  }
}

}  // namespace aiop::chaos
