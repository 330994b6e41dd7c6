#include "fft/planned_log.hpp"

#include "fft/one_holder.hpp"
#include "fft/planning_rates.hpp"
#include "recipes/fft_wisdom.hpp"

#include <almanac/cache/key.hpp>
#include <almanac/recipe.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace almanac {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".log";
constexpr std::string_view kMergeLock = "merge.lock";
constexpr std::size_t kMostNoted = 64;             // before they are written
constexpr std::size_t kManyJournals = 64;          // then they become one
constexpr std::size_t kMostJournals = 256;         // where they cannot
constexpr std::size_t kMostProblems = 2000;        // kept in all
constexpr std::uintmax_t kMostBytes = 4 << 20;     // of a journal that is ours
constexpr std::size_t kChecksumDigits = 8;

std::string checksum_of(std::string_view line) { return cache::Id::of(line).hex().substr(0, kChecksumDigits); }

/// "3 1204511 extent=512x512 …": what the checksum is over.
std::string line_of(const PlannedProblem& one) {
  std::string line = fmt::format("{} {}", one.count, one.planning.count());
  for (const auto& [name, text] : recipes::texts_of(one.spec, one.precision)) line += fmt::format(" {}={}", name, text);
  return line;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t end = line.find(' ');
    words.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return words;
    line.remove_prefix(end + 1);
  }
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < Number{}) return std::nullopt;
  return number;
}

std::optional<PlannedProblem> problem_of_line(std::string_view line) {
  const std::size_t sign = line.rfind(" #");
  if (sign == std::string_view::npos || line.substr(sign + 2) != checksum_of(line.substr(0, sign))) return std::nullopt;
  const std::vector<std::string_view> words = words_of(line.substr(0, sign));
  if (words.size() < 3) return std::nullopt;
  const auto count = number_of<std::uint64_t>(words[0]);
  const auto planning = number_of<std::int64_t>(words[1]);
  if (!count || !planning) return std::nullopt;
  ParameterTexts texts;
  for (const std::string_view word : std::span(words).subspan(2)) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    texts.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  try {
    const ParameterValues values = RecipeRegistry::builtin().at("fft_wisdom").parse(texts);
    return PlannedProblem{recipes::problem_of(values), std::get<std::string>(values.at("precision")), *count,
                          std::chrono::nanoseconds(*planning)};
  } catch (const std::invalid_argument&) {  // of another version
    return std::nullopt;
  }
}

std::vector<fs::path> journals_in(const fs::path& folder) {
  std::vector<fs::path> journals;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == kEnding) journals.push_back(at->path());
  }
  return journals;
}

/// What to plan first: what is planned by many and takes long.
double weight_of(const PlannedProblem& one) {
  const double mean = static_cast<double>(one.planning.count()) / static_cast<double>(std::max<std::uint64_t>(1, one.count));
  const auto estimate = static_cast<double>(recipes::planning_estimate(one.spec).count());
  return static_cast<double>(one.count) * std::max(mean, estimate);
}

std::vector<PlannedProblem> merged(std::span<const fs::path> journals) {
  std::map<std::string, PlannedProblem> by_text;
  for (const fs::path& journal : journals) {
    std::error_code error;
    if (fs::file_size(journal, error) > kMostBytes || error) continue;
    std::ifstream stream(journal, std::ios::binary);
    for (std::string line; std::getline(stream, line);) {
      auto one = problem_of_line(line);
      if (!one) continue;
      PlannedProblem bare = *one;
      bare.count = 0;
      bare.planning = {};
      const auto [place, fresh] = by_text.try_emplace(line_of(bare), *one);
      if (fresh) continue;
      std::uint64_t& count = place->second.count;
      if (__builtin_add_overflow(count, one->count, &count)) count = std::numeric_limits<std::uint64_t>::max();
      place->second.planning = saturated_sum(place->second.planning, one->planning);
    }
  }
  std::vector<PlannedProblem> all;
  for (auto& [text, one] : by_text) all.push_back(std::move(one));
  std::ranges::stable_sort(all, [](const PlannedProblem& a, const PlannedProblem& b) { return weight_of(a) > weight_of(b); });
  if (all.size() > kMostProblems) all.resize(kMostProblems);
  return all;
}

/// False ← not everything was written; then there is nothing of it, which would be counted once more with what is written again.
bool write_journal(const fs::path& folder, std::span<const PlannedProblem> problems) {
  std::error_code ignored;
  fs::create_directory(folder, ignored);
  std::random_device random;
  const fs::path journal = folder / fmt::format("{:08x}{:08x}{}", random(), random(), kEnding);
  std::ofstream stream(journal, std::ios::binary);
  for (const PlannedProblem& one : problems) {
    const std::string line = line_of(one);
    stream << line << " #" << checksum_of(line) << '\n';
  }
  stream.close();
  if (stream) return true;
  fs::remove(journal, ignored);
  return false;
}

/// Where nobody can put journals together (a file system without locks, somebody who holds one for ever), the oldest go.
void drop_oldest(std::vector<fs::path> journals) {
  if (journals.size() <= kMostJournals) return;
  std::error_code ignored;
  std::vector<std::pair<fs::file_time_type, fs::path>> by_age;
  for (fs::path& journal : journals) {
    const fs::file_time_type written = fs::last_write_time(journal, ignored);
    by_age.emplace_back(written, std::move(journal));
  }
  std::ranges::sort(by_age);
  for (std::size_t i = 0; i + kMostJournals < by_age.size(); ++i) fs::remove(by_age[i].second, ignored);
}

/// What all journals say; who is alone with them puts them into one. Who is killed meanwhile leaves some counted twice.
std::vector<PlannedProblem> put_together(const fs::path& folder, const OneHolder& alone) {
  const std::vector<fs::path> journals = journals_in(folder);
  std::vector<PlannedProblem> all = merged(journals);
  if (!alone || journals.size() < 2 || !write_journal(folder, all)) return all;
  std::error_code ignored;
  for (const fs::path& journal : journals) fs::remove(journal, ignored);
  return all;
}

}  // namespace

void PlannedLog::note(const FftSpec& spec, std::string_view precision, std::chrono::nanoseconds planning) noexcept try {
  if (folder_.empty()) return;
  {
    const std::scoped_lock guard(mutex_);
    noted_.push_back({spec, precision, planning});
    if (noted_.size() < kMostNoted) return;
  }
  flush();
} catch (const std::exception&) {  // no memory: not noted
}

void PlannedLog::flush() noexcept try {
  std::vector<Noted> noted;
  {
    const std::scoped_lock guard(mutex_);
    noted.swap(noted_);
  }
  if (noted.empty()) return;
  std::vector<PlannedProblem> problems;
  for (Noted& one : noted) problems.push_back({std::move(one.spec), std::string(one.precision), 1, one.planning});
  if (!write_journal(folder_, problems) || journals_in(folder_).size() <= kManyJournals) return;
  if (const OneHolder alone(folder_ / kMergeLock); alone) put_together(folder_, alone);
  drop_oldest(journals_in(folder_));
} catch (const std::exception&) {
}

std::vector<PlannedProblem> PlannedLog::read(const fs::path& folder) {
  return put_together(folder, OneHolder(folder / kMergeLock));
}

}  // namespace almanac
