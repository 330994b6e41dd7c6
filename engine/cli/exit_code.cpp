#include "exit_code.hpp"

#include <almanac/error.hpp>

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

}  // namespace almanac::cli
