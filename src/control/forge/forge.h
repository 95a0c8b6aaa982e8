// SPDX-License-Identifier: Apache-2.0
//
// Forges (GitHub, Gitea): which pull requests of a motor are open, and telling them what became of
// them, through the REST API that motor.yaml names (`forge`).
//
// Forge is one repository on one forge: requests and answers, nothing is stored. Liaison is what
// the loop uses: it keeps the list of a plant's pull requests for one command, and tells a pull
// request each state of the change made from it: a commit status with the context "aiop", and one
// comment that is kept up to date. The state is on disk before it is told, what was told is stored
// afterwards (PullRequest::told), and what could not be told is told by the next command: so each
// last state arrives at least once, and the comment is there once, found again by a mark in it.
//
// The token is handed in, kept in memory only, and taken out of every message. Only https is
// spoken, or http with this machine; redirects are not followed.
//
// Forge is thread-safe (no state); a Liaison belongs to one command and locks itself.
// Errors: kUnavailable not reached, too slow, too many requests, a fault of the forge; kForbidden a
// token that is missing, wrong or may not; kNotFound; kInvalid a bad address, or an answer that is
// none.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/http/http.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "control/engine/engine.h"
#include "core/model/model.h"

namespace aiop::forge {

inline constexpr Milliseconds kTimeout{15'000};  // of one request
inline constexpr size_t kAnswerLimitBytes = size_t{16} << 20;
inline constexpr int64_t kPageSize = 50;  // what both kinds allow
inline constexpr int64_t kMostPages = 10;
inline constexpr size_t kTitleLimitBytes = 200;
inline constexpr size_t kDescriptionLimitBytes = 140;  // of a status, at GitHub
inline constexpr size_t kCommentLimitBytes = 30'000;   // GitHub takes 65536 characters
inline constexpr size_t kComplaintLimitBytes = 300;    // of what a forge says is wrong
inline constexpr std::string_view kStatusContext = "aiop";
// What could not be told for so long is not told any more.
inline constexpr Milliseconds kToldWithin{30LL * 24 * 3600 * 1000};

struct PullRequest {
  int64_t number = 0;
  std::string title;
  std::string head;  // commit
  std::string base;  // the branch it is for
  std::string url;   // for people
  bool draft = false;
  bool conflicts = false;  // with its base, as far as the forge knows
  bool outside = false;    // from another repository, and by nobody who belongs to this one
};

struct RemoteComment {
  int64_t id = 0;
  std::string body;
};

enum class State { kPending, kSuccess, kFailure, kError };

// ---- Answers (pure). Bytes of strangers.

// Those that are open; entries without a number or a head are kInvalid. `repository` is OWNER/NAME.
Result<std::vector<PullRequest>> ParsePullRequests(std::string_view text,
                                                   std::string_view repository);
Result<std::vector<RemoteComment>> ParseComments(std::string_view text);
// Whether there is a page after the one with `size` entries, when `seen` were seen so far.
bool HasNext(const std::map<std::string, std::string>& headers, int64_t size, int64_t seen);
// Fine for a status 2xx; else what is wrong, who can mend it, and how.
Status Judge(const http::Response& response, std::string_view what, bool with_token, Timestamp now);

// ---- One repository on a forge

class Forge {
 public:
  // Asked while an answer is waited for; true ends that with kCancelled.
  using Stop = std::function<bool()>;
  // kInvalid: an address that is none, or not safe to send a token to.
  static Result<std::unique_ptr<Forge>> Create(const model::ForgeSpec& spec, std::string token,
                                               Stop stop = nullptr);
  virtual ~Forge() = default;

  // By number. Of more than kPageSize * kMostPages, the newest.
  Result<std::vector<PullRequest>> ListOpenPullRequests() const;
  Status SetStatus(const std::string& commit, State state, std::string_view description,
                   const std::string& url) const;
  // One comment for each mark: made, or brought up to date. The mark is no part of what people see.
  Status Comment(int64_t pull_request, const std::string& mark, std::string_view text) const;

 protected:
  Forge(const model::ForgeSpec& spec, std::string token) : spec_(spec), token_(std::move(token)) {}
  const std::string& token() const { return token_; }

 private:
  // Where the kinds differ.
  virtual std::map<std::string, std::string> Headers() const = 0;
  virtual std::string PageQuery(int64_t page) const = 0;

  Result<http::Response> Send(const std::string& method, const std::string& path,
                              const json::Object* body, std::string_view what) const;
  // The body of each page is handed to `take`, which says how many entries it had.
  Status ForEachPage(const std::string& path, std::string_view query, std::string_view what,
                     const std::function<Result<int64_t>(std::string_view)>& take) const;

  model::ForgeSpec spec_;
  std::string token_;
  Stop stop_;
};

// ---- What a change comes to, in words for its pull request (pure)

// Nothing for a state that is not told.
std::optional<State> StateFor(model::ChangeState state);
std::string DescriptionFor(const model::Change& change);
std::string CommentFor(const model::Change& change);

// ---- What the loop uses

class Liaison {
 public:
  explicit Liaison(engine::Engine& engine) : engine_(engine) {}
  void UseToken(std::string token);

  struct Pending {
    PullRequest request;
    std::string commit;  // its head as git has it, fetched into the motor's repository
  };
  // The pull requests that may be tried, by number; none if the motor names no forge. What is
  // passed over, and a forge that cannot be asked, is an event and no error. Asked once in a
  // command. kCancelled if that is to end.
  Result<std::vector<Pending>> PendingOf(const contexts::Motor& motor);
  // A new command: what was listed and who could not be reached is forgotten.
  void StartAnew();

  // Tells the pull request of a change its state, if that is not told yet, and stores that it was
  // told, also in `change`. A forge that cannot be told is an event and no error.
  Status Tell(model::Change& change);
  // The same for all changes of a plant. Tries also forges that could not be reached before.
  Status TellAll(const std::string& plant);

 private:
  Result<std::unique_ptr<Forge>> ForgeOf(const contexts::Motor& motor) const;
  Result<std::vector<Pending>> Look(const contexts::Motor& motor);
  Status Warn(const contexts::Motor& motor, const std::string& text);
  Status TellOne(const contexts::Motor& motor, model::Change& change);

  engine::Engine& engine_;
  std::recursive_mutex mutex_;
  std::string token_;
  std::map<std::string, std::vector<Pending>> pending_;  // by plant
  std::set<std::string> unreachable_;                    // plants whose forge could not be told
};

}  // namespace aiop::forge
