# The optional component onnx: the target reel::onnx, libreel_onnx, where protobuf and ONNX's messages (Debian's
# libonnx-dev) are found, or with REEL_ONNX=ON wanted.

set(REEL_ONNX AUTO CACHE STRING "Build reel::onnx: AUTO (where protobuf and ONNX are found), ON or OFF")
set_property(CACHE REEL_ONNX PROPERTY STRINGS AUTO ON OFF)
if(NOT REEL_ONNX)
  return()
endif()

find_package(Protobuf QUIET)
find_path(ONNX_INCLUDE_DIR onnx/onnx-ml.pb.h)
find_library(ONNX_PROTO_LIBRARY onnx_proto)
mark_as_advanced(ONNX_INCLUDE_DIR ONNX_PROTO_LIBRARY)
if(NOT (Protobuf_FOUND AND ONNX_INCLUDE_DIR AND ONNX_PROTO_LIBRARY))
  if(NOT REEL_ONNX STREQUAL "AUTO")
    message(FATAL_ERROR "REEL_ONNX wants protobuf and ONNX (Debian: libprotobuf-dev, libonnx-dev)")
  endif()
  message(STATUS "Without reel::onnx: it wants protobuf and ONNX (Debian: libprotobuf-dev, libonnx-dev)")
  return()
endif()

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/nn/onnx/*.cpp)
add_library(reel_onnx ${sources})
add_library(reel::onnx ALIAS reel_onnx)
target_link_libraries(reel_onnx PUBLIC reel
  PRIVATE $<BUILD_INTERFACE:reel_flags> ${ONNX_PROTO_LIBRARY} protobuf::libprotobuf)
target_include_directories(reel_onnx SYSTEM PRIVATE ${ONNX_INCLUDE_DIR})
target_compile_definitions(reel_onnx PRIVATE ONNX_ML=1 ONNX_NAMESPACE=onnx)
set_target_properties(reel_onnx PROPERTIES
  EXPORT_NAME onnx VERSION ${PROJECT_VERSION} SOVERSION ${REEL_ABI} POSITION_INDEPENDENT_CODE ON)
