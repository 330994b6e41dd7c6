#include "statistics/statistics_store.hpp"

#include "file_handle.hpp"
#include "lease_record.hpp"
#include "statistics/regretted.hpp"
#include "statistics/saturated.hpp"
#include "statistics/statistics_text.hpp"
#include "temporary_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostBytes = 16 << 20;  // of a file that is ours

/// A lock on a file that goes with its process, however that ends. Never waits.
class MergeLock {
 public:
  explicit MergeLock(const fs::path& file) : file_(FileHandle::open(file.c_str(), O_RDWR | O_CREAT, 0644)) {
    is_held_ = file_.is_open() && past_signals([this] { return ::flock(file_.get(), LOCK_EX | LOCK_NB); }) == 0;
    // Where there are no locks, two who put together at once may lose what one of them counted; nothing counts twice.
    may_merge_ = is_held_ || (file_.is_open() && errno != EWOULDBLOCK);
  }
  /// Of what a child that was forked meanwhile keeps open as well.
  ~MergeLock() {
    if (is_held_) ::flock(file_.get(), LOCK_UN);
  }
  MergeLock(const MergeLock&) = delete;
  MergeLock& operator=(const MergeLock&) = delete;
  explicit operator bool() const noexcept { return may_merge_; }

 private:
  FileHandle file_;
  bool is_held_ = false;
  bool may_merge_ = false;
};

struct FileText {
  std::optional<std::string> text;
  int problem = 0;  // an errno; 0: it was read
};

FileText text_of_file(const fs::path& path) {
  FileHandle file = FileHandle::open(path.c_str(), O_RDONLY);
  struct stat status{};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) return {std::nullopt, errno};
  if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) > kMostBytes) return {std::nullopt, EFBIG};
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  const auto bytes = read_at(file, std::as_writable_bytes(std::span(text)), 0, path.native());
  if (!bytes) return {std::nullopt, EIO};
  text.resize(*bytes);
  return {std::move(text), 0};
}

/// nullopt: they cannot all be told.
std::optional<std::set<std::string, std::less<>>> journals_in(const fs::path& folder) {
  std::set<std::string, std::less<>> names;
  std::error_code error;
  fs::directory_iterator at(folder, error);
  for (const fs::directory_iterator end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == StatisticsStore::kEnding) names.insert(at->path().filename().string());
  }
  if (error) return std::nullopt;
  return names;
}

}  // namespace

struct StatisticsStore::Collected {
  StatisticsText sum;               ///< includes: the names of all that are counted in it and were there
  std::vector<Statistics> added;    ///< journals that no total included yet
  bool may_replace = false;         ///< it has all that the total there has, and knows of every journal
  std::size_t to_clear = 0;         ///< journals that are counted or damaged
};

StatisticsStore::StatisticsStore(const fs::path& root) : root_(root), folder_(root / kFolder) {}

/// The total comes first: what is put into the next one meanwhile is missed, and not counted twice.
StatisticsStore::Collected StatisticsStore::collect() const {
  Collected collected;
  const FileText total = text_of_file(folder_ / kTotal);
  if (total.text) collected.sum = StatisticsText::parse(*total.text);
  const bool is_newer = total.text && collected.sum.state == StatisticsText::State::newer;
  if (collected.sum.state != StatisticsText::State::whole) collected.sum = {};
  const auto journals = journals_in(folder_);
  collected.may_replace = journals && !is_newer && (total.problem == 0 || total.problem == ENOENT);
  if (!journals) return collected;
  const auto included = std::exchange(collected.sum.includes, {});
  for (const std::string& name : *journals) {
    if (!included.contains(name)) {
      const FileText journal = text_of_file(folder_ / name);
      if (!journal.text) continue;
      StatisticsText parsed = StatisticsText::parse(*journal.text);
      if (parsed.state == StatisticsText::State::newer) continue;
      collected.added.push_back(std::move(parsed.statistics));
    }
    collected.sum.includes.insert(name);
  }
  count_regretted(collected.sum.statistics, collected.added, root_);
  for (const Statistics& journal : collected.added) collected.sum.statistics.add(journal);
  collected.to_clear = collected.sum.includes.size();
  return collected;
}

void StatisticsStore::write_total(Collected& collected) const {
  if (!collected.added.empty() && !write_file(std::string(kTotal), collected.sum.text())) return;
  std::error_code ignored;
  for (const std::string& name : collected.sum.includes) fs::remove(folder_ / name, ignored);
  for (const Leftover& leftover : leftovers_in(folder_.string())) {
    if (leftover.is_abandoned) fs::remove(leftover.path, ignored);
  }
  Learned learned;
  for (const auto& [name, speed] : collected.sum.statistics.speeds) learned.speeds.emplace(name, speed.speed);
  for (const auto& [name, kind] : collected.sum.statistics.kinds) learned.past.emplace(name, Usage{kind.hits, kind.misses});
  write_file(std::string(kLearned), text_of(learned));
}

Statistics StatisticsStore::merge() const {
  const MergeLock lock(folder_ / kLock);
  Collected collected = collect();
  if (lock && collected.may_replace && collected.to_clear > 0) write_total(collected);
  return std::move(collected.sum.statistics);
}

Statistics StatisticsStore::read() const {
  std::error_code error;
  if (!fs::is_directory(folder_, error)) return {};
  return merge();
}

bool StatisticsStore::add(const Statistics& journal) const noexcept try {
  StatisticsText text;
  text.statistics = journal;
  if (!write_file(draw_token() + std::string(kEnding), text.text())) return false;
  try_to_merge();
  return true;
} catch (const std::exception&) {
  return false;
}

/// Where there are many journals; what fails is left to the next one.
void StatisticsStore::try_to_merge() const noexcept try {
  if (const auto journals = journals_in(folder_); journals && journals->size() > kManyJournals) {
    merge();
    if (journals->size() > kMostJournals) drop_oldest();
  }
} catch (const std::exception&) {
}

/// False ← there is no such file, or not with this in it.
bool StatisticsStore::write_file(const std::string& name, const std::string& text) const {
  if (::mkdir(folder_.c_str(), 0777) != 0 && errno != EEXIST) return false;
  TemporaryFile temporary(folder_.string());
  FileHandle file = FileHandle::open(temporary.path().c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (!file.is_open()) return false;
  if (!write_at(file, std::as_bytes(std::span(text)), 0, temporary.path()) || file.close_written() != 0) return false;
  if (::rename(temporary.path().c_str(), (folder_ / name).c_str()) != 0) return false;
  temporary.let_go();
  return true;
}

void StatisticsStore::drop_oldest() const {
  const auto journals = journals_in(folder_);
  if (!journals || journals->size() <= kMostJournals) return;
  std::error_code ignored;
  std::vector<std::pair<fs::file_time_type, fs::path>> by_age;
  for (const std::string& name : *journals) by_age.emplace_back(fs::last_write_time(folder_ / name, ignored), folder_ / name);
  std::ranges::sort(by_age);
  for (std::size_t place = 0; place + kMostJournals < by_age.size(); ++place) fs::remove(by_age[place].second, ignored);
}

Learned StatisticsStore::learned() const {
  const FileText file = text_of_file(folder_ / kLearned);
  return file.text ? parse_learned(*file.text) : Learned{};
}

void StatisticsStore::teach(const Learned& more) const noexcept try {
  Learned all = learned();
  for (const auto& [name, speed] : more.speeds) all.speeds.insert_or_assign(name, speed);
  for (const auto& [name, usage] : more.past) {
    Usage& past = all.past[name];
    past.hits = saturated_sum(past.hits, usage.hits);
    past.made = saturated_sum(past.made, usage.made);
  }
  write_file(std::string(kLearned), text_of(all));
} catch (const std::exception&) {
}

/// The total last: until it is gone, journals that it includes are known to be.
bool StatisticsStore::forget() const {
  std::error_code error;
  bool is_gone = true;
  const auto remove = [&](const std::string& name) {
    fs::remove(folder_ / name, error);
    is_gone = is_gone && !error;
  };
  const auto journals = journals_in(folder_);
  if (!journals) return !fs::exists(folder_, error);
  for (const std::string& name : *journals) remove(name);
  remove(std::string(kLearned));
  remove(std::string(kTotal));
  return is_gone;
}

Statistics read_statistics(const fs::path& root) try { return StatisticsStore(root).read(); } catch (const std::exception&) {
  return {};
}

Learned read_learned(const fs::path& root) try { return StatisticsStore(root).learned(); } catch (const std::exception&) {
  return {};
}

void note_survey(const fs::path& root, std::uint64_t entries, std::uint64_t bytes) {
  const auto now = std::chrono::system_clock::now();
  Statistics journal;
  journal.days[std::chrono::floor<std::chrono::days>(now).time_since_epoch().count()] = {
      .surveyed = now, .held_entries = entries, .held_bytes = bytes};
  StatisticsStore(root).add(journal);
}

bool forget_statistics(const fs::path& root) { return StatisticsStore(root).forget(); }

}  // namespace almanac::cache
