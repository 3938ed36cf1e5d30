#include <map>
#include <reel/core/io/safetensors.h>
#include <tests/core/io/files.h>

namespace reel::test {
namespace {

using Tensors = std::map<std::string, Tensor>;

void load(const std::string& path) { (void)io::load_safetensors(path); }

std::string safetensors(const std::string& header, const std::string& data) {
  return bytes_of_number(std::uint64_t{header.size()}) + header + data;
}

TEST_CASE("safetensors: what is saved is loaded back") {
  const TemporaryFolder folder;
  const std::string path = folder / "model.safetensors";
  Tensors tensors;
  for (const Tensor& tensor : all_kinds_of_tensors())
    tensors.emplace(concat("layer.", tensors.size(), ".é\n\""), tensor);
  const std::map<std::string, std::string> metadata{{"format", "pt"}, {"", "\\ \x01 \xf0\x9f\x98\x80"}};
  io::save_safetensors(path, tensors, metadata);
  const io::SafeTensors loaded = io::load_safetensors(path);
  REQUIRE(loaded.tensors.size() == tensors.size());
  for (const auto& [name, tensor] : tensors) CHECK(same(loaded.tensors.at(name), tensor));
  CHECK(loaded.metadata == metadata);
  io::save_safetensors(path, {});
  CHECK(io::load_safetensors(path).tensors.empty());
  CHECK(folder.file_count() == 1);
}

TEST_CASE("safetensors: the reference's files are read, and written byte for byte") {
  const TemporaryFolder folder;
  const std::string path = folder / "model.safetensors";
  const io::SafeTensors all = io::load_safetensors(golden("all.safetensors"));
  REQUIRE(all.tensors.size() == golden_arrays().size());
  for (const auto& [name, tensor] : golden_arrays()) CHECK(same(all.tensors.at(name), tensor));
  CHECK(all.metadata == std::map<std::string, std::string>{{"by", "a \"quoted\"\nname é"}});

  const io::SafeTensors names = io::load_safetensors(golden("names.safetensors"));
  CHECK(same(names.tensors.at("layer.ü"), golden_values({2}, float32)));
  CHECK(same(names.tensors.at("a\"\\\t\x01/b"), golden_values({1}, float32)));

  for (const std::string name : {"all", "names", "none"}) {
    CAPTURE(name);
    const io::SafeTensors content = io::load_safetensors(golden(name + ".safetensors"));
    io::save_safetensors(path, content.tensors, content.metadata);
    CHECK(slurp(path) == slurp(golden(name + ".safetensors")));
  }
}

TEST_CASE("safetensors: names that a file can't have") {
  const TemporaryFolder folder;
  const std::string path = folder / "model.safetensors";
  const Tensor one = Tensor::scalar(1);
  CHECK(fails_with(path, "__metadata__", [&] { io::save_safetensors(path, {{"__metadata__", one}}); }));
  CHECK(fails_with(path, "UTF-8", [&] { io::save_safetensors(path, {{"\xff", one}}); }));
  CHECK(fails_with(path, "UTF-8", [&] { io::save_safetensors(path, {{"a", one}}, {{"b", "\xc3"}}); }));
  CHECK(folder.file_count() == 0);
}

TEST_CASE("safetensors: dtypes that a tensor can't have") {
  const std::string path = golden("float16.safetensors");
  CHECK(fails_with(path, "tensor 'half' has dtype 'F16', not F32", [&] { load(path); }));
}

TEST_CASE("safetensors: truncated and changed files") {
  for (const std::string name : {"all.safetensors", "names.safetensors", "none.safetensors"}) {
    CAPTURE(name);
    refuses_every_prefix(slurp(golden(name)), load);
    CHECK(survives_every_changed_byte(slurp(golden(name)), load) > 0);
  }
}

TEST_CASE("safetensors: lying headers") {
  const TemporaryFolder folder;
  const std::string path = folder / "lie.safetensors";
  const auto refuses = [&](const std::string& header, const std::string& part, const std::string& data = "12345678") {
    spill(path, safetensors(header, data));
    return fails_with(path, part, [&] { load(path); });
  };
  const auto tensor = [](const std::string& shape, const std::string& offsets) {
    return R"({"a":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  const auto two = [](const std::string& first, const std::string& second) {
    return R"({"a":{"dtype":"F32","shape":[1],"data_offsets":)" + first +
           R"(},"b":{"dtype":"F32","shape":[1],"data_offsets":)" + second + "}}";
  };
  spill(path, safetensors(tensor("[2]", "[0,8]") + "   ", "12345678"));
  CHECK(io::load_safetensors(path).tensors.at("a").shape() == Shape{2});

  CHECK(refuses(tensor("[2]", "[0,9]"), "wants 8 bytes, its data_offsets are 0 and 9"));
  CHECK(refuses(tensor("[3]", "[0,8]"), "wants 12 bytes"));
  CHECK(refuses(tensor("[1]", "[0,4]"), "tensors want 4 bytes of data, 8 follow"));
  CHECK(refuses(tensor("[4]", "[0,16]"), "tensors want 16 bytes of data, 8 follow"));
  CHECK(refuses(tensor("[2]", "[8,0]"), "begins at 8"));
  CHECK(refuses(tensor("[0]", "[0,-4]"), "not negative"));
  CHECK(refuses(tensor("[-2]", "[0,8]"), "not negative"));
  CHECK(refuses(tensor("[2]", "[0,8,8]"), "two data_offsets"));
  CHECK(refuses(tensor("[2]", "[0]"), "two data_offsets"));
  CHECK(refuses(tensor("[4611686018427387904,4]", "[0,8]"), "more than can be addressed"));
  CHECK(refuses(tensor("[4611686018427387904,4,0]", "[0,0]"), "more than can be addressed"));
  CHECK(refuses(tensor("[1,1,1,1,1,1,1,1,1]", "[0,4]"), "has 9 axes"));
  CHECK(refuses(tensor("[2]", "[0,18446744073709551615]"), "below 2^63"));
  CHECK(refuses(two("[0,4]", "[0,4]"), "tensor 'b' begins at 0 and not at 4"));
  CHECK(refuses(two("[0,4]", "[2,6]"), "begins at 2 and not at 4"));
  CHECK(refuses(two("[0,4]", "[6,10]"), "begins at 6 and not at 4"));
  CHECK(refuses(two("[4,8]", "[8,12]"), "begins at 4 and not at 0"));
}

TEST_CASE("safetensors: bad JSON") {
  const TemporaryFolder folder;
  const std::string path = folder / "bad.safetensors";
  const auto refuses = [&](const std::string& header, const std::string& part) {
    spill(path, safetensors(header, ""));
    return fails_with(path, part, [&] { load(path); });
  };
  const std::string empty = R"({"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  const auto with_metadata = [](const std::string& text) { return R"({"__metadata__":{"k":)" + text + "}}"; };
  CHECK(refuses("", "wants '{' at byte 8"));
  CHECK(refuses(" {}", "wants '{' at byte 8"));
  CHECK(refuses("{", "wants '\"'"));
  CHECK(refuses("{}x", "goes on after the JSON at byte 10"));
  CHECK(refuses("[]", "wants '{'"));
  CHECK(refuses(R"({"a":)" + empty + ",}", "wants '\"'"));
  CHECK(refuses(R"({"a":)" + empty + R"(,"a":)" + empty + "}", "the key 'a' twice"));
  CHECK(refuses(R"({"a":{"dtype":"F32","dtype":"F32"}})", "the key 'dtype' twice"));
  CHECK(refuses(R"({"a":{"dtype":"F32","color":"red"}})", "unknown key 'color'"));
  CHECK(refuses(R"({"a":{"dtype":"F32","shape":[0]}})", "wants a dtype, a shape"));
  CHECK(refuses(R"({"a":{"shape":[1.5]}})", "wants ']'"));
  CHECK(refuses(R"({"a":{"shape":[[[[[[[[1]]]]]]]]}})", "wants a number"));
  CHECK(refuses(R"({"a\u001b\u0000":{"b":1}})", "tensor 'a\\x1b\\x00' has the unknown key 'b'"));
  CHECK(refuses(R"({")" + std::string(1000, 'x') + R"(":{"b":1}})", "tensor '" + std::string(100, 'x') + "...' has"));
  CHECK(refuses(with_metadata("1"), "wants '\"'"));
  CHECK(refuses(with_metadata(R"("\x41")"), "unknown escape"));
  CHECK(refuses(with_metadata(R"("\u12g4")"), "four hexadecimal digits"));
  CHECK(refuses(with_metadata(R"("\ud800")"), "surrogate"));
  CHECK(refuses(with_metadata(R"("\ud800\u0041")"), "surrogate"));
  CHECK(refuses(with_metadata(R"("\udc00")"), "surrogate"));
  CHECK(refuses(with_metadata("\"\n\""), "control character"));
  CHECK(refuses(with_metadata("\"\xc0\xaf\""), "UTF-8"));
  CHECK(refuses(with_metadata("\"\xed\xa0\x80\""), "UTF-8"));
  CHECK(refuses(with_metadata("\"\xf4\x90\x80\x80\""), "UTF-8"));
  CHECK(refuses(with_metadata("\"unfinished"), "ends within a string"));

  spill(path, safetensors(with_metadata(R"("\u00e9\ud83d\ude00\/\u0000")"), ""));
  CHECK(io::load_safetensors(path).metadata.at("k") == std::string("é\xf0\x9f\x98\x80/\0", 8));
}

TEST_CASE("safetensors: a header that claims to be huge") {
  const TemporaryFolder folder;
  const std::string path = folder / "huge.safetensors";
  spill(path, bytes_of_number(std::uint64_t{100'000'001}) + "{}");
  CHECK(fails_with(path, "header would have 100000001 bytes, at most 100000000", [&] { load(path); }));
  spill(path, bytes_of_number(~std::uint64_t{0}) + "{}");
  CHECK(fails_with(path, "at most 100000000", [&] { load(path); }));
  spill(path, bytes_of_number(std::uint64_t{100}) + "{}");
  CHECK(fails_with(path, "wants 100 more bytes, has 2 at byte 8", [&] { load(path); }));
}

}  // namespace
}  // namespace reel::test
