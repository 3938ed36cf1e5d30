# Reel's targets: one static library for each folder, and the flags that all of them share.

include(GNUInstallDirs)
find_package(Threads REQUIRED)

# <reel/core/tensor.h> is spelt the same in the tree as after installation: one link in the build folder per public folder.
set(REEL_INCLUDE_DIR ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${REEL_INCLUDE_DIR}/reel)
foreach(entry core autograd nn optim data training reel.h)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${entry} ${REEL_INCLUDE_DIR}/reel/${entry} SYMBOLIC)
endforeach()

add_library(reel_flags INTERFACE)
target_compile_options(reel_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Werror -O3
  $<$<CXX_COMPILER_ID:GNU>:-fno-semantic-interposition>)
target_link_libraries(reel_flags INTERFACE Threads::Threads)
if(REEL_SANITIZE)
  target_compile_options(reel_flags INTERFACE -fsanitize=${REEL_SANITIZE} -fno-omit-frame-pointer -g1 -O1
    -fno-sanitize-recover=all)
  target_link_options(reel_flags INTERFACE -fsanitize=${REEL_SANITIZE})
endif()

# reel_layer(<folder> [<folder below it>...]): the library reel_<folder> of every source in the folder.
function(reel_layer folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  add_library(reel_${folder} STATIC ${sources})
  target_include_directories(reel_${folder} PUBLIC
    $<BUILD_INTERFACE:${REEL_INCLUDE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(reel_${folder} PUBLIC cxx_std_20)
  # Threads are said again: what is only for the build says nothing to those who link an installed library.
  target_link_libraries(reel_${folder} PRIVATE $<BUILD_INTERFACE:reel_flags> Threads::Threads)
  set_target_properties(reel_${folder} PROPERTIES EXPORT_NAME ${folder})
  foreach(below IN LISTS ARGN)
    target_link_libraries(reel_${folder} PUBLIC reel_${below})
  endforeach()
endfunction()

# reel_program(<name> <sources>...): an executable on the whole library.
function(reel_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE reel::reel reel_flags)
endfunction()

# reel_embed(<target> <name> <file> [<part>...]): a file's text as `const std::string_view reel::detail::<name>` in the
# target, with the text of each part, a file beside it, where the file says @part@.
function(reel_embed target name file)
  cmake_path(GET file PARENT_PATH folder)
  file(READ ${file} text)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  foreach(part IN LISTS ARGN)
    file(READ ${folder}/${part} content)
    string(REPLACE "@${part}@" "${content}" text "${text}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/${part})
  endforeach()
  set(source ${PROJECT_BINARY_DIR}/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[
#include <string_view>

namespace reel::detail {
extern const std::string_view @name@;
const std::string_view @name@ = R"reel(@text@)reel";
}  // namespace reel::detail
]])
  target_sources(${target} PRIVATE ${source})
endfunction()
