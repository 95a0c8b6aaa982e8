// SPDX-License-Identifier: Apache-2.0
//
// Private: where the parts of a document stand in its text. One flat list in document order, so
// that even 64 MiB of brackets is read without recursion.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/twin/twin.h"

namespace aiop::twin {

inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
inline constexpr uint32_t kNoPart = std::numeric_limits<uint32_t>::max();

enum class Kind : uint8_t { kScalar, kObject, kArray, kAlias };

// How the children of a collection are cut: between brackets, as lines, or not at all (then the
// collection itself is what can be cut).
enum class Layout : uint8_t { kFlow, kBlock, kSealed };

struct Part {
  uint32_t begin = 0;   // of the member's key, of the item, or of the item's dash
  uint32_t value = 0;   // of the value; of a flow collection: its opening bracket
  uint32_t end = 0;     // past the value; not known of block collections and what is in them
  uint32_t parent = 0;  // the root is its own
  uint32_t past = 0;    // past the last descendant, in the list
  uint32_t index = 0;   // among its siblings
  Kind kind = Kind::kScalar;
  Layout layout = Layout::kSealed;

  bool collection() const { return kind == Kind::kObject || kind == Kind::kArray; }
};

// `text` must outlive it.
struct Tree {
  std::string_view text;
  Format format = Format::kJson;
  std::vector<Part> parts;  // [0] is the root

  // YAML only, one for each part: what its bytes mean, to prove that a twin means the same.
  std::vector<std::string> keys;
  std::vector<uint64_t> digests;  // of tag and text
  std::vector<uint32_t> targets;  // of aliases: the part they stand for, or kNoPart
  uint32_t end = 0;               // of the document: where `...` or the text's end is

  bool Leaf(uint32_t part) const { return parts[part].past == part + 1; }
};

// A set of parts that are cut. `tops` in document order, none inside another.
struct Cuts {
  std::vector<uint32_t> tops;
  std::vector<bool> flags;  // of `tops`, one for each part

  bool Has(uint32_t part) const { return part < flags.size() && flags[part]; }
};

// The same set without what lies inside another or is the root; parts of sealed collections become
// the smallest part around them that can be cut.
Cuts MakeCuts(const Tree& tree, std::vector<uint32_t> parts);

// The part that can be cut instead of this one, which may be itself; 0 if there is none.
uint32_t Cuttable(const Tree& tree, uint32_t part);

std::vector<uint32_t> ChildrenOf(const Tree& tree, uint32_t part);

std::string KeyOf(const Tree& tree, uint32_t part);
std::string PointerTo(const Tree& tree, uint32_t part);

// The parts at `pointer`, or of its nearest ancestor, in the text as it is without `cuts`; several
// if keys are duplicate, none if only the root is left. kInvalid if it is no JSON pointer.
Result<std::vector<uint32_t>> PartsAt(const Tree& tree, std::string_view pointer, const Cuts& cuts);

// Read the whole text; kInvalid with the line of the first thing that is wrong.
Result<Tree> ReadJson(std::string_view text);
Result<Tree> ReadYaml(std::string_view text);
Result<Tree> Read(std::string_view text);

size_t LineStart(std::string_view text, size_t at);
int LineNumber(std::string_view text, size_t at);

}  // namespace aiop::twin
