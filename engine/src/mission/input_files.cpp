#include "input_files.hpp"

#include <fmt/format.h>

namespace almanac::mission {
namespace {

/// Which of the two fields a message should point to: the file, unless it is there.
std::string_view field_at_fault(const std::filesystem::path& file, std::string_view inside) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(file, ignored) ? inside : "file";
}

}  // namespace

DatasetPtr InputFiles::hdf5(const MissionText& text, Section& section, const std::vector<std::int64_t>& shape) {
  const std::filesystem::path file = text.resolve(section.text("file"));
  const std::string dataset = section.text("dataset");
  try {
    DatasetPtr& known = read_[fmt::format("{}\n{}", file.string(), dataset)];
    if (!known || (!shape.empty() && known->shape != shape)) known = read_hdf5(file, dataset, shape);
    return known;
  } catch (const InputFileError& error) {
    section.complain(is_hdf5(file) ? "dataset" : "file", error.what());
  }
}

DatasetPtr InputFiles::csv(const MissionText& text, Section& section) {
  const std::filesystem::path file = text.resolve(section.text("file"));
  const std::string column = section.label("column");
  try {
    DatasetPtr& known = read_[fmt::format("{}\ncolumn {}", file.string(), column)];
    if (!known) known = read_csv(file, column);
    return known;
  } catch (const InputFileError& error) {
    section.complain(section.has("column") ? field_at_fault(file, "column") : "file", error.what());
  }
}

}  // namespace almanac::mission
