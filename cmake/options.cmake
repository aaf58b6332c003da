# Language level, warnings, sanitizers, ccache: what every target of ours is compiled with.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
# For the sanitizers: -Og runs about as fast as -O1 under them and compiles in two thirds of the time.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-Og -g1")

option(VEDETTE_FUZZ "Build the libFuzzer targets instead of the tests" OFF)
set(VEDETTE_SANITIZE "" CACHE STRING "Value of -fsanitize, e.g. address,undefined or thread")

set(failpoints_usual OFF)
if(VEDETTE_SANITIZE AND NOT VEDETTE_FUZZ)
  set(failpoints_usual ON)
endif()
option(VEDETTE_FAILPOINTS "Let tests end the process at named places (actors/failpoint.hpp)" ${failpoints_usual})
if(VEDETTE_FAILPOINTS)
  add_compile_definitions(VEDETTE_FAILPOINTS)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

# Eight files of a target are read as one: headers, and the templates of CAF and Catch2, are the same in
# all of them and are two thirds of a compiler's work. No two files of a target may hence use one name for
# two things. Whoever changes a file again and again switches it off, and thereby also learns whether every
# file includes what it uses.
option(CMAKE_UNITY_BUILD "Compile the files of a target eight at a time" ON)
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8 CACHE STRING "Files read as one; 0: all of a target")
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # It takes the files for headers: in one, a class with members of a namespace without name is a mistake.
  add_compile_options(-Wno-subobject-linkage)
endif()

add_library(vedette_options INTERFACE)
target_compile_options(vedette_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                                                 -Woverloaded-virtual -Wconversion -Wno-sign-conversion -Werror)
target_include_directories(vedette_options INTERFACE "${PROJECT_SOURCE_DIR}")
if(VEDETTE_SANITIZE)
  add_compile_options(-fsanitize=${VEDETTE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${VEDETTE_SANITIZE})
  if(VEDETTE_SANITIZE MATCHES "address.*undefined" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # A third of the time a file takes. A null pointer that is used ends the process under AddressSanitizer
    # too; wrong downcasts and alignment are given up here, and are looked for in the decoders only, which
    # clang's fuzz targets compile with all checks.
    add_compile_options(-fno-sanitize=null,alignment,object-size,vptr)
  endif()
  if(VEDETTE_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)
  endif()
endif()
if(VEDETTE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
