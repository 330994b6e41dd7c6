// The server of wrapped programs, as front.cpp finds it in the library of all commands.

#include "bundle_server.hpp"
#include "context.hpp"
#include "exit_code.hpp"
#include "server_door.hpp"

#include <almanac/compute/simd.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include <unistd.h>

namespace {

using namespace almanac;

struct Served {
  cli::Context context;
  std::optional<wrap::BundleServer> server;
};

}  // namespace

ALMANAC_BEHIND_DOOR void* almanac_open_wrap_server(const wrap::ServerStart* start, char* problem, std::size_t bytes) noexcept {
  bool is_taken = false;
  try {
    auto served = std::make_unique<Served>();
    if (start->config_file != nullptr) served->context.config_file = start->config_file;
    if (start->cache_dir != nullptr) served->context.settings["cache_dir"] = start->cache_dir;
    served->context.quiet = start->is_quiet;
    Engine& engine = served->context.engine();
    is_taken = true;
    served->server.emplace(engine, start->listener, *start->counts);
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
