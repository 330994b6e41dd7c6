#include <almanac/validation.hpp>

#include "making.hpp"
#include "producer.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/error.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <optional>
#include <system_error>
#include <unordered_set>
#include <utility>

namespace almanac {
namespace {

using Clock = std::chrono::steady_clock;

/// Where an entry lies among all in [0, 2^64): the sample of a seed is what lies below a bar. So the sample depends on seed
/// and entries alone, not on their order, and takes no memory.
std::uint64_t place_of(std::uint64_t seed, const cache::Id& id) { return cache::Id::of(fmt::format("{} {}", seed, id.hex())).low; }

class Validation {
 public:
  Validation(Engine& engine, cache::DiskTier& disk, const ValidationOptions& options)
      : engine_(engine), disk_(disk), options_(options) {}

  ValidationReport run() {
    const Clock::time_point start = Clock::now();
    check_every_byte();
    if (options_.recompute > 0 && !stopped()) recompute_sample();
    if (options_.repair) repair();
    for (Wrong& one : wrong_) report_.findings.push_back(std::move(one.finding));
    report_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return std::move(report_);
  }

 private:
  struct Wrong {
    ValidationFinding finding;
    std::optional<cache::Key> key;
    std::int64_t coverage = 0;
    bool is_sound = false;          ///< every byte is as it was written, and yet it differs
    bool is_out_of_the_way = false;
    bool is_unreadable = false;     ///< denied or io: nobody here can say whether it is sound
  };

  bool stopped() {
    if (!report_.interrupted && options_.stop && options_.stop()) report_.interrupted = true;
    return report_.interrupted;
  }

  void say(std::string_view what, std::uint64_t done, std::uint64_t all) const {
    if (options_.progress) options_.progress({what, done, all});
  }

  void check_every_byte() {
    auto found = disk_.validate(options_.repair, [this](std::uint64_t done, std::uint64_t all) {
      report_.checked = done;
      say("checking every byte", done, all);
      return !stopped();
    });
    if (!found) throw EnvironmentError(found.error().message);
    for (cache::Finding& one : *found) {
      std::string key = one.key ? one.key->text() : std::string();
      const bool is_unreadable = one.code == cache::ErrorCode::denied || one.code == cache::ErrorCode::io;
      wrong_.push_back({{std::move(one.path), std::string(cache::to_string(one.code)), std::move(one.message), std::move(key), {}},
                        std::move(one.key), one.coverage, false, one.is_out_of_the_way, is_unreadable});
    }
  }

  /// Calls `visit` with each sound entry until it returns false.
  template <class Visit>
  void each_sound(const std::unordered_set<std::string>& unsound, Visit visit) {
    const auto listed = disk_.for_each([&](const cache::EntryInfo& entry) {
      if (stopped()) return false;
      if (!unsound.contains(entry.path)) visit(entry);
      return true;
    });
    if (!listed) throw EnvironmentError(listed.error().message);
  }

  void recompute_sample() {
    std::unordered_set<std::string> unsound;
    for (const Wrong& one : wrong_) unsound.insert(one.finding.path.string());
    constexpr auto kTop = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t bar = options_.recompute < 1 ? static_cast<std::uint64_t>(std::ldexp(options_.recompute, 64)) : kTop;
    std::uint64_t drawn = 0, lowest = kTop;
    each_sound(unsound, [&](const cache::EntryInfo& entry) {
      const std::uint64_t place = place_of(options_.seed, entry.key.id());
      if (place <= bar) ++drawn;
      lowest = std::min(lowest, place);
    });
    if (drawn == 0) {  // at least one
      bar = lowest;
      drawn = 1;
    }
    std::uint64_t done = 0;
    each_sound(unsound, [&](const cache::EntryInfo& entry) {
      if (place_of(options_.seed, entry.key.id()) > bar) return;
      say("recomputing", std::min(done++, drawn), drawn);
      recompute(entry);
    });
  }

  void recompute(const cache::EntryInfo& info) {
    const Making making = making_of(info.key, info.attributes);
    if (!making.request) {
      ++report_.not_recomputable;
      if (making.recipe != nullptr && making.recipe->version() == info.key.version()) look_over(info, *making.recipe);
      return;
    }
    const auto stored = disk_.get(info.key);
    if (!stored || !*stored) return;  // gone, expired or unreadable since it was checked
    const cache::Producer here = this_producer(), &maker = info.facts.producer;
    const bool same_maker = maker.version == here.version && maker.instruction_set == here.instruction_set;
    std::optional<std::string> difference;
    try {
      difference = making.recipe->difference((*stored)->artifact, making.values, same_maker);
    } catch (const std::exception&) {  // no memory for a second one: that says nothing about the first
      ++report_.not_recomputable;
      return;
    }
    ++report_.recomputed;
    if (!difference) return;
    wrong_.push_back({{info.path, "differs", *std::move(difference), info.key.text(), {}},
                      info.key, cache::coverage_of(info.attributes), true, false, false});
  }

  /// What nobody here makes anew may yet be seen to be wrong.
  void look_over(const cache::EntryInfo& info, const Recipe& recipe) {
    const auto stored = disk_.get(info.key);
    if (!stored || !*stored) return;
    std::optional<std::string> refusal = recipe.refusal((*stored)->artifact, info.key);
    if (!refusal) return;
    wrong_.push_back({{info.path, "differs", *std::move(refusal), info.key.text(), {}},
                      info.key, cache::coverage_of(info.attributes), true, false, false});
  }

  void repair() {
    std::uint64_t done = 0;
    for (Wrong& one : wrong_) {
      if (!stopped()) say("rebuilding", done++, wrong_.size());
      if (!one.is_sound && !one.is_out_of_the_way) {
        one.finding.repair = one.is_unreadable ? "left where it is: it may be sound for who can read it"
                                               : "left where it is: it could not be moved to quarantine";
        continue;
      }
      const std::string why_not = report_.interrupted ? "stopped before it was made again" : rebuild(one);
      if (why_not.empty()) {
        one.finding.repair = "rebuilt";
      } else {
        one.finding.repair = (one.is_sound ? "left where it is: " : "quarantined: ") + why_not;
      }
    }
  }

  /// Makes it again, in its place. Gives why not; empty: done.
  std::string rebuild(const Wrong& one) {
    if (!one.key) return "nobody can tell what it was";
    cache::Attributes attributes;
    if (one.coverage > 0) attributes[std::string(cache::kCoverage)] = one.coverage;
    Making making = making_of(*one.key, attributes);
    if (!making.request) return making.why_not;
    cache::Request& request = *making.request;
    request.keep = true;
    try {
      if (one.is_sound) {
        set_aside(one);
        request.recompute = true;
      }
      cache::Answer answer = engine_.get(request);
      if (!is_on_disk(request, answer) && !request.recompute) {  // it was in memory all the time
        request.recompute = true;
        answer = engine_.get(request);
      }
      return is_on_disk(request, answer) ? "" : "the cache did not keep what was made";
    } catch (const Interrupted&) {
      report_.interrupted = true;
      return "stopped before it was made again";
    } catch (const std::exception& problem) {
      return problem.what();
    }
  }

  bool is_on_disk(const cache::Request& request, const cache::Answer& answer) {
    const auto stored = disk_.get(request.key);
    if (!stored || !*stored || cache::coverage_of((*stored)->artifact.attributes()) < request.coverage) return false;
    return !request.recompute || cache::identical((*stored)->artifact, answer.entry->artifact);
  }

  /// A copy in quarantine of an entry that is about to be replaced, with the reason beside it. It is for whoever wants to
  /// know why; where it cannot be made, the entry is replaced all the same.
  void set_aside(const Wrong& one) const {
    const std::filesystem::path folder = disk_.root() / "quarantine";
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    const std::string name = fmt::format("{}-{:x}", one.key->id().hex(), now);
    const auto copied = disk_.export_entry(one.key->id(), folder / (name + ".h5"));
    if (copied.ok() && *copied) std::ofstream(folder / (name + ".txt")) << one.finding.reason << ": " << one.finding.message << '\n';
  }

  Engine& engine_;
  cache::DiskTier& disk_;
  const ValidationOptions& options_;
  ValidationReport report_;
  std::vector<Wrong> wrong_;
};

}  // namespace

ValidationReport validate(Engine& engine, const ValidationOptions& options) {
  if (!(options.recompute >= 0 && options.recompute <= 1)) {
    throw compute::ArgumentError("recompute", fmt::format("{}", options.recompute), "lie in [0, 1]");
  }
  cache::DiskTier* const disk = engine.disk();
  if (disk == nullptr) throw EnvironmentError("there is no cache on disk to validate");
  if (disk->problem()) throw EnvironmentError(disk->problem()->message);
  return Validation(engine, *disk, options).run();
}

}  // namespace almanac
