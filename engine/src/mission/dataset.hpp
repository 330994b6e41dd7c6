#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::mission {

/// Numbers from a file a mission names.
struct Dataset {
  std::vector<std::int64_t> shape;   ///< row-major
  std::vector<double> values;        ///< converted, all finite
  std::optional<double> sampling_hz; ///< the HDF5 attribute of that name, where there is one
};
using DatasetPtr = std::shared_ptr<const Dataset>;

/// A file that is not what the mission takes it for. what() says what is wrong with it, without the mission's own place.
class InputFileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads a dataset of integers or reals. Errors: InputFileError ← no such file, not HDF5, no such dataset, not numbers,
/// another shape than the one wanted (empty: any), more than memory holds, a value that is NaN or infinite.
DatasetPtr read_hdf5(const std::filesystem::path& file, const std::string& dataset, const std::vector<std::int64_t>& shape);

/// Reads one column of a table in text: cells separated by comma, semicolon, tab or spaces, `#` begins a comment line, the
/// first line may name the columns. `column` is such a name, or a number counted from 0; empty: the only column.
/// Errors: InputFileError ← no such file or column, a cell that is not a finite number; the message names the line.
DatasetPtr read_csv(const std::filesystem::path& file, const std::string& column);

/// True for a file that begins (or goes on after a user block) as HDF5 does.
bool is_hdf5(const std::filesystem::path& file);

/// 512x512
std::string shape_text(const std::vector<std::int64_t>& shape);

/// Bytes of this machine's memory.
std::uint64_t physical_memory() noexcept;

}  // namespace almanac::mission
