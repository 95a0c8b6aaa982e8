// SPDX-License-Identifier: Apache-2.0
//
// Turns the text of a failure into a stable id, so that the same failure is recognised in every app
// and every run.
//
// The text becomes a template: what differs between two occurrences of one cause (paths, positions,
// numbers, ids, times, names taken from the app's spec) is masked, what tells causes apart (error
// codes, the wording, the innermost functions of a crash) stays. The id hashes plant, signal type
// and template. The app, the profile and the motor version are deliberately no part of it: one
// cause shows in many of each.
//
//   Of("openapi-client", SignalType::kError, "out/api.ts(187,9): error TS2411: Property 'empty' of
//   type ...")
//     .template_text == "TS2411: Property '<*>' of type '<*>' is not assignable to '<*>' index type
//     '<*>'."
//
// A template of a failure and that of a log line differ in what stays. LineTemplate says which
// statement printed a line: every value goes. Template says why something failed, so these values
// stay: error codes; the number of an exit, a signal or a status; `code=`, `reason=` and their
// like; the kind of a file; the module, package or command that is missing; the property a tool's
// own code tripped over. Quoted types and names go: in compilers they are the app's, and the same
// fault of a generator shows with another type in each app.
//
// Pure and thread-safe. Linear in the text; of more than kTextLimitBytes only the two ends are
// read. Ids are stored: a change of what Template returns needs a new kAlgorithm, and the old one
// stays for AllIds.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/model.h"

namespace aiop::fingerprint {

inline constexpr std::string_view kAlgorithm = "fp2";
inline constexpr std::string_view kFirstAlgorithm = "fp1";  // of incidents from before
inline constexpr size_t kTextLimitBytes = size_t{256} << 10;
inline constexpr size_t kDiagnosticLimit = 3;  // distinct compiler messages in a template, sorted
inline constexpr size_t kHeadlineLimit = 3;    // distinct error lines
inline constexpr size_t kFrameLimit = 2;       // distinct functions, innermost first
inline constexpr size_t kLineLimit = 8;        // distinct lines of a text without any of these
inline constexpr size_t kTemplateLimitBytes = size_t{4} << 10;

struct Fingerprint {
  std::string id;             // 32 hex digits
  std::string template_text;  // for people, and what was hashed
  std::string grouped_by;     // "fp2: plant, signal_type, template"
};

// `plant_motor_name` is the `name` of the motor's manifest, which all copies of a plant share.
Fingerprint Of(std::string_view plant_motor_name, model::SignalType signal_type,
               std::string_view details);

// The id of the failure under every algorithm there was, newest first. An incident keeps the id it
// was made with; a failure belongs to it when one of these is that id. Only kAlgorithm opens new
// ones.
std::vector<std::string> AllIds(std::string_view plant_motor_name, model::SignalType signal_type,
                                std::string_view details);

// The template alone. Empty only for a text without any printable character.
std::string Template(std::string_view text);

// The template of one line of a log: what the statement that printed it always prints, every value
// masked. Lines of one statement share it, whatever came before them.
std::string LineTemplate(std::string_view line);

// How alike two templates are, 0 to 1: the share of their words and pairs of neighbouring words
// (masked values are words too) that they have in common. For linking incidents, never for grouping
// them. Symmetric; 1 for the same words in the same order.
double Similarity(std::string_view one, std::string_view other);

// From here on two incidents are shown as similar. Measured on tests/grouping: see
// docs/concepts/incidents-and-decisions.md.
inline constexpr double kSimilarFrom = 0.7;

}  // namespace aiop::fingerprint
