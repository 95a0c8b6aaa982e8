// SPDX-License-Identifier: Apache-2.0
//
// Private: what validators and the motor's declaration say of a changed spec.
#pragma once

#include "control/app_repair/app_repair.h"
#include "core/mend/mend.h"
#include "core/schema/schema.h"

namespace aiop::app_repair {

// For one motor version; keeps its schema compiled.
class Judge {
 public:
  // A schema that cannot be read counts as none.
  static Result<Judge> Create(engine::Engine& engine, experiments::Harness& harness,
                              const contexts::Motor& motor);

  // Whether anybody could object at all.
  bool Judges() const { return schema_.has_value() || !motor_.manifest.validate.empty(); }
  const json::Value* schema_document() const { return schema_ ? &document_ : nullptr; }

  // Of a spec that is a single file. Validators that cannot be run are an error.
  Result<mend::Opinion> Text(std::string_view text, const std::string& file_name) const;
  // Of a folder with these files changed.
  Result<mend::Opinion> Folder(
      const Subject& subject, const std::map<std::string, std::optional<std::string>>& files) const;

 private:
  Judge(engine::Engine& engine, experiments::Harness& harness, contexts::Motor motor)
      : engine_(&engine), harness_(&harness), motor_(std::move(motor)) {}

  engine::Engine* engine_;
  experiments::Harness* harness_;
  contexts::Motor motor_;
  json::Value document_;
  std::optional<schema::Schema> schema_;
};

// Whether an error only says that this source cannot help.
inline bool SaysNothing(const Error& error) { return error.code != Code::kCancelled; }

}  // namespace aiop::app_repair
