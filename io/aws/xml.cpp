#include "io/aws/xml.hpp"

#include <fmt/format.h>

#include <expat.h>

#include <memory>
#include <type_traits>
#include <vector>

namespace vedette::io {

namespace {

struct reading {
  XML_Parser parser;
  const std::function<void(std::string_view, std::string_view)>* each;
  std::string path, text;
  std::vector<std::size_t> open; ///< length of `path` before each open element
};

void XMLCALL on_begin(void* to, const XML_Char* name, const XML_Char**) {
  auto& r = *static_cast<reading*>(to);
  if (r.open.size() >= xml_depth_max) {
    XML_StopParser(r.parser, XML_FALSE);
    return;
  }
  r.open.push_back(r.path.size());
  r.path.append(r.path.empty() ? "" : "/").append(name);
  r.text.clear();
}

void XMLCALL on_end(void* to, const XML_Char*) {
  auto& r = *static_cast<reading*>(to);
  (*r.each)(r.path, r.text);
  r.path.resize(r.open.back());
  r.open.pop_back();
  r.text.clear();
}

void XMLCALL on_text(void* to, const XML_Char* text, int length) {
  static_cast<reading*>(to)->text.append(text, static_cast<std::size_t>(length));
}

/// No declarations of entities: there are none in what we read, and they are how XML grows.
void XMLCALL on_doctype(void* to, const XML_Char*, const XML_Char*, const XML_Char*, int) {
  XML_StopParser(static_cast<reading*>(to)->parser, XML_FALSE);
}

} // namespace

base::status read_xml(std::string_view text, std::string_view what,
                      const std::function<void(std::string_view, std::string_view)>& each) {
  const std::unique_ptr<std::remove_pointer_t<XML_Parser>, void (*)(XML_Parser)> parser{
      XML_ParserCreate("UTF-8"), XML_ParserFree};
  VEDETTE_ASSERT(parser);
  reading r{parser.get(), &each, {}, {}, {}};
  XML_SetUserData(r.parser, &r);
  XML_SetElementHandler(r.parser, on_begin, on_end);
  XML_SetCharacterDataHandler(r.parser, on_text);
  XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
  if (XML_Parse(r.parser, text.data(), static_cast<int>(text.size()), XML_TRUE) == XML_STATUS_OK)
    return {};
  return base::error{
      base::ec::malformed,
      fmt::format("{}: line {}: {}; is this the address of an S3-compatible service?", what,
                  XML_GetCurrentLineNumber(r.parser), XML_ErrorString(XML_GetErrorCode(r.parser)))};
}

std::string xml_text(std::string_view text, std::string_view path_end) {
  std::string out;
  bool found = false;
  // What is damaged has told all it had to say.
  (void)read_xml(text, "", [&](std::string_view path, std::string_view value) {
    if (!found && path.ends_with(path_end)) {
      found = true;
      out = value;
    }
  });
  return out;
}

} // namespace vedette::io
