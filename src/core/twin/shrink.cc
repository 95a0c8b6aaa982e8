// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/twin/session.h"

namespace aiop::twin {
namespace {

using Parts = std::vector<uint32_t>;

// Level by level from the root down: what is cut high up need not be looked into.
class Shrinker {
 public:
  Shrinker(const Tree& tree, const StillFails& still_fails, int most_questions)
      : tree_(tree), still_fails_(still_fails), most_questions_(most_questions) {}

  Result<Shrunk> Run() {
    Parts level = ChildrenOf(tree_, 0);
    while (!level.empty() && !Exhausted()) {
      AIOP_CHECK_OK(CutFrom(level));
      level = Below(level);
    }
    Shrunk shrunk{.cutting = {std::string(tree_.text), {}},
                  .questions = questions_,
                  .complete = !Exhausted()};
    if (!cut_.empty()) {
      AIOP_TRY(auto spliced, Splice(tree_, cut_));
      shrunk.cutting = CuttingOf(tree_, std::move(spliced));
    }
    return shrunk;
  }

 private:
  bool Exhausted() const { return questions_ >= most_questions_; }

  // Chunks of the level, all of it first, then smaller ones; what can go stays cut.
  Status CutFrom(Parts& level) {
    std::erase_if(level, [&](uint32_t part) { return Cuttable(tree_, part) != part; });
    for (size_t chunk = level.size(); chunk > 0; chunk /= 2) {
      for (size_t at = 0; at < level.size() && !Exhausted();) {
        const size_t end = std::min(at + chunk, level.size());
        const Parts piece(level.begin() + static_cast<ptrdiff_t>(at),
                          level.begin() + static_cast<ptrdiff_t>(end));
        AIOP_TRY(const bool gone, HoldsWithout(piece));
        if (gone) {
          level.erase(level.begin() + static_cast<ptrdiff_t>(at),
                      level.begin() + static_cast<ptrdiff_t>(end));
        } else {
          at = end;
        }
      }
    }
    return {};
  }

  Result<bool> HoldsWithout(const Parts& piece) {
    Parts all = cut_;
    all.insert(all.end(), piece.begin(), piece.end());
    auto spliced = Splice(tree_, all);
    // What cannot be cut alone takes more with it: only exact cuts count.
    if (!spliced || spliced->cuts.tops != MakeCuts(tree_, all).tops) return false;
    ++questions_;
    AIOP_TRY(const bool holds, still_fails_(spliced->text));
    if (holds) cut_ = std::move(all);
    return holds;
  }

  Parts Below(const Parts& level) const {
    Parts below;
    for (const uint32_t part : level) {
      if (tree_.parts[part].layout == Layout::kSealed) continue;
      const Parts children = ChildrenOf(tree_, part);
      below.insert(below.end(), children.begin(), children.end());
    }
    return below;
  }

  const Tree& tree_;
  const StillFails& still_fails_;
  const int most_questions_;
  int questions_ = 0;
  Parts cut_;
};

}  // namespace

Result<Shrunk> Shrink(std::string_view text, const StillFails& still_fails, int most_questions) {
  AIOP_TRY(const Tree tree, Read(text));
  return Shrinker(tree, still_fails, most_questions).Run();
}

}  // namespace aiop::twin
