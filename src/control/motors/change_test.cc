// SPDX-License-Identifier: Apache-2.0
//
// Patches, merges and commits, the hostile ones included.
#include <gmock/gmock.h>

#include "control/motors/motors.h"
#include "control/motors/testing.h"
#include "control/motors/tree.h"

namespace aiop::motors {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Author kAuthor{"aiop", "aiop@localhost"};
const Timestamp kTime{Milliseconds(1'700'000'500'999)};

class Change : public testing::Test {
 protected:
  void SetUp() override {
    folder_.MakeMotor("source");
    first_ = folder_.Git("source", {"rev-parse", "HEAD"});
    auto motor = Repository::Import(folder_ / "source", folder_ / "motor");
    ASSERT_TRUE(motor.has_value()) << motor.error().message;
    motor_.emplace(*std::move(motor));
  }

  std::string Rules(const std::string& revision) const {
    const auto content = motor_->ReadFile(revision, "lib/rules.txt");
    return content ? *content : content.error().message;
  }

  // The id of an object as git itself would never make it.
  std::string Raw(const std::string& type, std::string_view content) const {
    return folder_.Git("motor/repository.git",
                       {"hash-object", "-t", type, "-w", "--stdin", "--literally"}, content);
  }
  std::string RawTree(const std::string& mode, const std::string& name,
                      const std::string& id) const {
    std::string entry = mode + " " + name + '\0';
    for (size_t i = 0; i < id.size(); i += 2)
      entry += char(std::stoi(id.substr(i, 2), nullptr, 16));
    return Raw("tree", entry);
  }

  const MotorFolder folder_;
  std::string first_;
  std::optional<Repository> motor_;
};

constexpr char kPatch[] =
    "diff --git a/lib/rules.txt b/lib/rules.txt\n"
    "--- a/lib/rules.txt\n"
    "+++ b/lib/rules.txt\n"
    "@@ -1,4 +1,4 @@\n"
    " one\n"
    "-two\n"
    "+2\n"
    " three\n"
    " four\n";

TEST_F(Change, AppliesPatchesWithAndWithoutGitsHeaders) {
  AIOP_MOTORS_GET(const std::string tree, motor_->ApplyPatch(first_, kPatch));
  EXPECT_THAT(Rules(tree), HasSubstr("one\n2\nthree\n"));
  EXPECT_THAT(Rules(first_), HasSubstr("one\ntwo\n"));
  AIOP_MOTORS_GET(const std::string plain,
                  motor_->ApplyPatch(first_, std::string_view(kPatch).substr(
                                                 std::string_view(kPatch).find("---"))));
  EXPECT_EQ(plain, tree);
  AIOP_MOTORS_GET(const std::string mail,
                  motor_->ApplyPatch(first_, std::string("From: Ada\nSubject: fix\n\n---\n") +
                                                 kPatch + "-- \n2.39.5\n"));
  EXPECT_EQ(mail, tree);
}

TEST_F(Change, ForgivesWrongLineNumbersAndCounts) {
  std::string moved = kPatch;
  moved.replace(moved.find("-1,4 +1,4"), 9, "-3,4 +3,4");
  std::string counted = kPatch;
  counted.replace(counted.find("-1,4 +1,4"), 9, "-1,9 +1,7");
  AIOP_MOTORS_GET(const std::string tree, motor_->ApplyPatch(first_, kPatch));
  EXPECT_EQ(motor_->ApplyPatch(first_, counted), tree);
  moved.replace(moved.find(" one\n"), 5, "");
  moved.replace(moved.find("-3,4 +3,4"), 9, "-4,3 +4,3");
  EXPECT_EQ(motor_->ApplyPatch(first_, moved), tree);
}

TEST_F(Change, DiffsApplyAgainToTheSameTree) {
  const std::string binary("\0\1\2\xff not text", 14);
  AIOP_MOTORS_GET(const std::string changed,
                  motor_->WithFiles(first_, {{"new/deep/file", "no line feed"},
                                             {"binary", binary},
                                             {"rules", "was a link\n"},
                                             {"bin/run", std::nullopt},
                                             {"lib/rules.txt", "all new\n"}}));
  AIOP_MOTORS_GET(const std::string diff, motor_->Diff(first_, changed));
  EXPECT_THAT(diff, HasSubstr("+all new\n"));
  AIOP_MOTORS_GET(const std::string applied, motor_->ApplyPatch(first_, diff));
  EXPECT_EQ(applied, changed);
  AIOP_MOTORS_GET(const std::string back, motor_->Diff(changed, first_));
  AIOP_MOTORS_GET(const std::string reverted, motor_->ApplyPatch(changed, back));
  EXPECT_EQ(reverted, *motor_->TreeOf(first_));
  EXPECT_THAT(*motor_->ChangedPaths(first_, changed),
              ElementsAre("bin/run", "binary", "lib/rules.txt", "new/deep/file", "rules"));
}

TEST_F(Change, PatchesThatDoNotFitNameFileAndLine) {
  std::string stale = kPatch;
  stale.replace(stale.find("-two"), 4, "-zwei");
  AIOP_MOTORS_FAILS(motor_->ApplyPatch(first_, stale), Code::kConflict, "lib/rules.txt:1");
  std::string absent = kPatch;
  for (size_t at = 0; (at = absent.find("rules", at)) != std::string::npos; at += 7) {
    absent.replace(at, 5, "absent");
  }
  AIOP_MOTORS_FAILS(motor_->ApplyPatch(first_, absent), Code::kConflict, "lib/absent.txt");
  AIOP_MOTORS_FAILS(motor_->ApplyPatch(first_, ""), Code::kInvalid, "patch");
  AIOP_MOTORS_FAILS(motor_->ApplyPatch(first_, "just words\n"), Code::kInvalid, "patch");
  AIOP_MOTORS_FAILS(motor_->ApplyPatch(std::string(40, 'a'), kPatch), Code::kNotFound, "aaaa");
}

TEST_F(Change, RefusesPatchesThatReachOutside) {
  const auto creating = [](const std::string& path, const std::string& mode,
                           const std::string& content) {
    return "diff --git a/" + path + " b/" + path + "\nnew file mode " + mode +
           "\n--- /dev/null\n+++ b/" + path + "\n@@ -0,0 +1 @@\n+" + content +
           "\n\\ No newline at end of file\n";
  };
  for (const char* path : {"../x", "lib/../../x", ".git/config", "lib/.git/hooks/pre-commit",
                           "lib/.GIT/config", "/etc/x", "rules/below-a-link"}) {
    const auto refused = motor_->ApplyPatch(first_, creating(path, "100644", "x"));
    ASSERT_FALSE(refused.has_value()) << path;
    EXPECT_EQ(refused.error().code, Code::kInvalid) << refused.error().message;
  }
  AIOP_MOTORS_FAILS(motor_->ApplyPatch(first_, creating("out", "120000", "../../etc")),
                    Code::kInvalid, "out is a symbolic link that leads out");
  AIOP_MOTORS_OK(motor_->ApplyPatch(first_, creating("lib/in", "120000", "../bin/run")));
  AIOP_MOTORS_FAILS(
      motor_->ApplyPatch(first_, creating("sub", "160000", "Subproject commit " + first_)),
      Code::kInvalid, "sub");
}

TEST_F(Change, RefusesHostileTreesByName) {
  const std::string blob = Raw("blob", "x"), link_out = Raw("blob", "../outside");
  const struct {
    std::string tree;
    const char* name;
  } cases[] = {
      {RawTree("100644", "../x", blob), "../x"},
      {RawTree("100644", "a/b", blob), "a/b"},
      {RawTree("40000", "..", RawTree("100644", "x", blob)), ".."},
      {RawTree("40000", ".git", RawTree("100644", "config", blob)), ".git"},
      {RawTree("40000", "lib", RawTree("40000", ".Git", RawTree("100644", "config", blob))),
       "lib/.Git"},
      {RawTree("120000", "link", link_out), "link"},
      {RawTree("120000", "absolute", Raw("blob", "/etc/passwd")), "absolute"},
      {RawTree("160000", "submodule", first_), "submodule"},
      {RawTree("100644", "model.bin",
               Raw("blob", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")),
       "model.bin"},
  };
  Checkouts checkouts(folder_ / "checkouts");
  int count = 0;
  for (const auto& [tree, name] : cases) {
    AIOP_MOTORS_FAILS(motor_->CheckTree(tree), Code::kInvalid, name);
    AIOP_MOTORS_FAILS(checkouts.Sealed(*motor_, tree, {}), Code::kInvalid, name);
    const std::string target = "scratch" + std::to_string(++count);
    AIOP_MOTORS_FAILS(checkouts.Scratch(*motor_, tree, folder_ / target, {}), Code::kInvalid, name);
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x"));
}

TEST_F(Change, ImportNamesTheHostilePath) {
  folder_.Git("motor/repository.git",
              {"update-ref", "refs/heads/evil",
               folder_.Git("motor/repository.git",
                           {"commit-tree", "-m", "evil",
                            RawTree("120000", "sneaky", Raw("blob", "../../secret"))})});
  folder_.Git("motor/repository.git", {"symbolic-ref", "HEAD", "refs/heads/evil"});
  AIOP_MOTORS_FAILS(Repository::Import(folder_ / "motor/repository.git", folder_ / "evil"),
                    Code::kInvalid, "sneaky");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "evil" / "repository.git"));
}

TEST(CheckLink, FollowsLinksAsTheKernelWould) {
  const std::map<std::string, std::string> links = {{"fine", "lib/a"},
                                                    {"dangling", "not/there"},
                                                    {"lib/up", "../bin/x"},
                                                    {"deep/er/root", "../.."},
                                                    {"chain", "deep/er/root/.."},
                                                    {"circle", "circle"},
                                                    {"back", "lib/../lib/a"},
                                                    {"empty", ""},
                                                    {"out", "lib/../../x"},
                                                    {"through", "dangling/../../../x"}};
  for (const char* name : {"fine", "dangling", "lib/up", "deep/er/root", "back"}) {
    EXPECT_TRUE(CheckLink(name, links).has_value()) << name;
  }
  for (const char* name : {"chain", "circle", "empty", "out", "through"}) {
    EXPECT_FALSE(CheckLink(name, links).has_value()) << name;
  }
}

TEST_F(Change, MergesBranchesAndNamesConflicts) {
  folder_.Git("source", {"checkout", "--quiet", "-b", "fix/good"});
  folder_.Write("source/lib/rules.txt", "one\ntwo\nthree\nfour\nfive\nsix\nseven\n8\n");
  folder_.Write("source/added.txt", "added\n");
  const std::string good = folder_.CommitAll("source", "good");
  folder_.Git("source", {"checkout", "--quiet", "-b", "fix/bad", "main"});
  folder_.Write("source/lib/rules.txt", "1\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n");
  const std::string bad = folder_.CommitAll("source", "bad");
  AIOP_MOTORS_OK(motor_->Fetch());

  AIOP_MOTORS_GET(const std::string base_tree,
                  motor_->WithFiles(first_, {{"lib/rules.txt",
                                              "uno\ntwo\nthree\nfour\nfive\nsix\n"
                                              "seven\neight\n"}}));
  AIOP_MOTORS_GET(const std::string base,
                  motor_->Commit(base_tree, {first_}, kAuthor, kTime, "base"));
  AIOP_MOTORS_GET(const std::string merged, motor_->MergeBranch(base, good));
  EXPECT_EQ(Rules(merged), "uno\ntwo\nthree\nfour\nfive\nsix\nseven\n8\n");
  EXPECT_EQ(motor_->ReadFile(merged, "added.txt"), "added\n");
  AIOP_MOTORS_FAILS(motor_->MergeBranch(base, bad), Code::kConflict, "conflicts in lib/rules.txt");
}

TEST_F(Change, WithFilesWritesAndDeletes) {
  AIOP_MOTORS_GET(const std::string tree,
                  motor_->WithFiles(first_, {{"bin/run", "#!/bin/sh\nexit 1\n"},
                                             {"lib/rules.txt", std::nullopt},
                                             {"a/b/c", "c"}}));
  AIOP_MOTORS_GET(const auto files, motor_->ListFiles(tree));
  ASSERT_EQ(files.size(), 4u);
  EXPECT_EQ(files[0].path, "a/b/c");
  EXPECT_EQ(files[1].path, "bin/run");
  EXPECT_EQ(files[1].mode, 0100755u);
  AIOP_MOTORS_FAILS(motor_->WithFiles(first_, {{"gone", std::nullopt}}), Code::kNotFound, "gone");
  AIOP_MOTORS_FAILS(motor_->WithFiles(first_, {{"motor.yaml/x", "x"}}), Code::kInvalid,
                    "motor.yaml is a file");
  AIOP_MOTORS_FAILS(motor_->WithFiles(first_, {{"lib", "x"}}), Code::kInvalid, "it is a folder");
  for (const char* path : {"", "/x", "../x", "a//b", "a/", ".git/config", "a/./b"}) {
    EXPECT_EQ(motor_->WithFiles(first_, {{path, "x"}}).error().code, Code::kInvalid) << path;
  }
}

TEST_F(Change, CommitsAreDeterministic) {
  AIOP_MOTORS_GET(const std::string tree, motor_->TreeOf(first_));
  AIOP_MOTORS_GET(const std::string a, motor_->Commit(tree, {first_}, kAuthor, kTime, "fix: it"));
  EXPECT_EQ(motor_->Commit(tree, {first_}, kAuthor, kTime, "fix: it"), a);
  EXPECT_NE(*motor_->Commit(tree, {first_}, kAuthor, kTime, "fix: that"), a);
  EXPECT_NE(*motor_->Commit(tree, {}, kAuthor, kTime, "fix: it"), a);
  EXPECT_NE(*motor_->Commit(tree, {first_}, kAuthor, kTime + Milliseconds(1), "fix: it"), a);

  folder_.MakeMotor("elsewhere");
  AIOP_MOTORS_GET(Repository other, Repository::Import(folder_ / "elsewhere", folder_ / "other"));
  EXPECT_EQ(other.Commit(tree, {first_}, kAuthor, kTime, "fix: it"), a);
  EXPECT_EQ(folder_.Git("motor/repository.git", {"log", "-1", "--format=%an <%ae> %at %s", a}),
            "aiop <aiop@localhost> 1700000500 fix: it");
  AIOP_MOTORS_FAILS(motor_->Commit(tree, {tree}, kAuthor, kTime, "x"), Code::kNotFound, tree);
  AIOP_MOTORS_FAILS(motor_->Commit(tree, {}, {"", ""}, kTime, "x"), Code::kInvalid, "author");
}

TEST_F(Change, ContentHashIsOfTheFilesAlone) {
  AIOP_MOTORS_GET(const std::string before, motor_->ContentHash(first_));
  EXPECT_EQ(before.size(), 64u);
  EXPECT_EQ(motor_->ContentHash(*motor_->TreeOf(first_)), before);
  folder_.MakeMotor("long", {"--object-format=sha256"});
  AIOP_MOTORS_GET(Repository other, Repository::Import(folder_ / "long", folder_ / "motor-long"));
  EXPECT_EQ(other.ContentHash(*other.Head()), before);
  AIOP_MOTORS_GET(const std::string tree, motor_->WithFiles(first_, {{"bin/run", std::nullopt}}));
  EXPECT_NE(*motor_->ContentHash(tree), before);
}

TEST_F(Change, ReadFileSaysWhatIsMissing) {
  AIOP_MOTORS_FAILS(motor_->ReadFile(first_, "nope"), Code::kNotFound, "nope");
  AIOP_MOTORS_FAILS(motor_->ReadFile(first_, "lib"), Code::kInvalid, "no file");
  AIOP_MOTORS_FAILS(motor_->ReadFile("HEAD", "lib"), Code::kInvalid, "no commit or tree id");
}

TEST(MergeTextTest, OverlappingChangesConflictOrAreBothKept) {
  const FileConflict file{.path = "notes",
                          .ancestor = "first\nlast\n",
                          .ours = "first\nours\nlast\n",
                          .theirs = "first\ntheirs\nlast\n"};
  EXPECT_EQ(MergeText(file, Overlap::kConflicts), std::nullopt);
  EXPECT_EQ(MergeText(file, Overlap::kKeepsBoth), "first\nours\ntheirs\nlast\n");
  const FileConflict apart{.path = "notes",
                           .ancestor = "1\n2\n3\n4\n5\n",
                           .ours = "one\n2\n3\n4\n5\n",
                           .theirs = "1\n2\n3\n4\nfive\n"};
  EXPECT_EQ(MergeText(apart, Overlap::kConflicts), "one\n2\n3\n4\nfive\n");
}

}  // namespace
}  // namespace aiop::motors
