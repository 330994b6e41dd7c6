#include "fft/wisdom_file.hpp"

#include "producer.hpp"
#include "recipes/fft_wisdom.hpp"

#include <almanac/compute/error.hpp>
#include <almanac/compute/fft_wisdom.hpp>
#include <almanac/compute/mixed_wisdom.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace almanac::fft {
namespace {

using compute::FftProblem;
using compute::Rigor;

constexpr std::array kMeasuringRigors{Rigor::exhaustive, Rigor::patient, Rigor::measure};
constexpr unsigned kEstimateFlag = 0x2;    // of FFTW's planner: ESTIMATE in kernel/ifftw.h
constexpr std::size_t kHashLength = 44;    // four times " #x" and eight digits

std::map<std::string, std::string> texts_in(const cache::Key& key) {
  std::map<std::string, std::string> parameters;
  for (auto& [name, value] : key.parameters()) parameters.emplace(name, std::move(value));
  return parameters;
}

/// Whether both name one processor, one instruction set and one FFTW.
bool of_one_host(const std::map<std::string, std::string>& a, const std::map<std::string, std::string>& b) {
  return std::ranges::all_of(std::array{"cpu", "isa", "signature"}, [&](const char* name) {
    const auto in_a = a.find(name), in_b = b.find(name);
    return in_a != a.end() && in_b != b.end() && in_a->second == in_b->second;
  });
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, length));
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return lines;
}

/// A record of a text that refuse_wisdom takes: "  (solver number #xlower #xupper #xlimit #x… #x… #x… #x…)".
struct Record {
  explicit Record(std::string_view line) {
    const std::size_t flags = line.find(" #x");
    solver = line.substr(3, flags - 3);
    what = line.substr(flags);
    problem = line.substr(line.size() - 1 - kHashLength, kHashLength);
    const std::string_view lower = line.substr(flags + 3);
    std::from_chars(lower.data(), lower.data() + lower.size(), lower_flags, 16);
  }
  std::string_view solver;      ///< with its number
  std::string_view what;        ///< flags and problem: what two records contradict each other about
  std::string_view problem;
  unsigned lower_flags = 0;
};

/// The digits of a hash alone.
std::string digits_of(std::string_view problem) {
  std::string digits;
  for (const char c : problem) {
    if (c != ' ' && c != '#' && c != 'x') digits += c;
  }
  return digits;
}

struct Bundle {
  std::string key;
  Rigor rigor;                ///< it was planned at
  std::chrono::nanoseconds cost;
  std::string text;
};

/// Puts bundles together, the first ones first.
void merge(const std::vector<Bundle>& bundles, CollectedWisdom& collected) {
  struct Kept {
    std::string_view solver;
    const Bundle* from;
  };
  std::map<std::string_view, Kept> kept;
  std::string records;
  for (const Bundle& bundle : bundles) {
    const auto lines = lines_of(bundle.text);
    for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
      const Record record(lines[i]);
      if ((record.lower_flags & kEstimateFlag) != 0) continue;
      const auto [place, is_new] = kept.try_emplace(record.what, Kept{record.solver, &bundle});
      if (is_new) {
        records += lines[i];
        records += '\n';
      } else if (place->second.solver != record.solver) {
        collected.conflicts.push_back({digits_of(record.problem), place->second.from->key, bundle.key});
      }
    }
  }
  if (bundles.empty()) return;
  collected.bundles = bundles.size();
  collected.records = kept.size();
  collected.text = std::string(lines_of(bundles.front().text).front()) + '\n' + records + ")\n";
}

template <class Real>
CollectedWisdom collect(cache::DiskTier& disk, const WisdomChoice& choice) {
  const auto ours = texts_in(recipes::fft_wisdom_request<Real>({.extent = {2}}).key);
  CollectedWisdom collected;
  std::vector<cache::Key> keys;
  const auto is_chosen = [&](const cache::Key& key, const std::map<std::string, std::string>& parameters) {
    if (key.kind() != "fft_wisdom" || !parameters.contains("precision")) return false;
    if (parameters.at("precision") != choice.precision) return false;
    const auto is_rigor = [&](Rigor rigor) { return parameters.at("rigor") == to_string(rigor); };
    const auto is_extent = [&](const auto& extent) { return parameters.at("extent") == cache::KeyValue(extent).text(); };
    return (choice.rigors.empty() || std::ranges::any_of(choice.rigors, is_rigor)) &&
           (choice.extents.empty() || std::ranges::any_of(choice.extents, is_extent));
  };
  const auto listed = disk.for_each([&](const cache::EntryInfo& entry) {
    const auto parameters = texts_in(entry.key);
    if (!is_chosen(entry.key, parameters)) return true;
    if (of_one_host(parameters, ours)) {
      keys.push_back(entry.key);
    } else {
      ++collected.of_other_hosts;
    }
    return true;
  });
  if (!listed) throw EnvironmentError(listed.error().message);

  std::vector<Bundle> bundles;
  for (const cache::Key& key : keys) {
    const auto entry = disk.get(key);
    if (!entry || !*entry) continue;    // removed meanwhile, or unsound: the tier has said so
    const cache::Array* array = (*entry)->artifact.find("wisdom");
    const bool is_text = array != nullptr && array->type() == cache::Type::u8;
    const std::string_view text = is_text ? recipes::bundle_of((*entry)->artifact) : std::string_view();
    if (const std::string reason = compute::refuse_wisdom<Real>(text); !reason.empty()) {
      collected.refused.push_back(fmt::format("{}: {}", key.text(), reason));
      continue;
    }
    const FftProblem asked{.rigor = compute::parse_rigor(texts_in(key).at("rigor")).value_or(Rigor::measure)};
    bundles.push_back({key.text(), recipes::planned_with((*entry)->artifact, asked).rigor, (*entry)->facts.cost, std::string(text)});
  }
  std::ranges::sort(bundles, [](const Bundle& a, const Bundle& b) {
    if (a.rigor != b.rigor) return a.rigor > b.rigor;
    return a.cost != b.cost ? a.cost > b.cost : a.key < b.key;
  });
  merge(bundles, collected);
  return collected;
}

/// The bundle of a problem at the highest rigor that has one.
template <class Real>
std::optional<std::pair<Rigor, std::string>> best_bundle(const compute::MixedWisdom<Real>& wisdom, FftProblem problem) {
  for (const Rigor rigor : kMeasuringRigors) {
    problem.rigor = rigor;
    if (std::string bundle = wisdom.bundle_of(problem); !bundle.empty()) return std::pair(rigor, std::move(bundle));
  }
  return std::nullopt;
}

template <class Real>
bool is_planned_by(const FftProblem& problem, const std::string& bundle) {
  try {
    const compute::FftPlan<Real> plan(problem, bundle);
    return true;
  } catch (const compute::WisdomError&) {
    return false;
  }
}

template <class Real>
void store(cache::DiskTier& disk, const FftProblem& problem, const std::string& bundle, TakenWisdom& taken) {
  const cache::Request request = recipes::fft_wisdom_request<Real>(problem);
  const auto there = disk.peek(request.key);
  if (there && *there) {
    taken.there_already.push_back(request.key.text());
    return;
  }
  const cache::EntryPtr entry = std::make_shared<const cache::Entry>(
      cache::Entry{request.key, recipes::bundle_artifact(bundle, {{"origin", "wisdom file"}}),
                   {.producer = this_producer(),
                    .host_binding = request.host_binding,
                    .cost = request.estimate,
                    .created = std::chrono::system_clock::now(),
                    .expires = {},
                    .dependencies = {}}});
  const auto stored = disk.put(entry);
  if (!stored) throw EnvironmentError(stored.error().message);
  taken.stored.push_back(request.key.text());
}

template <class Real>
TakenWisdom take(cache::DiskTier& disk, std::string_view text, std::span<const FftProblem> problems, const TakeOptions& options) {
  const compute::FftPlanningScope only_we_plan;
  const compute::MixedWisdom<Real> wisdom(text);
  TakenWisdom taken{.records = wisdom.records()};
  std::set<std::string> used;
  for (std::size_t i = 0; i < problems.size(); ++i) {
    if (options.stop && options.stop()) throw Interrupted();
    if (options.progress) options.progress(i, problems.size());
    std::optional<std::pair<Rigor, std::string>> found;
    try {
      found = best_bundle(wisdom, problems[i]);
    } catch (const compute::ArgumentError&) {
      continue;    // known elsewhere, and too large for this machine
    }
    if (!found) continue;
    ++taken.recognised;
    const auto lines = lines_of(found->second);
    for (std::size_t line = 1; line + 1 < lines.size(); ++line) used.emplace(lines[line]);
    for (const Rigor rigor : kMeasuringRigors) {
      if (!options.rigors.empty() && std::ranges::find(options.rigors, rigor) == options.rigors.end()) continue;
      FftProblem served = problems[i];
      served.rigor = rigor;
      if (rigor <= found->first && is_planned_by<Real>(served, found->second)) store<Real>(disk, served, found->second, taken);
    }
  }
  taken.unattributed = taken.records - used.size();
  return taken;
}

}  // namespace

CollectedWisdom collect_wisdom(cache::DiskTier& disk, const WisdomChoice& choice) {
  return recipes::in_precision(choice.precision, [&](auto real) { return collect<decltype(real)>(disk, choice); });
}

std::string_view precision_of_wisdom(std::string_view text) noexcept {
  const std::string_view head = text.substr(0, std::min(text.find('\n'), std::size_t{200}));
  if (head.find(" fftwf_wisdom ") != std::string_view::npos) return "single";
  return head.find(" fftwl_wisdom ") != std::string_view::npos ? "long_double" : "double";
}

TakenWisdom take_wisdom(cache::DiskTier& disk, std::string_view text, std::span<const FftProblem> problems, const TakeOptions& options) {
  return recipes::in_precision(precision_of_wisdom(text),
                               [&](auto real) { return take<decltype(real)>(disk, text, problems, options); });
}

}  // namespace almanac::fft
