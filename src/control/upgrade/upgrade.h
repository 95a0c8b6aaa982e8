// SPDX-License-Identifier: Apache-2.0
//
// The patch source `upgrade`: newer published versions of the dependencies that a motor pins
// exactly. Two registries behind one interface: npm (package.json with package-lock.json), and
// whatever a command lists the versions of. Owns nothing; thread-safe. Errors: kUnavailable when
// the registry cannot be reached (say so and go on with other sources), kInvalid for a manifest
// that cannot be read.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result/result.h"
#include "control/motors/motors.h"

namespace aiop::upgrade {

struct Upgrade {
  std::string registry;    // "npm"
  std::string dependency;  // "openapi-typescript"
  std::string from;
  std::string to;
  std::string Text() const { return dependency + " " + from + " -> " + to; }
};

class Registry {
 public:
  virtual ~Registry() = default;
  virtual std::string_view name() const = 0;
  // Whether a motor uses it.
  virtual bool Serves(const motors::Repository& repository, const std::string& revision) const = 0;
  // Exactly pinned direct dependencies of the motor at this revision.
  virtual Result<std::vector<std::pair<std::string, std::string>>> Pins(
      const motors::Repository& repository, const std::string& revision) const = 0;
  // Published versions of a dependency that are no pre-releases and not deprecated, lowest first.
  virtual Result<std::vector<std::string>> Published(const std::string& dependency) const = 0;
  // The tree of the motor with this upgrade made: manifest and lock file, nothing else.
  virtual Result<std::string> Apply(motors::Repository& repository, const std::string& revision,
                                    const Upgrade& upgrade) const = 0;
};

// `home_folder`: HOME of the registry's client; its cache lives there, so that a second time works
// offline: answers of Published are kept there too and used when npm fails. Which registry and how
// to reach it is what npm's global configuration, the motor's .npmrc and these npm_config_
// variables of our environment say: registry, proxies, certificates, userconfig, globalconfig.
// `command`: the client, "npm" unless a test says otherwise.
//
// Serves motors with package.json and package-lock.json at their root, but no workspaces and no
// dependencies on folders or files (their lock files cannot be made from these two files alone).
// Scripts of packages are never run. Apply changes one version text in package.json and lets npm
// make the lock file, in its format version and with addresses of packages only if it had some.
// kUnavailable: npm is missing or fails; kNotFound: never published; kConflict: npm says that the
// dependencies do not fit together.
std::unique_ptr<Registry> MakeNpm(const std::filesystem::path& home_folder,
                                  const std::string& command = "npm");

// A dependency that a motor declares: `file` a glob, `pattern` of RE2 with one group, its version.
struct Listed {
  std::string name;
  std::string file;
  std::string pattern;
};
// The versions of a dependency, one for each line of what its command prints, in any order.
using Lister = std::function<Result<std::vector<std::string>>(const std::string& dependency)>;

// Apply changes the version where the pattern finds it, in each file that pins it, and nothing
// else.
std::unique_ptr<Registry> MakeListed(std::vector<Listed> dependencies, Lister lister);

// Upgrades worth trying, most promising first, at most `limit`: of each pinned dependency the
// newest patch of its minor, then the newest minor of its major, then each newer major's newest,
// then the versions in between. Dependencies named in `failure_text` (or whose name stands in the
// paths of its stack frames) come first, in that order; the others by name. What the registry does
// not know is left out. kUnavailable only if it leaves nothing to try.
Result<std::vector<Upgrade>> Candidates(const Registry& registry,
                                        const motors::Repository& repository,
                                        const std::string& revision, std::string_view failure_text,
                                        size_t limit);

}  // namespace aiop::upgrade
