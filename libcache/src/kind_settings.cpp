#include <almanac/cache/kind_settings.hpp>

#include "name_table.hpp"

#include <array>

namespace almanac::cache {
namespace {

constexpr std::array<Named<WriteMode>, 4> kWriteModes{{{"write_through", WriteMode::write_through},
                                                       {"write_back", WriteMode::write_back},
                                                       {"read_through", WriteMode::read_through},
                                                       {"cache_aside", WriteMode::cache_aside}}};
constexpr auto kAllWriteModes = values_of(kWriteModes);

constexpr std::array<Named<Compression>, 2> kCompressions{{{"none", Compression::none}, {"deflate", Compression::deflate}}};
constexpr auto kAllCompressions = values_of(kCompressions);

}  // namespace

std::span<const WriteMode> all_write_modes() noexcept { return kAllWriteModes; }
std::span<const Compression> all_compressions() noexcept { return kAllCompressions; }

std::string_view to_string(WriteMode mode) noexcept { return name_of(kWriteModes, mode); }
std::string_view to_string(Compression compression) noexcept { return name_of(kCompressions, compression); }

Result<WriteMode> parse_write_mode(std::string_view name) { return value_of(kWriteModes, "write mode", name); }
Result<Compression> parse_compression(std::string_view name) { return value_of(kCompressions, "compression", name); }

}  // namespace almanac::cache
