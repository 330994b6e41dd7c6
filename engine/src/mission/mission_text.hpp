#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace almanac::mission {

/// The reals a field may have; NaN and infinities never belong to them.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;   ///< low itself is outside
  bool high_open = false;

  bool holds(double value) const noexcept;
  std::string text() const;  ///< continues the sentence "must …": "lie in (0, 2]"
};

/// What no measured quantity is beyond: so far, products of three stay numbers of double, and powers that equations have of them.
inline constexpr double kGreatest = 1e100, kLeast = 1e-100;
inline constexpr Range kFinite{.low = -kGreatest, .high = kGreatest};
inline constexpr Range kPositive{.low = kLeast, .high = kGreatest};
inline constexpr Range kNotNegative{.low = 0, .high = kGreatest};

/// A value of a sweep, which takes the place of the field of that name in [model] or [time].
struct Choice {
  std::string name;
  const toml::node* node;
  std::string place;  ///< as messages name it: "[sweep] alpha"
};

class MissionText;

/// One table of a mission file. Every read names what is allowed, and remembers the field as a known one.
/// Errors: of every read: InputError ← the field is not there and has no default, or is not what is allowed; the message
///         names file, line, field, value and what is allowed.
class Section {
 public:
  const std::string& name() const noexcept { return name_; }
  bool present() const noexcept { return table_ != nullptr; }
  bool has(std::string_view field);
  bool is_table(std::string_view field);  ///< that is, one inside this one

  double real(std::string_view field, const Range& range, std::optional<double> fallback = std::nullopt);
  std::int64_t integer(std::string_view field, std::int64_t low, std::int64_t high,
                       std::optional<std::int64_t> fallback = std::nullopt);
  /// One of `choices`, written as text or as a whole number.
  std::string word(std::string_view field, std::span<const std::string_view> choices,
                   std::optional<std::string_view> fallback = std::nullopt);
  /// Any text without control characters, at most 200 bytes.
  std::string text(std::string_view field, std::optional<std::string_view> fallback = std::nullopt);

  /// The name or the number of something, as text; "" where it is not there.
  std::string label(std::string_view field);

  /// A list, or one value for a list of one; never empty.
  std::vector<double> reals(std::string_view field, const Range& range);
  std::vector<std::int64_t> integers(std::string_view field, std::int64_t low, std::int64_t high);
  std::vector<std::string> words(std::string_view field, std::span<const std::string_view> choices);
  std::vector<std::string> texts(std::string_view field);

  /// A table inside this one.
  Section section(std::string_view field);

  /// Makes a field known that is read elsewhere.
  void allow(std::string_view field);
  void allow_all();

  /// Always throws InputError: "file:line: [section] field = value: must `allowed`".
  [[noreturn]] void refuse(std::string_view field, std::string_view allowed);
  /// The same with words of one's own behind the place: "file:line: [section] field: `what`".
  [[noreturn]] void complain(std::string_view field, std::string_view what);

 private:
  friend class MissionText;
  Section(MissionText& text, std::string name, const toml::table* table, bool sweepable)
      : text_(&text), name_(std::move(name)), table_(table), sweepable_(sweepable) {}

  struct Found {
    const toml::node* node = nullptr;
    const Choice* choice = nullptr;  // of the sweep, where it has one
  };
  Found find(std::string_view field, bool scalar = true);
  [[noreturn]] void refuse(const Found& found, std::string_view field, std::string_view allowed) const;
  [[noreturn]] void missing(std::string_view field, std::string_view allowed) const;
  std::string place(const Found& found, std::string_view field) const;

  MissionText* text_;
  std::string name_;
  const toml::table* table_;
  bool sweepable_;
};

/// A mission file as one case sees it: its tables, with the choices of the sweep laid over [model] and [time].
/// Reading it twice is cheap; the table must outlive it.
class MissionText {
 public:
  MissionText(std::filesystem::path file, const toml::table& root, std::vector<Choice> choices = {});
  MissionText(const MissionText&) = delete;
  MissionText& operator=(const MissionText&) = delete;

  const std::filesystem::path& file() const noexcept { return file_; }
  /// What a mission file names, relative to its own folder.
  std::filesystem::path resolve(std::string_view path) const;

  Section section(std::string_view name);

  /// Call when everything has been read. Errors: InputError ← a table, a field or a swept name that nobody asked for;
  /// names the nearest known one.
  void refuse_the_unknown() const;

 private:
  friend class Section;
  std::filesystem::path file_;
  const toml::table& root_;
  std::vector<Choice> choices_;
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> known_;  // by section
  std::map<std::string, const toml::table*, std::less<>> tables_;
  std::set<std::string, std::less<>> sweepable_;
  std::set<std::string, std::less<>> used_choices_;
};

/// A value as a message shows it; long ones are cut.
std::string value_text(const toml::node& node);

/// " (did you mean x?)" for the nearest of the names, or "" where none is near.
std::string suggestion(std::string_view name, const std::set<std::string, std::less<>>& names);

}  // namespace almanac::mission
