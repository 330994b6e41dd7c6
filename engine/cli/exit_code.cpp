#include "exit_code.hpp"

#include <almanac/cache/one_line.hpp>
#include <almanac/error.hpp>

#include <cstdio>
#include <filesystem>
#include <new>
#include <stdexcept>

namespace almanac::cli {

Failure failure_of(std::exception_ptr problem) {
  try {
    std::rethrow_exception(std::move(problem));
  } catch (const Interrupted&) {
    return {kInterrupted, "interrupted"};
  } catch (const EnvironmentError& error) {
    return {kEnvironment, error.what()};
  } catch (const std::filesystem::filesystem_error& error) {
    return {kEnvironment, error.what()};
  } catch (const std::bad_alloc&) {
    return {kEnvironment, "out of memory"};
  } catch (const std::invalid_argument& error) {  // InputError, compute::ArgumentError
    return {kBadInput, error.what()};
  } catch (const std::exception& error) {
    return {kEnvironment, error.what()};
  }
}

void say(const Failure& failure) { std::fputs(("almanac: " + cache::one_line(failure.message) + '\n').c_str(), stderr); }

Json document_of(const Failure& failure) { return {{"error", {{"exit_code", failure.exit_code}, {"message", failure.message}}}}; }

}  // namespace almanac::cli
