#include "fft/diagnosis.hpp"

#include "recipes/fft_wisdom.hpp"

#include <almanac/compute/fft_wisdom.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <unistd.h>

namespace almanac::fft {
namespace {

using Parameters = std::map<std::string, std::string>;

Parameters parameters_of(const cache::Key& key) {
  Parameters parameters;
  for (auto& [name, value] : key.parameters()) parameters.emplace(name, std::move(value));
  return parameters;
}

const std::string kNotSaid = "-";   // a field that only the other key has

/// Field by field.
std::vector<Diagnosis::NearMiss::Difference> differences(const cache::Key& there, const cache::Key& wanted) {
  std::vector<Diagnosis::NearMiss::Difference> found;
  if (there.version() != wanted.version()) {
    found.push_back({"version", std::to_string(there.version()), std::to_string(wanted.version())});
  }
  Parameters of_there = parameters_of(there);
  for (const auto& [name, value] : parameters_of(wanted)) {
    const auto place = of_there.find(name);
    const std::string other = place == of_there.end() ? kNotSaid : place->second;
    if (other != value) found.push_back({name, other, value});
    if (place != of_there.end()) of_there.erase(place);
  }
  for (const auto& [name, value] : of_there) found.push_back({name, value, kNotSaid});
  return found;
}

/// Bundles of these extents and transforms under other keys.
void find_near_misses(const cache::DiskTier& disk, Diagnosis& diagnosis) {
  const Parameters wanted = parameters_of(diagnosis.key);
  auto& found = diagnosis.near_misses;
  const auto by_differences = [](const Diagnosis::NearMiss& a, const Diagnosis::NearMiss& b) {
    return a.differences.size() != b.differences.size() ? a.differences.size() < b.differences.size() : a.key < b.key;
  };
  const auto listed = disk.for_each([&](const cache::EntryInfo& entry) {
    if (entry.key.kind() != diagnosis.key.kind() || entry.key == diagnosis.key) return true;
    const Parameters there = parameters_of(entry.key);
    for (const char* name : {"extent", "transform"}) {
      const auto place = there.find(name);
      if (place == there.end() || place->second != wanted.at(name)) return true;
    }
    Diagnosis::NearMiss miss{entry.key.text(), entry.key.id().hex(), differences(entry.key, diagnosis.key)};
    found.insert(std::ranges::upper_bound(found, miss, by_differences), std::move(miss));
    if (found.size() > Diagnosis::kMostNearMisses) {
      found.pop_back();
      ++diagnosis.more_near_misses;
    }
    return true;
  });
  if (!listed) throw EnvironmentError(listed.error().message);
}

/// What was moved out of the way of this key before, with the reason that was written down.
void note_quarantine(const cache::DiskTier& disk, Diagnosis& diagnosis) {
  std::error_code error;
  const std::string id = diagnosis.key.id().hex();
  for (std::filesystem::directory_iterator at(disk.root() / "quarantine", error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with(id) || at->path().extension() != ".txt") continue;
    std::ifstream file(at->path());
    std::string code, path, message;
    if (std::getline(file, code) && std::getline(file, path) && std::getline(file, message)) {
      diagnosis.notes.push_back(fmt::format("an entry of this key was moved to quarantine ({}): {}", code, message));
    }
  }
}

cache::Key key_of(const compute::FftProblem& problem, std::string_view precision) {
  return recipes::in_precision(precision, [&](auto real) { return recipes::fft_wisdom_request<decltype(real)>(problem).key; });
}

/// Why FFTW makes no plan of the problem with this bundle; empty: it does.
std::string refusal_of(const cache::Artifact& artifact, const compute::FftProblem& problem, std::string_view precision) {
  return recipes::in_precision(precision, [&](auto real) -> std::string {
    try {
      const compute::FftPlan<decltype(real)> plan(recipes::planned_with(artifact, problem), recipes::bundle_of(artifact));
      return {};
    } catch (const compute::WisdomError& refusal) {
      return refusal.what();
    } catch (const std::logic_error&) {   // no array of that name and type
      return "it holds no wisdom";
    }
  });
}

/// Looks at what is there under the key; gives whether there is a file at all.
void look_at_entry(cache::DiskTier& disk, const compute::FftProblem& problem, std::string_view precision, Diagnosis& diagnosis) {
  const auto by_id = disk.peek(diagnosis.key.id());
  if (!by_id) {
    diagnosis.verdict = fmt::format("the entry cannot be read: {}", by_id.error().message);
    return;
  }
  if (*by_id) diagnosis.entry = **by_id;
  const auto entry = disk.get(diagnosis.key);
  if (!entry) {
    diagnosis.verdict = fmt::format("the entry cannot be read: {}", entry.error().message);
  } else if (*entry) {
    const std::string refusal = refusal_of((*entry)->artifact, problem, precision);
    diagnosis.usable = refusal.empty();
    diagnosis.verdict = refusal.empty() ? "there is wisdom, and it is used" : fmt::format("there is an entry, but its bundle is not used: {}", refusal);
  } else if (!diagnosis.entry) {
    diagnosis.verdict = "there is no wisdom of this transform";
  } else {
    const auto expires = diagnosis.entry->facts.expires;
    diagnosis.verdict = expires && *expires <= std::chrono::system_clock::now() ? "there is an entry, but it has expired"
                                                                                : "there was an entry, but it is damaged";
  }
}

/// An adaptive request takes any bundle of its problem, and one that was searched for longer before its own that was compared
/// with none.
void look_at_other_rigors(cache::DiskTier& disk, compute::FftProblem problem, std::string_view precision, Diagnosis& diagnosis) {
  const bool is_measured = diagnosis.usable;
  for (const auto rigor : {compute::Rigor::patient, compute::Rigor::exhaustive, compute::Rigor::measure}) {
    if (is_measured && rigor == compute::Rigor::measure) return;
    problem.rigor = rigor;
    Diagnosis other{.key = key_of(problem, precision)};
    look_at_entry(disk, problem, precision, other);
    if (!other.usable) continue;
    diagnosis.usable = true;
    diagnosis.verdict = fmt::format("there is no {}adaptive wisdom yet; what was planned at {} is used", is_measured ? "compared " : "", to_string(rigor));
    diagnosis.entry = std::move(other.entry);
    return;
  }
}

struct Meaning {
  std::string_view field, sentence;
};
constexpr std::array kMeanings{
    Meaning{"alignment", "it is for arrays that begin at other addresses, modulo 16"},
    Meaning{"batch", "it is for another number of transforms at once"},
    Meaning{"cpu", "it was measured on another processor"},
    Meaning{"direction", "forward and backward are planned apart"},
    Meaning{"flags", "a program planned it with flags of its own"},
    Meaning{"in_place", "in place and out of place are planned apart"},
    Meaning{"isa", "it was measured with another instruction set"},
    Meaning{"precision", "each precision has an FFTW of its own"},
    Meaning{"rigor", "each rigor has its own"},
    Meaning{"signature", "it is of an FFTW with other solvers, or of another version"},
    Meaning{"split", "it is for real and imaginary parts that lie otherwise"},
    Meaning{"strides", "it is for elements that lie otherwise"},
    Meaning{"threads", "a plan is made for a number of threads"},
};

/// As a number; a text that is none is beyond all.
int version_in(std::string_view text) noexcept {
  int version = std::numeric_limits<int>::max();
  std::from_chars(text.data(), text.data() + text.size(), version);
  return version;
}

}  // namespace

std::string_view meaning_of(const Diagnosis::NearMiss::Difference& difference) noexcept {
  if (difference.field == "version") {
    return version_in(difference.there) < version_in(difference.wanted)
               ? "it was stored by an older Almanac, whose keys said less; it is not used any more"
               : "it was stored by a newer Almanac, whose keys say more";
  }
  if (difference.there == kNotSaid || difference.wanted == kNotSaid) return {};   // of which the version says why
  const auto found = std::ranges::find(kMeanings, difference.field, &Meaning::field);
  return found == kMeanings.end() ? std::string_view() : found->sentence;
}

Diagnosis diagnose(Engine& engine, const compute::FftProblem& problem, std::string_view precision) {
  Diagnosis diagnosis{.key = key_of(problem, precision)};
  cache::DiskTier* disk = engine.disk();
  if (problem.rigor == compute::Rigor::estimate) {
    diagnosis.verdict = "estimating takes no wisdom: it is planned anew, alike, each time";
    return diagnosis;
  }
  if (disk == nullptr) {
    diagnosis.verdict = "the cache is off: the settings leave none on disk (enabled or disk is false)";
    return diagnosis;
  }
  if (disk->problem()) {
    diagnosis.verdict = fmt::format("the cache cannot be used: {}", disk->problem()->message);
    return diagnosis;
  }
  look_at_entry(*disk, problem, precision, diagnosis);
  const bool is_compared = diagnosis.usable && cache::coverage_of(diagnosis.entry->attributes) >= recipes::kPatientCoverage;
  if (problem.rigor == compute::Rigor::adaptive && !is_compared) look_at_other_rigors(*disk, problem, precision, diagnosis);
  if (!diagnosis.usable) {
    find_near_misses(*disk, diagnosis);
    note_quarantine(*disk, diagnosis);
    if (access(disk->root().c_str(), W_OK) != 0) {
      diagnosis.notes.push_back(fmt::format("{} is read-only here: what is planned is not kept", disk->root().string()));
    }
  }
  return diagnosis;
}

}  // namespace almanac::fft
