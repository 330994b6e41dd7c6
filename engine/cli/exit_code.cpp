#include "exit_code.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <string_view>

namespace almanac::cli {
namespace {

int say(int code, std::string_view text) {
  fmt::print(stderr, "almanac: {}\n", text);
  return code;
}

}  // namespace

int report(std::exception_ptr problem) {
  try {
    std::rethrow_exception(std::move(problem));
  } catch (const Interrupted&) {
    return say(kInterrupted, "interrupted");
  } catch (const EnvironmentError& error) {
    return say(kEnvironment, error.what());
  } catch (const std::filesystem::filesystem_error& error) {
    return say(kEnvironment, error.what());
  } catch (const std::bad_alloc&) {
    return say(kEnvironment, "out of memory");
  } catch (const std::invalid_argument& error) {  // InputError, compute::ArgumentError
    return say(kBadInput, error.what());
  } catch (const std::exception& error) {
    return say(kEnvironment, error.what());
  }
}

}  // namespace almanac::cli
