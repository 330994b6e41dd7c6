#include "dataset.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace almanac::mission {
namespace {

constexpr std::size_t kLongestCell = 60;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string_view cell_of(std::string_view text) {
  text = trimmed(text);
  return text.size() >= 2 && text.front() == '"' && text.back() == '"' ? text.substr(1, text.size() - 2) : text;
}

/// The character that separates cells, judged by one line: the first of these it has; a space stands for any run of blanks.
char separator_of(std::string_view line) {
  for (char separator : {',', ';', '\t'}) {
    if (line.find(separator) != std::string_view::npos) return separator;
  }
  return ' ';
}

std::vector<std::string_view> cells_of(std::string_view line, char separator) {
  std::vector<std::string_view> cells;
  if (separator == ' ') {
    for (line = trimmed(line); !line.empty(); line = trimmed(line)) {
      const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
      cells.push_back(cell_of(line.substr(0, end)));
      line.remove_prefix(end);
    }
    return cells;
  }
  for (;;) {
    const std::size_t cut = line.find(separator);
    cells.push_back(cell_of(line.substr(0, cut)));
    if (cut == std::string_view::npos) return cells;
    line.remove_prefix(cut + 1);
  }
}

std::string shown(std::string_view cell) {
  return cell.size() <= kLongestCell ? std::string(cell) : std::string(cell.substr(0, kLongestCell)) + "…";
}

/// Which cell of a line is the column asked for. `names` are those of the first line, or empty where it holds numbers.
std::size_t find_column(const std::string& column, const std::vector<std::string>& names, std::size_t cells,
                        const std::string& file) {
  if (column.empty()) {
    if (cells == 1) return 0;
    throw InputFileError(fmt::format("{} has {} columns; say which one", file, cells));
  }
  if (const auto named = std::ranges::find(names, column); named != names.end()) {
    return static_cast<std::size_t>(named - names.begin());
  }
  if (const auto index = parse_integer(column); index && *index >= 0 && static_cast<std::size_t>(*index) < cells) {
    return static_cast<std::size_t>(*index);
  }
  const std::string known = names.empty() ? fmt::format("columns 0 to {}", cells - 1) : fmt::format("{}", fmt::join(names, ", "));
  throw InputFileError(fmt::format("{} has no column \"{}\"; it has {}", file, column, known));
}

}  // namespace

DatasetPtr read_csv(const std::filesystem::path& file, const std::string& column) {
  errno = 0;
  std::ifstream stream(file);
  std::error_code ignored;
  if (!stream || std::filesystem::is_directory(file, ignored)) {
    const int cause = errno != 0 ? errno : EISDIR;
    throw InputFileError(fmt::format("cannot read {}: {}", file.string(), std::generic_category().message(cause)));
  }
  auto read = std::make_shared<Dataset>();
  std::string line;
  std::size_t number = 0, cells = 0, wanted = 0;
  char separator = ' ';
  bool begun = false;
  while (std::getline(stream, line)) {
    ++number;
    const std::string_view content = trimmed(line);
    if (content.empty() || content.front() == '#') continue;
    if (!begun) separator = separator_of(content);
    const std::vector<std::string_view> row = cells_of(content, separator);
    if (!begun) {
      begun = true;
      cells = row.size();
      const bool named = std::ranges::none_of(row, [](std::string_view cell) { return parse_real(cell).has_value(); });
      std::vector<std::string> names;
      if (named) names.assign(row.begin(), row.end());
      wanted = find_column(column, names, cells, file.string());
      if (named) continue;
    }
    if (row.size() != cells) {
      throw InputFileError(fmt::format("{}:{} has {} cells, not {} as the first line", file.string(), number, row.size(), cells));
    }
    const auto value = parse_real(row[wanted]);
    if (!value) {
      throw InputFileError(fmt::format("{}:{}: \"{}\" is not a finite number", file.string(), number, shown(row[wanted])));
    }
    read->values.push_back(*value);
  }
  if (stream.bad()) throw InputFileError(fmt::format("cannot read {} to its end", file.string()));
  if (read->values.empty()) throw InputFileError(fmt::format("{} holds no numbers", file.string()));
  read->shape = {static_cast<std::int64_t>(read->values.size())};
  return read;
}

}  // namespace almanac::mission
