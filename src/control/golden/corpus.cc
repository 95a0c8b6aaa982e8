// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/file/file.h"
#include "control/golden/golden.h"
#include "control/golden/reader.h"

namespace aiop::golden {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPlantFile = "plant.yaml";
constexpr std::string_view kIncidentsFile = "incidents.yaml";

Result<std::string> ReadText(const fs::path& path) {
  auto text = file::Read(path, kCorpusFileLimitBytes);
  if (!text) return Invalid(text.error().message);
  return text;
}

Status ReadPlant(Plant& plant) {
  const fs::path file = plant.folder / kPlantFile;
  AIOP_TRY(const std::string text, ReadText(file));
  AIOP_TRY(const yaml::Document document, yaml::Parse(text, file.string()));
  const std::string name = file.string();
  Reader reader(document, name);
  if (reader.Object(document.value, "", {"name", "kind", "published", "about", "tool", "needs"})) {
    plant.name = reader.Needed(document.value, "", "name");
    plant.kind = reader.Needed(document.value, "", "kind");
    plant.about = reader.Text(document.value, "", "about");
    plant.tool = reader.Text(document.value, "", "tool");
    plant.published = reader.Text(document.value, "", "published") == "true";
  }
  if (!plant.name.empty() && !describe::IsName(plant.name)) {
    reader.Refuse("/name", "must be " + std::string(describe::kNameRule.expectation));
  }
  return reader.Verdict();
}

}  // namespace

Result<Plant> LoadPlant(const fs::path& folder) {
  Plant plant;
  plant.folder = folder;
  AIOP_CHECK_OK(ReadPlant(plant));
  std::error_code ignored;
  if (!fs::exists(folder / "motor" / "motor.yaml", ignored)) {
    return Invalid((folder / "motor" / "motor.yaml").string() + ": a golden plant needs a motor");
  }
  const fs::path file = folder / kIncidentsFile;
  AIOP_TRY(const std::string text, ReadText(file));
  AIOP_TRY(plant.incidents, ReadIncidents(text, file.string()));
  return plant;
}

Result<std::vector<Plant>> LoadCorpus(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> folders;
  if (fs::exists(folder / kPlantFile, error)) folders.push_back(folder);
  if (folders.empty()) {
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      if (fs::exists(entry->path() / kPlantFile, error)) folders.push_back(entry->path());
    }
  }
  if (error) return Invalid(folder.string() + ": " + error.message());
  if (folders.empty()) return Invalid(folder.string() + ": no folder in it has a plant.yaml");
  std::sort(folders.begin(), folders.end());
  std::vector<Plant> plants;
  for (const fs::path& each : folders) {
    AIOP_TRY(Plant plant, LoadPlant(each));
    plants.push_back(std::move(plant));
  }
  return plants;
}

}  // namespace aiop::golden
