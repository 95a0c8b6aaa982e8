// SPDX-License-Identifier: Apache-2.0
// What runs came to, for people: states and why, decisions, changes, what was saved, what to do
// next.
#pragma once

#include "app/aiop/output.h"
#include "control/supervision/supervision.h"

namespace aiop::app {

void ShowPicture(Output& out, const supervision::Summary& summary);

// The same as text; `width` is that of paragraphs.
std::string PictureText(const supervision::Summary& summary, size_t width, bool colours);

// One decision: what was decided, why, on what evidence. `width` as above.
std::string DecisionText(const model::DecisionRecord& decision, size_t width, bool colours);

}  // namespace aiop::app
