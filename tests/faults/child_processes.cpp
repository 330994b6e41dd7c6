#include "child_processes.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>

#include <sys/wait.h>
#include <unistd.h>

namespace almanac::testing {

Signal::Signal() {
  if (::pipe(ends_.data()) != 0) throw std::runtime_error("pipe");
}

Signal::~Signal() {
  for (const int end : ends_) ::close(end);
}

void Signal::give(int times) const {
  for (; times > 0; --times) {
    while (::write(ends_[1], "x", 1) < 0 && errno == EINTR) {
    }
  }
}

void Signal::await(int times) const {
  for (; times > 0; --times) {
    char byte = 0;
    while (::read(ends_[0], &byte, 1) < 0 && errno == EINTR) {
    }
  }
}

ChildProcesses::~ChildProcesses() {
  for (const pid_t child : children_) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  for (const pid_t child : killed_) ::waitpid(child, nullptr, 0);
}

pid_t ChildProcesses::start(const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork");
  if (child == 0) {
    int code = 2;
    try {
      code = body() ? 0 : 1;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "process %d: %s\n", ::getpid(), error.what());
    } catch (...) {
    }
    ::_exit(code);
  }
  children_.push_back(child);
  return child;
}

void ChildProcesses::expect_well(pid_t child) {
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  std::erase(children_, child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "process " << child << ", status " << status;
}

void ChildProcesses::expect_all_well(pid_t but) {
  const std::vector<pid_t> all = children_;
  for (const pid_t child : all) {
    if (child != but) expect_well(child);
  }
}

void ChildProcesses::kill(pid_t child) {
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  siginfo_t info;
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(info.si_code, CLD_KILLED) << "process " << child << " had ended by itself with " << info.si_status;
  std::erase(children_, child);
  killed_.push_back(child);
}

std::vector<std::filesystem::path> leftovers_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  for (const auto& at : std::filesystem::recursive_directory_iterator(folder)) {
    if (at.path().filename().string().starts_with(".tmp-")) found.push_back(at.path());
  }
  return found;
}

}  // namespace almanac::testing
