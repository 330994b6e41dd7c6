// Whether what the cache stores of its own accord is worth it: for each artifact of the standard catalog, what a new process takes that
// loads it, and what one takes that makes it anew. Each is measured as it happens, in processes of their own that ask for nothing
// else; what is loaded is held against what is made first, where the recipe promises its bits.
// Exit code 1: something was stored that is slower to load than to make.

#include "temporary_folder.hpp"

#include <almanac/quantity.hpp>
#include <almanac/warmup.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace almanac::bench {
namespace {

using std::chrono::nanoseconds;

constexpr int kRounds = 9;
constexpr const char* kOneRequest = "--one-request";  // FOLDER ITEM: what a measured process is called with; an empty folder: no cache

const Catalog& catalog() {
  static const Catalog standard = Catalog::load(ALMANAC_STANDARD_CATALOG);
  return standard;
}

cache::Request request_of(std::size_t item) { return catalog().items[item].recipe->request(catalog().items[item].values); }

Config config_in(const std::string& folder) {
  Config config;
  config.enabled = !folder.empty();
  config.cache_dir = folder;
  return config;
}

/// The measured process: says where the answer came from and how many nanoseconds it took.
int answer_one(const char* folder, const char* item) {
  const cache::Request request = request_of(static_cast<std::size_t>(std::atoll(item)));
  Engine engine(config_in(folder));
  const auto start = std::chrono::steady_clock::now();
  const cache::Answer answer = engine.get(request);
  const nanoseconds took = std::chrono::steady_clock::now() - start;
  fmt::print("{} {}\n", answer.source, took.count());
  return 0;
}

/// The median of the rounds of that process. Errors: std::runtime_error ← it does not answer from `source`.
nanoseconds time_in_new_processes(const std::string& program, const std::string& folder, std::size_t item, std::string_view source) {
  std::vector<nanoseconds> times;
  for (int round = 0; round < kRounds; ++round) {
    const std::string command = fmt::format("'{}' {} '{}' {}", program, kOneRequest, folder, item);
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    std::array<char, 64> from{};
    long long took = 0;
    if (!pipe || std::fscanf(pipe.get(), "%63s %lld", from.data(), &took) != 2 || source != from.data()) {
      throw std::runtime_error(fmt::format("{}: no answer from {}", command, source));
    }
    times.emplace_back(took);
  }
  std::ranges::nth_element(times, times.begin() + kRounds / 2);
  return times[kRounds / 2];
}

struct Row {
  std::string key;
  std::uint64_t bytes = 0;
  nanoseconds making{0}, loading{0};
  bool is_stored = false;
};

/// A process asks once, implicitly, in an empty cache; has the disk got it afterwards?
Row judge(const std::string& program, std::size_t item) {
  const TemporaryFolder folder;
  const cache::Request request = request_of(item);
  Row row{.key = request.key.text()};
  row.making = time_in_new_processes(program, "", item, "computed");
  const std::string command = fmt::format("'{}' {} '{}' {} >/dev/null", program, kOneRequest, folder.path().string(), item);
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
  Engine engine(config_in(folder.path()));
  const auto found = engine.disk()->peek(request.key);
  row.is_stored = found.ok() && found->has_value();
  // What was passed by is stored now by name, to know what loading it would have taken.
  cache::Request by_name = request;
  by_name.keep = true;
  by_name.recompute = !row.is_stored;
  row.bytes = engine.get(by_name).entry->artifact.bytes();
  row.loading = time_in_new_processes(program, folder.path(), item, "disk");
  if (catalog().items[item].recipe->portable() &&
      !cache::identical(Engine(config_in(folder.path())).get(request).entry->artifact, Engine(config_in("")).get(request).entry->artifact)) {
    throw std::runtime_error(row.key + " is loaded with other bits than it is made with");
  }
  return row;
}

int run(const std::string& program) {
  std::set<std::pair<std::string, std::int64_t>> seen;
  int losing = 0;
  fmt::print("{:>10}  {:>10}  {:>10}  {:>9}  {:6}  key\n", "bytes", "make", "load", "make/load", "stored");
  for (std::size_t item = 0; item < catalog().items.size(); ++item) {
    const cache::Request request = request_of(item);
    if (!seen.emplace(request.key.text(), request.coverage).second) continue;
    const Row row = judge(program, item);
    const bool loses = row.is_stored && row.loading > row.making;
    losing += loses ? 1 : 0;
    fmt::print("{:>10}  {:>10}  {:>10}  {:>9.2f}  {:6}  {}{}\n", format_size(row.bytes), format_duration(row.making), format_duration(row.loading),
               static_cast<double>(row.making.count()) / static_cast<double>(row.loading.count()), row.is_stored ? "yes" : "no",
               row.key.substr(0, 100), loses ? "  LOSES" : "");
    std::fflush(stdout);
  }
  fmt::print("{} stored implicitly and slower to load than to make: asked 0\n", losing);
  return losing == 0 ? 0 : 1;
}

}  // namespace
}  // namespace almanac::bench

int main(int argc, char** argv) try {
  if (argc == 4 && std::strcmp(argv[1], almanac::bench::kOneRequest) == 0) return almanac::bench::answer_one(argv[2], argv[3]);
  return almanac::bench::run(std::filesystem::read_symlink("/proc/self/exe"));
} catch (const std::exception& failure) {
  fmt::print(stderr, "bench_worth: {}\n", failure.what());
  return 3;
}
