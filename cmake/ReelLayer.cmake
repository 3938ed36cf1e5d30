# Reel's targets: the objects of each folder, the library of them all, and the flags that all of them share.

include(GNUInstallDirs)
find_package(Threads REQUIRED)

# <reel/core/tensor.h> is spelt the same in the tree as after installation: one link in the build folder per public folder.
set(REEL_INCLUDE_DIR ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${REEL_INCLUDE_DIR}/reel)
foreach(entry core autograd nn optim data training reel.h)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${entry} ${REEL_INCLUDE_DIR}/reel/${entry} SYMBOLIC)
endforeach()

add_library(reel_flags INTERFACE)
set(optimization -O3)
if(REEL_SANITIZE)
  set(optimization -O1)
endif()
set(own $<TARGET_PROPERTY:REEL_OPTIMIZATION>)  # what a target asks for instead
target_compile_options(reel_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow $<IF:$<BOOL:${own}>,${own},${optimization}>
  $<$<CXX_COMPILER_ID:GNU>:-fno-semantic-interposition>)
target_link_libraries(reel_flags INTERFACE Threads::Threads)
if(REEL_SANITIZE)
  target_compile_options(reel_flags INTERFACE -fsanitize=${REEL_SANITIZE} -fno-omit-frame-pointer -g1
    -fno-sanitize-recover=all)
  if(NOT REEL_SANITIZE STREQUAL "thread")
    # A check before each access, which doubles the time to compile kernels: the address sanitizer sees the same but for
    # alignment, which x86-64 and ARM don't ask for.
    target_compile_options(reel_flags INTERFACE -fno-sanitize=null,alignment,object-size,vptr)
  endif()
  target_link_options(reel_flags INTERFACE -fsanitize=${REEL_SANITIZE})
endif()

# reel_layer(<folder> [<folder below it>...]): the objects reel_<folder> of every source in the folder. They may stand
# anywhere in memory, so one compilation serves both kinds of library.
function(reel_layer folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/nn/onnx/")  # an optional library of its own
  add_library(reel_${folder} OBJECT ${sources})
  set_target_properties(reel_${folder} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(reel_${folder} PUBLIC ${REEL_INCLUDE_DIR})
  target_compile_features(reel_${folder} PUBLIC cxx_std_20)
  target_link_libraries(reel_${folder} PRIVATE reel_flags)
  foreach(below IN LISTS ARGN)
    target_link_libraries(reel_${folder} PUBLIC reel_${below})
  endforeach()
endfunction()

# reel_library(<folder>...): the target reel::reel, libreel.a or with BUILD_SHARED_LIBS libreel.so, which shows what its
# map says and nothing else.
function(reel_library)
  list(TRANSFORM ARGN REPLACE "(.+)" "$<TARGET_OBJECTS:reel_\\1>" OUTPUT_VARIABLE objects)
  add_library(reel ${objects})
  add_library(reel::reel ALIAS reel)
  target_include_directories(reel PUBLIC
    $<BUILD_INTERFACE:${REEL_INCLUDE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(reel PUBLIC cxx_std_20)
  # While the version begins with 0, its second number says what fits together.
  set_target_properties(reel PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${REEL_ABI})
  if(NOT PROJECT_IS_TOP_LEVEL)
    set_target_properties(reel PROPERTIES SYSTEM ON)  # a user's warnings are about a user's code
  endif()
  if(BUILD_SHARED_LIBS AND NOT APPLE)
    set(map ${PROJECT_SOURCE_DIR}/cmake/reel.map)
    target_link_options(reel PRIVATE LINKER:--version-script=${map})
    set_target_properties(reel PROPERTIES LINK_DEPENDS ${map})
  endif()
endfunction()

# reel_program(<name> <sources>...): an executable on the whole library.
function(reel_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE reel::reel reel_flags)
endfunction()

# reel_embed(<target> <name> <file> [<part>...]): a file's text as `const std::string_view reel::detail::<name>` in the
# target, with the text of each part where the file says @part@. A part is named from the file's folder, and its mark has
# no folder.
function(reel_embed target name file)
  cmake_path(GET file PARENT_PATH folder)
  file(READ ${file} text)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  foreach(part IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH part BASE_DIRECTORY ${folder} NORMALIZE OUTPUT_VARIABLE path)
    cmake_path(GET path FILENAME mark)
    file(READ ${path} content)
    string(REPLACE "@${mark}@" "${content}" text "${text}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
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
