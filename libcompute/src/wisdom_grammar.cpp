#include "wisdom_grammar.hpp"

#include <almanac/compute/fft_wisdom.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace almanac::compute {
namespace {

// Widths of the planner's bit fields; a number that does not fit makes FFTW abort the process.
constexpr std::uint32_t kFlagLimit = 1U << 20;
constexpr std::uint32_t kSolverLimit = (1U << 12) - 1;    // the last one means "infeasible"
constexpr std::size_t kLongestSolverName = 63;
constexpr std::string_view kTimeout = "TIMEOUT";

bool is_lower_hex(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool is_name_character(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

// Reads one line from the left; every reader leaves the rest and answers whether what it wants was there.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : rest_(line) {}

  bool literal(std::string_view expected) noexcept {
    if (rest_.substr(0, expected.size()) != expected) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  std::string_view word(std::size_t longest) noexcept {
    std::size_t length = 0;
    while (length < rest_.size() && length <= longest && is_name_character(rest_[length])) ++length;
    return length > longest ? std::string_view() : take(length);
  }

  /// A decimal number of up to four digits without leading zeros.
  std::optional<std::uint32_t> decimal() noexcept {
    std::size_t length = 0;
    std::uint32_t value = 0;
    while (length < rest_.size() && length < 4 && rest_[length] >= '0' && rest_[length] <= '9') {
      value = value * 10 + static_cast<std::uint32_t>(rest_[length] - '0');
      ++length;
    }
    if (length == 0 || (length > 1 && rest_.front() == '0')) return std::nullopt;
    take(length);
    return value;
  }

  /// " #x" and one to eight hexadecimal digits without leading zeros.
  std::optional<std::uint32_t> flags() noexcept {
    if (!literal(" #x")) return std::nullopt;
    std::size_t length = 0;
    std::uint32_t value = 0;
    while (length < rest_.size() && length < 8 && is_lower_hex(rest_[length])) {
      const char c = rest_[length];
      value = value * 16 + static_cast<std::uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10);
      ++length;
    }
    if (length == 0 || (length > 1 && rest_.front() == '0')) return std::nullopt;
    take(length);
    return value;
  }

  /// Four times " #x" and exactly eight hexadecimal digits: the 32 digits, or an empty string.
  std::string hash() {
    std::string digits;
    for (int part = 0; part < 4; ++part) {
      if (!literal(" #x") || rest_.size() < 8) return {};
      for (std::size_t i = 0; i < 8; ++i) {
        if (!is_lower_hex(rest_[i])) return {};
      }
      digits += take(8);
    }
    return digits;
  }

  bool at_end() const noexcept { return rest_.empty(); }

  std::string_view until(char stop) noexcept { return take(std::min(rest_.find(stop), rest_.size())); }

 private:
  std::string_view take(std::size_t length) noexcept {
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  std::string_view rest_;
};

// Takes the first line, without its newline, off the text; nothing when there is no newline.
std::optional<std::string_view> take_line(std::string_view& text) noexcept {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<WisdomHeader> parse_header(std::string_view line) {
  LineReader reader(line);
  if (!reader.literal("(")) return std::nullopt;
  WisdomHeader header;
  header.version = reader.until(' ');
  if (!reader.literal(" ")) return std::nullopt;
  header.name = reader.until(' ');
  header.signature = reader.hash();
  if (header.signature.empty() || !reader.at_end()) return std::nullopt;
  return header;
}

std::string_view refuse_header(std::string_view line, const WisdomHeader& expected) {
  const std::optional<WisdomHeader> header = parse_header(line);
  if (!header) return "this is not the header of FFTW wisdom";
  if (header->version != expected.version) return "wisdom of another FFTW version";
  if (header->name != expected.name) return "wisdom of another precision";
  if (header->signature != expected.signature) return "wisdom of an FFTW with other solvers (signature)";
  return {};
}

// `problem` is the first half of its hash where the record is sound.
std::string_view refuse_record(std::string_view line, std::string& problem) {
  LineReader reader(line);
  if (!reader.literal("  (")) return "this is not a record";
  const std::string_view solver = reader.word(kLongestSolverName);
  if (solver.empty()) return "the solver's name is missing, too long or has odd characters";
  if (solver == kTimeout) return "a record of a search that ran out of time";
  if (!reader.literal(" ")) return "the solver's name is missing, too long or has odd characters";
  const auto number = reader.decimal();
  if (!number || *number >= kSolverLimit) return "the solver's number is out of range";
  const auto lower = reader.flags();
  const auto upper = reader.flags();
  if (!lower || !upper || *lower >= kFlagLimit || *upper >= kFlagLimit) return "the planner's flags do not fit 20 bits";
  if ((*lower & ~*upper) != 0) return "the planner's lower flags are not among the upper ones";
  const auto time_limit = reader.flags();
  if (!time_limit || *time_limit != 0) return "a time limit in a record that is not of a timeout";
  problem = reader.hash();
  if (problem.empty()) return "the problem's hash is not four times eight hexadecimal digits";
  if (!reader.literal(")") || !reader.at_end()) return "something follows the record";
  problem.resize(problem.size() / 2);
  return {};
}

// The problems of the records read, with their lines.
using ProblemLines = std::vector<std::pair<std::string, std::size_t>>;

// The line of the first record beyond kMostRecordsOfAProblem of one problem; 0: there is none.
std::size_t line_of_one_too_many(ProblemLines problems) {
  std::sort(problems.begin(), problems.end());
  std::size_t first = 0;
  for (std::size_t i = kMostRecordsOfAProblem; i < problems.size(); ++i) {
    const auto& [problem, line] = problems[i];
    if (problem == problems[i - kMostRecordsOfAProblem].first && (first == 0 || line < first)) first = line;
  }
  return first;
}

bool is_timeout(std::string_view line) noexcept {
  LineReader reader(line);
  return reader.literal("  (") && reader.word(kLongestSolverName) == kTimeout;
}

std::string at_line(std::size_t line, std::string_view reason) {
  return "line " + std::to_string(line) + ": " + std::string(reason);
}

}  // namespace

WisdomHeader wisdom_header(std::string_view exported) {
  const auto line = take_line(exported);
  const auto header = line ? parse_header(*line) : std::nullopt;
  return header ? *header : WisdomHeader{};
}

std::string refuse_bundle(std::string_view text, const WisdomHeader& expected, const WisdomLimits& limits) {
  if (text.empty()) return "there is no wisdom";
  if (text.size() > limits.bytes) {
    return std::to_string(text.size()) + " bytes: wisdom has at most " + std::to_string(limits.bytes);
  }
  auto line = take_line(text);
  if (!line) return at_line(1, "this is not the header of FFTW wisdom");
  if (const auto reason = refuse_header(*line, expected); !reason.empty()) return at_line(1, reason);

  std::size_t number = 1;
  ProblemLines problems;
  while ((line = take_line(text)) && *line != ")") {
    ++number;
    if (limits.timeouts && is_timeout(*line)) continue;
    std::string problem;
    if (const auto reason = refuse_record(*line, problem); !reason.empty()) return at_line(number, reason);
    problems.emplace_back(std::move(problem), number);
  }
  if (!line) return at_line(number + 1, "the wisdom is cut off");
  if (!text.empty()) return at_line(number + 2, "something follows the wisdom");
  const std::size_t beyond = line_of_one_too_many(std::move(problems));
  if (beyond != 0) return at_line(beyond, "more than " + std::to_string(kMostRecordsOfAProblem) + " records of one problem");
  return {};
}

std::string without_timeouts(std::string_view exported) {
  std::string kept;
  while (const auto line = take_line(exported)) {
    if (is_timeout(*line)) continue;
    kept += *line;
    kept += '\n';
  }
  return kept;
}

}  // namespace almanac::compute
