#pragma once

#include <almanac/cache/tiers.hpp>
#include <almanac/config.hpp>

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace almanac {

/// The places that settings ask for.
struct Tiers {
  std::vector<std::unique_ptr<cache::Tier>> tiers;    ///< from the nearest
  cache::DiskTier* disk = nullptr;                    ///< one of them, or the unusable one
  std::unique_ptr<cache::DiskTier> unusable_disk{};   ///< it has said why; asked by nobody but tools
};

/// Makes them. Budgets that were said as shares are made sizes in `config`: of memory what they are at first, of the file system
/// what they are as long as this engine lasts.
Tiers open_tiers(Config& config, const std::function<void(std::string_view)>& warn);

/// Bytes of the file system that a folder is on, or will be; 0: nobody knows.
std::uint64_t file_system_size(const std::filesystem::path& folder);

}  // namespace almanac
