// SPDX-License-Identifier: Apache-2.0
//
// Private: ECMA-262 regular expressions, as schemas write them, on RE2.
#pragma once

#include <memory>
#include <string_view>

#include "base/result/result.h"

namespace re2 {
class RE2;
}

namespace aiop::schema {

class Pattern {
 public:
  // kInvalid where RE2 has no equal (look-around, back references, large repetitions).
  static Result<Pattern> Compile(std::string_view ecma);

  // Whether it matches anywhere in `text`.
  bool Matches(std::string_view text) const;

 private:
  explicit Pattern(std::shared_ptr<const re2::RE2> expression)
      : expression_(std::move(expression)) {}
  std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace aiop::schema
