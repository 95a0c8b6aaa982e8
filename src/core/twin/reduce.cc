// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "core/twin/session.h"

namespace aiop::twin {
namespace {

using Parts = std::vector<uint32_t>;

constexpr size_t kContainersTried = 24;  // of the root's children, the largest
constexpr uint32_t kEmptiedLevels = 8;   // emptying everything at one depth: 1 to this
constexpr int kSearchQuestions = kReductionQuestions / 2;  // the rest is for putting back

Parts Joined(Parts left, const Parts& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

class Reducer {
 public:
  Reducer(Session& session, const Parts& base)
      : session_(session), tree_(session.tree()), base_(base) {}

  Result<Parts> Run(Parts accepted) {
    if (accepted.empty()) {
      AIOP_TRY(accepted, FirstAccepted());
    }
    if (accepted.empty()) return accepted;
    accepted = MakeCuts(tree_, std::move(accepted)).tops;
    while (true) {
      AIOP_TRY(accepted, PutBack(std::move(accepted)));
      bool finer = false;
      AIOP_TRY(accepted, Refine(std::move(accepted), finer));
      if (!finer || session_.exhausted()) return accepted;
    }
  }

 private:
  uint32_t Size(uint32_t part) const { return tree_.parts[part].past - part; }

  void LargestFirst(Parts& parts) const {
    std::ranges::sort(parts, [&](uint32_t a, uint32_t b) {
      return Size(a) != Size(b) ? Size(a) > Size(b) : a < b;
    });
  }

  bool Divisible(uint32_t part) const {
    return !tree_.Leaf(part) && tree_.parts[part].layout != Layout::kSealed;
  }

  // Everything at this depth; what is shallower and has nothing in it stays.
  Parts Level(uint32_t depth) const {
    Parts level{0};
    for (uint32_t i = 0; i < depth; ++i) {
      Parts next;
      for (const uint32_t part : level) next = Joined(std::move(next), ChildrenOf(tree_, part));
      level = std::move(next);
    }
    return level;
  }

  // Sets worth trying first, the ones that answer most first.
  std::vector<Parts> Starts() const {
    std::vector<Parts> starts{Level(1)};
    Parts containers = Level(1);
    std::erase_if(containers, [&](uint32_t part) { return !Divisible(part); });
    LargestFirst(containers);
    if (containers.size() > kContainersTried) containers.resize(kContainersTried);
    for (const uint32_t container : containers) {
      starts.push_back(ChildrenOf(tree_, container));
      starts.push_back({container});
    }
    starts.push_back(Level(2));
    for (const uint32_t kept : containers) {  // one whole, the others emptied
      Parts others;
      for (const uint32_t part : containers) {
        if (part != kept) others = Joined(std::move(others), ChildrenOf(tree_, part));
      }
      starts.push_back(std::move(others));
    }
    for (uint32_t depth = 3; depth <= kEmptiedLevels; ++depth) starts.push_back(Level(depth));
    return starts;
  }

  Result<Parts> FirstAccepted() {
    for (const Parts& start : Starts()) {
      Parts with_base = Joined(start, base_);
      AIOP_TRY(const bool accepted, session_.Accepts(with_base));
      if (accepted) return with_base;
    }
    Parts singles;
    for (uint32_t part = 1; part < tree_.parts.size(); ++part) {
      if (Cuttable(tree_, part) == part) singles.push_back(part);
    }
    LargestFirst(singles);
    for (const uint32_t single : singles) {
      if (session_.questions() >= kSearchQuestions) break;
      AIOP_TRY(const bool accepted, session_.Accepts(Joined({single}, base_)));
      if (accepted) return Joined({single}, base_);
    }
    return Parts();
  }

  // Puts back what need not be cut, in chunks that get smaller, large parts first.
  Result<Parts> PutBack(Parts cut) {
    LargestFirst(cut);
    for (size_t chunk = std::max<size_t>(cut.size() / 2, 1); cut.size() > 1;) {
      bool progress = false;
      for (size_t at = 0; at < cut.size() && cut.size() > 1;) {
        const size_t end = std::min(at + chunk, cut.size());
        Parts rest(cut.begin(), cut.begin() + static_cast<ptrdiff_t>(at));
        rest.insert(rest.end(), cut.begin() + static_cast<ptrdiff_t>(end), cut.end());
        AIOP_TRY(const bool accepted, session_.Accepts(rest));
        if (accepted) {
          cut = std::move(rest);
          progress = true;
        } else {
          at = end;
        }
      }
      if (chunk == 1 && !progress) break;
      chunk = std::max<size_t>(std::min(chunk, cut.size()) / 2, 1);
    }
    return cut;
  }

  // Cuts the children of parts instead of the parts, where that does as well.
  Result<Parts> Refine(Parts cut, bool& finer) {
    Parts open;
    Parts closed;
    for (const uint32_t part : cut) {
      (Divisible(part) && !whole_.contains(part) ? open : closed).push_back(part);
    }
    if (open.empty()) return cut;
    Parts all = closed;
    for (const uint32_t part : open) all = Joined(std::move(all), ChildrenOf(tree_, part));
    AIOP_TRY(finer, session_.Accepts(all));
    if (finer) return all;
    for (const uint32_t part : open) {
      Parts instead = cut;
      std::erase(instead, part);
      instead = Joined(std::move(instead), ChildrenOf(tree_, part));
      AIOP_TRY(const bool accepted, session_.Accepts(instead));
      if (accepted) {
        cut = std::move(instead);
        finer = true;
      } else {
        whole_.insert(part);
      }
    }
    return cut;
  }

  Session& session_;
  const Tree& tree_;
  const Parts& base_;
  std::set<uint32_t> whole_;  // must go as a whole
};

}  // namespace

Result<std::vector<uint32_t>> Reduce(Session& session, std::vector<uint32_t> accepted,
                                     const std::vector<uint32_t>& base) {
  return Reducer(session, base).Run(std::move(accepted));
}

}  // namespace aiop::twin
