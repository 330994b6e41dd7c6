#include "output_file.hpp"

#include "mission/staged_file.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace almanac::cli {

bool is_standard_output(const std::filesystem::path& path) {
  return path == "-" || path == "/dev/stdout" || path == "/dev/fd/1" || path == "/proc/self/fd/1";
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  write_file(path, [&](const std::filesystem::path& temporary) {
    errno = 0;
    std::ofstream stream(temporary, std::ios::binary);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    stream.close();
    if (stream) return;
    throw EnvironmentError(fmt::format("cannot write {}: {}", path.string(), std::generic_category().message(errno == 0 ? EIO : errno)));
  });
}

void write_file(const std::filesystem::path& path, const std::function<void(const std::filesystem::path&)>& write) {
  std::error_code error;
  const std::filesystem::file_status there = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(there)) throw EnvironmentError(fmt::format("cannot write {}: it is a folder", path.string()));
  if (std::filesystem::exists(there) && !std::filesystem::is_regular_file(there)) return write(path);
  const std::filesystem::path target = std::filesystem::is_symlink(path, error) ? std::filesystem::weakly_canonical(path, error) : path;
  mission::remove_leftovers(target.parent_path(), target.filename().string());
  mission::StagedFile staged(target);
  write(staged.path());
  if (std::filesystem::exists(there)) std::filesystem::permissions(staged.path(), there.permissions(), error);
  staged.commit();
}

}  // namespace almanac::cli
