// SPDX-License-Identifier: Apache-2.0
// How many lines of tool output become a template per second on one core: each line on its own, as
// a failure's details mostly are, then whole outputs. fingerprint_bench FILE... reads its lines
// from files; without one, from the list here.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "base/file/file.h"
#include "core/fingerprint/fingerprint.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kSpan{2};

constexpr std::string_view kLines =
    R"(out/shop/index.ts(187,9): error TS2411: Property 'empty' of type 'boolean' is not assignable to 'string' index type.
a.cc:3:23: error: no member named 'nam' in 'Pet'
Error: ENOENT: no such file or directory, open '/nope/pets.json'
    at Object.readFileSync (node:fs:452:35)
    at load (/srv/one/gen.js:1:15)
npm error 404 Not Found - GET https://registry.example/one
FileNotFoundError: [Errno 2] No such file or directory: '/home/gone-77.json'
2024-05-01T12:33:44.123Z ERROR Failed to fetch https://api.example/v1/pets?id=3 after 1.2s (3 retries)
Received block blk_-1608999687919862906 of size 91178 from /10.250.10.6
authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=218.188.2.4  user=root
10.11.10.1 "POST /v2/54fadb412c4e40cdbaed9335e4c35a9e/servers HTTP/1.1" status: 202 len: 733 time: 0.4
fatal: repository '/nowhere/x' does not exist
)";

template <class Work>
void Measure(const char* name, size_t lines, size_t bytes, Work work) {
  size_t rounds = 0;
  const auto start = Clock::now();
  do {
    work();
    ++rounds;
  } while (Clock::now() - start < kSpan);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::printf("%-8s %.2f M lines/s, %.0f MB/s\n", name, double(lines * rounds) / seconds / 1e6,
              double(bytes * rounds) / seconds / 1e6);
}

}  // namespace

int main(int count, char** arguments) {
  std::string text(kLines);
  if (count > 1) text.clear();
  for (int i = 1; i < count; ++i) text += aiop::file::Read(arguments[i]).value_or("") + "\n";
  std::vector<std::string_view> lines;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size() - 1);
    lines.push_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  size_t made = 0;
  Measure("single", lines.size(), text.size(), [&] {
    for (const std::string_view line : lines) made += aiop::fingerprint::Template(line).size();
  });
  Measure("whole", lines.size(), text.size(),
          [&] { made += aiop::fingerprint::Template(text).size(); });
  return made == 0 ? 1 : 0;
}
