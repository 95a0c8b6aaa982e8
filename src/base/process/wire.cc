// SPDX-License-Identifier: Apache-2.0
#include "base/process/wire.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <type_traits>

namespace aiop::process {
namespace {

class Writer {
 public:
  void Number(auto value) {
    const auto wide = static_cast<int64_t>(value);
    bytes_.append(reinterpret_cast<const char*>(&wide), sizeof wide);
  }
  void Text(std::string_view text) {
    Number(text.size());
    bytes_.append(text);
  }
  template <class T>
  void Optional(const std::optional<T>& value) {
    Number(value.has_value());
    if constexpr (std::is_same_v<T, Milliseconds>) {
      Number(value.value_or(Milliseconds(0)).count());
    } else {
      Number(value.value_or(0));
    }
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  int64_t Number() {
    int64_t value = 0;
    if (bytes_.size() < sizeof value) {
      broken_ = true;
      return 0;
    }
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return value;
  }
  std::string Text() {
    const auto size = uint64_t(Number());
    if (size > bytes_.size()) {
      broken_ = true;
      return {};
    }
    std::string text(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return text;
  }
  template <class T>
  std::optional<T> Optional() {
    const bool present = Number() != 0;
    const int64_t value = Number();
    return present ? std::optional<T>(T(value)) : std::nullopt;
  }
  bool whole() const { return !broken_ && bytes_.empty(); }
  bool broken() const { return broken_; }

 private:
  std::string_view bytes_;
  bool broken_ = false;
};

template <class T>
Result<T> Checked(const Reader& reader, T value) {
  if (!reader.whole()) return Internal("a broken message between process and keeper");
  return value;
}

}  // namespace

std::string Encode(const Request& request) {
  const Command& command = request.command;
  Writer writer;
  writer.Number(command.argv.size());
  for (const std::string& argument : command.argv) writer.Text(argument);
  writer.Text(command.folder.native());
  writer.Number(command.environment.size());
  for (const auto& [name, value] : command.environment) {
    writer.Text(name);
    writer.Text(value);
  }
  writer.Optional(command.limits.processes);
  writer.Optional(command.limits.file_size_bytes);
  writer.Optional(command.limits.open_files);
  writer.Optional(command.limits.cpu_seconds);
  writer.Optional(command.watch.memory_bytes);
  writer.Optional(command.watch.processes);
  writer.Optional(command.watch.wall);
  writer.Text(command.lock_file.native());
  writer.Number(request.options.grace.count());
  writer.Number(request.options.renew_deadline.count());
  writer.Text(request.attempt);
  return writer.Take();
}

Result<Request> DecodeRequest(const std::string& frame) {
  Reader reader(frame);
  Request request;
  Command& command = request.command;
  for (int64_t left = reader.Number(); left > 0 && !reader.broken(); --left) {
    command.argv.push_back(reader.Text());
  }
  command.folder = reader.Text();
  for (int64_t left = reader.Number(); left > 0 && !reader.broken(); --left) {
    std::string name = reader.Text();
    command.environment[std::move(name)] = reader.Text();
  }
  command.limits.processes = reader.Optional<uint64_t>();
  command.limits.file_size_bytes = reader.Optional<uint64_t>();
  command.limits.open_files = reader.Optional<uint64_t>();
  command.limits.cpu_seconds = reader.Optional<uint64_t>();
  command.watch.memory_bytes = reader.Optional<uint64_t>();
  command.watch.processes = reader.Optional<uint64_t>();
  command.watch.wall = reader.Optional<Milliseconds>();
  command.lock_file = reader.Text();
  request.options.grace = Milliseconds(reader.Number());
  request.options.renew_deadline = Milliseconds(reader.Number());
  request.attempt = reader.Text();
  return Checked(reader, std::move(request));
}

std::string Encode(const Started& started) {
  Writer writer;
  writer.Number(started.pid);
  writer.Number(started.keeper);
  writer.Number(started.code);
  writer.Text(started.message);
  return writer.Take();
}

Result<Started> DecodeStarted(const std::string& frame) {
  Reader reader(frame);
  Started started;
  started.pid = pid_t(reader.Number());
  started.keeper = pid_t(reader.Number());
  started.code = int(reader.Number());
  started.message = reader.Text();
  return Checked(reader, std::move(started));
}

std::string Encode(const Exit& exit) {
  Writer writer;
  writer.Number(exit.code);
  writer.Number(exit.signal);
  writer.Number(exit.killed_by_us);
  writer.Number(uint8_t(exit.ending));
  writer.Number(exit.wall.count());
  writer.Number(exit.user.count());
  writer.Number(exit.system.count());
  writer.Number(exit.max_rss_bytes);
  return writer.Take();
}

Result<Exit> DecodeExit(const std::string& frame) {
  Reader reader(frame);
  Exit exit;
  exit.code = int(reader.Number());
  exit.signal = int(reader.Number());
  exit.killed_by_us = reader.Number() != 0;
  exit.ending = Ending(reader.Number());
  exit.wall = Milliseconds(reader.Number());
  exit.user = std::chrono::microseconds(reader.Number());
  exit.system = std::chrono::microseconds(reader.Number());
  exit.max_rss_bytes = uint64_t(reader.Number());
  return Checked(reader, exit);
}

Status SendFrame(int socket, const std::string& frame) {
  const auto size = uint32_t(frame.size());
  std::string bytes(reinterpret_cast<const char*>(&size), sizeof size);
  bytes += frame;
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t sent = send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return Fail(Code::kCancelled, "the other end of a keeper's socket is gone");
    rest.remove_prefix(size_t(sent));
  }
  return {};
}

namespace {

Status ReceiveAll(int socket, char* to, size_t size) {
  while (size > 0) {
    const ssize_t got = recv(socket, to, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Fail(Code::kCancelled, "the other end of a keeper's socket is gone");
    to += got;
    size -= size_t(got);
  }
  return {};
}

}  // namespace

Result<std::string> ReceiveFrame(int socket) {
  uint32_t size = 0;
  AIOP_CHECK_OK(ReceiveAll(socket, reinterpret_cast<char*>(&size), sizeof size));
  if (size > kFrameLimitBytes) return Internal("an oversized message between process and keeper");
  std::string frame(size, '\0');
  AIOP_CHECK_OK(ReceiveAll(socket, frame.data(), size));
  return frame;
}

}  // namespace aiop::process
