// SPDX-License-Identifier: Apache-2.0
#include "core/mend/mend.h"

#include <boost/json.hpp>

#include "base/yaml/yaml.h"
#include "core/twin/twin.h"

namespace aiop::mend {
namespace {

// What the edit means, apart from any text.
Result<json::Value> Meaning(json::Value spec, const Edit& edit) {
  boost::system::error_code error;
  json::Value* at = spec.find_pointer(edit.pointer, error);
  if (at == nullptr) return Invalid("there is nothing at " + edit.pointer);
  if (edit.kind == Edit::Kind::kReplace) {
    *at = edit.to;
    return spec;
  }
  const std::string parent = edit.pointer.substr(0, edit.pointer.rfind('/'));
  json::Value* around = spec.find_pointer(parent, error);
  json::Object* object = around ? around->if_object() : nullptr;
  const std::string to(edit.to.as_string());
  if (object == nullptr || object->contains(to)) {
    return Invalid(edit.pointer + " cannot be called '" + to + "'");
  }
  json::Value moved = *at;
  object->erase(json::LastKey(edit.pointer));
  object->insert_or_assign(to, std::move(moved));
  return spec;
}

std::string Spliced(std::string_view text, size_t begin, size_t end, std::string_view with) {
  return std::string(text.substr(0, begin)) + std::string(with) + std::string(text.substr(end));
}

}  // namespace

Result<std::string> Make(std::string_view text, const Edit& edit) {
  AIOP_TRY(const auto before, yaml::Parse(text, "the spec"));
  AIOP_TRY(const json::Value wanted, Meaning(before.value, edit));
  AIOP_TRY(const twin::Place place, twin::PlaceOf(text, edit.pointer));
  const bool rename = edit.kind == Edit::Kind::kRename;
  const size_t begin = rename ? place.key_begin : place.value_begin;
  const size_t end = rename ? place.key_end : place.value_end;
  if (begin >= end) return Invalid("there is no place to edit at " + edit.pointer);
  // In YAML a word stays without quotes where it had none.
  std::vector<std::string> forms = {json::Text(edit.to)};
  if (edit.to.is_string() && text[begin] != '"') {
    forms.insert(forms.begin(), std::string(edit.to.get_string()));
  }
  const std::string meaning = json::CanonicalText(wanted);
  for (const std::string& form : forms) {
    std::string edited = Spliced(text, begin, end, form);
    const auto after = yaml::Parse(edited, "the spec");
    if (after && json::CanonicalText(after->value) == meaning) return edited;
  }
  return Invalid("the text at " + edit.pointer + " cannot be edited in place");
}

Result<Mended> Mend(std::string_view text, const json::Value* schema, const Validator& validator) {
  Mended mended{.text = std::string(text), .edits = {}, .accepted = false};
  for (int round = 0; round < kRounds; ++round) {
    AIOP_TRY(const Opinion opinion, validator(mended.text));
    mended.accepted = opinion.accepted;
    if (opinion.accepted || mended.edits.size() >= kEditLimit) break;
    const auto spec = yaml::Parse(mended.text, "the spec");
    if (!spec) break;
    bool moved = false;
    for (Edit& edit : Propose(spec->value, opinion.objections, schema)) {
      auto edited = Make(mended.text, edit);
      if (!edited) continue;
      mended.text = *std::move(edited);
      mended.edits.push_back(std::move(edit));
      moved = true;
    }
    if (!moved) break;
  }
  return mended;
}

}  // namespace aiop::mend
