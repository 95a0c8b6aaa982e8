// SPDX-License-Identifier: Apache-2.0
//
// Repaired twins: a spec without the parts that validators object to. Parts are cut out as byte
// ranges of the original text, never re-serialised, so that nothing else changes on the way: a twin
// that heals proves that the cut part was the cause. Pure; thread-safe.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"

namespace aiop::twin {

inline constexpr size_t kTextLimitBytes = size_t{64} << 20;  // YAML: half of it

enum class Format { kJson, kYaml };

// By content: JSON if it parses as such, else YAML.
Format FormatOf(std::string_view text);

struct Cutting {
  std::string text;              // the twin
  std::vector<std::string> cut;  // JSON pointers that were cut, into the original
};

// The text without the members or list items at these JSON pointers (RFC 6901). A pointer to
// something that is not there (a missing member) or to the root names its nearest existing ancestor
// below the root. Overlapping pointers are cut once; of duplicate keys all are cut. The form in
// URIs ("#/a%20b") is taken too. kInvalid if the text is neither JSON nor a single YAML document,
// or if nothing can be cut.
//
// JSON is read to the letter of RFC 8259, whatever its depth, number sizes or duplicate keys; a
// byte order mark may precede it. A YAML twin is read again and compared with the original, part by
// part; where a cut alone would change what is left (an anchor that an alias elsewhere needs,
// complex keys), the part around it is cut instead. A block collection left empty becomes {} or [].
Result<Cutting> Cut(std::string_view text, const std::vector<std::string>& pointers);

// Where one part stands in a text: byte ranges of its key (empty for an item of a list) and of its
// value. A value in YAML has one only if it is a scalar on one line; else the range is empty.
struct Place {
  size_t key_begin = 0;
  size_t key_end = 0;
  size_t value_begin = 0;
  size_t value_end = 0;
};

// kNotFound if nothing, or more than one thing (duplicate keys), is at exactly this JSON pointer;
// kInvalid if the text is neither JSON nor YAML, or the part is written in a way that has no simple
// place. In YAML it is a good guess: who edits there reads the result again.
Result<Place> PlaceOf(std::string_view text, const std::string& pointer);

// What a validator says of a text: the pointers it objects to (possibly none known) and whether it
// accepts.
struct Opinion {
  bool accepted = false;
  std::vector<std::string> pointers;
};
using Validator = std::function<Result<Opinion>(std::string_view text)>;

inline constexpr int kRepairRounds = 40;         // cut, ask, cut more
inline constexpr int kReductionQuestions = 400;  // validator calls when it names no places

// Cuts what the validator objects to until it accepts the rest: by its pointers where it names them
// (and what is around them where one objection follows another), else by delta-debugging on its
// answer over the text's structure (largest parts first, then smaller, keeping as much of the text
// as it accepts). A text that is accepted as it is comes back with nothing cut. kNotFound if no
// accepted remainder with anything of substance in it was found within the limits: at least half of
// the leaves, or something in each top-level collection that had something. Pointers in opinions
// are into the text asked about; what is no JSON pointer is overlooked. Errors of the validator are
// passed on.
Result<Cutting> Repair(std::string_view text, const Validator& validator);

// Whether a text still shows what is looked for, for instance the same failure.
using StillFails = std::function<Result<bool>(std::string_view text)>;

struct Shrunk {
  Cutting cutting;        // the least text found, and what was cut for it
  int questions = 0;      // asked of `still_fails`
  bool complete = false;  // false: the questions were used up, a smaller text may exist
};

// The part of the text that is enough for `still_fails`: hierarchical delta-debugging (Misherghi
// and Su, "HDD", ICSE 2006) over its structure, from the root down, largest chunks first.
// `still_fails` is taken to be true of the text itself. Errors of `still_fails` are passed on.
Result<Shrunk> Shrink(std::string_view text, const StillFails& still_fails, int most_questions);

}  // namespace aiop::twin
