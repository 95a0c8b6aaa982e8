// SPDX-License-Identifier: Apache-2.0
#include "core/schema/uri.h"

#include <algorithm>

namespace aiop::schema {
namespace {

struct Parts {
  std::string scheme;     // with its ':'
  std::string authority;  // with its "//"
  std::string path;
  std::string query;     // with its '?'
  std::string fragment;  // with its '#'
};

bool IsSchemeCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '-' || c == '.';
}

Parts PartsOf(std::string_view uri) {
  Parts parts;
  if (const size_t hash = uri.find('#'); hash != std::string_view::npos) {
    parts.fragment = uri.substr(hash);
    uri = uri.substr(0, hash);
  }
  if (const size_t question = uri.find('?'); question != std::string_view::npos) {
    parts.query = uri.substr(question);
    uri = uri.substr(0, question);
  }
  const size_t colon = uri.find(':');
  if (colon != std::string_view::npos && colon > 0 &&
      std::all_of(uri.begin(), uri.begin() + static_cast<std::ptrdiff_t>(colon),
                  IsSchemeCharacter)) {
    parts.scheme = uri.substr(0, colon + 1);
    uri = uri.substr(colon + 1);
  }
  if (uri.starts_with("//")) {
    const size_t end = std::min(uri.find('/', 2), uri.size());
    parts.authority = uri.substr(0, end);
    uri = uri.substr(end);
  }
  parts.path = uri;
  return parts;
}

std::string WithoutDotSegments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    if (path.starts_with("../")) {
      path.remove_prefix(3);
    } else if (path.starts_with("./")) {
      path.remove_prefix(2);
    } else if (path.starts_with("/./") || path == "/.") {
      path = path.size() == 2 ? "/" : path.substr(2);
    } else if (path.starts_with("/../") || path == "/..") {
      path = path.size() == 3 ? "/" : path.substr(3);
      const size_t slash = out.rfind('/');
      out.resize(slash == std::string::npos ? 0 : slash);
    } else if (path == "." || path == "..") {
      path = "";
    } else {
      const size_t end = std::min(path.find('/', 1), path.size());
      out.append(path.substr(0, end));
      path.remove_prefix(end);
    }
  }
  return out;
}

std::string Merged(const Parts& base, const std::string& path) {
  if (!base.authority.empty() && base.path.empty()) return "/" + path;
  const size_t slash = base.path.rfind('/');
  return slash == std::string::npos ? path : base.path.substr(0, slash + 1) + path;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string ResolveUri(std::string_view base_text, std::string_view reference) {
  const Parts base = PartsOf(base_text);
  Parts target = PartsOf(reference);
  if (!target.scheme.empty()) {
    target.path = WithoutDotSegments(target.path);
  } else if (!target.authority.empty()) {
    target.scheme = base.scheme;
    target.path = WithoutDotSegments(target.path);
  } else {
    target.scheme = base.scheme;
    target.authority = base.authority;
    if (target.path.empty()) {
      target.path = base.path;
      if (target.query.empty()) target.query = base.query;
    } else if (target.path.starts_with('/')) {
      target.path = WithoutDotSegments(target.path);
    } else {
      target.path = WithoutDotSegments(Merged(base, target.path));
    }
  }
  return target.scheme + target.authority + target.path + target.query + target.fragment;
}

std::pair<std::string, std::string> SplitFragment(std::string_view uri) {
  const size_t hash = uri.find('#');
  if (hash == std::string_view::npos) return {std::string(uri), ""};
  return {std::string(uri.substr(0, hash)), std::string(uri.substr(hash + 1))};
}

std::string PercentDecoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
                        HexDigit(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace aiop::schema
