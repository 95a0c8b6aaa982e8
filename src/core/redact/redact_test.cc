// SPDX-License-Identifier: Apache-2.0
#include "core/redact/redact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aiop::redact {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Redactor& BuiltIn() {
  static const Redactor redactor = *Redactor::Create({});
  return redactor;
}

std::string Text(std::string_view text) {
  std::string once = BuiltIn().Text(text);
  EXPECT_EQ(BuiltIn().Text(once), once) << "not idempotent";
  return once;
}

std::string Json(std::string_view text) {
  const json::Value once = BuiltIn().Json(*json::Parse(text));
  EXPECT_EQ(BuiltIn().Json(once), once) << "not idempotent";
  return json::Text(once);
}

// Token shapes are put together here so that no scanner of this repository takes a test for a leak.
const std::string kLetters36 = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6";
const std::string kJwt =
    std::string("eyJ") + "hbGciOiJIUzI1NiJ9." + "eyJ" + "zdWIiOiIxMjM0In0.c2lnbmF0dXJl";

TEST(Text, TakesOutTokenShapes) {
  for (const std::string& secret :
       {"AKIA" + std::string("IOSFODNN7EXAMPLE"), "ghp_" + kLetters36, "ghs_" + kLetters36,
        "github_pat_11ABCDEFG0" + kLetters36, "glpat-" + kLetters36.substr(0, 20),
        "xoxb-" + std::string("123456789012-abcdefABCDEF"), "sk-" + kLetters36,
        "sk-ant-api03-" + kLetters36, "sk-proj-" + kLetters36, "npm_" + kLetters36,
        "hf_" + kLetters36, std::string("sk_") + "live_" + kLetters36, kJwt,
        "AIza" + kLetters36.substr(0, 35)}) {
    EXPECT_EQ(Text("before " + secret + " after"), "before [redacted] after") << secret;
    EXPECT_EQ(Text("x=\"" + secret + "\""), "x=\"[redacted]\"") << secret;
  }
}

TEST(Text, TakesOutPrivateKeysAlsoCutOff) {
  const std::string body = "MIIEpAIBAAKCAQEA\nabc+/=\n";
  const std::string begin = "-----BEGIN RSA PRIVATE KEY-----\n";
  EXPECT_EQ(Text("a\n" + begin + body + "-----END RSA PRIVATE KEY-----\nb"), "a\n[redacted]\nb");
  EXPECT_EQ(Text("a\n" + begin + body), "a\n[redacted]");
  const std::string certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
  EXPECT_EQ(Text(certificate), certificate);
}

TEST(Text, TakesOutHeaders) {
  EXPECT_EQ(Text("Authorization: Bearer abc.def-123"), "Authorization: Bearer [redacted]");
  EXPECT_EQ(Text("authorization: Basic dXNlcjpwYXNz"), "authorization: Basic [redacted]");
  EXPECT_EQ(Text("-H 'Authorization: token abcdef' x"), "-H 'Authorization: token [redacted]' x");
  EXPECT_EQ(Text("Cookie: sid=abc; theme=dark\nHost: x"), "Cookie: [redacted]\nHost: x");
  EXPECT_EQ(Text("Set-Cookie: sid=abc; Path=/"), "Set-Cookie: [redacted]");
  EXPECT_EQ(Text("x-api-key: 0123456789abcdef"), "x-api-key: [redacted]");
}

TEST(Text, TakesOutPasswordsInUrls) {
  EXPECT_EQ(Text("postgresql://app:s3cr@t@db:5432/x"), "postgresql://app:[redacted]@db:5432/x");
  EXPECT_EQ(Text("redis://:pw@host"), "redis://:[redacted]@host");
  EXPECT_EQ(Text("git clone https://0123456789abcdef0123456789@example.org/r.git"),
            "git clone https://[redacted]@example.org/r.git");
}

TEST(Text, TakesOutAssignments) {
  EXPECT_EQ(Text("password=hunter2 user=x"), "password=[redacted] user=x");
  EXPECT_EQ(Text("DB_PASSWORD='a b c' next"), "DB_PASSWORD='[redacted]' next");
  EXPECT_EQ(Text("spring.datasource.password: hunter"), "spring.datasource.password: [redacted]");
  EXPECT_EQ(Text(R"({"client_secret": "x\"y", "a": 1})"),
            R"({"client_secret": "[redacted]", "a": 1})");
  EXPECT_EQ(Text(R"("{\"password\":\"hunter2\",\"a\":1}")"),
            R"("{\"password\":\"[redacted]\",\"a\":1}")");
  EXPECT_EQ(Text("aws_secret_access_key = wJalrXUtn/FEMI"), "aws_secret_access_key = [redacted]");
  EXPECT_EQ(Text("GET /x?access_token=abcd&y=1"), "GET /x?access_token=[redacted]&y=1");
  EXPECT_EQ(Text("https://h/x?token=abcd1&y=1"), "https://h/x?token=[redacted]&y=1");
  EXPECT_EQ(Text("apiKey: 'abc'"), "apiKey: '[redacted]'");
  EXPECT_EQ(Text("_authToken=abc-def"), "_authToken=[redacted]");
  EXPECT_EQ(Text("token: 9f86d081884c7d65"), "token: [redacted]");
}

TEST(Text, TakesOutFlags) {
  EXPECT_EQ(Text("curl --token xyz -v"), "curl --token [redacted] -v");
  EXPECT_EQ(Text("run --api-key=abc --password \"p w\""),
            "run --api-key=[redacted] --password \"[redacted] w\"");
  EXPECT_EQ(Text("--github-token abc"), "--github-token [redacted]");
}

TEST(Text, LeavesOrdinaryTextAlone) {
  for (const char* text : {
           "tokens: 512, max_tokens=4096, token_count: 17, max_token=512",
           "{\"usage\":{\"tokens\":512,\"prompt_tokens\":3},\"token_type\":\"bearer\"}",
           "commit 3b18e512dba79e4c8300dd08aeb37f8e728b8dad",
           "id 0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
           "sha512-4jIhe+YHbVrTx9iHT8KhauY7E4iH3xaADyhNS2o1xr/"
           "J5lEEAS7rrWhM0vzKCb9UuCiHfDRGnKSQKGqVxYPrSA==",
           "/usr/lib/node_modules/typescript/lib/tsc.js:123:45",
           "src/a.cc:12:5: error: expected ';' after expression [-Werror]",
           "src/api.ts(12,5): error TS2322: Type 'string' is not assignable to type 'number'.",
           "Property 'password' is missing in type '{ user: string; password: string; }'",
           "password?: string | undefined;",
           "export interface Login { password: string; secret: number[]; token: string }",
           "SyntaxError: Unexpected token '}', expected token: identifier",
           "error: unexpected token: 'interface' at line 3",
           "const token = lexer.next();",
           "  secret = await vault.read(path);",
           "std::string password::Hash(const Secret& secret)",
           "if (password == other || token === null) return;",
           "the --token option is required; use --token to log in",
           "--token <TOKEN>  the token",
           "--max-tokens 512",
           "--token-file /run/x",
           "scheme: bearer, bearerFormat: JWT; bearer authentication is required",
           "WWW-Authenticate: Bearer realm=\"api\"",
           "authorization: required",
           "authorizationUrl: https://example.org/oauth",
           "https://example.org:8080/a@b/c",
           "git@github.com:owner/repo.git",
           "http://[::1]:8080/",
           "npm_config_registry npm_lifecycle_event",
           "sk-fading-circle-container",
           "task-0123456789abcdef-abc",
           "desk-lamp",
           "wrong password: not accepted",
           "password: required",
           "mailto:someone@example.org",
           "2025-08-19T11:35:12.000Z INFO ran 12 tests in 3.4 s",
           "npm warn deprecated inflight@1.0.6: This module is not supported",
       }) {
    EXPECT_EQ(Text(text), text);
  }
}

TEST(Text, KeepsBytesThatAreNoUtf8) {
  EXPECT_EQ(Text("\xff\xfe password=a\xff"
                 "b c"),
            "\xff\xfe password=[redacted] c");
}

TEST(Json, HidesValuesUnderSensitiveNames) {
  for (const char* key :
       {"password",      "passwd",        "PASSWORD",      "userPassword",
        "user-password", "secret",        "clientSecret",  "client_secret",
        "token",         "accessToken",   "access_token",  "x-auth-token",
        "api_key",       "apiKey",        "apikey",        "APIKey",
        "X-Api-Key",     "authorization", "Authorization", "cookie",
        "set-cookie",    "Set-Cookie",    "private_key",   "privateKey",
        "credential",    "credentials",   "passphrase",    "aws_secret_access_key",
        "password2"}) {
    EXPECT_EQ(Json(std::string("{\"") + key + "\":\"x y\",\"a\":1}"),
              std::string("{\"") + key + "\":\"[redacted]\",\"a\":1}");
  }
  EXPECT_EQ(Json(R"({"password":1234,"secrets":{"A":"x","B":[1]},"cookies":["a","b"]})"),
            R"({"password":"[redacted]","secrets":{"A":"[redacted]","B":["[redacted]"]},)"
            R"("cookies":["[redacted]","[redacted]"]})");
}

TEST(Json, LeavesWhatIsOnlyAboutThem) {
  for (
      const char* text :
      {R"({"tokens":512,"token_count":3,"max_tokens":"100","total_tokens":7,"token":12})",
       R"({"token_type":"bearer","tokenUrl":"https://x/y","password_file":"/run/p","secretName":"db"})",
       R"({"properties":{"password":{"type":"string","format":"password"},"token":{"type":"string"}}})",
       R"({"credentials":{"type":"object","description":"who"}})",
       R"({"next_page_token":"abc","tokens":["Hello"," world"],"author":"x","key":"k","password":null})",
       R"({"password":"","secret":false,"monkey":"a","tokenizer":"bpe","primary_key":"id"})"}) {
    EXPECT_EQ(Json(text), text);
  }
}

TEST(Json, LooksIntoStringsKeysAndPairs) {
  const std::string token = "ghp_" + kLetters36;
  EXPECT_EQ(Json(R"({"log":["run --token abc","ok"]})"),
            R"({"log":["run --token [redacted]","ok"]})");
  EXPECT_EQ(Json("{\"" + token + "\":1,\"x " + token + "\":2}"),
            R"({"[redacted]":1,"x [redacted]":2})");
  EXPECT_EQ(Json("{\"" + token + "\":1,\"" + token + "9\":2}"),
            R"({"[redacted]":1,"[redacted] 2":2})");
  EXPECT_EQ(Json(R"([{"name":"Authorization","value":"abc"},{"name":"Host","value":"abc"}])"),
            R"([{"name":"Authorization","value":"[redacted]"},{"name":"Host","value":"abc"}])");
  EXPECT_EQ(Json(R"(["curl","--token","xyz","-v","--max-tokens","5"])"),
            R"(["curl","--token","[redacted]","-v","--max-tokens","5"])");
}

TEST(Json, JudgesKeysAsTheyWillBeStored) {
  // Longer than a name can be until its secret is gone.
  const std::string key = "authorization: " + std::string(200, 'x') + "1";
  EXPECT_EQ(Json("{\"" + key + "\":5}"), R"({"authorization: [redacted]":"[redacted]"})");
}

TEST(Create, AddsTheUsersPatterns) {
  const auto redactor = Redactor::Create({"(?i)customer-[0-9]+", "red", "x*"});
  ASSERT_TRUE(redactor.has_value());
  const std::string once = redactor->Text("Customer-42 is red; ghp_" + kLetters36 + " axxb");
  EXPECT_EQ(once, "[redacted] is [redacted]; [redacted] a[redacted]b");
  EXPECT_EQ(redactor->Text(once), once) << "the marker itself is never looked into";
}

TEST(Create, NamesTheBadPattern) {
  const auto redactor = Redactor::Create({"ok", "(?<=a)b"});
  ASSERT_FALSE(redactor.has_value());
  EXPECT_EQ(redactor.error().code, Code::kInvalid);
  EXPECT_THAT(redactor.error().message, HasSubstr("'(?<=a)b'"));
  EXPECT_THAT(redactor.error().message, HasSubstr("(?<"));
}

TEST(Text, StaysIdempotentWhenOneMatchLaysBareAnother) {
  const auto redactor = Redactor::Create({"secretive", "\\bfoo\\b", "bar$"});
  const std::string once = redactor->Text("secretivefoo barsecretive");
  EXPECT_EQ(redactor->Text(once), once);
  EXPECT_THAT(once, Not(HasSubstr("foo")));
}

TEST(Text, TakesLargeTextInOneGo) {
  std::string text;
  while (text.size() < (size_t{8} << 20)) {
    text += "[  12%] Building CXX object src/CMakeFiles/aiop.dir/base/json/json.cc.o tokens: 512\n";
  }
  EXPECT_EQ(BuiltIn().Text(text), text);
  std::string keys;
  while (keys.size() < (size_t{1} << 20)) keys += "-----BEGIN PRIVATE KEY password=\"a ://b:c ";
  const std::string once = BuiltIn().Text(keys);
  EXPECT_EQ(BuiltIn().Text(once), once);
}

}  // namespace
}  // namespace aiop::redact
