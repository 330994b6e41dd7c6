// The calls of the disk tier that look at many entries: listing, validation, tags.

#include "disk_tier_state.hpp"
#include "key_recovery.hpp"

#include <almanac/cache/one_line.hpp>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;

/// Calls `visit` with each name in a folder, until it returns false. A folder that is not there is empty.
/// Errors: by errno.
template <class Visit>
Status each_name(const std::string& folder, Visit visit) {
  std::error_code error;
  fs::directory_iterator at(folder, error);
  while (error == std::errc::interrupted) at = fs::directory_iterator(folder, error);
  for (const fs::directory_iterator end; !error && at != end; at.increment(error)) {
    if (!visit(at->path().filename().string())) return success();
  }
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
    return system_error(error.value(), "cannot list", folder);
  }
  return success();
}

/// The names in a folder, in order; where that goes wrong, those that were seen before. Errors: by errno.
Status sorted_names(const std::string& folder, std::vector<std::string>& names) {
  const Status listed = each_name(folder, [&names](std::string name) {
    names.push_back(std::move(name));
    return true;
  });
  std::ranges::sort(names);
  return listed;
}

bool is_folder(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) != 0 || S_ISDIR(status.st_mode);  // what cannot be looked at is told when it is listed
}

/// Under which it is told once that folders cannot be listed.
std::string cause_of(const Error& unlisted) { return "cannot list " + std::string(to_string(unlisted.code)); }

bool is_tag(std::string_view tag) noexcept {
  const auto is_allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  return !tag.empty() && tag.size() <= 64 && tag[0] != '.' && std::ranges::all_of(tag, is_allowed);
}

Error no_tag(std::string_view text) {
  return {ErrorCode::invalid_argument, "tag \"" + one_line(text) + "\" must be 1 to 64 of A-Z a-z 0-9 . _ - and not start with a dot"};
}

/// Reads the first bytes of a file, as many as a header can have. Nothing, where it cannot.
std::vector<std::byte> first_bytes(const char* path) {
  const FileHandle file = FileHandle::open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat status;
  if (!file.is_open() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::clamp<off_t>(status.st_size, 0, kMostUserBlock)));
  const auto got = read_at(file, bytes, 0, path);
  bytes.resize(got ? *got : 0);
  return bytes;
}

/// A symbolic link that leads nowhere, which opening takes for nothing at all.
std::optional<FileIdentity> dead_link(const std::string& path) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino};
}

/// Verifies the file in the place of an id; nullopt: it is sound, or gone since it was listed. `identity` is set where it
/// is to be moved out of the way, and `held` for as long as it is to be relied on.
std::optional<Finding> inspect(const std::string& path, const Id& id, std::optional<FileIdentity>& identity, FileHandle& held) {
  EntryFile::Start start;
  FoundEntry found = open_entry(path.c_str(), start);
  identity = found.identity;
  if (!found.file && !found.error) {
    identity = dead_link(path);
    return identity ? std::optional(Finding{path, ErrorCode::foreign, "a link to what is not there"}) : std::nullopt;
  }
  Finding finding{path, ErrorCode::io, {}};
  if (found.file) {
    const auto key = verify_entry(*found.file, id);
    if (key) return std::nullopt;
    finding.code = key.error().code;
    finding.message = key.error().message;
    const EntryHeader& header = found.file->header();
    if (header.id == id) {
      if (auto parsed = Key::parse(header.key_text)) finding.key = *std::move(parsed);
      finding.coverage = coverage_of(header.attributes);
    }
  } else {
    finding.code = found.error->code;
    finding.message = found.error->message;
    if (is_verdict(finding.code)) finding.key = key_in_file(path.c_str(), id);
  }
  if (!is_verdict(finding.code) && !found.shuts_us_out) identity.reset();
  held = found.release();
  return finding;
}

}  // namespace

std::optional<Key> key_in_file(const char* path, const Id& id) { return recover_key(first_bytes(path), id); }

Result<Key> verify_entry(const EntryFile& file, const Id& id) {
  const EntryHeader& header = file.header();
  if (header.id != id) return Error{ErrorCode::collision, "it holds " + header.key_text.substr(0, 500) + ", which belongs elsewhere"};
  auto key = Key::parse(header.key_text);
  if (!key) return Error{ErrorCode::corrupt, key.error().message};
  if (const Status verified = file.verify_all(); !verified) return verified.error();
  return key;
}

Result<EntryInfo> describe(EntryFile& file, std::string path) {
  EntryHeader& header = file.header();
  auto key = Key::parse(header.key_text);
  if (!key) return Error{ErrorCode::corrupt, key.error().message};
  EntryInfo info{*std::move(key), std::move(header.facts), std::move(header.attributes), {}, header.file_size, std::move(path), {}};
  info.arrays.reserve(header.arrays.size());
  for (StoredArray& array : header.arrays) info.arrays.push_back({std::move(array.name), array.type, std::move(array.shape), array.bytes, array.file_bytes()});
  info.last_used = std::chrono::system_clock::time_point(std::chrono::seconds(file.modified().tv_sec) +
                                                         std::chrono::nanoseconds(file.modified().tv_nsec));
  info.inode = file.identity().inode;
  return info;
}

Result<std::optional<EntryInfo>> DiskTier::peek(const Id& id) {
  if (state_->root.problem()) return std::optional<EntryInfo>();
  const EntryPath path = state_->root.entry_path(id);
  EntryFile::Start start;
  FoundEntry found = open_entry(path.c_str(), start);
  if (found.error && !is_verdict(found.error->code)) return *found.error;
  if (!found.file || found.file->header().id != id) return std::optional<EntryInfo>();
  auto info = describe(*found.file, path.c_str());
  if (!info) return std::optional<EntryInfo>();
  return std::optional<EntryInfo>(*std::move(info));
}

Status DiskTier::for_each(const std::function<bool(const EntryInfo&)>& visit) const {
  if (state_->root.problem()) return *state_->root.problem();
  const std::string objects = state_->root.objects();
  bool go_on = true;
  std::optional<Error> passed_over;
  std::size_t more = 0;
  const Status listed = each_name(objects, [&](const std::string& folder) {
    const Status seen = each_name(objects + '/' + folder, [&](const std::string& name) {
      const auto id = id_of_file(folder, name);
      if (!id) return true;
      const EntryPath path = state_->root.entry_path(*id);
      EntryFile::Start start;
      FoundEntry found = open_entry(path.c_str(), start);
      if (!found.file || found.file->header().id != *id) return true;
      const auto info = describe(*found.file, path.c_str());
      if (info) go_on = visit(*info);
      return go_on;
    });
    if (!seen) {
      ++state_->errors;
      if (passed_over) ++more;
      else passed_over = seen.error();
    }
    return go_on;
  });
  if (passed_over) {
    const std::string others = more == 0 ? "" : ", nor " + std::to_string(more) + " more";
    state_->warnings.once(cause_of(*passed_over), passed_over->message + others + "; what is in there is passed over");
  }
  return listed;
}

Result<std::vector<Finding>> DiskTier::validate(bool quarantine, const std::function<bool(std::uint64_t, std::uint64_t)>& progress) {
  State& state = *state_;
  if (state.root.problem()) return *state.root.problem();
  const std::string objects = state.root.objects();
  std::vector<std::string> folders;
  if (const Status listed = sorted_names(objects, folders); !listed) return listed.error();

  std::uint64_t all = 0;
  for (const std::string& folder : folders) {
    if (!is_folder(objects + '/' + folder)) {
      ++all;
    } else if (!each_name(objects + '/' + folder, [&all](const std::string&) { return ++all, true; })) {
      continue;  // told when its turn comes
    }
  }

  std::vector<Finding> findings;
  const auto look = [&](const std::string& path, const std::string& folder, const std::string& name) {
    const auto id = id_of_file(folder, name);
    std::optional<FileIdentity> identity;
    std::optional<Finding> finding;
    FileHandle held;
    if (id) {
      finding = inspect(path, *id, identity, held);
    } else if (struct stat status; !is_temporary_name(name) && ::lstat(path.c_str(), &status) == 0) {
      identity = FileIdentity{status.st_dev, status.st_ino};
      finding = Finding{path, ErrorCode::foreign, "not the name of an entry"};
    }
    if (!finding) return;
    if (quarantine && identity) {
      const auto stays = state.put_aside(path, *identity, id ? id->hex() : name, {finding->code, finding->message});
      finding->is_out_of_the_way = !stays;
      if (stays) finding->message += "; it stays there: " + stays->message;
    }
    findings.push_back(*std::move(finding));
  };

  std::uint64_t done = 0;
  const auto goes_on = [&] {
    ++done;
    return !progress || progress(done, std::max(done, all));
  };
  for (const std::string& folder : folders) {
    const std::string path = objects + '/' + folder;
    if (!is_folder(path)) {
      look(path, {}, folder);
      if (!goes_on()) return findings;
      continue;
    }
    state.clear_leftovers(path);
    std::vector<std::string> names;
    if (const Status listed = sorted_names(path, names); !listed) {
      findings.push_back({path, listed.error().code, listed.error().message});
      state.warnings.told(cause_of(listed.error()));
    }
    for (const std::string& name : names) {
      look(path + '/' + name, folder, name);
      if (!goes_on()) return findings;
    }
  }
  return findings;
}

Status DiskTier::tag(std::string_view tag, const Id& id) {
  if (!is_tag(tag)) return no_tag(tag);
  if (state_->root.problem()) return *state_->root.problem();
  const std::string folder = state_->root.tags() + '/' + std::string(tag);
  const std::string path = folder + '/' + id.hex();
  FileHandle file;
  for (int attempt = 0; attempt < kAttempts && !file.is_open(); ++attempt) {
    if (const Status made = CacheRoot::make_folder(folder, state_->options.durable); !made) return made;
    file = FileHandle::open(path.c_str(), O_WRONLY | O_CREAT, 0644);
    if (!file.is_open() && errno != ENOENT) break;
  }
  if (!file.is_open()) return system_error(errno, "cannot make", path);
  if (!state_->options.durable) return success();
  for (const std::string& changed : {folder, state_->root.tags(), state_->root.path().string()}) {
    if (const int problem = sync_folder(changed); problem != 0 && problem != ENOENT) return system_error(problem, "cannot sync", changed);
  }
  return success();
}

Result<bool> DiskTier::has_tag(std::string_view tag, const Id& id) const {
  if (!is_tag(tag)) return no_tag(tag);
  if (state_->root.problem()) return false;
  const std::string path = state_->root.tags() + '/' + std::string(tag) + '/' + id.hex();
  struct stat status;
  if (::lstat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return system_error(errno, "cannot look at", path);
}

}  // namespace almanac::cache
