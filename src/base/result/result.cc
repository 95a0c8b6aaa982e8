// SPDX-License-Identifier: Apache-2.0
#include "base/result/result.h"

#include <cstdio>
#include <system_error>

namespace aiop {

std::unexpected<Error> SystemError(std::string_view what, int error_number) {
  return Unavailable(std::string(what) + ": " + std::generic_category().message(error_number));
}

int ExitCode(Code code) {
  switch (code) {
    case Code::kInvalid:
    case Code::kNotFound:
      return 2;
    case Code::kUnavailable:
    case Code::kConflict:
    case Code::kTimeout:
    case Code::kCancelled:
      return 4;
    case Code::kForbidden:
      return 5;
    case Code::kInternal:
      return 70;
  }
  return 70;
}

void CheckFailed(const char* file, int line, std::string_view what) {
  std::fprintf(stderr, "aiop: broken invariant at %s:%d: %.*s\n", file, line,
               static_cast<int>(what.size()), what.data());
  std::abort();
}

}  // namespace aiop
