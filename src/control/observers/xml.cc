// SPDX-License-Identifier: Apache-2.0
#include "control/observers/xml.h"

#include <algorithm>
#include <new>

#include "control/observers/builder.h"

namespace aiop::observers {
namespace {

size_t LineAt(std::string_view text, size_t offset) {
  return 1 + static_cast<size_t>(std::ranges::count(text.substr(0, offset), '\n'));
}

}  // namespace

Result<XmlDocument> XmlDocument::Parse(std::string_view text, std::string_view file_name) {
  AIOP_CHECK_OK(CheckSize(text, file_name));
  XmlDocument parsed;
  parsed.document_ = std::make_unique<pugi::xml_document>();
  parsed.text_ = text;
  // parse_doctype is off: a document type is skipped, its entities are never defined, nothing is
  // ever fetched.
  const pugi::xml_parse_result outcome = parsed.document_->load_buffer(
      text.data(), text.size(),
      pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol | pugi::parse_wconv_attribute,
      pugi::encoding_utf8);
  if (!outcome) {
    const size_t offset = outcome.offset < 0 ? 0 : static_cast<size_t>(outcome.offset);
    return InvalidAt(file_name, LineAt(text, offset),
                     std::string("is no XML: ") + outcome.description());
  }
  if (!parsed.root()) return InvalidAt(file_name, 1, "is no XML: there is no element");
  return parsed;
}

size_t XmlDocument::LineOf(const pugi::xml_node& node) const {
  const ptrdiff_t offset = node.offset_debug();
  return offset < 0 ? 1 : LineAt(text_, static_cast<size_t>(offset));
}

}  // namespace aiop::observers
