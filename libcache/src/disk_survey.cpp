// The calls of the disk tier that look at many entries: listing, validation, tags.

#include "disk_tier_state.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>

namespace almanac::cache {
namespace {

namespace fs = std::filesystem;

/// Calls `visit` with each name in a folder, until it returns false. A folder that is not there is empty.
/// Errors: by errno.
template <class Visit>
Status each_name(const std::string& folder, Visit visit) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (!visit(at->path().filename().string())) return success();
  }
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
    return system_error(error.value(), "cannot list", folder);
  }
  return success();
}

/// The names in a folder, in order. Errors: by errno.
Result<std::vector<std::string>> sorted_names(const std::string& folder) {
  std::vector<std::string> names;
  const Status listed = each_name(folder, [&names](std::string name) {
    names.push_back(std::move(name));
    return true;
  });
  if (!listed) return listed.error();
  std::ranges::sort(names);
  return names;
}

bool is_tag(std::string_view tag) noexcept {
  const auto is_allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  return !tag.empty() && tag.size() <= 64 && tag[0] != '.' && std::ranges::all_of(tag, is_allowed);
}

/// Verifies the file in the place of an id from its first byte to its last. Errors: what is wrong.
Status verify_file(const char* path, const Id& id, std::optional<FileIdentity>& identity) {
  EntryFile::Start start;
  FoundEntry found = open_entry(path, start);
  identity = found.identity;
  if (found.error) return *found.error;
  if (!found.file) return success();  // gone since it was listed
  const EntryHeader& header = found.file->header();
  if (header.id != id) return Error{ErrorCode::collision, "it holds " + header.key_text.substr(0, 500) + ", which belongs elsewhere"};
  if (const auto key = Key::parse(header.key_text); !key) return Error{ErrorCode::corrupt, key.error().message};
  return found.file->verify_all();
}

}  // namespace

Result<EntryInfo> describe(EntryFile& file, std::string path) {
  EntryHeader& header = file.header();
  auto key = Key::parse(header.key_text);
  if (!key) return Error{ErrorCode::corrupt, key.error().message};
  EntryInfo info{*std::move(key), std::move(header.facts), std::move(header.attributes), {}, header.file_size, std::move(path), {}};
  info.arrays.reserve(header.arrays.size());
  for (StoredArray& array : header.arrays) info.arrays.push_back({std::move(array.name), array.type, std::move(array.shape), array.bytes});
  info.last_used = std::chrono::system_clock::time_point(std::chrono::seconds(file.modified().tv_sec) +
                                                         std::chrono::nanoseconds(file.modified().tv_nsec));
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
  Status trouble = success();
  const Status listed = each_name(objects, [&](const std::string& folder) {
    trouble = each_name(objects + '/' + folder, [&](const std::string& name) {
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
    return go_on && trouble.ok();
  });
  return trouble.ok() ? listed : trouble;
}

Result<std::vector<Finding>> DiskTier::validate(bool quarantine, const std::function<bool(std::uint64_t, std::uint64_t)>& progress) {
  State& state = *state_;
  if (state.root.problem()) return *state.root.problem();
  const std::string objects = state.root.objects();
  const auto folders = sorted_names(objects);
  if (!folders) return folders.error();

  std::uint64_t all = 0;
  for (const std::string& folder : *folders) {
    const Status counted = each_name(objects + '/' + folder, [&all](const std::string&) { return ++all, true; });
    if (!counted) return counted.error();
  }

  std::vector<Finding> findings;
  std::uint64_t done = 0;
  for (const std::string& folder : *folders) {
    remove_leftovers(objects + '/' + folder);
    const auto names = sorted_names(objects + '/' + folder);
    if (!names) return names.error();
    for (const std::string& name : *names) {
      const std::string path = objects + '/' + folder + '/' + name;
      const auto id = id_of_file(folder, name);
      std::optional<FileIdentity> identity;
      if (id) {
        if (const Status verified = verify_file(path.c_str(), *id, identity); !verified) {
          findings.push_back({path, verified.error().code, verified.error().message});
          if (quarantine && identity && is_verdict(verified.error().code)) state.condemn(path, *identity, *id, verified.error());
        }
      } else if (!is_temporary_name(name)) {
        findings.push_back({path, ErrorCode::foreign, "not the name of an entry"});
      }
      ++done;
      if (progress && !progress(done, std::max(done, all))) return findings;
    }
  }
  return findings;
}

Status DiskTier::tag(std::string_view tag, const Id& id) {
  if (!is_tag(tag)) {
    return Error{ErrorCode::invalid_argument, "tag \"" + std::string(tag) + "\" must be 1 to 64 of A-Z a-z 0-9 . _ - and not start with a dot"};
  }
  if (state_->root.problem()) return *state_->root.problem();
  const std::string folder = state_->root.tags() + '/' + std::string(tag);
  if (const Status made = CacheRoot::make_folder(folder); !made) return made;
  const std::string path = folder + '/' + id.hex();
  const FileHandle file = FileHandle::open(path.c_str(), O_WRONLY | O_CREAT, 0644);
  if (!file.is_open()) return system_error(errno, "cannot make", path);
  return success();
}

}  // namespace almanac::cache
