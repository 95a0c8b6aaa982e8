// SPDX-License-Identifier: Apache-2.0
//
// With a script in place of npm (what goes wrong), and with the real npm and registry: those tests
// fail without a network, and say so.
#include <gmock/gmock.h>

#include <cstdlib>
#include <optional>

#include "base/json/json.h"
#include "control/motors/testing.h"
#include "control/upgrade/upgrade.h"

namespace aiop::upgrade {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kManifest =
    "{\n  \"name\": \"demo\",\n  \"version\": \"1.0.0\",\n\n  \"dependencies\": { \"is-number\" : "
    "\"6.0.0\" }\n}\n";
constexpr std::string_view kLock = R"({
  "name": "demo",
  "version": "1.0.0",
  "lockfileVersion": 3,
  "requires": true,
  "packages": {
    "": {
      "name": "demo",
      "version": "1.0.0",
      "dependencies": {
        "is-number": "6.0.0"
      }
    },
    "node_modules/is-number": {
      "version": "6.0.0",
      "integrity": "sha512-Wu1VHeILBK8KAWJUAiSZQX94GmOE45Rg6/538fKwiloUu21KncEkYGPqob2oSZ5mUT73vLGrHQjKw3KMPwfDzg==",
      "license": "MIT",
      "engines": {
        "node": ">=0.10.0"
      }
    }
  }
}
)";
const Upgrade kUpgrade{"npm", "is-number", "6.0.0", "7.0.0"};

// A variable of our environment for one test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

class NpmTest : public testing::Test {
 protected:
  void SetUp() override { Motor(kManifest, kLock); }

  void Motor(std::string_view manifest, std::string_view lock) {
    const std::string name = "source" + std::to_string(++motors_);
    folder_.MakeMotor(name);
    folder_.Write(name + "/package.json", manifest);
    folder_.Write(name + "/package-lock.json", lock);
    revision_ = folder_.CommitAll(name, "npm");
    auto motor =
        motors::Repository::Import(folder_ / name, folder_ / ("motor" + std::to_string(motors_)));
    ASSERT_TRUE(motor.has_value()) << motor.error().message;
    motor_.emplace(*std::move(motor));
  }

  std::filesystem::path Home() const { return folder_ / "home"; }
  std::unique_ptr<Registry> Real() const { return MakeNpm(Home()); }

  // A registry whose client is this script; its arguments are in the file `asked`.
  std::unique_ptr<Registry> Fake(const std::string& script) const {
    folder_.Write(
        "npm", "#!/bin/sh\necho \"$*\" >> '" + (folder_ / "asked").string() + "'\n" + script + "\n",
        0755);
    return MakeNpm(Home(), (folder_ / "npm").string());
  }

  std::string File(const std::string& revision, const std::string& path) const {
    const auto content = motor_->ReadFile(revision, path);
    return content ? *content : "(" + content.error().message + ")";
  }

  motors::MotorFolder folder_;
  std::optional<motors::Repository> motor_;
  std::string revision_;
  int motors_ = 0;
};

TEST_F(NpmTest, ServesMotorsWithBothFilesThatStandAlone) {
  const auto npm = Real();
  EXPECT_EQ(npm->name(), "npm");
  EXPECT_TRUE(npm->Serves(*motor_, revision_));
  EXPECT_THAT(*npm->Pins(*motor_, revision_), ElementsAre(testing::Pair("is-number", "6.0.0")));
  Motor(R"({"workspaces": ["a"]})", kLock);
  EXPECT_FALSE(npm->Serves(*motor_, revision_));
  Motor("{broken", kLock);
  EXPECT_TRUE(npm->Serves(*motor_, revision_));
  AIOP_MOTORS_FAILS(npm->Pins(*motor_, revision_), Code::kInvalid, "package.json");
  const auto without = motor_->WithFiles(revision_, {{"package-lock.json", std::nullopt}});
  ASSERT_TRUE(without.has_value()) << without.error().message;
  EXPECT_FALSE(npm->Serves(*motor_, *without));
}

TEST_F(NpmTest, SaysWhatToDoWithoutNpm) {
  AIOP_MOTORS_FAILS(MakeNpm(Home(), "no-such-npm")->Published("is-number"), Code::kUnavailable,
                    "install Node.js with npm");
}

TEST_F(NpmTest, AnswersFromItsHomeWhenNpmFails) {
  const auto works =
      Fake(R"(echo '[{"name":"@s/n","version":"1.10.0"},{"name":"@s/n","version":"1.9.0"}]')");
  EXPECT_THAT(*works->Published("@s/n"), ElementsAre("1.9.0", "1.10.0"));
  EXPECT_THAT(folder_.Read("asked"),
              HasSubstr("view @s/n@>=0.0.0 name version deprecated --json --cache="));
  const auto offline =
      Fake(R"(echo '{"error":{"code":"ENOTFOUND","summary":"getaddrinfo"}}'; exit 1)");
  EXPECT_THAT(*offline->Published("@s/n"), ElementsAre("1.9.0", "1.10.0"));
  AIOP_MOTORS_FAILS(offline->Published("other"), Code::kUnavailable, "(ENOTFOUND): getaddrinfo");
  const auto gone = Fake(R"(echo '{"error":{"code":"E404","summary":"Not Found"}}'; exit 1)");
  AIOP_MOTORS_FAILS(gone->Published("@s/n"), Code::kNotFound, "Not Found");
  const auto nonsense = Fake("echo '[\"1.0.0\"]'");
  EXPECT_THAT(*nonsense->Published("@s/n"), ElementsAre("1.9.0", "1.10.0"));
  AIOP_MOTORS_FAILS(nonsense->Published("other"), Code::kUnavailable, "not understood");
  folder_.Write("home/.aiop-upgrade/npm/@s+n.json", "[7");
  AIOP_MOTORS_FAILS(nonsense->Published("@s/n"), Code::kUnavailable, "not understood");
}

TEST_F(NpmTest, NeverPassesOnWhatIsNoName) {
  const auto npm = Fake("echo '[]'");
  for (const char* name : {"--help", "../x", "a b", "", "@s"}) {
    AIOP_MOTORS_FAILS(npm->Published(name), Code::kInvalid, "no name of a package");
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "asked"));
}

TEST_F(NpmTest, ReadsTheWordsOfOlderNpms) {
  const auto npm = Fake("echo 'npm ERR! code E404' >&2; echo 'npm ERR! 404 gone' >&2; exit 1");
  AIOP_MOTORS_FAILS(npm->Published("a"), Code::kNotFound, "(E404)");
  AIOP_MOTORS_FAILS(Fake("exit 1")->Published("a"), Code::kUnavailable, "did not say why");
  AIOP_MOTORS_FAILS(Fake("kill -9 $$")->Published("a"), Code::kUnavailable, "npm view failed");
}

TEST_F(NpmTest, HasAHomeOfItsOwnAndOurWayToTheRegistry) {
  const Variable registry("npm_config_registry", "http://registry.example");
  const Variable scripts("npm_config_script_shell", "/bin/evil");
  const Variable secret("SOME_TOKEN", "secret");
  const auto npm = Fake("env > '" + (folder_ / "environment").string() + "'; echo '[]'");
  ASSERT_TRUE(npm->Published("a").has_value());
  const std::string environment = folder_.Read("environment");
  EXPECT_THAT(environment, HasSubstr("HOME=" + Home().string() + "\n"));
  EXPECT_THAT(environment, HasSubstr("npm_config_registry=http://registry.example\n"));
  EXPECT_THAT(environment, Not(HasSubstr("evil")));
  EXPECT_THAT(environment, Not(HasSubstr("secret")));
  EXPECT_THAT(folder_.Read("asked"), HasSubstr("--cache=" + (Home() / ".npm").string()));
}

TEST_F(NpmTest, ApplyChecksWhatNpmMade) {
  AIOP_MOTORS_FAILS(Fake("exit 0")->Apply(*motor_, revision_, kUpgrade), Code::kConflict,
                    "did not lock is-number 6.0.0 -> 7.0.0");
  AIOP_MOTORS_FAILS(Fake("echo '{' > package-lock.json")->Apply(*motor_, revision_, kUpgrade),
                    Code::kInvalid, "npm made");
  const std::string with_address =
      R"(echo '{"packages":{"node_modules/is-number":{"version":"7.0.0","resolved":"https://h/i.tgz"}}}' > package-lock.json)";
  AIOP_MOTORS_FAILS(Fake(with_address)->Apply(*motor_, revision_, kUpgrade), Code::kUnavailable,
                    "8.13");
  AIOP_MOTORS_FAILS(Fake(R"(echo '{"error":{"code":"ERESOLVE","summary":"peers"}}'; exit 1)")
                        ->Apply(*motor_, revision_, kUpgrade),
                    Code::kConflict, "peers");
  AIOP_MOTORS_FAILS(
      Fake("exit 1")->Apply(*motor_, revision_, {"npm", "is-number", "5.0.0", "7.0.0"}),
      Code::kInvalid, "not pinned to 5.0.0");
}

TEST_F(NpmTest, ApplyTriesTheCacheWhenTheRegistryIsAway) {
  const auto npm =
      Fake(R"(case "$*" in *--offline*) sed -i 's/"6.0.0"/"7.0.0"/' package-lock.json;; )"
           R"(*) echo '{"error":{"code":"ECONNREFUSED","summary":"no"}}'; exit 1;; esac)");
  const auto tree = npm->Apply(*motor_, revision_, kUpgrade);
  ASSERT_TRUE(tree.has_value()) << tree.error().message;
  EXPECT_THAT(File(*tree, "package-lock.json"), HasSubstr("\"is-number\": \"7.0.0\""));
  const std::string asked = folder_.Read("asked");
  EXPECT_THAT(asked,
              HasSubstr("install --package-lock-only --ignore-scripts --no-audit --no-fund"));
  EXPECT_THAT(
      asked,
      HasSubstr("--omit-lockfile-registry-resolved=true --lockfile-version=3 --offline --json"));
}

TEST_F(NpmTest, RealRegistryPublishesAndLocks) {
  const auto npm = Real();
  const auto versions = npm->Published("is-number");
  ASSERT_TRUE(versions.has_value()) << "needs npm and its registry: " << versions.error().message;
  EXPECT_THAT(*versions, Contains("6.0.0"));
  EXPECT_THAT(*versions, Contains("7.0.0"));
  AIOP_MOTORS_FAILS(npm->Published("@aiop-no-such-scope/no-such-package-7f3a"), Code::kNotFound,
                    "E404");

  const auto upgrades = Candidates(*npm, *motor_, revision_, "", 5);
  ASSERT_TRUE(upgrades.has_value()) << upgrades.error().message;
  ASSERT_FALSE(upgrades->empty());
  EXPECT_EQ(upgrades->front().Text(), "is-number 6.0.0 -> 7.0.0");

  const auto tree = npm->Apply(*motor_, revision_, upgrades->front());
  ASSERT_TRUE(tree.has_value()) << tree.error().message;
  EXPECT_THAT(*motor_->ChangedPaths(revision_, *tree),
              ElementsAre("package-lock.json", "package.json"));
  std::string manifest(kManifest);
  manifest.replace(manifest.find("6.0.0"), 5, "7.0.0");
  EXPECT_EQ(File(*tree, "package.json"), manifest);
  const std::string lock = File(*tree, "package-lock.json");
  EXPECT_THAT(lock, HasSubstr("\"version\": \"7.0.0\",\n      \"integrity\": \"sha512-"));
  EXPECT_THAT(lock, Not(HasSubstr("resolved")));
  EXPECT_THAT(lock, HasSubstr("\"lockfileVersion\": 3"));

  // A second time the way to the registry is closed.
  const Variable away("npm_config_https_proxy", "http://127.0.0.1:9/");
  EXPECT_EQ(*npm->Published("is-number"), *versions);
  AIOP_MOTORS_FAILS(npm->Published("left-pad"), Code::kUnavailable, "ECONNREFUSED");
  const auto again = npm->Apply(*motor_, revision_, upgrades->front());
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(*again, *tree);
}

TEST_F(NpmTest, RealNpmSaysWhenAVersionDoesNotExist) {
  AIOP_MOTORS_FAILS(Real()->Apply(*motor_, revision_, {"npm", "is-number", "6.0.0", "6.99.99"}),
                    Code::kNotFound, "ETARGET");
}

TEST_F(NpmTest, RealNpmKeepsAddressesAndFormatVersion) {
  std::string lock(kLock);
  lock.replace(lock.find("\"lockfileVersion\": 3"), 20, "\"lockfileVersion\": 2");
  lock.replace(lock.find("      \"integrity\""), 0,
               "      \"resolved\": \"https://registry.example/is-number-6.0.0.tgz\",\n");
  Motor(kManifest, lock);
  const auto tree = Real()->Apply(*motor_, revision_, kUpgrade);
  ASSERT_TRUE(tree.has_value()) << "needs npm and its registry: " << tree.error().message;
  EXPECT_THAT(File(*tree, "package-lock.json"), HasSubstr("is-number-7.0.0.tgz"));
  EXPECT_THAT(File(*tree, "package-lock.json"), HasSubstr("\"lockfileVersion\": 2"));
}

}  // namespace
}  // namespace aiop::upgrade
