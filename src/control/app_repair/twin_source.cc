// SPDX-License-Identifier: Apache-2.0
// The repaired twin: the spec without what is objected to, as little as possible left out.
#include <algorithm>

#include "control/app_repair/candidate.h"
#include "control/app_repair/judge.h"
#include "control/app_repair/sources.h"
#include "core/twin/twin.h"

namespace aiop::app_repair {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFilesTried = 40;  // of a folder
constexpr size_t kCutsShown = 5;
constexpr uint64_t kTextBytes = uint64_t{8} << 20;

std::string ListedCuts(const std::vector<std::string>& cuts) {
  std::string text;
  for (size_t i = 0; i < cuts.size() && i < kCutsShown; ++i) {
    text += (i == 0 ? "" : ", ") + cuts[i];
  }
  if (cuts.size() > kCutsShown)
    text += " and " + std::to_string(cuts.size() - kCutsShown) + " more";
  return text;
}

// How much of the spec is left out, by size.
void AddShare(size_t before, size_t after, Proposal& proposal) {
  const double share = before == 0 || after >= before
                           ? 0
                           : static_cast<double>(before - after) / static_cast<double>(before);
  if (share <= kCutShareByItself) return;
  proposal.guesses.push_back(
      "it leaves out " + std::to_string(static_cast<int>(share * 100 + 0.5)) + " % of the spec");
}

class Twin final : public Source {
 public:
  Twin(engine::Engine& engine, experiments::Harness& harness)
      : engine_(engine), harness_(harness) {}
  std::string_view name() const override { return "twin"; }

  Result<std::vector<Proposal>> Propose(const Subject& subject) override {
    AIOP_TRY(const Judge judge, Judge::Create(engine_, harness_, subject.motor));
    if (!judge.Judges()) return std::vector<Proposal>();
    return subject.app.entry.empty() ? OfFolder(subject, judge) : OfText(subject, judge);
  }

 private:
  Result<std::vector<Proposal>> OfText(const Subject& subject, const Judge& judge) {
    AIOP_TRY(const std::string original, SpecText(engine_.home(), subject.app));
    std::vector<Proposal> proposals;
    // What can be corrected is not cut.
    AIOP_TRY(const auto mended, MendByNames(engine_, harness_, subject));
    if (mended && !mended->edits.empty() && !mended->accepted) {
      AIOP_TRY(auto twin, Cut(subject, mended->text, judge));
      if (twin) {
        twin->title = "Correct " + Listed(mended->edits) + "; " + twin->title;
        const auto guesses = GuessesOf(mended->edits);
        twin->guesses.insert(twin->guesses.end(), guesses.begin(), guesses.end());
        proposals.push_back(*std::move(twin));
      }
    }
    AIOP_TRY(auto twin, Cut(subject, original, judge));
    if (twin) proposals.push_back(*std::move(twin));
    return proposals;
  }

  Result<std::optional<Proposal>> Cut(const Subject& subject, const std::string& text,
                                      const Judge& judge) {
    const std::string& file = subject.app.entry;
    return CutIn(file, text, [&](std::string_view asked) { return judge.Text(asked, file); });
  }

  template <class Ask>
  static Result<std::optional<Proposal>> CutIn(const std::string& file, const std::string& text,
                                               const Ask& ask) {
    const auto repaired = twin::Repair(text, [&](std::string_view asked) -> Result<twin::Opinion> {
      AIOP_TRY(const mend::Opinion said, ask(asked));
      twin::Opinion opinion{.accepted = said.accepted, .pointers = {}};
      for (const auto& each : said.objections) {
        if (!each.pointer.empty()) opinion.pointers.push_back(each.pointer);
      }
      return opinion;
    });
    if (!repaired) {
      if (!SaysNothing(repaired.error())) return std::unexpected(repaired.error());
      return std::optional<Proposal>();
    }
    if (repaired->cut.empty()) return std::optional<Proposal>();
    const std::string cuts = ListedCuts(repaired->cut);
    Proposal proposal{.source = model::PatchSource::kTwin,
                      .origin = "twin without " + cuts,
                      .title = "Leave out what is objected to: " + cuts,
                      .files = {{file, repaired->text}},
                      .guesses = {}};
    AddShare(text.size(), repaired->text.size(), proposal);
    return std::optional(std::move(proposal));
  }

  // The one file without which the rest is accepted: the bad part of it is left out, or all of it.
  Result<std::vector<Proposal>> OfFolder(const Subject& subject, const Judge& judge) {
    std::vector<Proposal> proposals;
    std::vector<std::string> files;
    uint64_t bytes = 0;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(subject.folder, error), end; !error && entry != end;
         entry.increment(error)) {
      if (!entry->is_regular_file() || entry->is_symlink()) continue;
      files.push_back(fs::relative(entry->path(), subject.folder).string());
      bytes += entry->file_size();
    }
    std::ranges::sort(files);
    if (files.size() < 2 || files.size() > kFilesTried) return proposals;
    for (const std::string& file : files) {
      if (engine_.stopping()) return Fail(Code::kCancelled, "aiop is stopping");
      const auto without = judge.Folder(subject, {{file, std::nullopt}});
      if (!without && !SaysNothing(without.error())) return std::unexpected(without.error());
      if (!without || !without->accepted) continue;
      AIOP_TRY(auto inside, InsideOf(subject, judge, file));
      if (inside) proposals.push_back(*std::move(inside));
      Proposal whole{.source = model::PatchSource::kTwin,
                     .origin = "twin without the file " + file,
                     .title = "Leave out the file " + file + ", which is objected to",
                     .files = {{file, std::nullopt}},
                     .guesses = {}};
      AddShare(bytes, bytes - fs::file_size(subject.folder / file, error), whole);
      proposals.push_back(std::move(whole));
    }
    return proposals;
  }

  Result<std::optional<Proposal>> InsideOf(const Subject& subject, const Judge& judge,
                                           const std::string& file) {
    const auto text = file::Read(subject.folder / file, kTextBytes);
    if (!text) return std::optional<Proposal>();
    return CutIn(file, *text, [&](std::string_view asked) {
      return judge.Folder(subject, {{file, std::string(asked)}});
    });
  }

  engine::Engine& engine_;
  experiments::Harness& harness_;
};

}  // namespace

std::unique_ptr<Source> MakeTwinSource(engine::Engine& engine, experiments::Harness& harness) {
  return std::make_unique<Twin>(engine, harness);
}

}  // namespace aiop::app_repair
