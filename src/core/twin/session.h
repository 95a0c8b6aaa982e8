// SPDX-License-Identifier: Apache-2.0
//
// Private: one repair of one text: asks the validator about texts with parts cut out.
#pragma once

#include <map>
#include <optional>

#include "core/twin/splice.h"

namespace aiop::twin {

class Session {
 public:
  Session(const Tree& tree, const Validator& validator) : tree_(tree), validator_(validator) {}

  struct Answer {
    Opinion opinion;
    Spliced spliced;
  };
  // Nothing if these parts cannot be cut.
  Result<std::optional<Answer>> Ask(std::vector<uint32_t> parts);

  // Whether the text without these parts is accepted. Counted; asked once of each set. "No" when
  // kReductionQuestions are used up, and for what cannot be cut.
  Result<bool> Accepts(const std::vector<uint32_t>& parts);
  bool exhausted() const { return questions_ >= kReductionQuestions; }
  int questions() const { return questions_; }

  bool HasSubstance(const Cuts& cuts) const;
  const Tree& tree() const { return tree_; }

 private:
  const Tree& tree_;
  const Validator& validator_;
  int questions_ = 0;
  std::map<std::vector<uint32_t>, bool> answers_;
};

Cutting CuttingOf(const Tree& tree, Spliced spliced);

// Delta-debugging: a set of parts without which the text is accepted, none of which, as far as the
// questions went, can be put back. `accepted`: such a set to begin with, if one is known; `base`:
// parts known to be bad. Empty if none was found.
Result<std::vector<uint32_t>> Reduce(Session& session, std::vector<uint32_t> accepted,
                                     const std::vector<uint32_t>& base);

}  // namespace aiop::twin
