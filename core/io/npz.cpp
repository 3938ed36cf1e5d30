#include <reel/core/io/file.h>
#include <reel/core/io/json.h>
#include <reel/core/io/npy.h>
#include <reel/core/io/npz.h>
#include <reel/core/io/tensor_bytes.h>
#include <reel/core/io/zip.h>
#include <vector>

namespace reel::io {
namespace {

constexpr std::string_view suffix = ".npy";

std::string key_of(const ZipMember& member, std::string_view path) {
  require<IoError>(std::string_view(member.name).ends_with(suffix), path, "holds ", quoted(member.name),
                   ", which is no .npy file, at byte ", member.offset);
  return member.name.substr(0, member.name.size() - suffix.size());
}

Tensor load_member(const ZipMember& member, std::string_view path) {
  Bytes inflated;
  const auto content = zip_content(member, path, inflated);
  // The offsets of a deflated member are those in its inflated content: the archive has no such byte.
  const std::size_t base = member.deflated ? 0 : member.offset;
  return parse_npy(ByteReader(content, path, base, quoted(member.name) + ' '));
}

}  // namespace

std::map<std::string, Tensor> load_npz(std::string_view path, std::size_t max_inflated_bytes) {
  const auto archive = read_file(path);
  std::map<std::string, Tensor> tensors;
  std::size_t allowance = max_inflated_bytes;
  for (const ZipMember& member : zip_members(archive, path)) {
    const std::size_t inflated = member.deflated ? member.size : 0;
    require<IoError>(inflated <= allowance, path, quoted(member.name), " inflates to ", inflated,
                     " bytes; all together ", max_inflated_bytes, " are allowed; at byte ", member.offset);
    allowance -= inflated;
    const std::string key = key_of(member, path);
    tensors.emplace(key, load_member(member, path));
  }
  return tensors;
}

void save_npz(std::string_view path, const std::map<std::string, Tensor>& tensors) {
  ZipWriter archive(path);
  for (const auto& [key, tensor] : tensors) {
    require<IoError>(is_utf8(key), path, "keys must be UTF-8, got ", quoted(key));
    const Tensor contiguous = tensor.contiguous();
    archive.add(concat(key, suffix), npy_header(contiguous.shape(), contiguous.dtype()), bytes_of(contiguous));
  }
  archive.commit();
}

}  // namespace reel::io
