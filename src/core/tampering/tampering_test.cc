// SPDX-License-Identifier: Apache-2.0
#include "core/tampering/tampering.h"

#include <gtest/gtest.h>

namespace aiop::tampering {
namespace {

constexpr const char* kPython =
    "import layout\n"
    "\n"
    "def test_columns():\n"
    "    assert layout.columns({}) == 1\n"
    "\n"
    "def test_rows():\n"
    "    assert abs(layout.rows({}) - 3) < 0.01\n"
    "\n"
    "if __name__ == '__main__':\n"
    "    test_columns()\n";

constexpr const char* kScript =
    "import assert from 'assert';\n"
    "test('sum', () => {\n"
    "  assert.equal(sum(1, 2), 3);\n"
    "});\n"
    "test('difference', () => {\n"
    "  assert.equal(difference(1, 2), -1);\n"
    "});\n";

std::string With(std::string text, const std::string& old_text, const std::string& new_text) {
  const size_t at = text.find(old_text);
  EXPECT_NE(at, std::string::npos) << old_text;
  return text.replace(at, old_text.size(), new_text);
}

std::vector<Weakening> Python(const std::string& after) {
  return Weakenings({"tests/a.py", kPython, after});
}
std::vector<Weakening> Script(const std::string& after) {
  return Weakenings({"tests/a.mjs", kScript, after});
}

TEST(Weakenings, AddingIsFree) {
  EXPECT_TRUE(Weakenings({"tests/b.py", std::nullopt, "assert True\n"}).empty());
  EXPECT_TRUE(Python(kPython).empty());
  EXPECT_TRUE(Python(std::string(kPython) + "assert layout.columns({'wide': 1}) == 2\n").empty());
  EXPECT_TRUE(Python(With(kPython, "if __name__",
                          "def test_wide():\n"
                          "    for width in (1, 2):\n"
                          "        if width > 1:\n"
                          "            return\n"
                          "        assert layout.columns({'w': width})\n"
                          "\n"
                          "if __name__"))
                  .empty());
  EXPECT_TRUE(Python(With(kPython, "def test_rows", "# how many\ndef test_rows")).empty());
  EXPECT_TRUE(Script(With(kScript, "test('difference'",
                          "if (odd(1)) assert.fail('odd');\ntest('difference'"))
                  .empty());
  EXPECT_TRUE(Script(With(kScript, "test('difference'",
                          "test('more', () => {\n"
                          "  if (!ready) return;\n"
                          "  assert.ok(more());\n"
                          "});\n"
                          "test('difference'"))
                  .empty());
}

TEST(Weakenings, TakingAwayIsNamed) {
  EXPECT_EQ(Weakenings({"tests/a.py", kPython, std::nullopt}),
            std::vector<Weakening>({{"deletes tests/a.py"}}));
  EXPECT_EQ(Python("# nothing\n\n"), std::vector<Weakening>({{"empties tests/a.py"}}));
  EXPECT_EQ(Python(With(kPython, "< 0.01", "< 10")),
            std::vector<Weakening>(
                {{"takes 'assert abs(layout.rows({}) - 3) < 0.01' out of tests/a.py"}}));
  EXPECT_FALSE(Python(With(kPython, "    assert layout", "    # assert layout")).empty());
  EXPECT_FALSE(Python(With(kPython, "({}) == 1", "({}) == 1 or True")).empty());
  EXPECT_FALSE(Python(With(kPython, "    assert layout.columns({}) == 1",
                           "    if False:\n        assert layout.columns({}) == 1"))
                   .empty());
  EXPECT_FALSE(Script(With(kScript, "), 3);", "), sum(1, 2));")).empty());
  EXPECT_FALSE(Weakenings({"tests/a.bin", std::string("a\0b", 3), std::string("a\0c", 3)}).empty());
}

TEST(Weakenings, KeepingALineFromBeingReachedIsNamed) {
  for (const auto& [old_text, new_text] : std::vector<std::pair<std::string, std::string>>{
           {"def test_columns():\n", "def test_columns():\n    return\n"},
           {"import layout\n", "import layout\nimport sys\nsys.exit(0)\n"},
           {"import layout\n", "import layout\nraise SystemExit\n"},
           {"def test_rows", "@unittest.skip('slow')\ndef test_rows"},
           {"def test_rows", "@pytest.mark.xfail\ndef test_rows"},
           {"import layout\n", "import layout\n\"\"\"\n"},
           {"def test_columns():\n", "def test_columns():\n    pass\ndef other():\n"},
           {"    test_columns()\n", "    test_columns()\ndef test_rows():\n    pass\n"},
           {"import layout\n", "import layout\nimport fake as layout\n"},
           {"import layout\n", "import layout\nif os.environ.get('CI'): quit()\n"}}) {
    EXPECT_FALSE(Python(With(kPython, old_text, new_text)).empty()) << new_text;
  }
  for (const auto& [old_text, new_text] : std::vector<std::pair<std::string, std::string>>{
           {"test('sum', () => {\n", "test('sum', () => {\n  return;\n"},
           {"test('sum', () => {\n", "test('sum', () => {\n  if (0)\n"},
           {"test('sum', () => {\n", "test('sum', () => {\n  try {\n"},
           {"test('sum'", "if (process.env.CI) {\ntest('sum'"},
           {"test('sum'", "process.exit(0);\ntest('sum'"},
           {"test('sum'", "/*\ntest('sum'"},
           {"test('sum'", "test.only('nothing', () => {});\ntest('sum'"}}) {
    EXPECT_FALSE(Script(With(kScript, old_text, new_text)).empty()) << new_text;
  }
}

TEST(Weakenings, ALineThatJudgesNothingIsEdited) {
  const auto found = Python(With(kPython, "import layout", "from pages import layout"));
  EXPECT_EQ(found, std::vector<Weakening>({{"edits 'import layout' of tests/a.py", true}}));
  // A call may be all that there is, and what is expected is data.
  EXPECT_FALSE(Python(With(kPython, "    test_columns()", "    print()"))[0].edits);
  EXPECT_FALSE(
      Weakenings({"golden/a.json", "{\n\"items\": []\n}\n", "{\n\"items\": 1\n}\n"})[0].edits);
  // Beside one that judges, it does not count.
  EXPECT_EQ(Python(With(With(kPython, "import layout", "from pages import layout"), "== 1", "> 0")),
            std::vector<Weakening>({{"takes 'assert layout.columns({}) == 1' out of tests/a.py"}}));
}

json::Value Parsed(const char* text) { return *json::Parse(text); }

TEST(WeakenedPackage, ScriptsStayAsTheyAre) {
  const auto before = Parsed(R"({"scripts": {"test": "node test.mjs"}, "version": "1.0.0"})");
  EXPECT_TRUE(WeakenedPackage(before, before).empty());
  EXPECT_TRUE(
      WeakenedPackage(before, Parsed(R"({"scripts": {"test": "node test.mjs", "build": "x"}})"))
          .empty());
  for (const char* after :
       {R"({"scripts": {"test": "node test.mjs || true"}})", R"({"scripts": {}})", "{}",
        R"({"scripts": {"test": "node test.mjs", "pretest": "rm -r tests"}})",
        R"({"scripts": {"test": "node test.mjs"}, "jest": {"roots": []}})"}) {
    EXPECT_FALSE(WeakenedPackage(before, Parsed(after)).empty()) << after;
  }
}

TEST(Names, OfFilesThatSteerChecksAndOfTests) {
  for (const char* path : {"conftest.py", "tests/conftest.py", "jest.config.mjs", ".gitattributes",
                           "a/.npmrc", "pytest.ini"}) {
    EXPECT_TRUE(SteersChecks(path)) << path;
  }
  for (const char* path : {"layout.py", "my_conftest.py", "docs/pytest.ini.md"}) {
    EXPECT_FALSE(SteersChecks(path)) << path;
  }
  for (const char* path : {"tests/a", "lib/test_a.py", "a/b.test.mjs", "x/__tests__/y.js"}) {
    EXPECT_TRUE(IsTestFile(path)) << path;
  }
  EXPECT_FALSE(IsTestFile("contest/a.py"));
}

TEST(Hidden, NamesTheLineThatCoversACheck) {
  const std::vector<std::string> checks = {"lint.py", "tests/check.py"};
  for (const char* line : {"tests/", "/tests", "*.py", "check.py", "tests/*", "**/check.py", "*"}) {
    EXPECT_EQ(Hidden("dist/\n", std::string("dist/\n") + line + "\n", "", checks).size(), 1)
        << line;
  }
  EXPECT_TRUE(Hidden("tests/\n", "tests/\n# tests\ndist/\n!lint.py\n", "", checks).empty());
  EXPECT_TRUE(Hidden("", "check.py\n", "docs/", checks).empty());
  EXPECT_EQ(Hidden("", "check.py\n", "tests/", checks).size(), 1);
}

}  // namespace
}  // namespace aiop::tampering
