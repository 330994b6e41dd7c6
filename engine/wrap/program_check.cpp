#include "program_check.hpp"

#include <elf.h>
#include <link.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>

namespace almanac::wrap {
namespace {

namespace fs = std::filesystem;

/// Scripts whose interpreters are scripts: Linux goes as deep.
constexpr int kMostInterpreters = 4;
constexpr std::uint64_t kLongestLoader = 4096;

#if defined(__x86_64__)
constexpr int kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr int kMachine = EM_AARCH64;
#elif defined(__powerpc64__)
constexpr int kMachine = EM_PPC64;
#elif defined(__riscv)
constexpr int kMachine = EM_RISCV;
#else
constexpr int kMachine = EM_NONE;
#endif

fs::path find_program(std::string_view name) {
  if (name.find('/') != std::string_view::npos) return ::access(std::string(name).c_str(), F_OK) == 0 ? fs::path(name) : fs::path();
  const char* variable = std::getenv("PATH");
  std::string_view folders = variable != nullptr ? variable : "/bin:/usr/bin";
  while (true) {
    const std::size_t end = std::min(folders.find(':'), folders.size());
    const fs::path file = fs::path(end == 0 ? std::string_view(".") : folders.substr(0, end)) / name;
    struct stat status {};
    if (::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(file.c_str(), X_OK) == 0) return file;
    if (end == folders.size()) return {};
    folders.remove_prefix(end + 1);
  }
}

std::string rights_obstacle(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {};
  if ((status.st_mode & S_ISUID) != 0) return "it is setuid: it runs with its owner's rights";
  if ((status.st_mode & S_ISGID) != 0 && (status.st_mode & S_IXGRP) != 0) return "it is setgid: it runs with its group's rights";
  if (::getxattr(file.c_str(), "security.capability", nullptr, 0) > 0) return "its file grants it capabilities";
  return {};
}

/// The dynamic loader of this very program, as it names it; empty: it has none.
std::string own_loader() {
  std::string loader;
  const auto look = [](dl_phdr_info* info, std::size_t, void* found) {
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      const auto& segment = info->dlpi_phdr[i];
      if (segment.p_type == PT_INTERP) *static_cast<std::string*>(found) = reinterpret_cast<const char*>(info->dlpi_addr + segment.p_vaddr);
    }
    return 1;  // the program itself is the first
  };
  ::dl_iterate_phdr(look, &loader);
  return loader;
}

/// The library that is loaded is of our C library's making: it has no place beside another one.
std::string loader_obstacle(const std::string& loader) {
  std::error_code error, own_error;
  const std::string own = own_loader();
  if (own.empty() || loader == own || fs::canonical(loader, error) == fs::canonical(own, own_error) || own_error) return {};
  if (loader.find("musl") != std::string::npos) return "it runs on another C library (musl)";
  return "it has another dynamic loader (" + loader + ")";
}

template <class Header, class Segment>
std::string segments_obstacle(std::ifstream& stream) {
  Header header;
  stream.seekg(0);
  if (!stream.read(reinterpret_cast<char*>(&header), sizeof header)) return {};
  for (int i = 0; i < header.e_phnum; ++i) {
    Segment segment;
    stream.seekg(static_cast<std::streamoff>(header.e_phoff) + i * static_cast<std::streamoff>(header.e_phentsize));
    if (!stream.read(reinterpret_cast<char*>(&segment), sizeof segment)) break;
    if (segment.p_type != PT_INTERP) continue;
    std::string loader(std::min<std::uint64_t>(segment.p_filesz, kLongestLoader), '\0');
    stream.seekg(static_cast<std::streamoff>(segment.p_offset));
    stream.read(loader.data(), static_cast<std::streamsize>(loader.size()));
    return loader_obstacle(loader.c_str());
  }
  return "it is linked statically";
}

std::string elf_obstacle(std::ifstream& stream, const std::array<char, EI_NIDENT>& identity) {
  constexpr int kOurClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
  if (identity[EI_CLASS] != kOurClass) return identity[EI_CLASS] == ELFCLASS32 ? "it is a 32-bit program" : "it is a 64-bit program";
  Elf64_Ehdr header;
  stream.seekg(0);
  if (stream.read(reinterpret_cast<char*>(&header), sizeof header) && kMachine != EM_NONE && header.e_machine != kMachine) {
    return "it is a program of another machine";
  }
  return sizeof(void*) == 8 ? segments_obstacle<Elf64_Ehdr, Elf64_Phdr>(stream) : segments_obstacle<Elf32_Ehdr, Elf32_Phdr>(stream);
}

/// The interpreter that a script names in its first line.
std::optional<fs::path> interpreter_of(std::ifstream& stream) {
  std::array<char, 256> line{};
  stream.clear();
  stream.seekg(0);
  stream.read(line.data(), line.size() - 1);
  std::string_view text(line.data(), static_cast<std::size_t>(stream.gcount()));
  if (!text.starts_with("#!")) return std::nullopt;
  text = text.substr(2, text.find('\n') == std::string_view::npos ? text.npos : text.find('\n') - 2);
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return std::nullopt;
  text.remove_prefix(begin);
  return fs::path(text.substr(0, text.find_first_of(" \t")));
}

std::string obstacle_of(const fs::path& file, int depth) {
  std::ifstream stream(file, std::ios::binary);
  std::array<char, EI_NIDENT> identity{};
  if (!stream.is_open()) return rights_obstacle(file);  // it may be run, and not be read
  stream.read(identity.data(), identity.size());
  if (std::memcmp(identity.data(), ELFMAG, SELFMAG) == 0) {
    std::string obstacle = rights_obstacle(file);
    return obstacle.empty() ? elf_obstacle(stream, identity) : obstacle;
  }
  const auto interpreter = interpreter_of(stream);
  if (!interpreter || depth >= kMostInterpreters) return {};
  std::string obstacle = obstacle_of(*interpreter, depth + 1);
  return obstacle.empty() ? obstacle : "of its interpreter " + interpreter->string() + ": " + obstacle;
}

}  // namespace

ProgramCheck check_program(std::string_view name) {
  ProgramCheck check{.file = find_program(name), .obstacle = {}};
  if (!check.file.empty()) check.obstacle = obstacle_of(check.file, 0);
  return check;
}

}  // namespace almanac::wrap
