// SPDX-License-Identifier: Apache-2.0
#include "control/provenance/provenance.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/hash/hash.h"

namespace aiop::provenance {
namespace {

struct Pair {
  std::string secret;
  std::string open;
};

std::string TextOf(BIO* output) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(output, &bytes);
  std::string text(bytes, static_cast<size_t>(size));
  BIO_free(output);
  return text;
}

Pair Written(EVP_PKEY* key) {
  AIOP_CHECK(key != nullptr);
  BIO* secret = BIO_new(BIO_s_mem());
  BIO* open = BIO_new(BIO_s_mem());
  AIOP_CHECK(PEM_write_bio_PrivateKey(secret, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  AIOP_CHECK(PEM_write_bio_PUBKEY(open, key) == 1);
  EVP_PKEY_free(key);
  return {TextOf(secret), TextOf(open)};
}

const Pair kKeys = Written(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
const Pair kOther = Written(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
const Pair kElliptic = Written(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));

model::Provenance Record() {
  model::Provenance record;
  record.artifact = "run-1/page.html";
  record.hash = HashBytes("<p>");
  record.app_ctx = {"shop", "1.0.0", "0123456789ab"};
  record.motor_ctx = {"page-factory", "1.0.1", "abcdef012345"};
  record.run = "run-1";
  record.checks = {"gate tests pass"};
  record.made = {Milliseconds(1'700'000'000'000)};
  return record;
}

std::string Why(const Status& status) { return status ? "" : status.error().message; }

TEST(Signature, HoldsUntilAnythingIsAltered) {
  auto record = Record();
  ASSERT_EQ(Why(Sign(record, kKeys.secret)), "");
  EXPECT_EQ(Why(CheckSignature(record, kKeys.open)), "");
  const auto altered = [&](auto change) {
    auto copy = record;
    change(copy);
    return Why(CheckSignature(copy, kKeys.open));
  };
  const std::string kAltered = "the record was altered after it was signed";
  EXPECT_EQ(altered([](auto& r) { r.hash = HashBytes("<b>"); }), kAltered);
  EXPECT_EQ(altered([](auto& r) { r.run = "run-2"; }), kAltered);
  EXPECT_EQ(altered([](auto& r) { r.artifact = "run-1/other"; }), kAltered);
  EXPECT_EQ(altered([](auto& r) { r.checks.push_back("gate golden pass"); }), kAltered);
  EXPECT_EQ(altered([](auto& r) { r.motor_ctx.version = "1.0.2"; }), kAltered);
  EXPECT_EQ(altered([](auto& r) { r.app_ctx.version = "1.0.2"; }), kAltered);
  EXPECT_EQ(altered([](auto& r) { r.made.since_epoch += Milliseconds(1); }), kAltered);
  EXPECT_EQ(altered([](auto& r) { r.signature[0] = r.signature[0] == 'A' ? 'B' : 'A'; }), kAltered);
}

TEST(Signature, IsTheSameEachTime) {
  auto one = Record();
  auto two = Record();
  ASSERT_TRUE(Sign(one, kKeys.secret).has_value());
  ASSERT_TRUE(Sign(two, kKeys.secret).has_value());
  EXPECT_EQ(one.signature, two.signature);
  const std::string first = one.signature;
  ASSERT_TRUE(Sign(one, kKeys.secret).has_value());  // over what is signed already
  EXPECT_EQ(one.signature, first);
}

TEST(Signature, OfAnotherKeyNoneOrAnotherFormIsRefused) {
  auto record = Record();
  EXPECT_EQ(Why(CheckSignature(record, kKeys.open)), "the record is not signed");
  ASSERT_TRUE(Sign(record, kKeys.secret).has_value());
  EXPECT_TRUE(Why(CheckSignature(record, kOther.open)).starts_with("signed with another key"));
  for (const std::string& wrong : {record.signature + "A", record.signature.substr(4),
                                   std::string(88, '!'), std::string("=")}) {
    auto copy = record;
    copy.signature = wrong;
    EXPECT_NE(Why(CheckSignature(copy, kKeys.open)), "") << wrong;
  }
}

TEST(Keys, OfAnotherKindAreRefusedWithTheRemedy) {
  for (const std::string& wrong :
       {std::string(), std::string("no key"), kKeys.open, kElliptic.secret}) {
    auto record = Record();
    EXPECT_NE(Why(Sign(record, wrong)).find("openssl genpkey"), std::string::npos);
    EXPECT_EQ(record.signature, "");
  }
  auto record = Record();
  ASSERT_TRUE(Sign(record, kKeys.secret).has_value());
  EXPECT_NE(Why(CheckSignature(record, kKeys.secret)).find("-pubout"), std::string::npos);
}

TEST(Content, IsHeldToTheHash) {
  EXPECT_EQ(Why(CheckContent(Record(), "<p>")), "");
  EXPECT_NE(Why(CheckContent(Record(), "<p> ")), "");
}

TEST(Checks, AreThoseOfTheLastGating) {
  model::MotorVersion version;
  EXPECT_EQ(ChecksOf(version, nullptr), std::vector<std::string>{"adopted"});
  version.status = model::VersionStatus::kOutside;
  EXPECT_EQ(ChecksOf(version, nullptr), std::vector<std::string>{"made outside, no gate ran"});
  model::Change change;
  EXPECT_EQ(ChecksOf(version, &change), std::vector<std::string>{"no gate ran"});
  const auto gate = [&](std::string name, model::Verdict verdict, int64_t gating, bool blocks) {
    model::GateResult result;
    result.gate = std::move(name);
    result.verdict = verdict;
    result.gating = gating;
    result.blocks = blocks;
    change.gates.push_back(result);
  };
  gate("tests", model::Verdict::kFail, 1, true);
  gate("tests", model::Verdict::kPass, 2, true);
  gate("coverage", model::Verdict::kFail, 2, false);
  EXPECT_EQ(ChecksOf(version, &change),
            (std::vector<std::string>{"gate tests pass", "gate coverage fail (watched only)"}));
  change.break_glass.emplace().by = "ada";
  EXPECT_EQ(ChecksOf(version, &change).back(), "let through past its gates by ada");
}

}  // namespace
}  // namespace aiop::provenance
