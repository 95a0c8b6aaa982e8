// SPDX-License-Identifier: Apache-2.0
// The unique nearest name or value instead of the one that is objected to.
#include "control/app_repair/candidate.h"
#include "control/app_repair/judge.h"
#include "control/app_repair/sources.h"

namespace aiop::app_repair {
namespace {

class Nearest final : public Source {
 public:
  Nearest(engine::Engine& engine, experiments::Harness& harness)
      : engine_(engine), harness_(harness) {}
  std::string_view name() const override { return "nearest"; }

  Result<std::vector<Proposal>> Propose(const Subject& subject) override {
    std::vector<Proposal> proposals;
    AIOP_TRY(const auto mended, MendByNames(engine_, harness_, subject));
    // What is not accepted with all corrections is the twin's to begin with.
    if (!mended || !mended->accepted || mended->edits.empty()) return proposals;
    proposals.push_back({.source = model::PatchSource::kNearest,
                         .origin = "nearest " + Listed(mended->edits),
                         .title = "Correct " + Listed(mended->edits),
                         .files = {{subject.app.entry, mended->text}},
                         .guesses = GuessesOf(mended->edits)});
    return proposals;
  }

 private:
  engine::Engine& engine_;
  experiments::Harness& harness_;
};

}  // namespace

std::string Listed(const std::vector<mend::Edit>& edits) {
  std::string text;
  for (size_t i = 0; i < edits.size() && i < kEditsShown; ++i) {
    text += (i == 0 ? "" : "; ") + edits[i].text;
  }
  if (edits.size() > kEditsShown) {
    text += " and " + std::to_string(edits.size() - kEditsShown) + " more";
  }
  return text;
}

std::vector<std::string> GuessesOf(const std::vector<mend::Edit>& edits) {
  std::vector<std::string> guesses;
  for (const mend::Edit& edit : edits) {
    if (edit.a_guess) guesses.push_back("only somebody who knows the app can say: " + edit.text);
  }
  return guesses;
}

Result<std::optional<mend::Mended>> MendByNames(engine::Engine& engine,
                                                experiments::Harness& harness,
                                                const Subject& subject) {
  if (subject.app.entry.empty()) return std::optional<mend::Mended>();
  AIOP_TRY(const Judge judge, Judge::Create(engine, harness, subject.motor));
  if (!judge.Judges()) return std::optional<mend::Mended>();
  AIOP_TRY(const std::string text, SpecText(engine.home(), subject.app));
  auto mended = mend::Mend(text, judge.schema_document(), [&](std::string_view asked) {
    return judge.Text(asked, subject.app.entry);
  });
  if (mended) return std::optional(*std::move(mended));
  if (!SaysNothing(mended.error())) return std::unexpected(mended.error());
  return std::optional<mend::Mended>();
}

std::unique_ptr<Source> MakeNearestSource(engine::Engine& engine, experiments::Harness& harness) {
  return std::make_unique<Nearest>(engine, harness);
}

}  // namespace aiop::app_repair
