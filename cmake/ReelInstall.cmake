# What `cmake --install` puts where, and what find_package(reel) then finds: the target reel::reel.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(REEL_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/reel)

set(layers core autograd nn optim data training)
list(TRANSFORM layers PREPEND reel_ OUTPUT_VARIABLE libraries)
install(TARGETS reel ${libraries} EXPORT reelTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT reelTargets NAMESPACE reel:: DESTINATION ${REEL_PACKAGE_DIR})

# Headers that only kernels include stay at home.
install(DIRECTORY ${layers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/reel
  FILES_MATCHING PATTERN "*.h" PATTERN "*-inl.h" EXCLUDE)
install(FILES reel.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/reel)

write_basic_package_version_file(${PROJECT_BINARY_DIR}/reelConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/reelConfig.cmake ${PROJECT_BINARY_DIR}/reelConfigVersion.cmake DESTINATION ${REEL_PACKAGE_DIR})
