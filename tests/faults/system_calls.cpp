// The functions of the C library are defined here as they are declared there, not as their checked or inlined versions.
#undef _FORTIFY_SOURCE

#include "system_calls.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace almanac::testing {
namespace {

constinit thread_local SystemCalls* watch = nullptr;

/// The next definition of a function: the C library's, or the one a sanitizer has put before it.
template <class Function>
Function* next(const char* name) noexcept {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// Makes the call, unless its turn to fail has come, and notes how it went.
template <class Value, class Really>
Value pass(SeenCall call, Value failed, Really really) {
  if (const Fault* fault = watch->note(std::move(call))) {
    watch->last().error = errno = fault->error;
    return failed;
  }
  const Value value = really();
  if (value == failed) watch->last().error = errno;
  return value;
}

template <class Really>
int pass_path(Call call, const char* path, Really really) {
  if (watch == nullptr || !watch->is_below(path)) return really();
  return pass({.call = call, .path = path}, -1, really);
}

template <class Really>
int pass_paths(Call call, const char* path, const char* to, Really really, int flags = 0) {
  if (watch == nullptr || !watch->is_below(path)) return really();
  return pass({.call = call, .path = path, .to = to, .flags = flags}, -1, really);
}

template <class Really>
int pass_descriptor(Call call, int descriptor, Really really, std::uint64_t size = 0) {
  const SystemCalls::Opened* opened = watch == nullptr ? nullptr : watch->opened(descriptor);
  if (opened == nullptr) return really();
  return pass({.call = call, .path = opened->path, .handle = opened->handle, .size = size}, -1, really);
}

template <class Really>
int pass_open(const char* path, int flags, Really really) {
  if (watch == nullptr || !watch->is_below(path)) return really();
  const int descriptor = pass({.call = Call::open, .path = path, .flags = flags}, -1, really);
  if (descriptor >= 0) watch->note_opened(descriptor, path, (flags & O_ACCMODE) != O_RDONLY);
  return descriptor;
}

/// A call that may move less than it was asked to. `really` takes how many bytes; `data`: of a writing one.
template <class Really>
ssize_t pass_moving(Call call, int descriptor, std::size_t size, off_t offset, const void* data, Really really) {
  SystemCalls::Opened* opened = watch == nullptr ? nullptr : watch->opened(descriptor);
  if (opened == nullptr) return really(size);
  const Fault* fault = watch->note({.call = call, .path = opened->path, .handle = opened->handle,
                                    .offset = static_cast<std::uint64_t>(offset), .size = size});
  if (fault != nullptr && fault->kind == Fault::Kind::error) {
    watch->last().error = errno = fault->error;
    return -1;
  }
  if (fault != nullptr && fault->kind == Fault::Kind::ended) return 0;
  const ssize_t moved = really(fault != nullptr ? std::max<std::size_t>(size / 2, std::min<std::size_t>(size, 1)) : size);
  SeenCall& seen = watch->last();
  if (moved < 0) {
    seen.error = errno;
  } else if (data != nullptr) {
    seen.size = static_cast<std::uint64_t>(moved);
    opened->last_offset = seen.offset;
    opened->last_size = seen.size;
    const auto* bytes = static_cast<const std::byte*>(data);
    if (watch->keeps_data()) seen.data.assign(bytes, bytes + moved);
  }
  return moved;
}

/// What a network disk does that finds itself full when the file is closed.
void lose_last_write(int descriptor, const SystemCalls::Opened& opened) {
  static const auto really = next<decltype(::pwrite)>("pwrite");
  const std::vector<std::byte> nothing(opened.last_size);
  if (opened.is_written) really(descriptor, nothing.data(), nothing.size(), static_cast<off_t>(opened.last_offset));
}

constexpr std::array<std::string_view, 30> kFunctions = {
    "open",  "openat",    "close",    "read", "pread",  "write",  "pwrite", "fstat",  "stat", "lstat",
    "fallocate", "ftruncate", "fchmod", "fsync", "fdatasync", "link", "rename", "unlink", "remove", "mkdir",
    "mmap",  "munmap",    "madvise",  "futimens", "readdir", "closedir", "statfs", "syscall", "getentropy", "unlinkat",
};

}  // namespace

std::string_view to_string(Call call) noexcept {
  constexpr std::array<std::string_view, 22> kNames = {
      "open", "close", "read", "write", "fstat", "stat", "fallocate", "ftruncate", "fchmod", "fsync", "fdatasync",
      "link", "rename", "renameat2", "unlink", "mkdir", "mmap", "madvise", "futimens", "readdir", "statfs", "random"};
  return kNames[static_cast<std::size_t>(call)];
}

SystemCalls::SystemCalls(const std::filesystem::path& folder, std::optional<Fault> fault, Data data)
    : folder_(folder.string()), fault_(fault), data_(data) {
  if (watch != nullptr) throw std::logic_error("this thread's calls are watched already");
  watch = this;
}

SystemCalls::~SystemCalls() { watch = nullptr; }

std::span<const std::string_view> SystemCalls::functions() noexcept { return kFunctions; }

bool SystemCalls::is_below(const char* path) const noexcept {
  return std::strncmp(path, folder_.c_str(), folder_.size()) == 0 && (path[folder_.size()] == '/' || path[folder_.size()] == '\0');
}

SystemCalls::Opened* SystemCalls::opened(int descriptor) noexcept {
  const auto found = opened_.find(descriptor);
  return found == opened_.end() ? nullptr : &found->second;
}

void SystemCalls::note_opened(int descriptor, std::string path, bool is_written) {
  last().handle = ++handles_;
  opened_[descriptor] = {handles_, std::move(path), is_written};
}

const std::string* SystemCalls::mapped(const void* data) const noexcept {
  const auto after = mapped_.upper_bound(data);
  if (after == mapped_.begin()) return nullptr;
  const auto& [start, held] = *std::prev(after);
  return static_cast<const std::byte*>(data) < static_cast<const std::byte*>(start) + held.first ? &held.second : nullptr;
}

const Fault* SystemCalls::note(SeenCall call) {
  if (before_) {
    const int kept = errno;  // readdir(3) tells its end by leaving it alone
    watch = nullptr;
    before_(call);
    watch = this;
    errno = kept;
  }
  const std::size_t number = seen_.size();
  seen_.push_back(std::move(call));
  if (!fault_ || number < fault_->at) return nullptr;
  if (number > fault_->at && !(fault_->stays && seen_[number].call == seen_[fault_->at].call)) return nullptr;
  ++injected_;
  seen_[number].is_injected = true;
  return &*fault_;
}

}  // namespace almanac::testing

using namespace almanac::testing;

extern "C" {

int open(const char* path, int flags, ...) {
  static const auto really = next<int(const char*, int, ...)>("open");
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return pass_open(path, flags, [&] { return really(path, flags, mode); });
}

int openat(int folder, const char* path, int flags, ...) {
  static const auto really = next<int(int, const char*, int, ...)>("openat");
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return pass_open(path, flags, [&] { return really(folder, path, flags, mode); });
}

int close(int descriptor) {
  static const auto really = next<decltype(::close)>("close");
  const SystemCalls::Opened* opened = watch == nullptr ? nullptr : watch->opened(descriptor);
  if (opened == nullptr) return really(descriptor);
  const Fault* fault = watch->note({.call = Call::close, .path = opened->path, .handle = opened->handle});
  if (fault != nullptr) lose_last_write(descriptor, *opened);
  watch->note_closed(descriptor);
  const int outcome = really(descriptor);  // Linux closes it whatever it says
  if (fault == nullptr) return outcome;
  watch->last().error = errno = fault->error;
  return -1;
}

ssize_t read(int descriptor, void* to, std::size_t size) {
  static const auto really = next<decltype(::read)>("read");
  return pass_moving(Call::read, descriptor, size, 0, nullptr, [&](std::size_t bytes) { return really(descriptor, to, bytes); });
}

ssize_t pread(int descriptor, void* to, std::size_t size, off_t offset) {
  static const auto really = next<decltype(::pread)>("pread");
  return pass_moving(Call::read, descriptor, size, offset, nullptr,
                     [&](std::size_t bytes) { return really(descriptor, to, bytes, offset); });
}

ssize_t write(int descriptor, const void* from, std::size_t size) {
  static const auto really = next<decltype(::write)>("write");
  const bool is_seen = watch != nullptr && watch->opened(descriptor) != nullptr;
  const off_t offset = is_seen ? ::lseek(descriptor, 0, SEEK_CUR) : 0;
  return pass_moving(Call::write, descriptor, size, offset, from, [&](std::size_t bytes) { return really(descriptor, from, bytes); });
}

ssize_t pwrite(int descriptor, const void* from, std::size_t size, off_t offset) {
  static const auto really = next<decltype(::pwrite)>("pwrite");
  return pass_moving(Call::write, descriptor, size, offset, from,
                     [&](std::size_t bytes) { return really(descriptor, from, bytes, offset); });
}

int fstat(int descriptor, struct stat* status) noexcept {
  static const auto really = next<int(int, struct stat*)>("fstat");
  return pass_descriptor(Call::fstat, descriptor, [&] { return really(descriptor, status); });
}

int stat(const char* path, struct stat* status) noexcept {
  static const auto really = next<int(const char*, struct stat*)>("stat");
  return pass_path(Call::stat, path, [&] { return really(path, status); });
}

int lstat(const char* path, struct stat* status) noexcept {
  static const auto really = next<int(const char*, struct stat*)>("lstat");
  return pass_path(Call::stat, path, [&] { return really(path, status); });
}

int fallocate(int descriptor, int mode, off_t offset, off_t size) {
  static const auto really = next<decltype(::fallocate)>("fallocate");
  return pass_descriptor(
      Call::fallocate, descriptor, [&] { return really(descriptor, mode, offset, size); }, static_cast<std::uint64_t>(offset + size));
}

int ftruncate(int descriptor, off_t size) noexcept {
  static const auto really = next<int(int, off_t)>("ftruncate");
  return pass_descriptor(Call::ftruncate, descriptor, [&] { return really(descriptor, size); }, static_cast<std::uint64_t>(size));
}

int fchmod(int descriptor, mode_t mode) noexcept {
  static const auto really = next<int(int, mode_t)>("fchmod");
  return pass_descriptor(Call::fchmod, descriptor, [&] { return really(descriptor, mode); });
}

int fsync(int descriptor) {
  static const auto really = next<decltype(::fsync)>("fsync");
  return pass_descriptor(Call::fsync, descriptor, [&] { return really(descriptor); });
}

int fdatasync(int descriptor) {
  static const auto really = next<decltype(::fdatasync)>("fdatasync");
  return pass_descriptor(Call::fdatasync, descriptor, [&] { return really(descriptor); });
}

int link(const char* path, const char* to) noexcept {
  static const auto really = next<int(const char*, const char*)>("link");
  return pass_paths(Call::link, path, to, [&] { return really(path, to); });
}

int rename(const char* path, const char* to) noexcept {
  static const auto really = next<int(const char*, const char*)>("rename");
  return pass_paths(Call::rename, path, to, [&] { return really(path, to); });
}

int unlink(const char* path) noexcept {
  static const auto really = next<int(const char*)>("unlink");
  return pass_path(Call::unlink, path, [&] { return really(path); });
}

int unlinkat(int folder, const char* path, int flags) noexcept {
  static const auto really = next<int(int, const char*, int)>("unlinkat");
  return pass_path(Call::unlink, path, [&] { return really(folder, path, flags); });
}

int remove(const char* path) noexcept {
  static const auto really = next<int(const char*)>("remove");
  return pass_path(Call::unlink, path, [&] { return really(path); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  static const auto really = next<int(const char*, mode_t)>("mkdir");
  return pass_path(Call::mkdir, path, [&] { return really(path, mode); });
}

void* mmap(void* wish, std::size_t size, int protection, int flags, int descriptor, off_t offset) noexcept {
  static const auto really = next<void*(void*, std::size_t, int, int, int, off_t)>("mmap");
  const SystemCalls::Opened* opened = watch == nullptr ? nullptr : watch->opened(descriptor);
  if (opened == nullptr) return really(wish, size, protection, flags, descriptor, offset);
  void* data = pass({.call = Call::mmap, .path = opened->path, .handle = opened->handle, .size = size}, MAP_FAILED,
                    [&] { return really(wish, size, protection, flags, descriptor, offset); });
  if (data != MAP_FAILED) watch->note_mapped(data, size, opened->path);
  return data;
}

int munmap(void* data, std::size_t size) noexcept {
  static const auto really = next<int(void*, std::size_t)>("munmap");
  if (watch != nullptr) watch->note_unmapped(data);
  return really(data, size);
}

int madvise(void* data, std::size_t size, int advice) noexcept {
  static const auto really = next<int(void*, std::size_t, int)>("madvise");
  const std::string* path = watch == nullptr ? nullptr : watch->mapped(data);
  if (path == nullptr) return really(data, size, advice);
  return pass({.call = Call::madvise, .path = *path}, -1, [&] { return really(data, size, advice); });
}

int futimens(int descriptor, const timespec times[2]) noexcept {
  static const auto really = next<int(int, const timespec*)>("futimens");
  return pass_descriptor(Call::futimens, descriptor, [&] { return really(descriptor, times); });
}

dirent* readdir(DIR* folder) {
  static const auto really = next<decltype(::readdir)>("readdir");
  const SystemCalls::Opened* opened = watch == nullptr ? nullptr : watch->opened(::dirfd(folder));
  if (opened == nullptr) return really(folder);
  if (const Fault* fault = watch->note({.call = Call::readdir, .path = opened->path, .handle = opened->handle})) {
    watch->last().error = errno = fault->error;
    return nullptr;
  }
  return really(folder);  // the end of a folder is no error
}

int closedir(DIR* folder) {
  static const auto really = next<decltype(::closedir)>("closedir");
  if (watch != nullptr) watch->note_closed(::dirfd(folder));
  return really(folder);
}

int statfs(const char* path, struct statfs* status) noexcept {
  static const auto really = next<int(const char*, struct statfs*)>("statfs");
  return pass_path(Call::statfs, path, [&] { return really(path, status); });
}

/// About no file, so every one of a watched thread is seen.
int getentropy(void* to, std::size_t size) {
  static const auto really = next<int(void*, std::size_t)>("getentropy");
  if (watch == nullptr) return really(to, size);
  return pass({.call = Call::random}, -1, [&] { return really(to, size); });
}

/// Takes as many arguments as any call has, which may be more than were given: what lies there does no harm.
__attribute__((no_sanitize("address", "undefined"))) long syscall(long number, ...) noexcept {
  static const auto really = next<long(long, ...)>("syscall");
  va_list rest;
  va_start(rest, number);
  std::array<long, 6> given;
  for (long& argument : given) argument = va_arg(rest, long);
  va_end(rest);
  const auto call = [&] { return really(number, given[0], given[1], given[2], given[3], given[4], given[5]); };
  if (number != SYS_renameat2 || watch == nullptr) return call();
  const char* path = reinterpret_cast<const char*>(given[1]);
  return pass_paths(
      Call::renameat2, path, reinterpret_cast<const char*>(given[3]), [&] { return static_cast<int>(call()); }, static_cast<int>(given[4]));
}

}  // extern "C"
