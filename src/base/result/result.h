// SPDX-License-Identifier: Apache-2.0
//
// How every fallible function of AI Operator answers: a value or an Error, never an exception.
//
//   Result<int> Parse(std::string_view text);
//   Status Save(int value);
//   Status Copy(std::string_view text) {
//     AIOP_TRY(int value, Parse(text));   // returns the error to our caller
//     AIOP_CHECK_OK(Save(value));
//     return {};
//   }
//
// Exceptions of third-party libraries are caught in the module that wraps them. Values are plain
// and freely movable between threads.
#pragma once

#include <cstdlib>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace aiop {

// What the caller does next, and so the exit code of the command (ExitCode below).
enum class Code {
  kInvalid,      // bad usage or bad input: fix it; nothing was changed
  kNotFound,     // an unknown id or name
  kUnavailable,  // something needed cannot be reached or opened: try later
  kForbidden,    // a rule forbids it: gate, role, budget
  kConflict,     // somebody else was first (a lease, a fence, a compare-and-swap)
  kTimeout,      // took longer than allowed
  kCancelled,    // asked to stop
  kInternal,     // a broken promise of our own: a bug
};

struct Error {
  Code code = Code::kInternal;
  std::string message;  // one sentence: what is wrong and, where known, the remedy

  // The same error, said to have happened during `context` ("motor.yaml:3").
  Error Within(std::string_view context) const {
    return {code, std::string(context) + ": " + message};
  }
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> Fail(Code code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}
inline std::unexpected<Error> Invalid(std::string message) {
  return Fail(Code::kInvalid, std::move(message));
}
inline std::unexpected<Error> NotFound(std::string message) {
  return Fail(Code::kNotFound, std::move(message));
}
inline std::unexpected<Error> Unavailable(std::string message) {
  return Fail(Code::kUnavailable, std::move(message));
}
inline std::unexpected<Error> Forbidden(std::string message) {
  return Fail(Code::kForbidden, std::move(message));
}
inline std::unexpected<Error> Internal(std::string message) {
  return Fail(Code::kInternal, std::move(message));
}

// "name: strerror(error_number)", as kUnavailable.
std::unexpected<Error> SystemError(std::string_view what, int error_number);

// The process exit status that belongs to a code.
int ExitCode(Code code);

// Prints what was broken and aborts. For invariants of our own only, never for input.
[[noreturn]] void CheckFailed(const char* file, int line, std::string_view what);

}  // namespace aiop

#define AIOP_CONCAT_INNER(a, b) a##b
#define AIOP_CONCAT(a, b) AIOP_CONCAT_INNER(a, b)
#define AIOP_TRY_INNER(temporary, declaration, expression)              \
  auto temporary = (expression);                                        \
  if (!temporary) return std::unexpected(std::move(temporary).error()); \
  declaration = *std::move(temporary)
#define AIOP_TRY(declaration, expression) \
  AIOP_TRY_INNER(AIOP_CONCAT(aiop_try_, __COUNTER__), declaration, expression)
#define AIOP_CHECK_OK_INNER(temporary, expression)          \
  do {                                                      \
    if (auto temporary = (expression); !temporary) {        \
      return std::unexpected(std::move(temporary).error()); \
    }                                                       \
  } while (false)
#define AIOP_CHECK_OK(expression) \
  AIOP_CHECK_OK_INNER(AIOP_CONCAT(aiop_ok_, __COUNTER__), expression)
#define AIOP_CHECK(condition)                                              \
  do {                                                                     \
    if (!(condition)) ::aiop::CheckFailed(__FILE__, __LINE__, #condition); \
  } while (false)
