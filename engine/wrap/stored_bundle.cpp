#include "stored_bundle.hpp"

#include "entry_file.hpp"

namespace almanac::wrap {

std::optional<FoundBundle> stored_bundle(const std::string& root, const cache::Key& key) {
  if (root.empty()) return std::nullopt;
  const std::string id = key.id().hex();
  const std::string path = root + "/objects/" + id.substr(0, 2) + '/' + id.substr(2) + ".h5";
  cache::EntryFile::Start start;
  cache::FoundEntry found = cache::open_entry(path.c_str(), start);
  if (!found.file) return std::nullopt;
  const cache::EntryHeader& header = found.file->header();
  if (header.key_text != key.text()) return std::nullopt;
  if (header.facts.expires && *header.facts.expires <= std::chrono::system_clock::now()) return std::nullopt;
  const std::chrono::nanoseconds cost = header.facts.cost;
  const auto artifact = found.file->load(start, {.may_map = false, .map_threshold = 0, .verify_arrays = true});
  if (!artifact) return std::nullopt;
  const cache::Array* bundle = artifact->find("wisdom");
  if (bundle == nullptr || bundle->type() != cache::Type::u8) return std::nullopt;
  const auto* rigor = artifact->attribute<std::string>(recipes::kBundleRigor);
  return FoundBundle{std::string(reinterpret_cast<const char*>(bundle->data()), bundle->size()), cost,
                     rigor != nullptr ? compute::parse_rigor(*rigor) : std::nullopt, cache::coverage_of(artifact->attributes())};
}

}  // namespace almanac::wrap
