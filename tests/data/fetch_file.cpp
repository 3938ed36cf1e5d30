// fetch_file URL PATH SHA256: downloads one file as the library does. For download_test.py.

#include <exception>
#include <iostream>
#include <reel/data/download.h>

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: fetch_file URL PATH SHA256\n";
    return 2;
  }
  try {
    reel::data::fetch_file(argv[1], argv[2], {.file = argv[3]});
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
