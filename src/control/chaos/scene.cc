// SPDX-License-Identifier: Apache-2.0
#include "control/chaos/scene.h"

#include "base/fault/fault.h"
#include "base/file/file.h"
#include "base/identity/identity.h"
#include "control/chaos/shell_plant.h"

namespace aiop::chaos {
namespace {

namespace fs = std::filesystem;

constexpr size_t kOutputBytes = size_t{256} << 20;
constexpr size_t kBriefBytes = 600;
constexpr Milliseconds kGitPatience{60'000};
constexpr Milliseconds kPoll{5};

void Replace(std::string& text, std::string_view what, std::string_view by) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

std::string_view End(std::string_view text, size_t bytes) {
  return text.substr(text.size() - std::min(text.size(), bytes));
}

void ReadLines(Said& said) {
  if (auto whole = json::Parse(said.out)) {
    said.lines.push_back(*std::move(whole));
  } else {
    for (size_t at = 0; at < said.out.size();) {
      const size_t end = std::min(said.out.find('\n', at), said.out.size());
      const auto text = std::string_view(said.out).substr(at, end - at);
      // Of events there may be very many, and no drill looks at them here.
      if (!text.starts_with("{\"event\":")) {
        if (auto line = json::Parse(text)) said.lines.push_back(*std::move(line));
      }
      at = end + 1;
    }
  }
}

}  // namespace

std::string Said::Brief() const {
  std::string text = timed_out     ? "did not end in time"
                     : signal != 0 ? "ended by signal " + std::to_string(signal)
                                   : "exit code " + std::to_string(code);
  if (!err.empty()) text += ": " + json::ToValidUtf8(End(err, kBriefBytes));
  return text;
}

Result<std::unique_ptr<Scene>> Scene::Create(const Options& options, model::DrillResult& result) {
  const std::string secret = NewId() + NewId();
  std::unique_ptr<Scene> scene(new Scene(options, result, secret.substr(0, 64)));
  std::error_code error;
  if (fs::exists(options.folder, error) && !fs::is_empty(options.folder, error)) {
    return Invalid(options.folder.string() + " is not empty: a drill wants a folder of its own");
  }
  for (const char* each : {"home", "world", "world/effects", "motors", "specs", "tmp"}) {
    AIOP_CHECK_OK(file::MakeFolders(scene->folder_ / each));
  }
  fs::permissions(scene->folder_, fs::perms::owner_all, error);
  AIOP_CHECK_OK(file::Write(scene->home() / fault::kDrillMark, scene->secret_, 0600));
  AIOP_CHECK_OK(file::Write(scene->clock_file(), "0"));
  return scene;
}

// ---- Setting the scene

Status Scene::Git(const fs::path& folder, std::vector<std::string> arguments) {
  process::Command command{
      .argv = {"git"}, .folder = folder, .environment = process::CleanEnvironment(folder_ / "tmp")};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  for (const char* who : {"AUTHOR", "COMMITTER"}) {
    command.environment[std::string("GIT_") + who + "_NAME"] = "drill";
    command.environment[std::string("GIT_") + who + "_EMAIL"] = "drill@localhost";
  }
  command.environment["GIT_CONFIG_NOSYSTEM"] = "1";
  command.environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
  AIOP_TRY(const auto output, process::Run(command, "", kGitPatience, kOutputBytes));
  if (output.ok()) return {};
  return Unavailable("git " + arguments.front() + ": " + output.err);
}

Files Scene::MotorFiles(std::string_view version, std::string_view act,
                        std::string_view more) const {
  std::string script(kPlantScript);
  Replace(script, "@WORLD@", world().string());
  std::string manifest(kManifest);
  Replace(manifest, "@VERSION@", version);
  manifest += more;
  return {{"motor.yaml", manifest},
          {"plant.sh", script},
          {"check.sh", std::string(kCheck)},
          {"validate.sh", std::string(kValidator)},
          {"act.sh", "act() {\n" + std::string(act) + "\n}\n"}};
}

Status Scene::CommitFiles(const std::string& plant, const Files& files,
                          const std::string& message) {
  for (const auto& [name, content] : files) {
    std::string text = content;
    Replace(text, "@NAME@", plant);
    AIOP_CHECK_OK(file::Write(MotorFolder(plant) / name, text));
  }
  AIOP_CHECK_OK(Git(MotorFolder(plant), {"add", "-A"}));
  return Git(MotorFolder(plant), {"commit", "-q", "-m", message});
}

Status Scene::AddPlantOf(const std::string& name, const Files& files) {
  AIOP_CHECK_OK(file::MakeFolders(MotorFolder(name)));
  AIOP_CHECK_OK(Git(MotorFolder(name), {"init", "-q", "-b", "main", "."}));
  AIOP_CHECK_OK(CommitFiles(name, files, "the motor"));
  AIOP_TRY(const Said added, Aiop({"plant", "add", name, "--motor", MotorFolder(name).string()}));
  if (added.code != kDone) return Unavailable("the drill's plant: " + added.Brief());
  return {};
}

Status Scene::AddPlant(const std::string& name, std::string_view act, std::string_view manifest) {
  manifests_[name] = manifest;
  return AddPlantOf(name, MotorFiles("1.0.0", act, manifest));
}

Status Scene::Release(const std::string& plant, std::string_view version, std::string_view act) {
  return CommitFiles(plant, MotorFiles(version, act, manifests_[plant]),
                     "release " + std::string(version));
}

Status Scene::Branch(const std::string& plant, const std::string& branch, std::string_view act) {
  const fs::path folder = MotorFolder(plant);
  AIOP_CHECK_OK(Git(folder, {"checkout", "-q", "-b", branch, "main"}));
  AIOP_CHECK_OK(
      CommitFiles(plant, {{"act.sh", "act() {\n" + std::string(act) + "\n}\n"}}, "a fix"));
  return Git(folder, {"checkout", "-q", "main"});
}

Status Scene::AddApp(const std::string& plant, const std::string& name) {
  const fs::path spec = folder_ / "specs" / (name + ".json");
  AIOP_CHECK_OK(file::Write(spec, "{\"app\":\"" + name + "\"}\n"));
  AIOP_TRY(const Said added, Aiop({"app", "add", name, "--plant", plant, "--spec", spec.string()}));
  if (added.code != kDone) return Unavailable("the drill's app: " + added.Brief());
  return {};
}

// ---- The program

Variables Scene::Environment(const Variables& more) const {
  Variables environment = process::CleanEnvironment(folder_ / "tmp");
  std::erase_if(environment, [](const auto& each) { return each.first.starts_with("AIOP_"); });
  environment["TMPDIR"] = (folder_ / "tmp").string();
  environment["AIOP_CHAOS_CLOCK"] = secret_ + ":" + clock_file();
  if (!guarded()) environment["AIOP_CHAOS_WITHOUT"] = secret_ + ":" + options_.without;
  for (const auto& [name, value] : more) environment[name] = value;
  return environment;
}

Result<Said> Scene::Program(std::vector<std::string> argv, const Variables& more,
                            Milliseconds patience) {
  const process::Command command{.argv = std::move(argv),
                                 .folder = folder_,
                                 .environment = Environment(more),
                                 .stop = options_.stop};
  AIOP_TRY(const auto output, process::Run(command, "", patience, kOutputBytes));
  Said said{.code = output.exit.code,
            .signal = output.exit.signal,
            .timed_out = output.timed_out,
            .out = output.out,
            .err = output.err,
            .lines = {}};
  ReadLines(said);
  return said;
}

Result<Said> Scene::Aiop(std::vector<std::string> arguments, const Variables& more,
                         Milliseconds patience) {
  std::vector<std::string> argv = {options_.program.string(), "--home", home().string(), "--json"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return Program(std::move(argv), more, patience);
}

Result<Said> Scene::Run(const std::vector<std::string>& apps, const Variables& more,
                        Milliseconds patience) {
  std::vector<std::string> arguments = {"run", "--plant", std::string(kPlant), "--jobs", "2"};
  for (const std::string& app : apps) {
    arguments.insert(arguments.end(), {"--app", app});
  }
  return Aiop(std::move(arguments), more, patience);
}

Result<std::string> Scene::WaitForMark(std::string_view name) {
  const Stopwatch watch;
  std::error_code ignored;
  while (!fs::exists(world() / name, ignored)) {
    if (Stopped()) return Fail(Code::kCancelled, "stopped");
    if (watch.Elapsed() > kPatience) {
      return Fail(Code::kTimeout, "the plant did not come to '" + std::string(name) + "'");
    }
    WaitFor(kPoll);
  }
  return file::Read(world() / name);
}

Status Scene::Mark(std::string_view name, std::string_view text) {
  return file::Write(world() / name, text);
}

// ---- What came of it

Result<std::unique_ptr<contexts::Home>> Scene::Look() const {
  return contexts::Home::Open(home(), contexts::Home::Access::kRead);
}

bool Scene::Expect(bool held, std::string expected, std::string seen) {
  result_.checks.push_back(
      {.expected = std::move(expected), .held = held, .seen = held ? "" : std::move(seen)});
  return held;
}

void Scene::Injected() {
  since_ = Stopwatch();
  injected_ = Now();
}
void Scene::Detected() {
  if (!result_.detected_ms) result_.detected_ms = since_.Elapsed().count();
}
void Scene::Recovered() { result_.mttr_ms = since_.Elapsed().count(); }

Result<model::Run> Scene::RunOf(const std::string& app) const {
  AIOP_TRY(const auto home, Look());
  AIOP_TRY(const auto runs,
           home->ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kApp, app));
  if (runs.empty()) return NotFound("app " + app + " has no run");
  return runs.back();
}

Status Scene::MeasureBy(const std::string& app) {
  AIOP_TRY(const model::Run run, RunOf(app));
  AIOP_TRY(const auto home, Look());
  AIOP_TRY(const auto moves, home->ledger().ListBy<model::Transition>(
                                 store::Kind<model::Transition>::Field::kRun, run.id));
  for (const auto& each : moves) {
    if (each.at < injected_) continue;
    if (each.to == model::RunState::kPaused && !result_.detected_ms)
      result_.detected_ms = (each.at - injected_).count();
    result_.mttr_ms = (each.at - injected_).count();
  }
  return {};
}

bool Scene::ExpectSuccess(const Said& said, const std::string& app) {
  const auto run = RunOf(app);
  const bool good = said.code == kDone && run && run->state == model::RunState::kSuccess;
  return Expect(good, "the run of app '" + app + "' ends SUCCESS",
                (run ? std::string(describe::Name(run->state)) + " (" + run->cause + ")"
                     : run.error().message) +
                    "; aiop: " + said.Brief());
}

Status Scene::ExpectCategory(const std::string& app, model::Category category) {
  AIOP_TRY(const auto home, Look());
  AIOP_TRY(const auto decisions, home->ledger().List<model::DecisionRecord>());
  std::string said;
  for (const auto& each : decisions) {
    if (std::ranges::find(each.apps, app) == each.apps.end()) continue;
    said += (said.empty() ? "" : ", ") + std::string(describe::Name(each.category)) +
            (each.outcome == "abstained" ? " (abstained)" : "");
  }
  if (result_.classification.empty()) result_.classification = said;
  const std::string wanted(describe::Name(category));
  Expect(said == wanted, "the one decision about app '" + app + "' is " + wanted,
         said.empty() ? "no decision" : said);
  return {};
}

}  // namespace aiop::chaos
