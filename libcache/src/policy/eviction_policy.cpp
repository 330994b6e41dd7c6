#include <almanac/cache/policy.hpp>

#include "policy/ranked_books.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace almanac::cache {
namespace {

constexpr std::array<std::pair<std::string_view, Policy>, 5> kPolicyNames{{
    {"gdsf", Policy::gdsf}, {"lru", Policy::lru}, {"lfu", Policy::lfu}, {"fifo", Policy::fifo}, {"ttl", Policy::ttl}}};
constexpr std::array<Policy, 5> kAllPolicies{Policy::gdsf, Policy::lru, Policy::lfu, Policy::fifo, Policy::ttl};
static_assert(kAllPolicies.front() == kDefaultPolicy);

class BooksAlone final : public EvictionPolicy {
 public:
  explicit BooksAlone(Policy policy) : books_(policy) {}

  Policy policy() const noexcept override { return books_.policy(); }
  std::size_t size() const noexcept override { return books_.size(); }
  bool hit(const Id& id) override { return books_.use(id, 1, ++clock_); }
  bool erase(const Id& id) override { return books_.erase(id); }

  bool admit(const Candidate& newcomer, Shortage shortage, std::vector<Id>& victims) override {
    victims.clear();
    if (books_.holds(newcomer.id)) return false;
    const Standing standing = books_.standing_of(newcomer, ++clock_);
    if (books_.propose(standing, shortage, victims, newcomer.id) != RankedBooks::Answer::leave) {
      victims.clear();
      return false;
    }
    for (const Id& victim : victims) books_.evict(victim);
    books_.insert(newcomer.id, standing);
    return true;
  }

 private:
  RankedBooks books_;
  std::uint64_t clock_ = 0;
};

}  // namespace

std::span<const Policy> all_policies() noexcept { return kAllPolicies; }

std::string_view to_string(Policy policy) noexcept {
  return std::ranges::find(kPolicyNames, policy, &std::pair<std::string_view, Policy>::second)->first;
}

Result<Policy> parse_policy(std::string_view name) {
  std::string names;
  for (const auto& [known, policy] : kPolicyNames) {
    if (known == name) return policy;
    names += (names.empty() ? "" : ", ") + std::string(known);
  }
  return Error{ErrorCode::invalid_argument, "policy '" + std::string(name.substr(0, 100)) + "': must be one of " + names};
}

std::unique_ptr<EvictionPolicy> make_policy(Policy policy) { return std::make_unique<BooksAlone>(policy); }

}  // namespace almanac::cache
