// SPDX-License-Identifier: Apache-2.0
#include "base/fault/fault.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace aiop::fault {
namespace {

namespace fs = std::filesystem;

// Only the first drill that a process enters counts, so each case has a process of its own.
class Drill : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(home_);
    setenv("AIOP_CHAOS_WITHOUT", (secret_ + ":gates").c_str(), 1);
    setenv("AIOP_CHAOS_CLOCK", (secret_ + ":" + (home_ / "clock").string()).c_str(), 1);
    Write("clock", "-3600000\n");
  }
  void TearDown() override {
    unsetenv("AIOP_CHAOS_WITHOUT");
    unsetenv("AIOP_CHAOS_CLOCK");
    fs::remove_all(home_);
  }
  void Write(const char* name, const std::string& text) const {
    std::ofstream(home_ / name) << text;
  }
  // Enters the home in a process of its own: 0 if the guard is off there, 1 if not.
  void EntersAndEnds(int code) {
    EXPECT_EXIT(
        {
          EnterHome(home_);
          _exit(GuardIsOff("gates") ? 0 : 1);
        },
        testing::ExitedWithCode(code), "");
  }

  const std::string secret_ = std::string(64, 's');
  const fs::path home_ = fs::temp_directory_path() / ("aiop-fault-" + std::to_string(getpid()));
};

TEST_F(Drill, GuardsHoldInAHomeWithoutItsMark) { EntersAndEnds(1); }

TEST_F(Drill, AGuardIsOffInItsOwnHome) {
  Write("drill", secret_);
  EntersAndEnds(0);
}

TEST_F(Drill, AnotherSecretSwitchesNothingOff) {
  Write("drill", std::string(64, 't'));
  EntersAndEnds(1);
}

TEST_F(Drill, AShortSecretIsNone) {
  Write("drill", "");
  setenv("AIOP_CHAOS_WITHOUT", ":gates", 1);
  EntersAndEnds(1);
  Write("drill", "s");
  setenv("AIOP_CHAOS_WITHOUT", "s:gates", 1);
  EntersAndEnds(1);
}

TEST_F(Drill, OnlyTheNamedGuardIsOff) {
  Write("drill", secret_);
  EXPECT_EXIT(
      {
        EnterHome(home_);
        _exit(GuardIsOff("gate") || GuardIsOff("") || GuardIsOff("recovery") ? 1 : 0);
      },
      testing::ExitedWithCode(0), "");
}

TEST_F(Drill, TheClockIsWrongInADrillOnly) {
  EnterHome(home_);
  EXPECT_EQ(ClockErrorMilliseconds(), 0);
  Write("drill", secret_);
  EXPECT_EXIT(
      {
        EnterHome(home_);
        const bool back = ClockErrorMilliseconds() == -3'600'000;
        Write("clock", "86400000");
        _exit(back && ClockErrorMilliseconds() == 86'400'000 ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace aiop::fault
