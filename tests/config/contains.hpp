// Substring checks that print the text they looked in. Catch2 2 and 3 name their string matchers
// differently, so the tests of this folder share these two instead.
#pragma once

#include "tests/support/catch.hpp"

#include <string>
#include <string_view>

#define CHECK_CONTAINS(text, part)                                                                 \
  do {                                                                                             \
    const std::string contains_text{text};                                                         \
    INFO("text: " << contains_text << "\nlooked for: " << (part));                                 \
    CHECK(contains_text.find(part) != std::string::npos);                                          \
  } while (false)

#define CHECK_LACKS(text, part)                                                                    \
  do {                                                                                             \
    const std::string contains_text{text};                                                         \
    INFO("text: " << contains_text << "\nlooked for: " << (part));                                 \
    CHECK(contains_text.find(part) == std::string::npos);                                          \
  } while (false)
