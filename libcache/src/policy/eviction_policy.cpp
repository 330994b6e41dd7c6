#include <almanac/cache/policy.hpp>

#include "policy/ranked_books.hpp"

#include <vector>

namespace almanac::cache {
namespace {

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

std::unique_ptr<EvictionPolicy> make_policy(Policy policy) { return std::make_unique<BooksAlone>(policy); }

}  // namespace almanac::cache
