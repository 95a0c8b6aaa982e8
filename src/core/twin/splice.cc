// SPDX-License-Identifier: Apache-2.0
#include "core/twin/splice.h"

#include <algorithm>
#include <functional>

#include "core/twin/yaml_layout.h"

namespace aiop::twin {
namespace {

// Above this, cuts that do not work out are widened all together instead of tried one by one.
constexpr size_t kTriedAlone = 16;

struct Edit {
  size_t begin;
  size_t end;
  std::string text;
};

// What is left of a collection keeps its brackets and all commas but those beside the cut parts.
void EditFlow(const Tree& tree, uint32_t parent, const Cuts& cuts, std::vector<Edit>& edits) {
  const Part& collection = tree.parts[parent];
  bool kept_one = false;
  size_t kept_end = 0;
  size_t leading = 0;   // where the cut ones before the first kept one begin
  size_t trailing = 0;  // where the cut ones after a kept one end
  bool cutting = false;
  const auto flush = [&](const Part* next_kept) {
    if (!cutting) return;
    if (kept_one) {
      edits.push_back({kept_end, trailing, ""});
    } else if (next_kept != nullptr) {
      edits.push_back({leading, next_kept->begin, ""});
    } else {
      edits.push_back({collection.value + 1U, collection.end - 1U, ""});
    }
    cutting = false;
  };
  for (uint32_t child = parent + 1; child < collection.past; child = tree.parts[child].past) {
    const Part& part = tree.parts[child];
    if (cuts.Has(child)) {
      if (!cutting) leading = part.begin;
      cutting = true;
      trailing = part.end;
    } else {
      flush(&part);
      kept_one = true;
      kept_end = part.end;
    }
  }
  flush(nullptr);
}

void EditEmptiedBlock(const Tree& tree, const std::vector<uint32_t>& children, bool object,
                      std::vector<Edit>& edits) {
  const size_t begin = tree.parts[children.front()].begin;
  const size_t start = LineStart(tree.text, begin);
  const std::string_view indent = tree.text.substr(start, begin - start);
  const size_t end = BlockEntryEnd(tree, children.back());
  std::string left = object ? "{}" : "[]";
  // Deeper than the parent's key, which may stand in the same column as a sequence's dashes.
  if (indent.find_first_not_of(" \t") == std::string_view::npos) left.insert(0, " ");
  if (end > begin && tree.text[end - 1] == '\n') left += '\n';
  edits.push_back({begin, end, left});
}

void EditBlock(const Tree& tree, uint32_t parent, const Cuts& cuts, std::vector<Edit>& edits) {
  const auto children = ChildrenOf(tree, parent);
  const auto kept = std::ranges::find_if(children, [&](uint32_t c) { return !cuts.Has(c); });
  if (kept == children.end()) {
    return EditEmptiedBlock(tree, children, tree.parts[parent].kind == Kind::kObject, edits);
  }
  auto next = children.begin();
  const size_t first = tree.parts[*next].begin;
  const size_t start = LineStart(tree.text, first);
  const bool compact =
      tree.text.substr(start, first - start).find_first_not_of(" \t") != std::string_view::npos;
  if (compact && kept != next) {  // "- a: 1" without a: the next key moves up behind the dash
    edits.push_back({first, tree.parts[*kept].begin, ""});
    next = kept;
  }
  for (; next != children.end(); ++next) {
    if (!cuts.Has(*next)) continue;
    edits.push_back(
        {LineStart(tree.text, tree.parts[*next].begin), BlockEntryEnd(tree, *next), ""});
  }
}

std::string Edited(const Tree& tree, const Cuts& cuts) {
  std::vector<uint32_t> parents;
  parents.reserve(cuts.tops.size());
  for (const uint32_t top : cuts.tops) parents.push_back(tree.parts[top].parent);
  std::ranges::sort(parents);
  const auto repeated = std::ranges::unique(parents);
  parents.erase(repeated.begin(), repeated.end());
  std::vector<Edit> edits;
  for (const uint32_t parent : parents) {
    const bool flow = tree.parts[parent].layout == Layout::kFlow;
    (flow ? EditFlow : EditBlock)(tree, parent, cuts, edits);
  }
  std::ranges::sort(edits, {}, &Edit::begin);
  std::string text;
  size_t at = 0;
  for (const Edit& edit : edits) {
    if (edit.begin < at || edit.end < edit.begin) return "";  // misjudged: means nothing, so widen
    text += tree.text.substr(at, edit.begin - at);
    text += edit.text;
    at = edit.end;
  }
  text += tree.text.substr(at);
  return text;
}

// Whether `twin` is `tree` without the cut parts, in every key, tag, text and alias.
bool MeansTheRest(const Tree& tree, const Cuts& cuts, const Tree& twin) {
  std::vector<uint32_t> ranks(tree.parts.size(), kNoPart);
  uint32_t rank = 0;
  for (uint32_t part = 0; part < tree.parts.size();) {
    if (cuts.Has(part)) {
      part = tree.parts[part].past;
      continue;
    }
    if (rank >= twin.parts.size()) return false;
    ranks[part] = rank;
    const uint32_t target = tree.targets[part] == kNoPart ? kNoPart : ranks[tree.targets[part]];
    if (twin.parts[rank].kind != tree.parts[part].kind || twin.keys[rank] != tree.keys[part] ||
        twin.parts[rank].parent != ranks[tree.parts[part].parent] ||
        twin.digests[rank] != tree.digests[part] || twin.targets[rank] != target) {
      return false;
    }
    ++rank;
    ++part;
  }
  return rank == twin.parts.size();
}

bool Holds(const Tree& tree, const Cuts& cuts, const std::string& text) {
  const auto twin = ReadYaml(text);
  return twin && MeansTheRest(tree, cuts, *twin);
}

Cuts Widened(const Tree& tree, const Cuts& cuts, const std::function<bool(uint32_t)>& which) {
  std::vector<uint32_t> parts;
  parts.reserve(cuts.tops.size());
  for (const uint32_t top : cuts.tops) {
    parts.push_back(which(top) ? tree.parts[top].parent : top);  // the root is dropped
  }
  return MakeCuts(tree, std::move(parts));
}

// Widens every cut that would leave an alias without its anchor.
Cuts KeepAnchors(const Tree& tree, Cuts cuts) {
  while (true) {
    std::vector<uint32_t> owners(tree.parts.size(), kNoPart);  // the cut each part falls to
    for (const uint32_t top : cuts.tops) {
      std::fill(owners.begin() + top, owners.begin() + tree.parts[top].past, top);
    }
    std::vector<bool> refused(tree.parts.size());
    bool any = false;
    for (uint32_t part = 0; part < tree.parts.size(); ++part) {
      const uint32_t target = tree.targets[part];
      if (target == kNoPart || owners[part] != kNoPart || owners[target] == kNoPart) continue;
      refused[owners[target]] = true;
      any = true;
    }
    if (!any) return cuts;
    cuts = Widened(tree, cuts, [&](uint32_t top) { return refused[top]; });
  }
}

Cuts WidenMisjudged(const Tree& tree, const Cuts& cuts) {
  const auto all = [](uint32_t) { return true; };
  if (cuts.tops.size() > kTriedAlone) return Widened(tree, cuts, all);
  std::vector<uint32_t> misjudged;
  for (const uint32_t top : cuts.tops) {
    const Cuts alone = MakeCuts(tree, {top});
    if (!Holds(tree, alone, Edited(tree, alone))) misjudged.push_back(top);
  }
  if (misjudged.empty()) return Widened(tree, cuts, all);
  return Widened(tree, cuts, [&](uint32_t top) {
    return std::ranges::find(misjudged, top) != misjudged.end();
  });
}

}  // namespace

Result<Spliced> Splice(const Tree& tree, std::vector<uint32_t> parts) {
  Cuts cuts = MakeCuts(tree, std::move(parts));
  while (true) {
    if (tree.format == Format::kYaml) cuts = KeepAnchors(tree, std::move(cuts));
    if (cuts.tops.empty()) return Invalid("none of these parts can be cut out of the text");
    std::string text = Edited(tree, cuts);
    if (tree.format == Format::kJson || Holds(tree, cuts, text)) {
      return Spliced{std::move(text), std::move(cuts)};
    }
    cuts = WidenMisjudged(tree, cuts);  // ends: every round brings parts nearer to the root
  }
}

}  // namespace aiop::twin
