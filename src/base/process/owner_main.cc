// SPDX-License-Identifier: Apache-2.0
//
// For tests: an owner that can be killed. `owner LOCK_FILE PROGRAM ARGUMENT...` runs the program
// under a keeper, says "zygote PID" and "keeper PID", passes on what the program prints, and never
// ends by itself.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include "base/process/process.h"

int main(int argc, char** argv) {
  using namespace aiop::process;
  if (argc < 3 || !StartZygote()) return 2;
  // The only child so far is the zygote.
  pid_t zygote = 0;
  const std::string self = std::to_string(getpid());
  std::ifstream("/proc/self/task/" + self + "/children") >> zygote;
  const auto child = Child::Start({.argv = {argv + 2, argv + argc},
                                   .folder = "/",
                                   .environment = CleanEnvironment("/nonexistent"),
                                   .lock_file = argv[1]});
  if (!child) {
    std::cerr << child.error().message << "\n";
    return 2;
  }
  std::cout << "zygote " << zygote << "\nkeeper " << (*child)->keeper() << std::endl;
  char buffer[4096];
  for (;;) {
    const ssize_t got = read((*child)->output(), buffer, sizeof buffer);
    if (got <= 0) pause();
    std::cout.write(buffer, got).flush();
  }
}
