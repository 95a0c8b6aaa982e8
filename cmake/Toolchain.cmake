# Compiler, linker and sanitizer settings. clang-19 with libstdc++ is the product's compiler: g++ 12
# miscompiles coroutines, and clang compiles this code faster.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# "Dev": optimised just enough that tests are quick, line tables only so that links are quick.
set(CMAKE_CXX_FLAGS_DEV "-O1 -gline-tables-only -fno-omit-frame-pointer")
set(CMAKE_C_FLAGS_DEV "-O1 -gline-tables-only -fno-omit-frame-pointer")

option(AIOP_WERROR "Treat warnings as errors (CI)" OFF)
option(AIOP_FUZZ "Build the fuzzers" OFF)
option(AIOP_BENCH "Build the benchmarks" OFF)
set(AIOP_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")

add_compile_options(-Wall -Wextra -Wshadow -Wimplicit-fallthrough -Wno-missing-field-initializers)
if(AIOP_WERROR)
  add_compile_options(-Werror)
endif()
if(AIOP_SANITIZE)
  add_compile_options(-fsanitize=${AIOP_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${AIOP_SANITIZE})
endif()
add_link_options(-fuse-ld=lld-19)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(GTest REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
foreach(library sqlite3 libgit2 yaml-cpp re2 pugixml libcurl spdlog)
  pkg_check_modules(${library} REQUIRED IMPORTED_TARGET ${library})
endforeach()
