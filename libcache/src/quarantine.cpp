#include "quarantine.hpp"

#include "commit_name.hpp"
#include "lease_record.hpp"
#include "temporary_file.hpp"

#include <almanac/cache/one_line.hpp>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <optional>
#include <span>

#include <fcntl.h>
#include <sys/stat.h>

// A name cannot be removed on the condition that it still is a certain file's, and somebody may put a good one in its
// place at any moment. So no name is removed whose file has not been looked at, or has no other name:
//
//   1. The place gets a second name in the quarantine. A kill here leaves a name too many, of whatever file.
//   2. Is that the file that was condemned? If not, the second name goes again, and the place was never touched.
//   3. The place is renamed to a temporary name of this process, in its own folder. A kill here leaves a leftover:
//      condemned, it has its name in the quarantine and is removed; a good one that came between 2 and 3 is put into its
//      place by whoever clears leftovers away.
//   4. Is that the file that was condemned? If so, the temporary name goes. If not, it is linked back, and the
//      temporary name goes only then; where the place has been filled meanwhile, the caller decides which of both stays.
//
// Two at once: both may do 1 and 2; one renames, the other finds nothing there in 3, or a good file in 4.
// Without hard links, 1 and 2 fall away, and in 4 the temporary name becomes that in the quarantine.

namespace almanac::cache {
namespace {

/// Whether what is at `path` is the file that was looked at; nullopt: nobody can tell, errno says why.
/// A symbolic link was looked through, and none of ours.
std::optional<bool> is_it(const std::string& path, const FileIdentity& identity) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  return S_ISLNK(status.st_mode) || FileIdentity{status.st_dev, status.st_ino} == identity;
}

bool is_gone(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) != 0 && errno == ENOENT;
}

void write_reason(const std::string& moved, const std::string& path, const Error& reason) {
  const std::string name = moved + ".txt";
  const std::string text = std::string(to_string(reason.code)) + "\n" + one_line(path) + "\n" + one_line(reason.message) + "\n";
  const FileHandle file = FileHandle::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (!file.is_open()) return;  // the warning has said it
  [[maybe_unused]] const Status written = write_at(file, std::as_bytes(std::span(text)), 0, name);
}

/// A file name of the characters that need no care, not too long.
std::string plain(std::string_view name) {
  std::string text(name.substr(0, 100));
  std::ranges::replace_if(text, [](unsigned char c) { return !std::isalnum(c) && c != '.' && c != '-' && c != '_'; }, '_');
  return text;
}

/// Gives the place its second name. Gives an errno; ENOENT: there is nothing in the place.
int link_to_quarantine(const CacheRoot& root, const std::string& path, const std::string& moved) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (const int problem = link_name(path.c_str(), moved.c_str()); problem != ENOENT) return problem;
    if (is_gone(path)) return ENOENT;
    if (!CacheRoot::make_folder(root.quarantine())) break;
  }
  return EIO;
}

/// Puts a file that was taken by mistake back into its place. Gives what is left to do for it.
Quarantined put_back(TemporaryFile& taken, const std::string& path, bool durable) {
  const char* from = taken.path().c_str();
  int problem = link_name(from, path.c_str());
  if (has_no_hard_links(problem)) {
    problem = rename_to_free_name(from, path.c_str());
    if (problem == 0) taken.let_go();
  } else if (problem == 0 && durable) {
    problem = sync_folder(path.substr(0, path.rfind('/')));
  }
  if (problem == 0) return {};
  Quarantined left{{}, taken.path()};
  taken.let_go();
  return left;
}

}  // namespace

Result<Quarantined> quarantine(const CacheRoot& root, const std::string& path, const FileIdentity& identity, const std::string& name,
                               const Error& reason, bool durable) {
  if (const Status made = CacheRoot::make_folder(root.quarantine()); !made) return made.error();
  const std::string moved = root.quarantine() + '/' + plain(name) + '-' + draw_token().substr(0, 8) + ".h5";
  const auto failed = [&path](int number) { return system_error(number, "cannot move to quarantine", path); };

  int problem = link_to_quarantine(root, path, moved);
  if (problem == ENOENT) return Quarantined{};
  const bool linked = problem == 0;
  if (!linked && !has_no_hard_links(problem)) return failed(problem);
  if (linked) {
    const auto same = is_it(moved, identity);
    problem = same ? 0 : errno;
    if (!same || !*same) remove_name(moved.c_str());
    if (!same) return failed(problem);
    if (!*same) return Quarantined{};
  }

  TemporaryFile taken(path.substr(0, path.rfind('/')));
  problem = rename_over(path.c_str(), taken.path().c_str());
  if (problem != 0) {
    taken.let_go();
    if (linked) remove_name(moved.c_str());
    return problem == ENOENT && is_gone(path) ? Result<Quarantined>(Quarantined{}) : failed(problem);
  }
  const auto same = is_it(taken.path(), identity);
  if (!same || !*same) {
    if (linked) remove_name(moved.c_str());
    return put_back(taken, path, durable);
  }
  if (!linked) {
    problem = rename_over(taken.path().c_str(), moved.c_str());
    if (problem != 0) {
      put_back(taken, path, durable);
      return failed(problem);
    }
    taken.let_go();
  }
  write_reason(moved, path, reason);
  return Quarantined{moved, {}};
}

}  // namespace almanac::cache
