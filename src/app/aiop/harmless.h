// SPDX-License-Identifier: Apache-2.0
// What plants and specs say is shown to people, and a terminal obeys some of it.
#pragma once

#include <string>
#include <string_view>

namespace aiop::app {

// The text with each character that a terminal obeys, or that turns the direction of writing,
// replaced by U+FFFD, and with invalid UTF-8 replaced so too. Line ends and tabs stay, and the
// colours of Paint() where `colours` says that they are in use.
std::string Harmless(std::string_view text, bool colours);

}  // namespace aiop::app
