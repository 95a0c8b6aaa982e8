// SPDX-License-Identifier: Apache-2.0
#include "core/schema/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aiop::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// "INSTANCE KEYWORD: MESSAGE" of each violation; or the error of Compile alone.
std::vector<std::string> Check(std::string_view schema, std::string_view value,
                               const Options& options = {}) {
  const auto compiled = Schema::Compile(*json::Parse(schema), options);
  if (!compiled) return {"ERROR " + compiled.error().message};
  std::vector<std::string> lines;
  for (const auto& violation : compiled->Validate(*json::Parse(value))) {
    lines.push_back(violation.instance_path + " " + violation.keyword_path + ": " +
                    violation.message);
  }
  return lines;
}

TEST(Validate, ListsAllViolationsWithTheirPaths) {
  EXPECT_THAT(Check(R"({"type":"object","required":["name","id"],"additionalProperties":false,
                "properties":{"name":{"$ref":"#/$defs/name"},"tags":{"items":{"type":"string"}}},
                "$defs":{"name":{"type":"string","minLength":3}}})",
                    R"({"name":"x","tags":["a",1,{}],"a/b":0})"),
              ElementsAre(" /required: the member 'id' is missing",
                          "/name /properties/name/$ref/minLength: is shorter than 3 characters",
                          "/tags/1 /properties/tags/items/type: is an integer, but must be string",
                          "/tags/2 /properties/tags/items/type: is an object, but must be string",
                          "/a~1b /additionalProperties: nothing is allowed here"));
}

TEST(Validate, NamesTheWordsThatWouldHaveBeenRight) {
  const auto schema = Schema::Compile(*json::Parse(
      R"({"properties":{"type":{"enum":["text","integer",3]},"size":{}},"additionalProperties":false})"));
  ASSERT_TRUE(schema.has_value());
  const auto violations = schema->Validate(*json::Parse(R"({"type":"intiger","sise":1})"));
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0].allowed, (std::vector<std::string>{"text", "integer"}));
  EXPECT_EQ(violations[1].instance_path, "/sise");
  EXPECT_EQ(violations[1].allowed, (std::vector<std::string>{"type", "size"}));
}

TEST(Validate, StopsListingAtTheLimit) {
  const auto schema = Schema::Compile(*json::Parse(R"({"items":false})"));
  ASSERT_TRUE(schema.has_value());
  EXPECT_THAT(schema->Validate(json::Array(1000, json::Value(1))), SizeIs(kViolationLimit));
}

TEST(Validate, SaysWhyNoAlternativeHolds) {
  EXPECT_THAT(Check(R"({"properties":{"a":{"anyOf":[{"type":"string"},{"required":["b"]}]}}})",
                    R"({"a":{"c":1}})"),
              ElementsAre("/a /properties/a/anyOf: none of the alternatives holds "
                          "(0: is an object, but must be string; 1: the member 'b' is missing)"));
  EXPECT_THAT(Check(R"({"oneOf":[{"minimum":1},{"maximum":5},false]})", "3"),
              ElementsAre(" /oneOf: exactly one alternative must hold, but 0 and 1 both do"));
}

TEST(Validate, ComparesNumbersExactly) {
  EXPECT_THAT(Check(R"({"maximum":9007199254740992})", "9007199254740993"), SizeIs(1));
  EXPECT_THAT(Check(R"({"maximum":9007199254740992.0})", "9007199254740993"), SizeIs(1));
  EXPECT_THAT(Check(R"({"minimum":18446744073709551615})", "18446744073709551614"), SizeIs(1));
  EXPECT_THAT(Check(R"({"minimum":-1})", "18446744073709551615"), IsEmpty());
  EXPECT_THAT(Check(R"({"const":1.0})", "1"), IsEmpty());
  EXPECT_THAT(Check(R"({"enum":[[{"a":1.0,"b":2}]]})", R"([{"b":2.0,"a":1}])"), IsEmpty());
  EXPECT_THAT(Check(R"({"uniqueItems":true})", "[3,1,1.0]"),
              ElementsAre(" /uniqueItems: the items 1 and 2 are the same"));
  EXPECT_THAT(Check(R"({"type":"integer"})", "[]"), SizeIs(1));
  EXPECT_THAT(Check(R"({"type":"integer"})", "1e300"), IsEmpty());
}

TEST(Validate, MultiplesAreDecimal) {
  EXPECT_THAT(Check(R"({"multipleOf":0.01})", "[]"), IsEmpty());
  for (const char* value : {"0.07", "19.99", "1e20", "0", "-4.02", "123456789012.34"}) {
    EXPECT_THAT(Check(R"({"multipleOf":0.01})", value), IsEmpty()) << value;
  }
  EXPECT_THAT(Check(R"({"multipleOf":0.01})", "0.075"), SizeIs(1));
  EXPECT_THAT(Check(R"({"multipleOf":1e300})", "5"), SizeIs(1));
  EXPECT_THAT(Check(R"({"multipleOf":5e-324})", "1e308"), IsEmpty());
  EXPECT_THAT(Check(R"({"multipleOf":2})", "-9223372036854775808"), IsEmpty());
  EXPECT_THAT(Check(R"({"multipleOf":10})", "18446744073709551615"), SizeIs(1));
}

TEST(Validate, LengthsAreCodePoints) {
  EXPECT_THAT(Check(R"({"maxLength":2,"minLength":2})", "\"\xf0\x9f\x98\x80\xc3\xbc\""), IsEmpty());
}

TEST(Validate, PatternsAreEcma) {
  EXPECT_THAT(Check(R"({"pattern":"^\\u00fc[\\s\\S]\\d$"})", "\"\xc3\xbc\\u20281\""), IsEmpty());
  EXPECT_THAT(Check(R"({"pattern":"^a.b$"})", R"("a\rb")"), SizeIs(1));
  EXPECT_THAT(Check(R"({"pattern":"^\\p{Letter}+$"})", "\"\xc3\xbcx\""), IsEmpty());
  EXPECT_THAT(Check(R"s({"pattern":"^(?<year>[0-9]{4})$"})s", "\"20245\""), SizeIs(1));
  EXPECT_THAT(Check(R"s({"pattern":"(a+)+$"})s", "\"" + std::string(1 << 20, 'a') + "b\""),
              SizeIs(1));
}

TEST(Compile, RefusesWhatItCannotJudge) {
  for (const char* schema : {R"s({"pattern":"(?=a)"})s",
                             R"s({"pattern":"(a)\\1"})s",
                             R"({"pattern":"["})",
                             R"({"pattern":"a{1,5000}"})",
                             R"s({"patternProperties":{"(?!x)":{}}})s",
                             R"({"$ref":"#/$defs/none"})",
                             R"({"$ref":"other.json"})",
                             R"({"$ref":"#none"})",
                             R"({"$ref":"https://example.org/x"})",
                             R"({"$defs":{"a":{"$ref":5}},"$ref":"#/$defs/a"})",
                             R"({"$schema":"http://json-schema.org/draft-04/schema#"})",
                             R"({"$schema":"https://json-schema.org/draft/2019-09/schema"})",
                             R"({"$schema":"https://example.org/my"})",
                             R"({"type":"strng"})",
                             R"({"type":5})",
                             R"({"items":[{}]})",
                             R"({"properties":{"a":1}})",
                             R"({"properties":[]})",
                             R"({"allOf":[]})",
                             R"({"minLength":-1})",
                             R"({"minLength":1.5})",
                             R"({"multipleOf":0})",
                             R"({"required":"a"})",
                             R"({"required":[1]})",
                             R"({"enum":5})",
                             R"({"maximum":"1"})",
                             R"({"not":null})",
                             R"({"if":1})",
                             R"({"dependentRequired":{"a":"b"}})",
                             R"({"uniqueItems":1})",
                             R"({"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}})",
                             "5",
                             "null",
                             "[]"}) {
    const auto compiled = Schema::Compile(*json::Parse(schema));
    ASSERT_FALSE(compiled.has_value()) << schema;
    EXPECT_EQ(compiled.error().code, Code::kInvalid);
  }
  EXPECT_THAT(
      Check(R"({"properties":{"a/b":{"type":"strng"}}})", "1"),
      ElementsAre("ERROR schema/properties/a~1b/type: must be a type of JSON, not 'strng'"));
}

TEST(Compile, UnknownKeywordsAreAnnotations) {
  EXPECT_THAT(Check(R"({"x-thing":{"type":5},"title":"t","format":"email"})", "\"no\""), IsEmpty());
}

TEST(Compile, RequiredVocabulariesMustBeKnown) {
  Options options;
  options.documents["https://example.org/meta"] = *json::Parse(
      R"({"$vocabulary":{"https://json-schema.org/draft/2020-12/vocab/core":true,
                         "https://example.org/vocab":true}})");
  EXPECT_THAT(Check(R"({"$schema":"https://example.org/meta"})", "1", options),
              ElementsAre(HasSubstr("vocabulary 'https://example.org/vocab' is not supported")));
}

TEST(Validate, EndlessReferencesEnd) {
  for (const char* schema :
       {R"({"$ref":"#"})", R"({"not":{"$ref":"#"}})", R"({"anyOf":[{"$ref":"#"},{}]})",
        R"({"$dynamicRef":"#a","$dynamicAnchor":"a"})",
        R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}})"}) {
    const auto lines = Check(schema, "1");
    ASSERT_THAT(lines, SizeIs(1)) << schema;
    EXPECT_THAT(lines[0], HasSubstr("recurses deeper than 600 levels"));
  }
}

TEST(Validate, ExponentialSchemasEnd) {
  json::Object definitions;
  for (int i = 0; i < 60; ++i) {
    const json::Value next{{"$ref", "#/$defs/d" + std::to_string(i + 1)}};
    definitions["d" + std::to_string(i)] = json::Value{{"allOf", json::Array{next, next}}};
  }
  definitions["d60"] = true;
  const auto schema = Schema::Compile({{"$ref", "#/$defs/d0"}, {"$defs", definitions}});
  ASSERT_TRUE(schema.has_value()) << schema.error().message;
  const auto violations = schema->Validate(1);
  ASSERT_THAT(violations, SizeIs(1));
  EXPECT_THAT(violations[0].message, HasSubstr("steps"));
}

TEST(Validate, DeepValuesOfARecursiveSchemaAreFine) {
  const auto schema = Schema::Compile(*json::Parse(
      R"({"type":"object","properties":{"next":{"$ref":"#"}},"additionalProperties":false})"));
  ASSERT_TRUE(schema.has_value());
  json::Value value = json::Object();
  for (int i = 0; i < 60; ++i) value = json::Object{{"next", std::move(value)}};
  EXPECT_THAT(schema->Validate(value), IsEmpty());
}

TEST(Validate, DynamicReferencesExtendTrees) {
  Options options;
  options.documents["https://example.org/tree"] = *json::Parse(
      R"({"$id":"https://example.org/tree","$dynamicAnchor":"node","type":"object",
          "properties":{"children":{"type":"array","items":{"$dynamicRef":"#node"}}}})");
  const char* strict = R"({"$id":"https://example.org/strict","$dynamicAnchor":"node",
                           "$ref":"tree","unevaluatedProperties":false})";
  EXPECT_THAT(Check(strict, R"({"children":[{"children":[]}]})", options), IsEmpty());
  EXPECT_THAT(Check(strict, R"({"children":[{"daat":1}]})", options),
              ElementsAre("/children/0/daat /$ref/properties/children/items/$dynamicRef/"
                          "unevaluatedProperties: nothing is allowed here"));
}

TEST(Validate, UnevaluatedSeesThroughBranches) {
  const char* schema = R"({"properties":{"a":true},"if":{"required":["b"]},
      "then":{"properties":{"b":true}},"else":{"not":{"properties":{"c":false}}},
      "unevaluatedProperties":false})";
  EXPECT_THAT(Check(schema, R"({"a":1,"b":2})"), IsEmpty());
  EXPECT_THAT(Check(schema, R"({"a":1,"c":2})"), SizeIs(1));
  EXPECT_THAT(
      Check(R"({"prefixItems":[true],"contains":{"type":"string"},"unevaluatedItems":false})",
            R"([1,"x",2])"),
      ElementsAre("/2 /unevaluatedItems: nothing is allowed here"));
}

TEST(Validate, Draft7HasItsOwnWays) {
  const std::string head = R"({"$schema":"http://json-schema.org/draft-07/schema#",)";
  EXPECT_THAT(Check(head + R"("items":[{"type":"string"}],"additionalItems":false})", R"(["a",1])"),
              ElementsAre("/1 /additionalItems: nothing is allowed here"));
  EXPECT_THAT(
      Check(head + R"("dependencies":{"a":["b"],"c":{"required":["d"]}}})", R"({"a":1,"c":1})"),
      SizeIs(2));
  EXPECT_THAT(Check(head + R"("properties":{"a":{"$ref":"#/definitions/x","type":"string"}},
                              "definitions":{"x":{"type":"integer"}}})",
                    R"({"a":1})"),
              IsEmpty());
  EXPECT_THAT(Check(head + R"("prefixItems":[false],"dependentRequired":{"a":["b"]}})", "[1]"),
              IsEmpty());
}

TEST(Validate, FormatsAreAssertedOnDemand) {
  Options options;
  options.assert_formats = true;
  for (const auto& [format, good, bad] :
       {std::tuple{"date-time", "2025-08-19T11:35:12.5+02:00", "2025-02-29T00:00:00Z"},
        {"date-time", "1998-12-31T23:59:60Z", "1998-12-31T22:59:60Z"},
        {"date", "2024-02-29", "2023-02-29"},
        {"time", "08:30:06Z", "08:30:06"},
        {"uuid", "2EB8AA08-AA98-11EA-B4AA-73B441D16380", "2eb8aa08aa9811eab4aa73b441d16380"},
        {"uri", "https://u:p@[::1]:80/a%20b?q#f", "//no/scheme"},
        {"uri-reference", "../a?b", "\\\\\\\\WINDOWS"},
        {"email", "a.b+c@example.org", "a..b@example.org"},
        {"ipv4", "192.168.0.1", "192.168.00.1"},
        {"ipv6", "::ffff:10.0.0.1", "1::2::3"},
        {"json-pointer", "/a~1b/0", "/a~2"},
        {"regex", "^[a-z]+$", "^(abc"},
        {"hostname", "a-b.example", "-a.example"},
        {"duration", "P1DT2H", "P1D2H"}}) {
    const std::string schema = std::string(R"({"format":")") + format + "\"}";
    EXPECT_THAT(Check(schema, std::string("\"") + good + "\"", options), IsEmpty()) << good;
    EXPECT_THAT(Check(schema, std::string("\"") + bad + "\"", options), SizeIs(1)) << bad;
    EXPECT_THAT(Check(schema, std::string("\"") + bad + "\""), IsEmpty()) << "an annotation";
  }
  EXPECT_THAT(Check(R"({"format":"iri"})", "1", options),
              ElementsAre(HasSubstr("cannot be asserted")));
  EXPECT_THAT(Check(R"({"format":"int32"})", "1", options), IsEmpty());
}

TEST(Validate, SchemasAreValidAgainstTheirMetaSchema) {
  const auto meta =
      Schema::Compile(*json::Parse(R"({"$ref":"https://json-schema.org/draft/2020-12/schema"})"));
  ASSERT_TRUE(meta.has_value()) << meta.error().message;
  EXPECT_THAT(meta->Validate(*json::Parse(R"({"properties":{"a":{"type":"string"}}})")), IsEmpty());
  EXPECT_THAT(meta->Validate(*json::Parse(R"({"properties":{"a":{"minLength":-1}}})")), SizeIs(1));
}

}  // namespace
}  // namespace aiop::schema
