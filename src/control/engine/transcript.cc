// SPDX-License-Identifier: Apache-2.0
#include "control/engine/transcript.h"

#include "base/file/file.h"

namespace aiop::engine {
namespace {

// A line of the file is `S TEXT`; `= STEP` says that a step begins.
char Mark(plants::Stream stream) {
  switch (stream) {
    case plants::Stream::kRequest:
      return '<';
    case plants::Stream::kOutput:
      return '>';
    case plants::Stream::kErrors:
      return '!';
    case plants::Stream::kAck:
      return '<';
  }
  return '?';
}

Status IndexBySteps(contexts::Home& home, const std::string& run, const std::string& attempt,
                    const std::string& text) {
  std::string step;
  std::string part;
  const auto flush = [&]() -> Status {
    if (part.empty()) return {};
    AIOP_CHECK_OK(home.apps().database().IndexText(run, attempt, step, part));
    part.clear();
    return {};
  };
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line(text.data() + start, end - start);
    if (line.starts_with("= ")) {
      AIOP_CHECK_OK(flush());
      step = line.substr(2);
    } else if (line.size() > 2) {
      part.append(line.substr(2)).append("\n");
    }
    start = end + 1;
  }
  return flush();
}

}  // namespace

Transcript::Transcript(std::filesystem::path file, redact::Redactor redactor)
    : file_(std::move(file)),
      redactor_(std::move(redactor)),
      out_(std::fopen(file_.c_str(), "we")) {}

Transcript::~Transcript() {
  if (out_) std::fclose(out_);
}

void Transcript::Add(plants::Stream stream, std::string_view line) {
  std::string text(1, Mark(stream));
  text += ' ';
  text += redactor_.Text(line);
  text += '\n';
  if (written_ + text.size() > kTranscriptLimitBytes) {
    tail_ += text;
    if (tail_.size() > 2 * kTranscriptTailBytes)
      tail_.erase(0, tail_.size() - kTranscriptTailBytes);
    return;
  }
  written_ += text.size();
  if (out_) std::fwrite(text.data(), 1, text.size(), out_);
}

void Transcript::EnterStep(const std::string& step) {
  if (out_) std::fprintf(out_, "= %s\n", step.c_str());
}

Result<std::string> Transcript::Keep(contexts::Home& home, const std::string& run,
                                     const std::string& attempt) {
  if (out_) {
    if (!tail_.empty()) std::fprintf(out_, "= ...\n%s", tail_.c_str());
    std::fclose(out_);
    out_ = nullptr;
  }
  return KeepLeftover(home, file_, run, attempt);
}

Result<std::string> Transcript::KeepLeftover(contexts::Home& home,
                                             const std::filesystem::path& file,
                                             const std::string& run, const std::string& attempt) {
  auto text = file::Read(file, kTranscriptLimitBytes + 4 * kTranscriptTailBytes);
  if (!text) return text.error().code == Code::kNotFound ? Result<std::string>("") : text;
  const std::string valid = json::ToValidUtf8(*text);
  AIOP_TRY(std::string blob, home.blobs().Put(valid));
  AIOP_CHECK_OK(IndexBySteps(home, run, attempt, valid));
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
  return blob;
}

}  // namespace aiop::engine
