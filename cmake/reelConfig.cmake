# find_package(reel): the target reel::reel, and the libraries that Reel's own are linked with.

include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(TBB)
find_dependency(ZLIB)
find_dependency(hwy)

include(${CMAKE_CURRENT_LIST_DIR}/reelTargets.cmake)
