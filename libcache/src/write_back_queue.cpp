#include "write_back_queue.hpp"

#include "expiry.hpp"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include <unistd.h>

namespace almanac::cache {

WriteBackQueue::WriteBackQueue(std::uint64_t most_bytes, std::function<void(Item&)> write)
    : most_bytes_(most_bytes), write_(std::move(write)), owner_(::getpid()) {}

WriteBackQueue::~WriteBackQueue() ALMANAC_THREAD_SAFETY(no_thread_safety_analysis) {
  if (!is_ours()) {
    if (thread_.joinable()) thread_.detach();
    return;
  }
  std::jthread thread;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    thread = std::move(thread_);
  }
  arrived_.notify_all();
}

bool WriteBackQueue::is_ours() const noexcept { return ::getpid() == owner_; }

bool WriteBackQueue::push(Item& item) {
  if (!is_ours()) return false;
  const std::uint64_t bytes = item.entry->artifact.bytes();
  {
    const MutexLock lock(mutex_);
    if (waiting_.size() >= kMostItems || bytes > most_bytes_ || bytes_ > most_bytes_ - bytes) return false;
    try {
      if (!thread_.joinable()) thread_ = std::jthread([this] { work(); });
      item.number = came_ + 1;
      waiting_.push_back(std::move(item));
    } catch (const std::exception&) {  // no thread, or no memory: then there is no place
      return false;
    }
    ++came_;
    bytes_ += bytes;
    occupied_.fetch_add(1, std::memory_order_release);
  }
  arrived_.notify_all();
  return true;
}

/// Until it is told to stop and nothing waits.
void WriteBackQueue::work() {
  for (;;) {
    Item item;
    {
      const MutexLock lock(mutex_);
      while (waiting_.empty() && !stopping_) arrived_.wait(mutex_);
      if (waiting_.empty()) return;
      item = std::move(waiting_.front());
      waiting_.pop_front();
      writing_ = item.number;
      being_written_ = item.entry;
    }
    try {
      write_(item);
    } catch (...) {
      // What cannot be written is not there. Memory has it, and whoever needs it next makes it.
    }
    item.lease.release();
    {
      const MutexLock lock(mutex_);
      writing_ = 0;
      bytes_ -= item.entry->artifact.bytes();
      being_written_.reset();  // not the last: the item holds it
      occupied_.fetch_sub(1, std::memory_order_release);
    }
    done_.notify_all();
  }
}

EntryPtr WriteBackQueue::find(const Key& key) {
  if (occupied_.load(std::memory_order_acquire) == 0 || !is_ours()) return nullptr;
  const MutexLock lock(mutex_);
  EntryPtr best;
  const auto take = [&](const EntryPtr& entry) {
    if (!entry || is_expired(entry->facts) || !(entry->key == key)) return;
    if (!best || coverage_of(entry->artifact.attributes()) > coverage_of(best->artifact.attributes())) best = entry;
  };
  take(being_written_);
  for (const Item& item : waiting_) take(item.entry);
  return best;
}

bool WriteBackQueue::cancel(const Key& key) {
  return cancel_if([&](const Entry& entry) { return entry.key == key; }) > 0;
}

std::size_t WriteBackQueue::cancel_if(const std::function<bool(const Entry&)>& is_meant) {
  if (occupied_.load(std::memory_order_acquire) == 0 || !is_ours()) return 0;
  std::vector<EntryPtr> meant;
  {
    const MutexLock lock(mutex_);
    if (being_written_) meant.push_back(being_written_);
    for (const Item& item : waiting_) meant.push_back(item.entry);
  }
  std::erase_if(meant, [&](const EntryPtr& entry) { return !is_meant(*entry); });
  if (!meant.empty()) take_out(meant);
  return meant.size();
}

void WriteBackQueue::take_out(std::span<const EntryPtr> meant) {
  const auto is_meant = [&](const EntryPtr& entry) { return std::ranges::find(meant, entry) != meant.end(); };
  std::vector<Item> cancelled;  // let go of behind the lock
  {
    const MutexLock lock(mutex_);
    for (auto item = waiting_.begin(); item != waiting_.end();) {
      if (!is_meant(item->entry)) {
        ++item;
        continue;
      }
      bytes_ -= item->entry->artifact.bytes();
      occupied_.fetch_sub(1, std::memory_order_release);
      cancelled.push_back(std::move(*item));
      item = waiting_.erase(item);
    }
    if (is_meant(being_written_)) {
      const std::uint64_t number = writing_;
      while (writing_ == number) done_.wait(mutex_);
    }
  }
  done_.notify_all();
}

void WriteBackQueue::flush() {
  if (occupied_.load(std::memory_order_acquire) == 0 || !is_ours()) return;
  const MutexLock lock(mutex_);
  if (thread_.get_id() == std::this_thread::get_id()) return;
  const std::uint64_t last = came_;
  const auto is_written = [&]() ALMANAC_REQUIRES(mutex_) {
    return (writing_ == 0 || writing_ > last) && (waiting_.empty() || waiting_.front().number > last);
  };
  while (!is_written()) done_.wait(mutex_);
}

}  // namespace almanac::cache
