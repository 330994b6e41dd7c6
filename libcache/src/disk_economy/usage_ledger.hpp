#pragma once

#include "disk_economy/usage_books.hpp"

#include "file_handle.hpp"
#include "mutex.hpp"

#include <almanac/cache/error.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace almanac::cache {

/// How much a cache holds, as all processes of this machine know it, without a lock: a file that each of them appends records to
/// and reads what others have appended. What is reserved is granted or not by what stands before it.
///
///     usage/ledger-<boot>-<number>
///
/// A file that has become long is sealed, and the next one made by exclusive link, out of what stands before the seal: whoever
/// does it gets the same. It is removed when the next but one is made. What is appended behind a seal is void, and its writer sees that, as he reads up to his own record. The
/// boot is in the name: after another nobody knows what of file and ledger was on the medium, and the files are looked at anew;
/// so each machine over a network file system has its own.
/// Threads: thread-safe, and so are processes. No lock is held while something is read or written.
class UsageLedger {
 public:
  static constexpr std::uint64_t kMostRecords = 4096;

  /// Touches nothing. `folder`: where it is or would be.
  explicit UsageLedger(std::string folder, std::uint64_t most_records = kMostRecords);

  const std::string& folder() const noexcept { return folder_; }

  /// Whether there is one, that we can write to or not.
  bool is_there() const;

  /// What is held, as far as is known. nullopt: there is no ledger. Errors: by errno.
  Result<std::optional<UsageBooks>> look();

  /// Appends a record and gives what stands up to it, and it. Makes the ledger where there is none.
  /// Errors: by errno; io ← it vanishes again and again. The record may be there, then, or not.
  Result<UsageBooks> append(const UsageRecord& record);

  /// Calls `visit` with each record from the beginning of the file to its end, a seal or, with `mark`, the record with that token
  /// and kind. False: it was not there. Errors: by errno.
  Result<bool> each(const UsageRecord* mark, const std::function<void(const UsageRecord&)>& visit);

  /// Takes it away: who cannot enter what he stores must not leave others in the belief that they know all.
  void forget() noexcept;

  /// Removes ledgers of other boots that nobody has written to for a week; those of other machines are written to.
  void clear_old() const noexcept;

  /// True when the process that made a reservation is known to have ended.
  static bool is_of_the_dead(const UsageRecord& reservation);
  /// A reservation by this process.
  static UsageRecord reservation(std::uint64_t token, const Id& id, std::int64_t bytes);

 private:
  /// An open file of the ledger, and how far it was read.
  struct View {
    std::shared_ptr<const FileHandle> file;  ///< shared by who reads it at this moment
    std::string path;
    std::uint64_t number = 0;
    std::uint64_t offset = 0;
    UsageBooks books;
  };
  enum class Found { mark, seal, end };

  std::string path_of(std::uint64_t number) const;
  std::uint64_t last_number() const;
  View known() const ALMANAC_EXCLUDES(mutex_);
  void keep(const View& view) ALMANAC_EXCLUDES(mutex_);
  void drop(const View& view) ALMANAC_EXCLUDES(mutex_);

  Result<View> current(bool make);
  Status make_first();
  Status make_next(const View& view);
  /// Reads on, up to a record, a seal or the end.
  Result<Found> read_on(View& view, const UsageRecord* mark, const std::function<void(const UsageRecord&)>& visit = {}) const;

  const std::string folder_;
  const std::uint64_t most_records_;
  mutable Mutex mutex_;
  View view_ ALMANAC_GUARDED_BY(mutex_);
};

}  // namespace almanac::cache
