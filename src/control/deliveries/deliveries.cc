// SPDX-License-Identifier: Apache-2.0
#include "control/deliveries/deliveries.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "base/fault/fault.h"
#include "base/file/file.h"
#include "base/identity/identity.h"
#include "base/json/json.h"
#include "core/describe/describe.h"

namespace aiop::deliveries {
namespace {

namespace fs = std::filesystem;
using contexts::Home;

constexpr std::string_view kEnding = ".json";
constexpr uint64_t kFileLimitBytes = uint64_t{64} << 10;
constexpr auto kKinds =
    std::to_array<std::pair<hooks::Kind, std::string_view>>({{hooks::Kind::kGithub, "github"},
                                                             {hooks::Kind::kGitea, "gitea"},
                                                             {hooks::Kind::kGitlab, "gitlab"},
                                                             {hooks::Kind::kGeneric, "generic"}});
// What says that something changed in the source, as the kinds call it; "" is a sender that has one
// kind of event only.
constexpr auto kAboutTheSource =
    std::to_array<std::string_view>({"", "push", "create", "pull_request", "pull_request_sync",
                                     "Push Hook", "Tag Push Hook", "Merge Request Hook"});

fs::path Folder(const Home& home) { return home.folder() / "hooks"; }
fs::path FileOf(const Home& home, const std::string& name) {
  return Folder(home) / (name + std::string(kEnding));
}

Status CheckName(const std::string& name) {
  const bool plain = !name.empty() && name.size() <= kNameLimitBytes && name.front() != '-' &&
                     std::ranges::all_of(name, [](char each) {
                       return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
                              (each >= '0' && each <= '9') || each == '-' || each == '_';
                     });
  if (plain) return {};
  return Invalid("a hook is named by letters, digits, '-' and '_', at most " +
                 std::to_string(kNameLimitBytes));
}

struct Kept {
  Hook hook;
  std::string secret;
};

Result<Kept> ReadHook(const Home& home, const std::string& name) {
  AIOP_CHECK_OK(CheckName(name));
  const fs::path path = FileOf(home, name);
  std::error_code error;
  if (!fs::exists(path, error)) return NotFound("no hook '" + name + "'");
  AIOP_TRY(const std::string text, file::Read(path, kFileLimitBytes));
  const auto damaged = [&] { return Unavailable(path.string() + " is damaged"); };
  const auto value = json::Parse(text);
  if (!value) return damaged();
  const auto kind = KindOf(json::TextMember(*value, "kind"));
  const auto created = ParseTimestamp(json::TextMember(*value, "created"));
  Kept kept;
  kept.secret = json::TextMember(*value, "secret");
  if (!kind || !created || kept.secret.empty()) return damaged();
  kept.hook = {.name = name,
               .kind = *kind,
               .plant = std::string(json::TextMember(*value, "plant")),
               .created = *created};
  return kept;
}

std::string_view Trimmed(std::string_view secret) {
  if (secret.ends_with('\n')) secret.remove_suffix(1);
  if (secret.ends_with('\r')) secret.remove_suffix(1);
  return secret;
}

std::unexpected<Error> TakenBefore(const model::HookDelivery& delivery) {
  return Forbidden("the delivery '" + delivery.id + "' was taken already, " +
                   FormatTimestamp(delivery.at) + ": a delivery is taken once");
}

// Nothing in it is of the body: a stranger's words are no part of an event.
model::StoredEvent EventOf(const model::HookDelivery& delivery, const contexts::Motor& motor,
                           bool looked) {
  const std::string event = delivery.event.empty() ? "a delivery" : "'" + delivery.event + "'";
  model::StoredEvent stored;
  stored.envelope.id = NewId();
  stored.envelope.timestamp = delivery.at;
  stored.envelope.scope = model::Scope::kMotor;
  stored.envelope.signal_type = model::SignalType::kValidation;
  stored.envelope.severity = model::Severity::kInfo;
  stored.envelope.payload = {
      {"details", "webhook " + delivery.hook + ": " + event +
                      (looked ? ": the motor's source was read again" : ": nothing to do for it")},
      {"hook", delivery.hook},
      {"delivery", delivery.id}};
  stored.envelope.context_ref.motor_ctx = motor.version.reference;
  stored.plant = delivery.plant;
  return stored;
}

// One commit: taken, said, and what is too old forgotten. False if it was taken already.
Result<bool> Commit(Home& home, const model::HookDelivery& delivery,
                    const model::StoredEvent& event) {
  AIOP_TRY(const auto known, home.ledger().List<model::HookDelivery>());
  store::Ledger::Batch batch;
  batch.Put(delivery, store::Mode::kInsert);
  batch.Put(event, store::Mode::kInsert);
  for (const auto& each : known) {
    if (delivery.at - each.at > kRemembered) batch.Remove<model::HookDelivery>(each.id);
  }
  const Status done = home.ledger().Commit(std::move(batch));
  if (!done && done.error().code == Code::kConflict) return false;
  AIOP_CHECK_OK(done);
  fault::Point("deliveries.taken");
  return true;
}

}  // namespace

std::string_view NameOf(hooks::Kind kind) {
  return std::ranges::find(kKinds, kind, &std::pair<hooks::Kind, std::string_view>::first)->second;
}

Result<hooks::Kind> KindOf(std::string_view name) {
  const auto found =
      std::ranges::find(kKinds, name, &std::pair<hooks::Kind, std::string_view>::second);
  if (found == kKinds.end()) return Invalid("no kind of hook: '" + std::string(name) + "'");
  return found->first;
}

json::Object ToJson(const Hook& hook) {
  return {{"name", hook.name},
          {"kind", NameOf(hook.kind)},
          {"plant", hook.plant},
          {"created", FormatTimestamp(hook.created)}};
}

Result<Hook> Add(Home& home, const std::string& name, hooks::Kind kind, const std::string& plant,
                 std::string_view secret) {
  AIOP_CHECK_OK(CheckName(name));
  AIOP_TRY([[maybe_unused]] const auto known, contexts::GetPlant(home, plant));
  const std::string_view kept = Trimmed(secret);
  if (kept.empty()) return Invalid("the secret is empty: anybody could sign with it");
  if (kept.size() > kSecretLimitBytes) {
    return Invalid("the secret is longer than " + std::to_string(kSecretLimitBytes) + " bytes");
  }
  if (json::ToValidUtf8(kept) != kept) return Invalid("the secret is no text (UTF-8)");
  std::error_code error;
  if (fs::exists(FileOf(home, name), error)) {
    return Invalid("there is a hook '" + name + "' already: aiop hook rm " + name);
  }
  Hook hook{.name = name, .kind = kind, .plant = plant, .created = Now()};
  json::Object record = ToJson(hook);
  record["secret"] = kept;
  AIOP_CHECK_OK(file::MakeFolders(Folder(home)));
  AIOP_CHECK_OK(file::WriteDurably(FileOf(home, name), json::PrettyText(record), 0600));
  fault::Point("deliveries.hook");
  return hook;
}

Result<std::vector<Hook>> List(Home& home) {
  std::vector<Hook> hooks;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(Folder(home), error)) {
    if (entry.path().extension() != kEnding) continue;
    AIOP_TRY(auto kept, ReadHook(home, entry.path().stem().string()));
    hooks.push_back(std::move(kept.hook));
  }
  std::ranges::sort(hooks, {}, &Hook::name);
  return hooks;
}

Result<Hook> Remove(Home& home, const std::string& name) {
  AIOP_TRY(const auto kept, ReadHook(home, name));
  std::error_code error;
  fs::remove(FileOf(home, name), error);
  if (error) return Unavailable("cannot remove the hook '" + name + "': " + error.message());
  AIOP_CHECK_OK(file::FlushFolder(Folder(home)));
  return kept.hook;
}

Result<Taken> Receive(Home& home, const std::string& name, hooks::Headers headers,
                      std::string_view body, Timestamp now) {
  AIOP_TRY(const Kept kept, ReadHook(home, name));
  AIOP_TRY(const auto proven, hooks::Verify(kept.hook.kind, kept.secret, headers, body, now));
  Taken taken;
  taken.delivery = {.id = name + "/" + json::ToValidUtf8(proven.id),
                    .hook = name,
                    .event = json::ToValidUtf8(proven.event),
                    .plant = kept.hook.plant,
                    .at = now};
  AIOP_TRY(const auto before, home.ledger().Find<model::HookDelivery>(taken.delivery.id));
  if (before) return TakenBefore(*before);
  AIOP_TRY(const contexts::Motor motor, contexts::ActiveMotor(home, kept.hook.plant));
  AIOP_TRY(auto repository, contexts::OpenRepository(home, kept.hook.plant));
  taken.looked = std::ranges::find(kAboutTheSource, taken.delivery.event) != kAboutTheSource.end();
  // Before it counts as taken: reading twice does no harm, and a source that is away for a moment
  // does not cost the delivery.
  if (taken.looked) AIOP_CHECK_OK(repository.Fetch());
  fault::Point("deliveries.looked");
  AIOP_TRY(const bool is_new,
           Commit(home, taken.delivery, EventOf(taken.delivery, motor, taken.looked)));
  if (!is_new) return TakenBefore(taken.delivery);
  return taken;
}

}  // namespace aiop::deliveries
