// SPDX-License-Identifier: Apache-2.0
// XML as reports use it: parsed whole, document types skipped, entities other than the five of XML
// itself left as they stand. Private to the module.
#pragma once

#include <memory>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "base/result/result.h"

namespace aiop::observers {

class XmlDocument {
 public:
  // `text` must outlive the document.
  static Result<XmlDocument> Parse(std::string_view text, std::string_view file_name);

  pugi::xml_node root() const { return document_->document_element(); }
  // 1-based line of an element.
  size_t LineOf(const pugi::xml_node& node) const;

 private:
  std::unique_ptr<pugi::xml_document> document_;
  std::string_view text_;
};

}  // namespace aiop::observers
