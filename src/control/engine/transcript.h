// SPDX-License-Identifier: Apache-2.0
// All that was said in one attempt, redacted, in order. Written to a file beside the work folder as
// it comes, so that a killed operator leaves it behind, then kept as a blob and indexed for search
// by step. Single-owner.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "control/contexts/contexts.h"
#include "control/plants/plants.h"
#include "core/redact/redact.h"

namespace aiop::engine {

// Beyond this only the last kTranscriptTailBytes are kept.
inline constexpr size_t kTranscriptLimitBytes = size_t{16} << 20;
inline constexpr size_t kTranscriptTailBytes = size_t{64} << 10;

class Transcript {
 public:
  Transcript(std::filesystem::path file, redact::Redactor redactor);
  ~Transcript();
  Transcript(const Transcript&) = delete;
  Transcript& operator=(const Transcript&) = delete;

  void Add(plants::Stream stream, std::string_view line);
  // From here on, lines belong to this step.
  void EnterStep(const std::string& step);
  // Stores it as a blob (returned) and indexes it; the file is removed.
  Result<std::string> Keep(contexts::Home& home, const std::string& run,
                           const std::string& attempt);

  // The same for a file that a killed operator left behind.
  static Result<std::string> KeepLeftover(contexts::Home& home, const std::filesystem::path& file,
                                          const std::string& run, const std::string& attempt);

 private:
  std::filesystem::path file_;
  redact::Redactor redactor_;
  std::FILE* out_ = nullptr;
  size_t written_ = 0;
  std::string tail_;
};

}  // namespace aiop::engine
