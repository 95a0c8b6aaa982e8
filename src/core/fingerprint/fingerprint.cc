// SPDX-License-Identifier: Apache-2.0
#include "core/fingerprint/fingerprint.h"

#include <algorithm>
#include <vector>

#include "base/hash/hash.h"
#include "core/describe/describe.h"
#include "core/fingerprint/first_mask.h"
#include "core/fingerprint/lines.h"
#include "core/fingerprint/mask.h"

namespace aiop::fingerprint {
namespace {

constexpr size_t kIdDigits = 32;
constexpr size_t kDiagnosticsRead =
    64;  // distinct ones looked at before the first kDiagnosticLimit are taken

// Distinct texts in the order they came, at most `limit` of them.
class DistinctTexts {
 public:
  explicit DistinctTexts(size_t limit) : limit_(limit) {}

  bool Full() const { return texts_.size() >= limit_; }
  bool empty() const { return texts_.empty(); }
  void Add(std::string text) {
    if (Full() || text.empty() || std::ranges::find(texts_, text) != texts_.end()) return;
    texts_.push_back(std::move(text));
  }
  // Keeps the last ones instead of the first ones.
  void AddLast(std::string text) {
    if (text.empty()) return;
    std::erase(texts_, text);
    texts_.insert(texts_.begin(), std::move(text));
    if (texts_.size() > limit_) texts_.pop_back();
  }
  void SortAndCut(size_t limit) {
    std::ranges::sort(texts_);
    if (texts_.size() > limit) texts_.resize(limit);
  }
  std::string Joined(std::string_view separator) const {
    std::string joined;
    for (const std::string& text : texts_) {
      if (!joined.empty()) joined += separator;
      joined += text;
    }
    return joined;
  }

 private:
  size_t limit_;
  std::vector<std::string> texts_;
};

using Mask = void (*)(std::string_view line, std::string& out);

void MaskNow(std::string_view line, std::string& out) { AppendMasked(line, Keep::kCause, out); }

// Parse errors come in cascades that depend on what follows the first; only the first is the cause.
bool IsSyntaxError(std::string_view code) { return code.size() == 6 && code.starts_with("TS1"); }

// Reads a text line by line and keeps, of each kind of line, what tells causes apart.
class Reader {
 public:
  explicit Reader(Mask mask) : mask_(mask) {}

  void Take(std::string_view line) {
    if (Trim(line).empty()) return;
    if (TakeFrame(line)) return;
    if (TakeDiagnostic(line)) return;
    if (!diagnostics_.empty() || IsSourceEcho(line)) return;
    if (TakeGoTrace(line)) return;
    if (wants_message_ || (after_python_frame_ && line[0] != ' ') || IsHeadline(line))
      return TakeHeadline(line);
    if (after_python_frame_) return;  // the source line of a frame
    if (headlines_.empty()) TakePlain(line);
  }

  std::string Finish() {
    // Files are compiled in an order that differs from app to app.
    diagnostics_.SortAndCut(kDiagnosticLimit);
    std::string text = !diagnostics_.empty() ? diagnostics_.Joined("\n")
                       : !headlines_.empty() ? headlines_.Joined("\n")
                                             : lines_.Joined("\n");
    if (diagnostics_.empty() && !frames_.empty()) text += "\n  in " + frames_.Joined(" < ");
    if (text.size() > kTemplateLimitBytes) text.resize(kTemplateLimitBytes);
    return text;
  }

 private:
  bool TakeFrame(std::string_view line) {
    const Frame frame = ParseFrame(line);
    if (frame.kind == FrameKind::kNone) return false;
    after_python_frame_ = line.find("File \"") != std::string_view::npos;
    wants_message_ = false;
    if (frame.kind == FrameKind::kInnermostFirst) frames_.Add(Masked(frame.function));
    if (frame.kind == FrameKind::kInnermostLast) frames_.AddLast(Masked(frame.function));
    return true;
  }

  bool TakeDiagnostic(std::string_view line) {
    const Diagnostic found = ParseDiagnostic(line);
    if (found.message.empty()) return false;
    if (syntax_error_ || diagnostics_.Full()) return true;
    if (IsSyntaxError(found.code)) {
      syntax_error_ = diagnostics_.empty();
      if (!syntax_error_) return true;
    }
    std::string text(found.code);
    if (!text.empty()) text += ": ";
    mask_(found.message, text);
    diagnostics_.Add(std::move(text));
    return true;
  }

  // "goroutine 1 [running]:", then "main.load(...)" and its place, by turns.
  bool TakeGoTrace(std::string_view line) {
    if (line.starts_with("goroutine ")) {
      in_goroutine_ = true;
      return true;
    }
    if (!in_goroutine_) return false;
    const size_t open = line.rfind('(');
    if (line[0] != '\t' && open != std::string_view::npos && !line.starts_with("panic(") &&
        !line.starts_with("runtime.") && !line.starts_with("created by ")) {
      frames_.Add(Masked(line.substr(0, open)));
    }
    return true;
  }

  void TakeHeadline(std::string_view line) {
    after_python_frame_ = false;
    const std::string_view trimmed = Trim(line);
    wants_message_ = !wants_message_ && trimmed.ends_with(':');  // the message is on the next line
    if (!headlines_.Full()) headlines_.Add(Masked(trimmed));
  }

  void TakePlain(std::string_view line) {
    if (!lines_.Full()) lines_.Add(Masked(line));
  }

  std::string Masked(std::string_view line) const {
    std::string out;
    mask_(line, out);
    return out;
  }

  Mask mask_;
  DistinctTexts diagnostics_{kDiagnosticsRead};
  DistinctTexts headlines_{kHeadlineLimit};
  DistinctTexts lines_{kLineLimit};
  DistinctTexts frames_{kFrameLimit};
  bool syntax_error_ = false;
  bool after_python_frame_ = false;
  bool wants_message_ = false;
  bool in_goroutine_ = false;
};

std::string TemplateBy(Mask mask, std::string_view text) {
  Reader reader(mask);
  const auto read = [&](std::string_view part) {
    const auto take = [&](std::string_view line) { reader.Take(line); };
    if (part.find_first_of("\x1b\r\b") == std::string_view::npos) {
      ForEachLine(part, take);
    } else {
      ForEachLine(PlainText(part), take);
    }
  };
  if (text.size() <= kTextLimitBytes) {
    read(text);
  } else {  // causes stand at the beginning or at the end
    read(text.substr(0, kTextLimitBytes / 2));
    read(text.substr(text.size() - kTextLimitBytes / 2));
  }
  return reader.Finish();
}

std::string IdOf(std::string_view algorithm, std::string_view plant_motor_name,
                 model::SignalType signal_type, std::string_view template_text) {
  Hasher hasher;
  hasher.AddField(algorithm);
  hasher.AddField(plant_motor_name);
  hasher.AddField(describe::Name(signal_type));
  hasher.AddField(template_text);
  return hasher.Finish().substr(0, kIdDigits);
}

}  // namespace

std::string Template(std::string_view text) { return TemplateBy(MaskNow, text); }

std::string LineTemplate(std::string_view line) {
  std::string out;
  out.reserve(line.size() + 16);
  if (line.find('\x1b') == std::string_view::npos) {
    AppendMasked(line.substr(0, kTextLimitBytes), Keep::kEvent, out);
  } else {
    AppendMasked(PlainText(line.substr(0, kTextLimitBytes)), Keep::kEvent, out);
  }
  return out;
}

Fingerprint Of(std::string_view plant_motor_name, model::SignalType signal_type,
               std::string_view details) {
  Fingerprint made;
  made.template_text = Template(details);
  made.grouped_by = std::string(kAlgorithm) + ": plant, signal_type, template";
  made.id = IdOf(kAlgorithm, plant_motor_name, signal_type, made.template_text);
  return made;
}

std::vector<std::string> AllIds(std::string_view plant_motor_name, model::SignalType signal_type,
                                std::string_view details) {
  return {
      IdOf(kAlgorithm, plant_motor_name, signal_type, Template(details)),
      IdOf(kFirstAlgorithm, plant_motor_name, signal_type, TemplateBy(AppendMaskedFirst, details))};
}

}  // namespace aiop::fingerprint
