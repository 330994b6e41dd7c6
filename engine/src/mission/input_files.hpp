#pragma once

#include "dataset.hpp"
#include "mission_text.hpp"

#include <map>
#include <string>

namespace almanac::mission {

/// The files a mission names, each read once for all its cases.
class InputFiles {
 public:
  /// The dataset that the fields `file` and `dataset` of a section name. A `shape` that is not empty must be its own.
  /// Errors: InputError at the field ← as read_hdf5
  DatasetPtr hdf5(const MissionText& text, Section& section, const std::vector<std::int64_t>& shape);

  /// The column that the fields `file` and `column` of a section name. Errors: InputError at the field ← as read_csv
  DatasetPtr csv(const MissionText& text, Section& section);

 private:
  std::map<std::string, DatasetPtr> read_;
};

}  // namespace almanac::mission
