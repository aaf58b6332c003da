// A mapping file's text to its compiled form.
//
// Called when content is loaded; remembers nothing.
#pragma once

#include "base/result.hpp"
#include "ingest/mapping/source_mapping.hpp"

#include <string>

namespace vedette::ingest {

struct mapping_file {
  std::string name, text;
};

/// Whether the text claims to be a mapping file: a mapping with `source` and `recognise` at its
/// top. O(bytes).
[[nodiscard]] bool is_mapping_file(const std::string& text);

/// malformed: "FILE: line N: KEY: what is wrong". What `cases` holds is not looked at. O(bytes).
[[nodiscard]] base::result<source_mapping> compile_mapping(const mapping_file& file);

} // namespace vedette::ingest
