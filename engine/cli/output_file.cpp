#include "output_file.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace almanac::cli {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, int code) {
  throw EnvironmentError(fmt::format("cannot write {}: {}", path.string(), std::generic_category().message(code)));
}

}  // namespace

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  write_file(path, [&](const std::filesystem::path& temporary) {
    errno = 0;
    std::ofstream stream(temporary, std::ios::binary);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    stream.close();
    if (!stream) fail(path, errno == 0 ? EIO : errno);
  });
}

void write_file(const std::filesystem::path& path, const std::function<void(const std::filesystem::path&)>& write) {
  std::filesystem::path temporary = path;
  temporary += fmt::format(".tmp-{}", getpid());
  std::error_code error;
  try {
    write(temporary);
    std::filesystem::rename(temporary, path, error);
    if (error) fail(path, error.value());
  } catch (...) {
    std::filesystem::remove(temporary, error);
    throw;
  }
}

}  // namespace almanac::cli
