# aiop_module(PLANE/NAME [DEPS module...] [LINK library...] [TEST_DEPS module...])
#
# Declares one module: the folder src/PLANE/NAME is one static library `aiop_PLANE_NAME`, its public header is
# src/PLANE/NAME/NAME.h, its *_test.cc files become one GoogleTest program `PLANE_NAME_test` run by ctest.
# DEPS are other modules (declared above it, so that no cycle can exist; tools/check_layers.py reads the same lines),
# LINK are third-party libraries, which stay private to the module.
function(aiop_module name)
  cmake_parse_arguments(ARG "" "" "DEPS;LINK;TEST_DEPS" ${ARGN})
  string(REPLACE "/" "_" id ${name})
  set(target aiop_${id})

  file(GLOB sources CONFIGURE_DEPENDS ${name}/*.cc ${name}/*/*.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_test|_main)\\.cc$")

  set(deps "")
  foreach(dependency ${ARG_DEPS})
    string(REPLACE "/" "_" dependency_id ${dependency})
    list(APPEND deps aiop_${dependency_id})
  endforeach()

  if(sources)
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(${target} PUBLIC ${deps} PRIVATE ${ARG_LINK})
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(${target} INTERFACE ${deps} ${ARG_LINK})
  endif()

  if(tests)
    set(test_deps "")
    foreach(dependency ${ARG_TEST_DEPS})
      string(REPLACE "/" "_" dependency_id ${dependency})
      list(APPEND test_deps aiop_${dependency_id})
    endforeach()
    add_executable(${id}_test ${tests})
    target_link_libraries(${id}_test PRIVATE ${target} ${test_deps} ${ARG_LINK} GTest::gtest GTest::gmock
                                             GTest::gtest_main Threads::Threads)
    target_compile_definitions(${id}_test PRIVATE AIOP_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${id} COMMAND ${id}_test)
    set_tests_properties(${id} PROPERTIES TIMEOUT 300)
  endif()
endfunction()
