// The server of wrapped programs, as front.cpp finds it in the library of all commands.

#include "bundle_server.hpp"
#include "exit_code.hpp"
#include "globals.hpp"
#include "server_door.hpp"

#include <almanac/compute/simd.hpp>
#include <almanac/engine.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

using namespace almanac;

struct Served {
  cli::Globals globals;
  std::optional<Engine> engine;
  std::optional<wrap::BundleServer> server;
};

/// Read before the program began: what has become of their files since is of no matter.
Config settings_of(const wrap::ServerStart& start) {
  std::vector<std::pair<std::string, std::string>> given;
  for (std::size_t at = 0; at + 1 < start.given_count; at += 2) given.emplace_back(start.given[at], start.given[at + 1]);
  Config config = Config::of(given);
  config.cache_dir = start.cache_dir;
  return config;
}

}  // namespace

ALMANAC_BEHIND_DOOR void* almanac_open_wrap_server(const wrap::ServerStart* start, char* problem, std::size_t bytes) noexcept {
  bool is_taken = false;
  try {
    auto served = std::make_unique<Served>();
    served->globals.quiet = start->is_quiet;
    served->engine.emplace(settings_of(*start), [&globals = served->globals](std::string_view line) { globals.warn(line); });
    is_taken = true;
    served->server.emplace(*served->engine, start->listener, *start->counts);
    return served.release();
  } catch (...) {
    if (!is_taken) ::close(start->listener);
    const std::string why = cli::failure_of(std::current_exception()).message;
    const std::size_t length = std::min(why.size(), bytes - 1);
    std::copy_n(why.data(), length, problem);
    problem[length] = '\0';
    return nullptr;
  }
}

ALMANAC_BEHIND_DOOR void almanac_close_wrap_server(void* server) noexcept {
  const std::unique_ptr<Served> served(static_cast<Served*>(server));
  served->server->stop();
}

ALMANAC_BEHIND_DOOR const char* almanac_instruction_set() noexcept {
  static const std::string name(compute::instruction_set());
  return name.c_str();
}
