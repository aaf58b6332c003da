# vedette_precompile(TARGET [HEADER...]): what nearly every file reads first is parsed once a target.
#
# Between a quarter and nine tenths of a compiler's time goes into headers, the same ones file after file.
# Files include what they use all the same: the fuzz preset builds without this, and fails when one does
# not. Only for targets with enough files to win back what the parsing costs.
option(VEDETTE_PRECOMPILE "Precompile library headers" ON)

set(VEDETTE_PRECOMPILED
    <algorithm> <array> <chrono> <charconv> <functional> <map> <memory> <mutex> <optional> <ranges> <set> <span>
    <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector> <fmt/format.h>)

function(vedette_precompile target)
  get_target_property(sources ${target} SOURCES)
  list(LENGTH sources count)
  if(NOT VEDETTE_PRECOMPILE OR count LESS 6)
    return()
  endif()
  target_precompile_headers(${target} PRIVATE ${VEDETTE_PRECOMPILED} ${ARGN})
  # GCC 12 takes every string that is put together for an overrun of its own small buffer, and only
  # forgives it in a library header that it has just read.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-stringop-overflow -Wno-restrict)
  endif()
endfunction()
