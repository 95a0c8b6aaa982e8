// SPDX-License-Identifier: Apache-2.0
#include "core/twin/session.h"

#include <algorithm>

namespace aiop::twin {
namespace {

size_t LeavesIn(const Tree& tree, uint32_t part, const Cuts& cuts) {
  size_t leaves = 0;
  for (uint32_t at = part; at < tree.parts[part].past;) {
    if (cuts.Has(at)) {
      at = tree.parts[at].past;
      continue;
    }
    leaves += tree.Leaf(at) ? 1 : 0;
    ++at;
  }
  return leaves;
}

}  // namespace

Result<std::optional<Session::Answer>> Session::Ask(std::vector<uint32_t> parts) {
  auto spliced = Splice(tree_, std::move(parts));
  if (!spliced) return std::nullopt;
  AIOP_TRY(Opinion opinion, validator_(spliced->text));
  return Answer{std::move(opinion), *std::move(spliced)};
}

Result<bool> Session::Accepts(const std::vector<uint32_t>& parts) {
  const Cuts cuts = MakeCuts(tree_, parts);
  if (const auto known = answers_.find(cuts.tops); known != answers_.end()) return known->second;
  if (cuts.tops.empty() || exhausted()) return false;
  ++questions_;
  AIOP_TRY(const auto answer, Ask(cuts.tops));
  const bool accepted = answer && answer->opinion.accepted;
  answers_.emplace(cuts.tops, accepted);
  return accepted;
}

bool Session::HasSubstance(const Cuts& cuts) const {
  const size_t kept = LeavesIn(tree_, 0, cuts);
  if (kept == 0) return false;
  if (kept * 2 >= LeavesIn(tree_, 0, {})) return true;
  const auto tops = ChildrenOf(tree_, 0);
  return std::ranges::all_of(tops, [&](uint32_t top) {
    return tree_.Leaf(top) || (!cuts.Has(top) && LeavesIn(tree_, top, cuts) > 0);
  });
}

Cutting CuttingOf(const Tree& tree, Spliced spliced) {
  Cutting cutting{std::move(spliced.text), {}};
  for (const uint32_t top : spliced.cuts.tops) cutting.cut.push_back(PointerTo(tree, top));
  return cutting;
}

}  // namespace aiop::twin
