// SPDX-License-Identifier: Apache-2.0
// Where an artifact comes from: which app and motor made it, and which checks that motor passed.
#pragma once

#include "core/model/reference.h"

namespace aiop::model {

struct Provenance {
  std::string artifact;  // key of the artifact
  std::string hash;
  AppReference app_ctx;
  MotorReference motor_ctx;
  std::string run;
  std::vector<std::string> checks;  // "gate tests pass", of the change that made the motor version
  Timestamp made;
  std::string key;        // SHA-256 of the public key; empty: not signed
  std::string signature;  // Ed25519 over the canonical JSON without it, in base64

  static constexpr std::string_view kName = "Provenance";
  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit.Required("artifact", self.artifact, "");
    visit.Required("hash", self.hash, "SHA-256 of its content.");
    visit.Required("app_ctx", self.app_ctx, "");
    visit.Required("motor_ctx", self.motor_ctx, "");
    visit.Required("run", self.run, "");
    visit.Required("checks", self.checks, "What the motor version passed.");
    visit.Required("made", self.made, "");
    visit.Optional("key", self.key, "SHA-256 of the public key that verifies the signature.");
    visit.Optional("signature", self.signature,
                   "Ed25519 over the canonical JSON of the rest, in base64.");
  }
};

}  // namespace aiop::model
