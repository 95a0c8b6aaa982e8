// SPDX-License-Identifier: Apache-2.0
// What one objection suggests.
#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "core/mend/mend.h"
#include "core/mend/words.h"
#include "core/spelling/spelling.h"

namespace aiop::mend {
namespace {

using Suggestion = std::optional<Edit>;

std::string ParentOf(const std::string& pointer) {
  return pointer.substr(0, std::min(pointer.rfind('/'), pointer.size()));
}

std::string Shown(const json::Value& value) {
  return value.is_string() ? "'" + std::string(value.get_string()) + "'" : json::Text(value);
}

Edit Rename(const std::string& pointer, const std::string& to) {
  return {.kind = Edit::Kind::kRename,
          .pointer = pointer,
          .to = json::Value(to),
          .text = pointer + ": the name '" + json::LastKey(pointer) + "' -> '" + to + "'"};
}

Edit Replace(const std::string& pointer, const json::Value& from, json::Value to) {
  std::string text = pointer + ": " + Shown(from) + " -> " + Shown(to);
  return {.kind = Edit::Kind::kReplace,
          .pointer = pointer,
          .to = std::move(to),
          .text = std::move(text)};
}

// One objection to one spec.
struct Place {
  const json::Value& spec;
  const json::Value* schema;
  const Objection& objection;
  const json::Value* found;    // what is at the pointer
  const json::Object* around;  // the object it is, or would be, a member of
  std::string key;

  bool Says(std::string_view keyword) const { return objection.keyword.ends_with(keyword); }
};

// The name meant instead of the key; one that the object has already is not meant again.
Suggestion RenameTo(const Place& place, std::vector<std::string> known) {
  if (place.around == nullptr || place.found == nullptr) return std::nullopt;
  std::erase_if(known, [&](const std::string& each) { return place.around->contains(each); });
  const auto meant = spelling::MeantBy(place.key, known);
  if (!meant) return std::nullopt;
  return Rename(place.objection.pointer, *meant);
}

Suggestion ReplaceBy(const Place& place, const std::vector<std::string>& known) {
  if (place.found == nullptr || !place.found->is_string()) return std::nullopt;
  const auto meant = spelling::MeantBy(std::string(place.found->get_string()), known);
  if (!meant) return std::nullopt;
  return Replace(place.objection.pointer, *place.found, json::Value(*meant));
}

// Something is missing: the one member whose name is close to it must be it.
Suggestion ForMissing(const json::Object& object, const std::string& at, const std::string& name) {
  Suggestion only;
  for (const auto& member : object) {
    const std::string key(member.key());
    if (!spelling::MeantBy(key, {name})) continue;
    if (only) return std::nullopt;
    only = Rename(json::Child(at, key), name);
  }
  return only;
}

Suggestion ForType(const Place& place) {
  const json::Value* types = At(place.schema, place.objection.keyword);
  if (types == nullptr || place.found == nullptr) return std::nullopt;
  const auto as =
      types->is_string() ? AsType(*place.found, std::string(types->get_string())) : std::nullopt;
  if (!as) return std::nullopt;
  return Replace(place.objection.pointer, *place.found, *as);
}

Suggestion ForBound(const Place& place) {
  const json::Value* bound = At(place.schema, place.objection.keyword);
  if (bound == nullptr || place.found == nullptr || !bound->is_number()) return std::nullopt;
  Edit edit = Replace(place.objection.pointer, *place.found, *bound);
  edit.a_guess = true;
  return edit;
}

// A word that refers to something of the spec itself.
Suggestion ForReference(const Place& place) {
  if (place.found == nullptr) return std::nullopt;
  if (place.found->is_string()) {
    const std::string word(place.found->get_string());
    if (word.starts_with("#/")) {
      const auto target = NearestTarget(place.spec, word);
      if (!target) return std::nullopt;
      return Replace(place.objection.pointer, *place.found, json::Value(*target));
    }
    if (auto edit = ReplaceBy(place, NamesIn(place.spec, word))) return edit;
    if (const auto number = AsType(*place.found, "number")) {
      return Replace(place.objection.pointer, *place.found, *number);
    }
  }
  return RenameTo(place, NamesIn(place.spec, place.key));
}

Suggestion Suggest(const Place& place) {
  const Objection& objection = place.objection;
  if (!objection.meant.empty()) {
    if (auto edit = ReplaceBy(place, {objection.meant})) return edit;
    return RenameTo(place, {objection.meant});
  }
  if (place.Says("/enum")) return ReplaceBy(place, objection.allowed);
  if (!objection.allowed.empty()) return RenameTo(place, objection.allowed);
  if (place.Says("/type")) return ForType(place);
  if (place.Says("/minimum") || place.Says("/maximum")) return ForBound(place);
  if (place.Says("/required")) {
    const json::Object* object = place.found ? place.found->if_object() : nullptr;
    if (object == nullptr) return std::nullopt;
    return ForMissing(*object, objection.pointer, FirstQuoted(objection.message));
  }
  if (!objection.keyword.empty() || objection.pointer.empty()) return std::nullopt;
  if (place.found == nullptr && place.around != nullptr) {
    return ForMissing(*place.around, ParentOf(objection.pointer), place.key);
  }
  return ForReference(place);
}

size_t Depth(const Edit& edit) {
  return static_cast<size_t>(std::ranges::count(edit.pointer, '/'));
}

}  // namespace

std::vector<Edit> Propose(const json::Value& spec, const std::vector<Objection>& objections,
                          const json::Value* schema) {
  std::vector<Edit> edits;
  std::set<std::string> disputed;  // places for which two objections suggest two things
  for (const Objection& objection : objections) {
    const json::Value* parent =
        objection.pointer.empty() ? nullptr : json::Find(spec, ParentOf(objection.pointer));
    const Place place{.spec = spec,
                      .schema = schema,
                      .objection = objection,
                      .found = json::Find(spec, objection.pointer),
                      .around = parent ? parent->if_object() : nullptr,
                      .key = json::LastKey(objection.pointer)};
    auto edit = Suggest(place);
    if (!edit || edits.size() >= kEditLimit) continue;
    const auto same = std::ranges::find(edits, edit->pointer, &Edit::pointer);
    if (same == edits.end()) {
      edits.push_back(*std::move(edit));
    } else if (same->kind != edit->kind || same->to != edit->to) {
      disputed.insert(edit->pointer);
    }
  }
  std::erase_if(edits, [&](const Edit& each) { return disputed.contains(each.pointer); });
  // What lies deeper first: its pointer goes through the names that are changed after it.
  std::ranges::sort(edits, [](const Edit& a, const Edit& b) {
    return std::pair(Depth(b), a.pointer) < std::pair(Depth(a), b.pointer);
  });
  return edits;
}

}  // namespace aiop::mend
