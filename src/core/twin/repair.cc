// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/twin/session.h"

namespace aiop::twin {
namespace {

// After so many pieces of one part the part itself is cut: something objects piece by piece.
constexpr std::ptrdiff_t kPiecesOfOne = 5;

std::vector<uint32_t> Named(const Tree& tree, const Opinion& opinion, const Cuts& cuts) {
  std::vector<uint32_t> parts;
  for (const std::string& pointer : opinion.pointers) {
    const auto found = PartsAt(tree, pointer, cuts);
    if (!found) continue;
    for (const uint32_t part : *found) {
      const uint32_t around = tree.parts[part].parent;
      const auto pieces = std::ranges::count_if(
          cuts.tops, [&](uint32_t top) { return tree.parts[top].parent == around; });
      parts.push_back(pieces >= kPiecesOfOne && around != 0 ? around : part);
    }
  }
  return parts;
}

struct Followed {
  Spliced spliced;
  bool accepted = false;
};

// Cuts what the validator names, asks again, cuts more.
Result<Followed> FollowPointers(Session& session, Opinion opinion) {
  Followed followed;
  for (int round = 0; round < kRepairRounds && !followed.accepted; ++round) {
    const Cuts& cuts = followed.spliced.cuts;
    auto parts = Named(session.tree(), opinion, cuts);
    if (parts.empty()) break;
    parts.insert(parts.end(), cuts.tops.begin(), cuts.tops.end());
    AIOP_TRY(auto answer, session.Ask(std::move(parts)));
    if (!answer || answer->spliced.cuts.tops == cuts.tops) break;
    opinion = std::move(answer->opinion);
    followed = {std::move(answer->spliced), opinion.accepted};
  }
  return followed;
}

}  // namespace

Result<Cutting> Repair(std::string_view text, const Validator& validator) {
  AIOP_TRY(const Tree tree, Read(text));
  AIOP_TRY(Opinion opinion, validator(text));
  if (opinion.accepted) return Cutting{std::string(text), {}};

  Session session(tree, validator);
  AIOP_TRY(Followed followed, FollowPointers(session, std::move(opinion)));
  const bool substance = session.HasSubstance(followed.spliced.cuts);
  if (followed.accepted && substance) return CuttingOf(tree, std::move(followed.spliced));

  const std::vector<uint32_t> cut = followed.spliced.cuts.tops;
  const std::vector<uint32_t> none;
  const bool promising = !followed.accepted && substance && !cut.empty();
  AIOP_TRY(auto parts, Reduce(session, followed.accepted ? cut : none, promising ? cut : none));
  if (parts.empty() && promising) {
    AIOP_TRY(parts, Reduce(session, {}, {}));
  }
  if (!parts.empty()) {
    AIOP_TRY(Spliced spliced, Splice(tree, std::move(parts)));
    if (session.HasSubstance(spliced.cuts)) return CuttingOf(tree, std::move(spliced));
  }
  return NotFound("no part of the text worth the name is accepted without the rest (" +
                  std::to_string(session.questions()) + " questions)");
}

}  // namespace aiop::twin
