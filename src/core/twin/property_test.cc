// SPDX-License-Identifier: Apache-2.0
//
// Random documents, random pointers: the twin means exactly the original without the values at the
// pointers. The expectation is made from the document's model, never from its text.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/json/json.h"
#include "base/yaml/yaml.h"
#include "core/twin/twin.h"

namespace aiop::twin {
namespace {

struct Node {
  char kind = 's';                // 's' scalar, 'o' object, 'a' array
  std::string token;              // of a scalar, as JSON
  std::vector<std::string> keys;  // plain text
  std::vector<Node> children;
  bool cut = false;
};

std::string Quoted(const std::string& text) { return json::Text(json::Value(text)); }

class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  int Below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

  Node Document(int depth) {
    Node node;
    const int kind = depth == 0 ? 0 : Below(3);
    if (kind == 0) {
      constexpr const char* kTokens[] = {
          "1e400",       "-0",   "12345678901234567890123", "true",
          "null",        "\"\"", "\"a, ]}: # b\"",          "\"\\\"\\\\\"",
          "\"\\u0041\"", "0.10"};
      node.token = kTokens[Below(std::size(kTokens))];
      return node;
    }
    node.kind = kind == 1 ? 'o' : 'a';
    const int count = Below(5);
    for (int i = 0; i < count; ++i) {
      constexpr const char* kKeys[] = {"a", "b/", "~c", "d e", "", "7", "k\"", "\\"};
      if (node.kind == 'o')
        node.keys.push_back(kKeys[Below(std::size(kKeys))] + std::string(Below(2), 'x'));
      node.children.push_back(Document(depth - 1));
    }
    return node;
  }

  std::string Blanks() {
    constexpr const char* kBlanks[] = {"", "", " ", "\n  ", "\t", "\r\n"};
    return kBlanks[Below(std::size(kBlanks))];
  }

  // With blanks everywhere, and escapes in keys.
  std::string JsonText(const Node& node) {
    if (node.kind == 's') return node.token;
    std::string text(1, node.kind == 'o' ? '{' : '[');
    for (size_t i = 0; i < node.children.size(); ++i) {
      text += (i == 0 ? "" : ",") + Blanks();
      if (node.kind == 'o') text += Key(node.keys[i]) + Blanks() + ":" + Blanks();
      text += JsonText(node.children[i]) + Blanks();
    }
    return text + Blanks() + (node.kind == 'o' ? "}" : "]");
  }

  std::string Key(const std::string& key) {
    if (!key.empty() && Below(3) == 0 && key[0] == 'a') return "\"\\u0061" + key.substr(1) + "\"";
    return Quoted(key);
  }

  // Marks some parts as cut and returns their pointers. Same keys are cut together.
  void Choose(Node& node, const std::string& pointer, std::vector<std::string>& pointers) {
    for (size_t i = 0; i < node.children.size(); ++i) {
      const std::string child =
          node.kind == 'o' ? json::Child(pointer, node.keys[i]) : json::Child(pointer, i);
      if (Below(4) == 0) {
        pointers.push_back(child);
        for (size_t j = 0; j < node.children.size(); ++j) {
          if (i == j || (node.kind == 'o' && node.keys[i] == node.keys[j]))
            node.children[j].cut = true;
        }
      }
    }
    for (size_t i = 0; i < node.children.size(); ++i) {
      if (node.children[i].cut) continue;
      // Below duplicate keys a pointer may mean several parts: left to the tests by example.
      if (node.kind == 'o' && std::ranges::count(node.keys, node.keys[i]) > 1) continue;
      Choose(node.children[i],
             node.kind == 'o' ? json::Child(pointer, node.keys[i]) : json::Child(pointer, i),
             pointers);
    }
  }

  // Block style where it can be, with comments, blank lines and various depths.
  std::string YamlText(const Node& node, int indent) {
    std::string text;
    for (size_t i = 0; i < node.children.size(); ++i) {
      const Node& child = node.children[i];
      text += Trivia(indent) + std::string(indent, ' ');
      text += node.kind == 'o' ? Quoted(node.keys[i]) + ":" : "-";
      if (child.kind == 's' || child.children.empty() || Below(4) == 0) {
        text += " " + Flow(child) + (Below(3) == 0 ? " # c, ]\n" : "\n");
      } else if (node.kind == 'a' && Below(2) == 0) {
        const int deeper = indent + 2;
        const std::string inner = YamlText(child, deeper);
        const size_t first = FirstEntry(inner);
        text += " " + inner.substr(first);
      } else {
        const bool same = node.kind == 'o' && child.kind == 'a' && Below(2) == 0;
        text += "\n" + YamlText(child, same ? indent : indent + 1 + Below(3));
      }
    }
    return text;
  }

 private:
  std::string Trivia(int indent) {
    switch (Below(6)) {
      case 0:
        return "\n";
      case 1:
        return std::string(indent, ' ') + "# note: [\n";
      case 2:
        return "\n" + std::string(Below(8), ' ') + "# - x\n\n";
      default:
        return "";
    }
  }

  static size_t FirstEntry(const std::string& text) {
    for (size_t at = 0;;) {
      const size_t first = text.find_first_not_of(" ", at);
      if (text[first] != '#' && text[first] != '\n') return first;
      at = text.find('\n', first) + 1;
    }
  }

  std::string Flow(const Node& node) {
    if (node.kind == 's') return node.token;
    std::string text(1, node.kind == 'o' ? '{' : '[');
    for (size_t i = 0; i < node.children.size(); ++i) {
      text += (i == 0 ? "" : Below(2) == 0 ? ", " : ",\n            ");
      if (node.kind == 'o') text += Quoted(node.keys[i]) + ": ";
      text += Flow(node.children[i]);
    }
    return text + (node.kind == 'o' ? "}" : "]");
  }

  std::mt19937 random_;
};

std::string Compact(const Node& node) {
  if (node.kind == 's') return node.token;
  std::string text(1, node.kind == 'o' ? '{' : '[');
  for (size_t i = 0; i < node.children.size(); ++i) {
    if (node.children[i].cut) continue;
    if (text.size() > 1) text += ",";
    if (node.kind == 'o') text += Quoted(node.keys[i]) + ":";
    text += Compact(node.children[i]);
  }
  return text + (node.kind == 'o' ? "}" : "]");
}

// JSON text without blanks between tokens, keys without needless escapes.
std::string Stripped(std::string_view text) {
  std::string out;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!quoted && std::string_view(" \t\r\n").contains(text[i])) continue;
    if (text.substr(i).starts_with("\\u0061")) {
      out += 'a';
      i += 5;
      continue;
    }
    out += text[i];
    if (quoted && text[i] == '\\') {
      out += text[++i];
    } else if (text[i] == '"') {
      quoted = !quoted;
    }
  }
  return out;
}

TEST(Property, JsonTwinsAreTheOriginalWithoutTheValues) {
  int cut = 0;
  for (unsigned seed = 0; seed < 4000; ++seed) {
    Maker maker(seed);
    Node document = maker.Document(5);
    const std::string text = maker.JsonText(document);
    std::vector<std::string> pointers;
    maker.Choose(document, "", pointers);
    if (pointers.empty()) continue;
    const auto cutting = Cut(text, pointers);
    ASSERT_TRUE(cutting.has_value()) << text << "\n" << cutting.error().message;
    ASSERT_EQ(FormatOf(cutting->text), Format::kJson) << text << "\n" << cutting->text;
    ASSERT_EQ(Stripped(cutting->text), Compact(document)) << text << "\n" << cutting->text;
    ++cut;
  }
  EXPECT_GT(cut, 1000);
}

// Numbers that base/yaml takes, and no duplicate keys.
void Tame(Node& node) {
  if (node.token == "1e400" || node.token.size() > 20 || node.token == "-0" || node.token == "0.10")
    node.token = "5";
  for (size_t i = 0; i < node.keys.size(); ++i) node.keys[i] += std::to_string(i);
  for (Node& child : node.children) Tame(child);
}

TEST(Property, YamlTwinsAreTheOriginalWithoutTheValues) {
  int cut = 0;
  int exact = 0;
  for (unsigned seed = 0; seed < 3000; ++seed) {
    Maker maker(seed);
    Node document = maker.Document(4);
    if (document.children.empty()) continue;
    Tame(document);
    const std::string text = maker.YamlText(document, 0);
    std::vector<std::string> pointers;
    maker.Choose(document, "", pointers);
    if (pointers.empty() || FormatOf(text) == Format::kJson) continue;
    const auto cutting = Cut(text, pointers);
    ASSERT_TRUE(cutting.has_value()) << text << "\n" << cutting.error().message;
    ++cut;
    const auto twin = yaml::Parse(cutting->text, "twin");
    ASSERT_TRUE(twin.has_value()) << text << "\n" << cutting->text << twin.error().message;
    const auto expected = json::Parse(Compact(document));
    ASSERT_TRUE(expected.has_value()) << Compact(document);
    if (std::ranges::is_permutation(cutting->cut, pointers)) ++exact;
    ASSERT_EQ(json::Text(twin->value), json::Text(*expected)) << text << "\n-----\n"
                                                              << cutting->text;
  }
  EXPECT_GT(cut, 500);
  EXPECT_EQ(exact, cut) << "nothing had to be widened";
}

}  // namespace
}  // namespace aiop::twin
