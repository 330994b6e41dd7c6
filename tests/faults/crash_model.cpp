#include "crash_model.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <linux/fs.h>

namespace almanac::testing {
namespace {

constexpr std::size_t kPage = 4096, kSector = 512;

}  // namespace

std::string DiskState::fingerprint() const {
  std::string text;
  for (const auto& [path, content] : names) {
    text += path;
    if (content) {
      const std::string_view bytes(reinterpret_cast<const char*>(content->data()), content->size());
      text += ' ' + std::to_string(bytes.size()) + ' ' + std::to_string(std::hash<std::string_view>{}(bytes));
    }
    text += '\n';
  }
  return text;
}

void DiskState::make(const std::filesystem::path& in) const {
  for (const auto& [path, content] : names) {  // a folder comes before what is in it
    if (!content) {
      std::filesystem::create_directory(in / path);
    } else {
      std::ofstream(in / path, std::ios::binary).write(reinterpret_cast<const char*>(content->data()), static_cast<std::streamsize>(content->size()));
    }
  }
}

CrashModel::CrashModel(const std::filesystem::path& folder, std::function<bool(const std::string&)> matters)
    : folder_(folder.string()), matters_(std::move(matters)) {
  inodes_.push_back({.is_folder = true});
}

std::string CrashModel::relative(const std::string& path) const {
  if (!path.starts_with(folder_)) throw std::logic_error("not below " + folder_ + ": " + path);
  return path.size() == folder_.size() ? std::string() : path.substr(folder_.size() + 1);
}

/// The folder that holds a name, and the name; kNone ← there is no such folder.
std::pair<CrashModel::Number, std::string> CrashModel::place_of(const std::string& path) const {
  Number at = 0;
  std::string rest = relative(path);
  for (std::size_t slash; (slash = rest.find('/')) != std::string::npos; rest.erase(0, slash + 1)) {
    const auto found = inodes_[at].names.find(rest.substr(0, slash));
    if (found == inodes_[at].names.end() || found->second.back() == kNone) return {kNone, {}};
    at = found->second.back();
  }
  return {at, rest};
}

CrashModel::Number CrashModel::find(const std::string& path) const {
  const auto [folder, name] = place_of(path);
  if (folder == kNone) return kNone;
  if (name.empty()) return folder;
  const auto found = inodes_[folder].names.find(name);
  return found == inodes_[folder].names.end() ? kNone : found->second.back();
}

void CrashModel::set(const std::string& path, Number inode) {
  const auto [folder, name] = place_of(path);
  if (folder == kNone) throw std::logic_error("no folder for " + path);
  auto& values = inodes_[folder].names.try_emplace(name, 1, kNone).first->second;
  values.push_back(inode);
}

void CrashModel::apply(const SeenCall& call) {
  if (call.error != 0) return;
  const auto worked_on = [&]() -> Inode& { return inodes_.at(handles_.at(call.handle)); };
  switch (call.call) {
    case Call::mkdir:
      inodes_.push_back({.is_folder = true});
      set(call.path, inodes_.size() - 1);
      break;
    case Call::open: {
      Number inode = find(call.path);
      if (inode == kNone) {
        if ((call.flags & O_CREAT) == 0) throw std::logic_error("opened, and not there: " + call.path);
        inodes_.emplace_back();
        inode = inodes_.size() - 1;
        set(call.path, inode);
      }
      if ((call.flags & O_TRUNC) != 0) inodes_[inode].sizes.push_back(0);
      handles_[call.handle] = inode;
      break;
    }
    case Call::write: {
      Inode& file = worked_on();
      file.sizes.push_back(std::max(file.size(), call.offset + call.size));
      file.writes.push_back({call.offset, call.data});
      break;
    }
    case Call::fallocate: worked_on().sizes.push_back(std::max(worked_on().size(), call.size)); break;
    case Call::ftruncate: worked_on().sizes.push_back(call.size); break;
    case Call::fsync:
    case Call::fdatasync: {
      Inode& inode = worked_on();
      for (auto& [name, values] : inode.names) values.assign(1, values.back());
      if (!inode.is_folder) {
        std::mt19937 unused;
        inode.synced = content(inode, Luck::all, unused);
        inode.writes.clear();
        inode.sizes.clear();
      }
      break;
    }
    case Call::link: set(call.to, find(call.path)); break;
    case Call::rename:
    case Call::renameat2: {
      const Number moved = find(call.path), replaced = find(call.to);
      if (moved == replaced) break;  // two names of one file: rename(2) does nothing
      set(call.to, moved);
      set(call.path, call.call == Call::renameat2 && (call.flags & RENAME_EXCHANGE) != 0 ? replaced : kNone);
      break;
    }
    case Call::unlink: set(call.path, kNone); break;
    default: break;
  }
}

void CrashModel::damage(const std::filesystem::path& file, std::uint64_t offset) {
  Inode& inode = inodes_.at(find(file.string()));
  inode.synced.at(offset) ^= static_cast<std::byte>(kDamage);
}

/// The bytes of a file as luck has it.
std::vector<std::byte> CrashModel::content(const Inode& file, Luck luck, std::mt19937& random) {
  if (luck == Luck::none || file.is_synced()) return file.synced;
  // Every page in all its versions, from the one that is on the disk.
  std::map<std::uint64_t, std::vector<std::vector<std::byte>>> pages;
  for (const Write& write : file.writes) {
    for (std::size_t done = 0; done < write.data.size();) {
      const std::uint64_t at = write.offset + done, number = at / kPage;
      const std::size_t inside = at % kPage, count = std::min(write.data.size() - done, kPage - inside);
      auto& versions = pages[number];
      if (versions.empty()) {
        versions.emplace_back(kPage);
        const std::size_t begin = std::min<std::size_t>(number * kPage, file.synced.size()), end = std::min(begin + kPage, file.synced.size());
        std::copy(file.synced.begin() + static_cast<std::ptrdiff_t>(begin), file.synced.begin() + static_cast<std::ptrdiff_t>(end), versions[0].begin());
      }
      versions.push_back(versions.back());
      std::copy_n(write.data.begin() + static_cast<std::ptrdiff_t>(done), count, versions.back().begin() + static_cast<std::ptrdiff_t>(inside));
      done += count;
    }
  }
  const auto below = [&random](std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random); };

  std::uint64_t size = file.synced.size();
  if (luck == Luck::all || luck == Luck::sizes_only) size = file.size();
  if (luck == Luck::drawn) {
    // The last size is drawn as often as all others: with another, hardly anything else matters.
    const std::size_t drawn = file.sizes.empty() ? 0 : below(2 * file.sizes.size());
    if (drawn >= 1) size = file.sizes[std::min(drawn, file.sizes.size()) - 1];
  }
  std::vector<std::byte> bytes = file.synced;
  bytes.resize(size);
  for (const auto& [number, versions] : pages) {
    const std::uint64_t begin = number * kPage;
    if (begin >= size) continue;
    const auto* first = &versions[0];
    const auto* second = first;
    std::size_t torn_at = 0;
    if (luck == Luck::all || luck == Luck::data_only) second = &versions.back();
    if (luck == Luck::drawn) {
      first = &versions[below(versions.size())];
      second = &versions[below(versions.size())];
      torn_at = below(2) == 0 ? 0 : kSector * below(kPage / kSector);
    }
    const std::size_t count = std::min<std::uint64_t>(kPage, size - begin);
    for (std::size_t i = 0; i < count; ++i) bytes[begin + i] = i < torn_at ? (*first)[i] : (*second)[i];
  }
  return bytes;
}

std::size_t CrashModel::reach(const Taken& taken, Luck luck, std::mt19937& random, DiskState& state) const {
  std::size_t unsynced = 0;
  std::map<Number, DiskState::Content> files;  // one content for all names of a file
  const std::function<void(Number, const std::string&)> follow = [&](Number folder, const std::string& prefix) {
    for (const auto& [name, values] : inodes_[folder].names) {
      const auto chosen = taken.find({folder, name});
      const Number number = values[chosen == taken.end() ? 0 : chosen->second];
      if (number == kNone) continue;
      const Inode& inode = inodes_[number];
      if (inode.is_folder) {
        state.names[prefix + name] = nullptr;
        follow(number, prefix + name + '/');
        continue;
      }
      auto& held = files[number];
      if (!held) held = std::make_shared<const std::vector<std::byte>>(content(inode, luck, random));
      state.names[prefix + name] = held;
      if (!inode.is_synced() && matters_(name)) ++unsynced;
    }
  };
  follow(0, {});
  return unsynced;
}

void CrashModel::each_state(std::size_t samples, std::mt19937& random, const std::function<void(const DiskState&)>& visit) const {
  std::vector<Choice> choices;
  std::size_t combinations = 1;
  for (Number folder = 0; folder < inodes_.size(); ++folder) {
    for (const auto& [name, values] : inodes_[folder].names) {
      if (values.size() == 1) continue;
      choices.push_back({folder, name, values.size()});
      combinations = std::min(combinations * values.size(), kMostNames + 1);
    }
  }

  const auto give = [&](const Taken& taken) {
    DiskState state;
    const std::size_t unsynced = reach(taken, Luck::all, random, state);
    visit(state);
    const auto also = [&](Luck luck) {
      DiskState other;
      reach(taken, luck, random, other);
      visit(other);
    };
    also(Luck::none);
    if (unsynced == 0) return;
    also(Luck::sizes_only);
    also(Luck::data_only);
    for (std::size_t i = 0; i < samples; ++i) also(Luck::drawn);
  };

  Taken taken;
  if (combinations <= kMostNames) {
    for (std::size_t number = 0; number < combinations; ++number) {
      std::size_t rest = number;
      for (const Choice& choice : choices) {
        taken[{choice.folder, choice.name}] = rest % choice.options;
        rest /= choice.options;
      }
      give(taken);
    }
    return;
  }
  const auto take_all = [&](auto which) {
    for (const Choice& choice : choices) taken[{choice.folder, choice.name}] = which(choice);
  };
  const auto first = [](const Choice&) { return std::size_t{0}; };
  const auto last = [](const Choice& choice) { return choice.options - 1; };
  take_all(first), give(taken);
  take_all(last), give(taken);
  for (const Choice& odd : choices) {
    take_all(first), taken[{odd.folder, odd.name}] = last(odd), give(taken);
    take_all(last), taken[{odd.folder, odd.name}] = 0, give(taken);
  }
  for (std::size_t i = 0; i < samples; ++i) {
    take_all([&](const Choice& choice) { return std::uniform_int_distribution<std::size_t>(0, choice.options - 1)(random); });
    give(taken);
  }
}

}  // namespace almanac::testing
