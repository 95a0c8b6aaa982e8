// SPDX-License-Identifier: Apache-2.0
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/file/file.h"
#include "base/identity/identity.h"
#include "base/json/json.h"
#include "base/time/time.h"
#include "control/supervision/supervision.h"

namespace aiop::supervision {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds kPollInterval{20};
constexpr uint64_t kMessageLimitBytes = 65536;

fs::path Folder(const fs::path& home) { return home / "mailbox"; }

}  // namespace

// A request is a file NAME.request; its answer, NAME.answer, is {"error": TEXT or null, "code":
// NUMBER}.
Status AskOwner(const fs::path& home, const MailboxRequest& request, int patience_ms) {
  const fs::path folder = Folder(home);
  AIOP_CHECK_OK(file::MakeFolders(folder));
  const std::string name = NewId();
  const fs::path question = folder / (name + ".request");
  const fs::path answer = folder / (name + ".answer");
  AIOP_CHECK_OK(file::Write(
      question, json::Text(json::Object{{"run", request.run}, {"verb", request.verb}})));
  const auto deadline = std::chrono::steady_clock::now() + Milliseconds{patience_ms};
  std::error_code ignored;
  while (std::chrono::steady_clock::now() < deadline) {
    if (fs::exists(answer, ignored)) {
      AIOP_TRY(const std::string text, file::Read(answer, kMessageLimitBytes));
      fs::remove(answer, ignored);
      AIOP_TRY(const json::Value value, json::Parse(text));
      const std::string error(json::TextMember(value, "error"));
      if (error.empty()) return {};
      const json::Value* code = json::Member(value, "code");
      return Fail(
          code && code->is_int64() ? static_cast<Code>(code->get_int64()) : Code::kUnavailable,
          error);
    }
    WaitFor(kPollInterval);
  }
  fs::remove(question, ignored);
  return Unavailable("the process that owns the home did not answer");
}

struct Mailbox::Impl {
  fs::path folder;
  std::function<Status(const MailboxRequest&)> handle;
  std::mutex mutex;
  std::condition_variable woken;
  bool stopping = false;  // guarded by mutex
  std::thread thread;

  void Answer(const fs::path& question) {
    const auto text = file::Read(question, kMessageLimitBytes);
    std::error_code ignored;
    fs::remove(question, ignored);
    if (!text) return;
    const auto value = json::Parse(*text);
    Status status = Invalid("a request that cannot be read");
    if (value) {
      status = handle({.run = std::string(json::TextMember(*value, "run")),
                       .verb = std::string(json::TextMember(*value, "verb"))});
    }
    json::Object answer{{"error", nullptr}, {"code", 0}};
    if (!status) {
      answer["error"] = status.error().message;
      answer["code"] = static_cast<int64_t>(status.error().code);
    }
    [[maybe_unused]] const Status written =
        file::Write(fs::path(question).replace_extension(".answer"), json::Text(answer));
  }

  void Loop() {
    std::unique_lock lock(mutex);
    while (!stopping) {
      lock.unlock();
      std::error_code ignored;
      for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end;
           entry.increment(ignored)) {
        if (entry->path().extension() == ".request") Answer(entry->path());
      }
      lock.lock();
      woken.wait_for(lock, kPollInterval, [&] { return stopping; });
    }
  }
};

Mailbox::Mailbox(const fs::path& home, std::function<Status(const MailboxRequest&)> handle)
    : impl_(std::make_unique<Impl>()) {
  impl_->folder = Folder(home);
  impl_->handle = std::move(handle);
  // What an earlier owner left unanswered is nobody's question any more.
  [[maybe_unused]] const Status removed = file::RemoveTree(impl_->folder);
  [[maybe_unused]] const Status made = file::MakeFolders(impl_->folder);
  impl_->thread = std::thread([impl = impl_.get()] { impl->Loop(); });
}

Mailbox::~Mailbox() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->woken.notify_all();
  impl_->thread.join();
}

}  // namespace aiop::supervision
