#include "canvas.hpp"

#include "write_failure.hpp"

#include <png.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace almanac::output {

void write_png(const std::filesystem::path& file, const Image& image) {
  static_assert(sizeof(Colour) == 3);  // the rows are handed over as they are
  const auto fail = [](const std::string& cause) { throw WriteFailure(cause); };
  errno = 0;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "wb"), std::fclose);
  if (!stream) fail(std::generic_category().message(errno));
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(image.width);
  header.height = static_cast<png_uint_32>(image.height);
  header.format = PNG_FORMAT_RGB;
  header.flags = PNG_IMAGE_FLAG_FAST;  // far less time for half as many bytes again: a case may take less than its picture
  if (png_image_write_to_stdio(&header, stream.get(), 0, image.pixels.data(), 0, nullptr) == 0) fail(errno != 0 ? std::generic_category().message(errno) : header.message);
  if (std::fclose(stream.release()) != 0) fail(std::generic_category().message(errno));
}

}  // namespace almanac::output
