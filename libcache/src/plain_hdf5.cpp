#include <almanac/cache/plain_hdf5.hpp>

#include "file_handle.hpp"
#include "hdf5_skeleton.hpp"

#include <cerrno>

#include <fcntl.h>

namespace almanac::cache {

Status write_plain_hdf5(const std::filesystem::path& path, const Artifact& artifact) {
  const std::string name = path.string();
  const auto skeleton = make_hdf5_skeleton(0, artifact, artifact.attributes());
  if (!skeleton) return skeleton.error();
  const FileHandle file = FileHandle::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (!file.is_open()) return system_error(errno, "cannot make", name);
  return write_skeleton(file, *skeleton, artifact, {}, name);
}

}  // namespace almanac::cache
