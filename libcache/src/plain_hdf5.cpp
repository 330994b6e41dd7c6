#include <almanac/cache/plain_hdf5.hpp>

#include "file_handle.hpp"
#include "hdf5_skeleton.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>

namespace almanac::cache {

Status write_plain_hdf5(const std::filesystem::path& path, const Artifact& artifact) {
  const std::string name = path.string();
  const auto skeleton = make_hdf5_skeleton(0, artifact, artifact.attributes());
  if (!skeleton) return skeleton.error();
  const FileHandle file = FileHandle::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (!file.is_open()) return system_error(errno, "cannot make", name);
  for (const auto& [number, page] : skeleton->structure.pages()) {
    const std::uint64_t offset = number * SparseImage::kPageBytes;
    if (offset >= skeleton->file_size) break;
    const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(page.size(), skeleton->file_size - offset));
    if (const Status written = write_at(file, std::span(page).first(bytes), offset, name); !written) return written;
  }
  for (std::size_t i = 0; i < artifact.arrays().size(); ++i) {
    const Array& array = artifact.arrays()[i];
    if (array.bytes() == 0) continue;
    if (const Status written = write_at(file, {array.data(), array.bytes()}, skeleton->offsets[i], name); !written) return written;
  }
  return success();
}

}  // namespace almanac::cache
