// SPDX-License-Identifier: Apache-2.0
// The texts are what the tools really print (clang 19, gcc 12, tsc 5.4, node 20, npm 11,
// Python 3.11, rustc, javac, git, CMake), shortened; only folder names were changed.
#include "core/fingerprint/fingerprint.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace aiop::fingerprint {
namespace {

using model::SignalType;

struct Pair {
  const char* why;
  std::string_view one;
  std::string_view other;
};

TEST(Template, OccurrencesOfOneCauseShareIt) {
  const Pair pairs[] = {
      {"tsc: other file, position and names",
       "out/shop/index.ts(187,9): error TS2411: Property 'empty' of type 'boolean | undefined' is "
       "not assignable to "
       "'string' index type 'string[] | undefined'.\n",
       "gen/index.ts(204,19): error TS2411: Property 'Link' of type '{ href: string; }' is not "
       "assignable to 'string' "
       "index type '{ value?: string | undefined; parameters?: { [key: string]: string; } | "
       "undefined; }[]'.\n"},
      {"tsc: plain and pretty", "api.ts(3,7): error TS2304: Cannot find name 'Pet'.",
       "\x1b[96mapi.ts\x1b[0m:\x1b[93m14\x1b[0m:\x1b[93m7\x1b[0m - \x1b[91merror\x1b[0m\x1b[90m "
       "TS2304: \x1b[0mCannot "
       "find name 'Order'.\n\n\x1b[7m14\x1b[0m   a: Order;\n\x1b[7m  \x1b[0m \x1b[91m     "
       "~~~~~\x1b[0m\n\n\nFound 1 error "
       "in api.ts\x1b[90m:14\x1b[0m\n"},
      {"tsc: three of them and thirty of them, among other lines",
       "a.ts(1,1): error TS2304: Cannot find name 'A'.\na.ts(2,1): error TS2304: Cannot find name "
       "'B'.\n",
       "npm warn Unknown user config \"nodedir\".\nz.ts(9,1): error TS2304: Cannot find name 'Q'.\n"
       "z.ts(19,1): error TS2304: Cannot find name 'R'.\nz.ts(29,1): error TS2304: Cannot find "
       "name 'S'.\n"
       "z.ts(39,1): error TS2304: Cannot find name 'T'.\n"},
      {"tsc: the same two kinds in another order",
       "a.ts(1,1): error TS2304: Cannot find name 'A'.\na.ts(2,1): error TS2300: Duplicate "
       "identifier 'B'.",
       "a.ts(1,1): error TS2300: Duplicate identifier 'C'.\na.ts(2,1): error TS2304: Cannot find "
       "name 'D'."},
      {"tsc: what follows a syntax error is chance",
       "a.ts(1,1): error TS1131: Property or signature expected.\na.ts(1,9): error TS1128: "
       "Declaration or statement "
       "expected.\na.ts(3,9): error TS2304: Cannot find name 'x'.",
       "b.ts(7,1): error TS1131: Property or signature expected.\nb.ts(9,9): error TS1005: ';' "
       "expected."},
      {"clang: with source lines, in colour, other names",
       "a.cc:3:23: error: no member named 'nam' in 'Pet'\n    3 | int main() { Pet p; p.nam = 3; "
       "}\n      |             "
       "       ~ ^\n1 error generated.\n",
       "\x1b[1mb.cc:5:25: \x1b[0m\x1b[0;1;31merror: \x1b[0m\x1b[1mno member named 'titel' in "
       "'Order'\x1b[0m\n    5 | "
       "\x1b[0;34mint\x1b[0m main() { Order p; }\n\x1b[0;1;32m                    ~ ^\x1b[0m\n1 "
       "error generated.\n"},
      {"gcc",
       "a.cc: In function ‘int main()’:\na.cc:3:23: error: ‘struct Pet’ has no member named "
       "‘nam’\n    3 | p.nam;\n",
       "src/b.cc: In function ‘int main()’:\nsrc/b.cc:5:25: error: ‘struct Order’ has no member "
       "named ‘titel’\n"},
      {"ld",
       "/usr/bin/ld: /tmp/cc43NPzp.o: in function `main':\nd.cc:(.text+0x5): undefined reference "
       "to `f()'\n",
       "/usr/bin/ld: /tmp/d-b111ae.o: in function `main':\nd.cc:(.text+0x10): undefined reference "
       "to `save(Pet)'\n"},
      {"node: other file, other line",
       "node:fs:573\n  return binding.open(\n                 ^\n\nError: ENOENT: no such file or "
       "directory, open "
       "'/nope/pets.json'\n    at Object.openSync (node:fs:573:18)\n    at load "
       "(/srv/one/gen.js:1:15)\n    at "
       "node:internal/main/eval_string:51:3 {\n  errno: -2,\n  code: 'ENOENT',\n  path: "
       "'/nope/pets.json'\n}\n\nNode.js "
       "v20.20.2\n",
       "node:fs:601\n  return binding.open(\n                 ^\n\nError: ENOENT: no such file or "
       "directory, open "
       "'/home/ann/o.json'\n    at Object.openSync (node:fs:601:18)\n    at load "
       "(/srv/two/gen.js:8:2) {\n  errno: -2\n}\n"},
      {"node: deep recursion",
       "TypeError: Cannot read properties of undefined (reading 'type')\n    at emit (g.js:1:47)\n "
       "   at walk (g.js:9:1)\n",
       "TypeError: Cannot read properties of undefined (reading 'type')\n    at emit (g.js:1:47)\n "
       "   at emit (g.js:1:47)\n "
       "   at emit (g.js:3:4)\n    at walk (g.js:9:1)\n    at main (g.js:99:1)\n"},
      {"python: moved by two lines, other file",
       "Traceback (most recent call last):\n  File \"/srv/t1.py\", line 4, in <module>\n    "
       "main()\n  File "
       "\"/srv/t1.py\", line 2, in load\n    def load(p): return json.load(open(p))\n             "
       "                     "
       "^^^^^^^\nFileNotFoundError: [Errno 2] No such file or directory: '/srv/nope-123.json'\n",
       "Traceback (most recent call last):\n  File \"/home/ann/t2.py\", line 6, in <module>\n    "
       "main()\n  File "
       "\"/home/ann/t2.py\", line 4, in load\n    def load(p): return "
       "json.load(open(p))\nFileNotFoundError: [Errno 2] No "
       "such file or directory: '/home/gone-77.json'\n"},
      {"npm: another package, another log",
       "npm error code E404\nnpm error 404 Not Found - GET https://registry.example/one\nnpm error "
       "404\nnpm error A "
       "complete log of this run can be found in: "
       "/root/.npm/_logs/2026-11-21T08_56_03_094Z-debug-0.log\n",
       "npm error code E404\nnpm error 404 Not Found - GET "
       "https://registry.example/@scope%2ftwo\nnpm error 404\n"},
      {"git", "fatal: repository '/nowhere/x' does not exist\n",
       "fatal: repository '/elsewhere/y' does not exist\n"},
      {"javac",
       "j/A.java:1: error: cannot find symbol\n  symbol:   variable x\n  location: class A\n1 "
       "error\n",
       "j/B.java:17: error: cannot find symbol\n  symbol:   variable yy\n  location: class B\n1 "
       "error\n"},
      {"rustc",
       "error[E0425]: cannot find value `y` in this scope\n --> r.rs:1:30\n  |\n1 | fn main(){ y "
       "}\n  |            ^\n",
       "error[E0425]: cannot find value `total` in this scope\n  --> src/lib.rs:10:3\n"},
      {"go compiler", "./x.go:3:2: missing return\n",
       "# example/pets\n./pets/y.go:33:12: missing return\n"},
      {"go panic",
       "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 "
       "[running]:\nmain.load(0x3, "
       "0xc00001)\n\t/srv/a.go:5 +0x1d\nmain.main()\n\t/srv/a.go:9 +0x2f\nexit status 2\n",
       "panic: runtime error: index out of range [7] with length 7\n\ngoroutine 18 "
       "[running]:\nmain.load(0x7, "
       "0xc00ff1)\n\t/home/a.go:6 +0x2d\nmain.main()\n\t/home/a.go:19 +0x2f\nexit status 2\n"},
      {"pytest",
       "    def test_sum():\n>       assert add(1, 1) == 3\nE       assert 2 == 3\nE        +  "
       "where 2 = add(1, 1)\n",
       "    def test_sum():\n>       assert add(1, 2) == 4\nE       assert 3 == 4\nE        +  "
       "where 3 = add(1, 2)\n"},
      {"ids, times, addresses, versions",
       "2024-05-01T12:33:44.123Z request 550e8400-e29b-41d4-a716-446655440000 of 10.0.0.1:8080 "
       "timed out after 1.2s",
       "2025-11-30T02:03:04Z request 7d444840-9dc0-11d1-b245-5ffdce74fad2 of 10.0.7.99:80 timed "
       "out after 31000ms"},
      {"keys and values", "write failed: dev=sda1 sector=77 host=north",
       "write failed: dev=sdb sector= host=south"},
      {"named numbers", "lost steps:12 of 40", "lost steps:99 of 7"},
      {"sizes with units", "out of memory: 384.0 B free", "out of memory: 2.1 GB free"},
      {"dates in words", "certificate expired at Sat Jun 18 02:08:12 2005",
       "certificate expired at Mon Nov 2 12:00:00 2026"},
      {"hosts", "getaddrinfo failed for db.north.example.org",
       "getaddrinfo failed for db.south.example.org"},
      {"addresses of people", "mail to ann@example.org refused",
       "mail to ben@other.example refused"},
      {"people and hosts", "Failed password for invalid user webmaster from 10.0.0.1 port 38926",
       "Failed password for invalid user oracle from 10.7.0.9 port 22"},
      {"figures", "latency 61234 ms exceeds the budget of 60000 ms",
       "latency 700 ms exceeds the budget of 500 ms"},
      {"a progress bar", "10%\r50%\r100%\nError: out of disk", "3%\r100%\nError: out of disk"},
      {"places in a spec", "oas3-schema: must be integer at #/components/schemas/Pet/properties/id",
       "oas3-schema: must be integer at #/paths/~1orders/get"},
      {"windows paths", "C:\\Users\\ann\\src\\api.ts(3,4): error TS2304: Cannot find name 'A'.",
       "src/api.ts(31,4): error TS2304: Cannot find name 'B'."},
  };
  for (const Pair& pair : pairs) {
    EXPECT_EQ(Template(pair.one), Template(pair.other)) << pair.why;
    EXPECT_FALSE(Template(pair.one).empty()) << pair.why;
  }
}

TEST(Template, CausesStayApart) {
  const Pair pairs[] = {
      {"tsc code", "a.ts(1,1): error TS2304: Cannot find name 'A'.",
       "a.ts(1,1): error TS2300: Duplicate identifier 'A'."},
      {"another kind besides", "a.ts(1,1): error TS2304: Cannot find name 'A'.",
       "a.ts(1,1): error TS2304: Cannot find name 'A'.\na.ts(2,1): error TS2300: Duplicate "
       "identifier 'B'."},
      {"which sign", "c.cc:1:20: error: expected ';' after return statement",
       "c.cc:1:20: error: expected '}'"},
      {"which access of the tool's code",
       "TypeError: Cannot read properties of undefined (reading 'type')",
       "TypeError: Cannot read properties of undefined (reading 'items')"},
      {"which function crashed",
       "TypeError: Cannot read properties of undefined (reading 'type')\n    at emit (g.js:1:47)\n",
       "TypeError: Cannot read properties of undefined (reading 'type')\n    at walk "
       "(g.js:1:47)\n"},
      {"which name of the tool's code", "ReferenceError: emitEnum is not defined",
       "ReferenceError: emitUnion is not defined"},
      {"system error", "Error: ENOENT: no such file, open 'x'",
       "Error: EACCES: no such file, open 'x'"},
      {"npm code", "npm error code E404\n", "npm error code ERESOLVE\n"},
      {"exit code", "process exited with code 137", "process exited with code 1"},
      {"protocol status", "Request failed with status code 404",
       "Request failed with status code 500"},
      {"signal", "killed by signal 9", "killed by signal 11"},
      {"dependency", "Error: Cannot find module 'openapi-types'",
       "Error: Cannot find module 'ajv-formats'"},
      {"dependency, or a file that was not generated", "Error: Cannot find module 'openapi-types'",
       "Error: Cannot find module './models/Pet'"},
      {"python module", "ModuleNotFoundError: No module named 'yaml'",
       "ModuleNotFoundError: No module named 'numpy'"},
      {"rust code", "error[E0425]: cannot find value `y` in this scope",
       "error[E0412]: cannot find value `y` in this scope"},
      {"case", "Error: Not Found", "Error: not found"},
      {"wording", "spec has no paths", "spec has no info"},
      {"code as a value", "request failed code=E404 id=7", "request failed code=E500 id=7"},
      {"reason as a value", "login failed user=ann reason=expired",
       "login failed user=ann reason=locked"},
      {"exception", "java.io.IOException: lost", "java.net.ConnectException: lost"},
      {"option", "clang: error: unknown argument: -fnosuch",
       "clang: error: unknown argument: -fother"},
      {"level of a mask", "cannot open file a.json: ENOENT", "cannot open file a.json: EACCES"},
      {"kind of file", "cannot parse models/pet.json", "cannot parse models/pet.yaml"},
  };
  for (const Pair& pair : pairs)
    EXPECT_NE(Template(pair.one), Template(pair.other)) << pair.why << ": " << Template(pair.one);
}

TEST(Template, ReadsAsASentence) {
  EXPECT_EQ(Template("out/api.ts(187,9): error TS2411: Property 'empty' of type 'boolean' is not "
                     "assignable to 'string' "
                     "index type 'string[]'."),
            "TS2411: Property '<*>' of type '<*>' is not assignable to '<*>' index type '<*>'.");
  EXPECT_EQ(Template("Error: it can't be; don't ask"), "Error: it can't be; don't ask");
  EXPECT_EQ(Template("Error: use of and/or, application/json at /srv/a/b, ./c.ts:3:1"),
            "Error: use of and/or, application/json at <path>, <path>.ts");
  EXPECT_EQ(Template("TypeError: x\n    at A.b (/x/y.js:1:2)\n    at async c (/x/y.js:3:4)\n    at "
                     "d (/x/y.js:5:6)"),
            "TypeError: x\n  in A.b < c");
  EXPECT_EQ(Template("CMake Error at CMakeLists.txt:3 (find_package):\n  By not providing "
                     "\"FindX.cmake\" in\n  asked\n"),
            "CMake Error at <path>.txt (find_package):\nBy not providing '<*>' in");
}

TEST(Template, HasAFormForEveryText) {
  EXPECT_EQ(Template(""), "");
  EXPECT_EQ(Template(" \n\t\r\n"), "");
  for (const char* odd : {"'", "\"\"", "\x1b", "\x1b[", "\x1b]0;title", "`", "\xe2\x80\x98", "\xe2",
                          "/", "=", "error[", "E  ", "(1,2): error", "    at ", "  File \"",
                          "goroutine ", ".go:1: ", "####", "a=b=c"}) {
    const std::string once = Template(odd);
    EXPECT_EQ(once, Template(odd));
    EXPECT_LE(once.size(), kTemplateLimitBytes);
  }
  EXPECT_EQ(Template("same\nsame\nsame"), "same");
}

TEST(Template, IsBoundedAndLinear) {
  std::string text;
  while (text.size() < 4 * kTextLimitBytes)
    text += "'''''''' ```` \"\"\"\" (((( #### 1.1.1.1 ////// ";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_LE(Template(text).size(), kTemplateLimitBytes);
  EXPECT_LE(Template(std::string(4 * kTextLimitBytes, '\'')).size(), kTemplateLimitBytes);
  EXPECT_LE(Template(std::string(4 * kTextLimitBytes, '`')).size(), kTemplateLimitBytes);
  std::string lines;
  for (int i = 0; i < 100000; ++i)
    lines += "x.ts(1,1): error TS" + std::to_string(2000 + i) + ": message\n";
  EXPECT_LE(Template(lines).size(), kTemplateLimitBytes);
  // Quadratic work on these would take minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Of, KeyIsPlantSignalAndTemplate) {
  const Fingerprint one =
      Of("openapi-client", SignalType::kError, "a.ts(1,2): error TS2304: Cannot find name 'A'.");
  EXPECT_EQ(one.id.size(), 32u);
  EXPECT_EQ(one.id.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(one.grouped_by, "fp2: plant, signal_type, template");
  EXPECT_EQ(one.id, Of("openapi-client", SignalType::kError,
                       "b.ts(9,9): error TS2304: Cannot find name 'B'.")
                        .id);
  EXPECT_NE(
      one.id,
      Of("other-plant", SignalType::kError, "a.ts(1,2): error TS2304: Cannot find name 'A'.").id);
  EXPECT_NE(one.id, Of("openapi-client", SignalType::kValidation,
                       "a.ts(1,2): error TS2304: Cannot find name 'A'.")
                        .id);
  // Stored in every ledger: a change here needs a new kAlgorithm.
  EXPECT_EQ(one.id, "b89e911cdef0b70878a48ed0c047d1c0");
}

TEST(AllIds, AnOlderIncidentIsFoundByTheIdItWasMadeWith) {
  const auto ids = AllIds("openapi-client", SignalType::kError,
                          "b.ts(9,9): error TS2304: Cannot find name 'B'.");
  ASSERT_EQ(ids.size(), 2u);
  EXPECT_EQ(ids[0], Of("openapi-client", SignalType::kError,
                       "a.ts(1,2): error TS2304: Cannot find name 'A'.")
                        .id);
  EXPECT_EQ(ids[1], "a040b4f558c16067f7e8b5b20f4681b2");  // as the first algorithm made it
  // What fp1 masked and fp2 masks otherwise still has the id of fp1.
  EXPECT_EQ(AllIds("p", SignalType::kError, "lost 3 of size=9 at steps:12").at(1),
            "3bb4fde96661562b4261e51e6791559e");
}

}  // namespace
}  // namespace aiop::fingerprint
