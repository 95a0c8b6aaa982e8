// SPDX-License-Identifier: Apache-2.0
#include "base/process/zygote.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/process/keeper.h"
#include "base/process/process.h"

namespace aiop::process {
namespace {

int zygote_socket = -1;

union ControlBuffer {
  cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(KeeperDescriptors))];
};

// False at end of file: our owner is gone.
bool ReceiveDescriptors(int socket, KeeperDescriptors& descriptors) {
  for (;;) {
    char order = 0;
    iovec data{&order, 1};
    ControlBuffer control{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    const ssize_t got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_type != SCM_RIGHTS ||
        header->cmsg_len != CMSG_LEN(sizeof descriptors)) {
      continue;
    }
    std::memcpy(descriptors.data(), CMSG_DATA(header), sizeof descriptors);
    return true;
  }
}

// Takes nothing of ours along: an inherited pipe kept open here would hide from its reader that we
// have ended.
void DropInherited(int socket) {
  const int nowhere = open("/dev/null", O_RDWR);
  for (int fd = 0; fd <= 2; ++fd) dup2(nowhere, fd);
  if (socket > 3) close_range(3, unsigned(socket) - 1, 0);
  close_range(unsigned(socket) + 1, ~0u, 0);
  if (chdir("/") != 0) _exit(1);
}

[[noreturn]] void RunZygote(int socket) {
  // Neither "pkill aiop" nor a Ctrl-C in our terminal is meant for it: it ends when we do.
  prctl(PR_SET_NAME, "keeper-zygote");
  setsid();
  DropInherited(socket);
  for (const int each : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE, SIGCHLD}) {
    signal(each, SIG_IGN);
  }
  KeeperDescriptors descriptors{};
  while (ReceiveDescriptors(socket, descriptors)) {
    if (fork() == 0) {
      close(socket);
      RunKeeper(descriptors);
    }
    for (const int fd : descriptors) close(fd);
  }
  _exit(0);
}

}  // namespace

Status StartZygote() {
  if (zygote_socket >= 0) return {};
  signal(SIGPIPE, SIG_IGN);
  int sockets[2] = {};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) {
    return SystemError("cannot make the keeper's socket", errno);
  }
  const pid_t pid = fork();
  if (pid < 0) return SystemError("cannot fork the keeper's zygote", errno);
  if (pid == 0) {
    close(sockets[0]);
    RunZygote(sockets[1]);
  }
  close(sockets[1]);
  zygote_socket = sockets[0];
  return {};
}

Status ForkKeeper(const KeeperDescriptors& descriptors) {
  if (zygote_socket < 0) return Internal("StartZygote() has not been called");
  char order = 'F';
  iovec data{&order, 1};
  ControlBuffer control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptors);
  std::memcpy(CMSG_DATA(header), descriptors.data(), sizeof descriptors);
  for (;;) {
    if (sendmsg(zygote_socket, &message, MSG_NOSIGNAL) >= 0) return {};
    if (errno != EINTR) break;
  }
  return Unavailable("the process that starts programs is gone: start AI Operator again");
}

}  // namespace aiop::process
