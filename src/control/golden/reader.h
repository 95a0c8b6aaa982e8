// SPDX-License-Identifier: Apache-2.0
// Reading a YAML file part by part, collecting what is wrong with it, with lines. Private.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/yaml/yaml.h"

namespace aiop::golden {

class Reader {
 public:
  Reader(const yaml::Document& document, std::string_view file)
      : document_(document), file_(file) {}

  void Refuse(const std::string& path, std::string_view why);
  // All that was refused, as one error; fine if nothing was.
  Status Verdict() const;

  // Whether `value` is an object with no members but these.
  bool Object(const json::Value& value, const std::string& path,
              const std::vector<std::string_view>& members);
  // The member as text (numbers and truth values too); empty if absent or null.
  std::string Text(const json::Value& object, const std::string& path, std::string_view key);
  // The same, refused if absent or empty.
  std::string Needed(const json::Value& object, const std::string& path, std::string_view key);
  // A list of texts; one text stands for a list of one.
  std::vector<std::string> Texts(const json::Value& object, const std::string& path,
                                 std::string_view key);

 private:
  const yaml::Document& document_;
  std::string_view file_;
  std::vector<std::string> problems_;
};

}  // namespace aiop::golden
