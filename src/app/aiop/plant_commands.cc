// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "app/aiop/commands.h"
#include "app/aiop/listing.h"
#include "app/aiop/words.h"
#include "base/file/file.h"
#include "base/identity/identity.h"
#include "control/plants/plants.h"

namespace aiop::app {
namespace {

namespace fs = std::filesystem;
using contexts::Home;

std::string RunText(const model::RunSpec& run) {
  if (!run.http.empty()) return "http " + run.http;
  if (!run.pipeline.empty()) return "pipeline " + run.pipeline;
  return Joined(run.command, " ");
}

// What the contract tests run on: a spec that the plant succeeds with.
struct Subject {
  fs::path spec;
  std::string profile;
};

Result<model::App> FirstApp(Home& home, const std::string& plant) {
  AIOP_TRY(const auto apps,
           home.apps().ListBy<model::App>(store::Kind<model::App>::Field::kPlant, plant));
  if (apps.empty()) {
    return Invalid("there is no spec to test plant '" + plant +
                   "' with: it has no apps and its motor names no golden specs; give --spec PATH");
  }
  return apps.front();
}

Result<Subject> ChooseSubject(Session& session, Home& home, const contexts::Motor& motor,
                              const fs::path& checkout, const fs::path& scratch) {
  const Arguments& arguments = session.arguments();
  Subject subject;
  if (!motor.manifest.profiles.empty()) subject.profile = motor.manifest.profiles.front();
  if (arguments.Has("--profile")) subject.profile = arguments.One("--profile");
  if (arguments.Has("--spec")) {
    std::error_code error;
    subject.spec = fs::absolute(arguments.One("--spec"), error);
    if (error || !fs::exists(subject.spec, error)) {
      return NotFound(arguments.One("--spec") + ": no such file or folder");
    }
    return subject;
  }
  AIOP_TRY(const auto golden, contexts::GoldenSpecs(home, motor));
  if (!arguments.Has("--app") && !golden.empty()) {
    subject.spec = checkout / golden.front();
    return subject;
  }
  AIOP_TRY(const model::App app, arguments.Has("--app")
                                     ? home.apps().Get<model::App>(arguments.One("--app"))
                                     : FirstApp(home, motor.version.plant));
  if (!arguments.Has("--profile")) {
    subject.profile = app.profiles.empty() ? "" : app.profiles.front();
  }
  AIOP_TRY(const auto version, contexts::VersionOf(home, app.current));
  AIOP_TRY(subject.spec, contexts::PlaceSpec(home, version, scratch / "spec"));
  return subject;
}

int ShowClauses(Session& session, const std::vector<plants::Clause>& clauses) {
  using State = plants::Clause::State;
  Output& out = session.out();
  const auto name = [](State state) {
    return state == State::kPassed ? "passed" : state == State::kFailed ? "FAILED" : "skipped";
  };
  const auto failed = std::count_if(clauses.begin(), clauses.end(),
                                    [](const auto& each) { return each.state == State::kFailed; });
  json::Array items;
  for (const auto& each : clauses) {
    std::string state = name(each.state);
    if (out.json()) {
      if (each.state == State::kFailed) state = "failed";
      items.push_back(json::Object{
          {"id", each.id}, {"text", each.text}, {"state", state}, {"details", each.details}});
      continue;
    }
    const Colour colour = each.state == State::kPassed   ? Colour::kGreen
                          : each.state == State::kFailed ? Colour::kRed
                                                         : Colour::kDim;
    const size_t width = out.paragraph_width();
    out.Text(Paint(state, colour, out.colours()) + "  " + each.id + "\n         " +
             Wrap(each.text, width, 9) + "\n");
    if (each.state != State::kPassed && !each.details.empty()) {
      out.Text("         " + Wrap(each.details, width, 9) + "\n");
    }
  }
  if (out.json()) {
    out.Document(json::Object{
        {"items", std::move(items)}, {"next", nullptr}, {"failed", static_cast<int64_t>(failed)}});
  } else {
    out.Text("\n" + Counted(clauses.size(), "clause") + ", " + std::to_string(failed) +
             " failed\n");
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace

Result<int> PlantAdd(Session& session) {
  AIOP_TRY(Home * home, session.Own());
  AIOP_TRY(const model::Plant plant, contexts::AddPlant(*home, session.arguments().One("NAME"),
                                                        session.arguments().One("--motor"),
                                                        session.arguments().One("--team")));
  if (session.out().json()) {
    session.out().Document(describe::ToJson(plant));
  } else {
    session.out().Text("plant " + plant.name + ": motor " + plant.active.Text() + "\n");
    session.out().Note("next: aiop app add NAME --plant " + plant.name + " --spec PATH");
  }
  return 0;
}

Result<int> PlantList(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto page,
           ReadPage<model::Plant>(home->motors(), session.arguments(), std::nullopt));
  return ShowPage<model::Plant>(
      session, page, Table({{"PLANT"}, {"MOTOR"}, {"SOURCE", Table::Align::kLeft, true}}),
      [](const model::Plant& plant) {
        return std::vector<Cell>{plant.name, plant.active.name + " " + plant.active.version,
                                 plant.source};
      },
      "no plants yet: aiop plant add NAME --motor PATH_OR_URL");
}

Result<int> PlantShow(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const model::Plant plant, contexts::GetPlant(*home, session.arguments().One("NAME")));
  AIOP_TRY(const auto motor, contexts::ActiveMotor(*home, plant.name));
  AIOP_TRY(const auto apps,
           home->apps().ListBy<model::App>(store::Kind<model::App>::Field::kPlant, plant.name));
  Output& out = session.out();
  std::vector<std::string> names;
  names.reserve(apps.size());
  for (const auto& app : apps) names.push_back(app.name);
  if (out.json()) {
    json::Object document = describe::ToJson(plant).as_object();
    document["manifest"] = describe::ToJson(motor.manifest);
    document["version"] = describe::ToJson(motor.version);
    document["apps"] = describe::Encode(names);
    out.Document(document);
    return 0;
  }
  const auto& manifest = motor.manifest;
  out.Text("plant     " + plant.name + "\nmotor     " + plant.active.Text() + "\nsource    " +
           plant.source + "\nrun       " + RunText(manifest.run) + "\nprofiles  " +
           (manifest.profiles.empty() ? "none" : Joined(manifest.profiles)) + "\nautonomy  " +
           std::string(describe::Name(manifest.autonomy)) + "\napps      " +
           (names.empty() ? "none" : Wrap(Joined(names), out.paragraph_width(), 10)) + "\n");
  return 0;
}

Result<int> PlantVerify(Session& session) {
  AIOP_TRY(Home * home, session.Own());
  AIOP_TRY(const auto motor, contexts::ActiveMotor(*home, session.arguments().One("NAME")));
  session.out().Note("preparing motor " + motor.version.reference.Text());
  AIOP_TRY(const fs::path checkout, contexts::Checkout(*home, motor));
  const fs::path scratch = home->ExperimentFolder() / ("verify-" + NewId());
  const auto clauses = [&]() -> Result<std::vector<plants::Clause>> {
    AIOP_CHECK_OK(file::MakeFolders(scratch / "tests"));
    AIOP_TRY(const Subject subject, ChooseSubject(session, *home, motor, checkout, scratch));
    session.out().Note("testing with " + subject.spec.filename().string());
    plants::VerifyOptions options;
    options.motor_folder = checkout;
    options.manifest = motor.manifest;
    options.spec = subject.spec;
    options.profile = subject.profile;
    options.scratch = scratch / "tests";
    options.home_folder = home->CacheFolder();
    return plants::Verify(options);
  }();
  [[maybe_unused]] const Status removed = file::RemoveTree(scratch);
  AIOP_CHECK_OK(clauses);
  return ShowClauses(session, *clauses);
}

}  // namespace aiop::app
