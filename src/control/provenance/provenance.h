// SPDX-License-Identifier: Apache-2.0
//
// Where an artifact comes from, told so that somebody else can check it: the record of one artifact
// of a successful run, its Ed25519 signature, and the checks of both. Nothing is stored: a record
// is made when asked for, and made again it is the same to the byte. Thread-safe: no state. Keys
// are PEM, as `openssl genpkey -algorithm ed25519` writes them.
//
// Errors: kInvalid a key that is none, or what does not belong together; kForbidden a run that did
// not succeed; kNotFound what the home does not know.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "control/contexts/contexts.h"
#include "core/model/model.h"

namespace aiop::provenance {

inline constexpr uint64_t kKeyLimitBytes = uint64_t{64} << 10;
inline constexpr uint64_t kRecordLimitBytes = uint64_t{1} << 20;

// What the motor version passed, one line each ("gate tests pass"): the last gating of `change`,
// the one that made it, or how it came in without one.
std::vector<std::string> ChecksOf(const model::MotorVersion& version, const model::Change* change);

Result<model::Provenance> Describe(contexts::Home& home, const model::Run& run,
                                   const model::Artifact& artifact);

// What is signed: all but the signature, as canonical JSON.
std::string SignedText(const model::Provenance& record);

Status Sign(model::Provenance& record, std::string_view private_key);
// kInvalid if the record is not signed, was signed with another key, or was altered since.
Status CheckSignature(const model::Provenance& record, std::string_view public_key);
// kInvalid if the content is not what the record is about.
Status CheckContent(const model::Provenance& record, std::string_view content);
// Whether the home knows this artifact, its run and the motor version as the record tells them.
Status CheckKnown(contexts::Home& home, const model::Provenance& record);

}  // namespace aiop::provenance
