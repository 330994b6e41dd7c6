#pragma once

#include "fftw_api.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace almanac::compute {

template <class Real>
struct FftwFree {
  void operator()(Real* memory) const noexcept { Fftw<Real>::free(memory); }
};

/// Uninitialised memory with the alignment that plans are made for.
template <class Real>
using FftwMemory = std::unique_ptr<Real[], FftwFree<Real>>;

template <class Real>
FftwMemory<Real> fftw_memory(std::size_t reals) {
  FftwMemory<Real> memory(static_cast<Real*>(Fftw<Real>::malloc(reals * sizeof(Real))));
  if (!memory) throw std::bad_alloc();
  return memory;
}

/// Aligned arrays of one size, kept for the next caller. Threads: thread-safe.
template <class Real>
class FftwScratch {
 public:
  explicit FftwScratch(std::size_t reals) : reals_(reals) {}

  /// An array, for as long as the loan lives.
  class Loan {
   public:
    Loan() = default;
    Loan(FftwScratch& owner, FftwMemory<Real> memory) : owner_(&owner), memory_(std::move(memory)) {}
    Loan(Loan&& other) noexcept = default;
    Loan& operator=(Loan&&) = delete;
    ~Loan() {
      if (memory_) owner_->give_back(std::move(memory_));
    }
    Real* data() const noexcept { return memory_.get(); }

   private:
    FftwScratch* owner_ = nullptr;
    FftwMemory<Real> memory_;
  };

  Loan lend() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        FftwMemory<Real> memory = std::move(idle_.back());
        idle_.pop_back();
        return Loan(*this, std::move(memory));
      }
    }
    return Loan(*this, fftw_memory<Real>(reals_));
  }

 private:
  void give_back(FftwMemory<Real> memory) noexcept {
    const std::lock_guard lock(mutex_);
    try {
      idle_.push_back(std::move(memory));
    } catch (const std::bad_alloc&) {
      // No room to remember it: it is freed.
    }
  }

  const std::size_t reals_;
  std::mutex mutex_;
  std::vector<FftwMemory<Real>> idle_;
};

}  // namespace almanac::compute
