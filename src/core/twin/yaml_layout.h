// SPDX-License-Identifier: Apache-2.0
//
// Private: finds where in the text the entries of YAML collections begin and end. yaml-cpp says
// only where values begin. What cannot be told for sure stays sealed.
#pragma once

#include "core/twin/tree.h"

namespace aiop::twin {

// Places the parts of `tree`, whose `value`s are yaml-cpp's marks and whose layouts are kBlock for
// block collections and kSealed for the others.
void PlaceParts(Tree& tree);

// Past tags, anchors, blanks, line ends and comments.
size_t SkipProperties(std::string_view text, size_t at);

// Past the lines of an entry of a block collection; comments that are not deeper than the entry
// belong to what follows.
size_t BlockEntryEnd(const Tree& tree, uint32_t part);

// Of the flow collection `part`, whose bracket is at `at`: places everything in it, if its shape is
// as the tree says.
void PlaceFlow(Tree& tree, uint32_t part, size_t at);

}  // namespace aiop::twin
