#include <almanac/cache/policy.hpp>

#include "name_table.hpp"

#include <array>

namespace almanac::cache {
namespace {

constexpr std::array<Named<Policy>, 5> kPolicyNames{
    {{"gdsf", Policy::gdsf}, {"lru", Policy::lru}, {"lfu", Policy::lfu}, {"fifo", Policy::fifo}, {"ttl", Policy::ttl}}};
constexpr auto kAllPolicies = values_of(kPolicyNames);
static_assert(kAllPolicies.front() == kDefaultPolicy);

}  // namespace

std::span<const Policy> all_policies() noexcept { return kAllPolicies; }
std::string_view to_string(Policy policy) noexcept { return name_of(kPolicyNames, policy); }
Result<Policy> parse_policy(std::string_view name) { return value_of(kPolicyNames, "policy", name); }

}  // namespace almanac::cache
