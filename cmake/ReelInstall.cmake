# What `cmake --install` puts where. find_package(reel) then finds the target reel::reel, and pkg-config finds reel.
# A program needs the component runtime only.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/reel)

install(TARGETS reel EXPORT reelTargets
  LIBRARY COMPONENT runtime NAMELINK_COMPONENT development
  ARCHIVE COMPONENT development)
install(EXPORT reelTargets NAMESPACE reel:: DESTINATION ${package_dir} COMPONENT development)

# The component onnx has targets of its own, which a program that doesn't ask for it never sees.
if(TARGET reel_onnx)
  install(TARGETS reel_onnx EXPORT reelOnnxTargets
    LIBRARY COMPONENT onnx NAMELINK_COMPONENT onnx_development
    ARCHIVE COMPONENT onnx_development)
  install(EXPORT reelOnnxTargets NAMESPACE reel:: DESTINATION ${package_dir} COMPONENT onnx_development)
  install(FILES nn/onnx/export.h nn/onnx/import.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/reel/nn/onnx COMPONENT onnx_development)
endif()

# Headers that only kernels include stay at home.
install(DIRECTORY core autograd nn optim data training DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/reel COMPONENT development
  FILES_MATCHING PATTERN "*.h" PATTERN "*-inl.h" EXCLUDE PATTERN "nn/onnx" EXCLUDE)
install(FILES reel.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/reel COMPONENT development)

configure_package_config_file(cmake/reelConfig.cmake.in ${PROJECT_BINARY_DIR}/reelConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/reelConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/reelConfig.cmake ${PROJECT_BINARY_DIR}/reelConfigVersion.cmake
  DESTINATION ${package_dir} COMPONENT development)

# A shared library names what it needs itself. OpenBLAS's own pkg-config file wants a Fortran compiler for static programs.
set(requires "tbb, zlib, libhwy, libhwy-contrib")
set(libraries "-lopenblas -pthread")
if(BUILD_SHARED_LIBS)
  set(requires "")
  set(libraries "")
endif()
file(RELATIVE_PATH to_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(cmake/reel.pc.in ${PROJECT_BINARY_DIR}/reel.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/reel.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

if(PROJECT_IS_TOP_LEVEL AND BUILD_SHARED_LIBS)
  include(ReelPackage)
endif()
