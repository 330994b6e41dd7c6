#include "array_memory.hpp"

#include "entry_format.hpp"

#include <cerrno>
#include <cstdlib>

#include <sys/mman.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22  // Linux 5.14; older kernels answer EINVAL
#endif

namespace almanac::cache {

std::shared_ptr<std::byte> allocate_aligned(std::size_t bytes) {
  const std::size_t whole = (bytes + kArrayAlignment - 1) / kArrayAlignment * kArrayAlignment;
  if (whole < bytes) return nullptr;
  auto* block = static_cast<std::byte*>(std::aligned_alloc(kArrayAlignment, whole));
  if (block == nullptr) return nullptr;
  return {block, [](std::byte* held) { std::free(held); }};
}

void return_free_memory() noexcept {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

std::shared_ptr<const std::byte> map_file(const FileHandle& file, std::size_t bytes) {
  void* data = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file.get(), 0);
  if (data == MAP_FAILED) return nullptr;
  return {static_cast<const std::byte*>(data), [bytes](const std::byte* held) { ::munmap(const_cast<std::byte*>(held), bytes); }};
}

bool bring_in(const std::byte* data, std::size_t bytes) noexcept {
  int outcome;
  do {
    outcome = ::madvise(const_cast<std::byte*>(data), bytes, MADV_POPULATE_READ);
  } while (outcome != 0 && errno == EINTR);
  return outcome == 0 || (errno != EFAULT && errno != EHWPOISON);
}

}  // namespace almanac::cache
