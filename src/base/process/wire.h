// SPDX-License-Identifier: Apache-2.0
//
// What owner and keeper say to each other over their socket. Owner: one Request, then single bytes
// (Order). Keeper: one Started, then one Exit. Both ends are the same program, so numbers go in its
// own byte order.
#pragma once

#include <cstdint>
#include <string>

#include "base/process/process.h"

namespace aiop::process {

inline constexpr uint32_t kFrameLimitBytes = 64u << 20;

enum Order : char { kRenew = 'R', kTerminate = 'T', kKill = 'K' };

struct Request {
  Command command;
  KeeperOptions options;
  std::string attempt;
};

struct Started {
  pid_t pid = 0;
  pid_t keeper = 0;
  int code = -1;  // the Code of an error, or -1
  std::string message;
};

std::string Encode(const Request& request);
std::string Encode(const Started& started);
std::string Encode(const Exit& exit);
Result<Request> DecodeRequest(const std::string& frame);
Result<Started> DecodeStarted(const std::string& frame);
Result<Exit> DecodeExit(const std::string& frame);

// Whole frames over a blocking stream socket. kCancelled if the other end is gone.
Status SendFrame(int socket, const std::string& frame);
Result<std::string> ReceiveFrame(int socket);

}  // namespace aiop::process
