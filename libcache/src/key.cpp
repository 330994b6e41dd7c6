#include <almanac/cache/key.hpp>

#include "checksum.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace almanac::cache {
namespace {

constexpr char kHexLower[] = "0123456789abcdef";
constexpr char kHexUpper[] = "0123456789ABCDEF";

enum : unsigned char { kEscaped = 1, kInName = 2, kStartsName = 4 };

/// What each byte may be: looked up, because keys are made on the way to every hit.
constexpr std::array<unsigned char, 256> kClasses = [] {
  std::array<unsigned char, 256> classes{};
  for (unsigned c = 0; c < 0x20; ++c) classes[c] = kEscaped;
  for (const unsigned char c : {'{', '}', ';', '=', '%', '\x7f'}) classes[c] = kEscaped;
  for (unsigned char c = 'a'; c <= 'z'; ++c) classes[c] = kInName | kStartsName;
  for (unsigned char c = '0'; c <= '9'; ++c) classes[c] = kInName;
  classes['_'] = kInName;
  return classes;
}();

constexpr bool is(char c, unsigned char what) noexcept { return (kClasses[static_cast<unsigned char>(c)] & what) != 0; }
constexpr bool must_escape(char c) noexcept { return is(c, kEscaped); }

void append_escaped(std::string& text, std::string_view value, bool in_list) {
  const auto is_special = [in_list](char c) { return must_escape(c) || (in_list && c == ','); };
  while (!value.empty()) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if(value, is_special) - value.begin());
    text += value.substr(0, plain);
    if (plain == value.size()) return;
    const auto byte = static_cast<unsigned char>(value[plain]);
    text += '%';
    text += kHexUpper[byte >> 4];
    text += kHexUpper[byte & 15u];
    value.remove_prefix(plain + 1);
  }
}

int upper_hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The byte that the three characters at `at` stand for; -1 where they are no escape that we write.
int unescape_at(std::string_view text, std::size_t at) noexcept {
  if (text.size() - at < 3) return -1;
  const int high = upper_hex_value(text[at + 1]);
  const int low = upper_hex_value(text[at + 2]);
  if (high < 0 || low < 0) return -1;
  const char byte = static_cast<char>(high * 16 + low);
  return must_escape(byte) || byte == ',' ? high * 16 + low : -1;
}

bool is_value_text(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (unescape_at(text, i) < 0) return false;
      i += 2;
    } else if (must_escape(text[i])) {
      return false;
    }
  }
  return true;
}

/// Writes a value of at most three decimals below 1e5; nullptr ← it is none.
/// Decimals of at most 15 digits read back as different doubles, so the one that reads back as `value` is the
/// shortest; and below 1e5, from 0.001 on, it is no longer than with an exponent.
char* write_simple_real(char* to, double value) noexcept {
  constexpr std::array<double, 4> kScales = {1, 10, 100, 1000};
  const double size = std::fabs(value);
  if (!(size < 99999)) return nullptr;
  for (std::size_t decimals = 0; decimals < kScales.size(); ++decimals) {
    const auto scaled = static_cast<std::int64_t>(size * kScales[decimals] + 0.5);
    if (static_cast<double>(scaled) / kScales[decimals] != size) continue;
    if (value < 0) *to++ = '-';  // and not for -0.0, which is the same number under the same name
    const auto scale = static_cast<std::int64_t>(kScales[decimals]);
    to = std::to_chars(to, to + 8, scaled / scale).ptr;
    if (decimals == 0) return to;
    *to++ = '.';
    std::int64_t rest = scaled % scale;
    for (std::int64_t place = scale / 10; place > 0; place /= 10) *to++ = static_cast<char>('0' + rest / place % 10);
    return to;
  }
  return nullptr;
}

/// Room for what write_real writes.
using RealText = std::array<char, 32>;

/// The canonical text of a real. Errors: std::invalid_argument ← NaN or infinite.
std::string_view write_real(RealText& text, double value) {
  if (const char* end = write_simple_real(text.data(), value)) return {text.data(), static_cast<std::size_t>(end - text.data())};
  if (!std::isfinite(value)) {
    throw std::invalid_argument(std::string("a real in a key must be finite, not ") +
                                (std::isnan(value) ? "NaN" : value > 0 ? "inf" : "-inf"));
  }
  char* end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  // 1e-04 and 1e+05, as to_chars writes them, are 1e-4 and 1e5.
  char* exponent = std::find(text.data(), end, 'e');
  if (exponent != end) {
    char* to = exponent + 1;
    char* from = exponent + 1;
    if (*from == '-') ++to;
    ++from;
    while (from + 1 < end && *from == '0') ++from;
    end = std::copy(from, end, to);
  }
  return {text.data(), static_cast<std::size_t>(end - text.data())};
}

template <class Values>
void require_values(const Values& values) {
  if (values.empty()) throw std::invalid_argument("a list in a key must not be empty");
}

/// What both public constructors do; `Name` is a string or a view of one.
template <class Name>
std::string canonical_text(std::string_view kind, int version, std::span<const std::pair<Name, KeyValue>> parameters) {
  if (!is_name(kind)) {
    throw std::invalid_argument("kind \"" + std::string(kind) + "\" must match [a-z][a-z0-9_]*");
  }
  if (version < 1) {
    throw std::invalid_argument("version " + std::to_string(version) + " of " + std::string(kind) + " must be at least 1");
  }
  using Parameter = std::pair<Name, KeyValue>;
  constexpr std::size_t kFew = 24;
  std::array<const Parameter*, kFew> few;
  std::vector<const Parameter*> many;
  if (parameters.size() > kFew) many.resize(parameters.size());
  const std::span<const Parameter*> order(many.empty() ? few.data() : many.data(), parameters.size());

  std::array<char, 12> digits;
  const char* digits_end = std::to_chars(digits.data(), digits.data() + digits.size(), version).ptr;
  std::size_t length = kind.size() + static_cast<std::size_t>(digits_end - digits.data()) + 3 - (parameters.empty() ? 0 : 1);
  const auto by_name = [](const Parameter* a, const Parameter* b) { return std::string_view(a->first) < std::string_view(b->first); };
  bool in_order = true;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (!is_name(parameters[i].first)) {
      throw std::invalid_argument("parameter name \"" + std::string(parameters[i].first) + "\" of " + std::string(kind) +
                                  " must match [a-z][a-z0-9_]*");
    }
    length += parameters[i].first.size() + parameters[i].second.text().size() + 2;
    order[i] = &parameters[i];
    if (i > 0 && !by_name(order[i - 1], order[i])) in_order = false;
  }
  if (!in_order) {
    std::ranges::sort(order, by_name);
    const auto twice = std::ranges::adjacent_find(order, [](const Parameter* a, const Parameter* b) { return a->first == b->first; });
    if (twice != order.end()) {
      throw std::invalid_argument("parameter \"" + std::string((*twice)->first) + "\" of " + std::string(kind) + " is given twice");
    }
  }

  std::string text(length, '\0');
  char* to = text.data();
  const auto write = [&to](std::string_view piece) { to = std::copy(piece.begin(), piece.end(), to); };
  write(kind);
  *to++ = '@';
  to = std::copy(static_cast<const char*>(digits.data()), digits_end, to);
  *to++ = '{';
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0) *to++ = ';';
    write(order[i]->first);
    *to++ = '=';
    write(order[i]->second.text());
  }
  *to = '}';
  return text;
}

}  // namespace

std::string Id::hex() const {
  std::string text(32, '0');
  for (int i = 0; i < 16; ++i) {
    text[static_cast<std::size_t>(i)] = kHexLower[(high >> (60 - 4 * i)) & 15u];
    text[static_cast<std::size_t>(i) + 16] = kHexLower[(low >> (60 - 4 * i)) & 15u];
  }
  return text;
}

Result<Id> Id::parse(std::string_view hex) {
  const Error wrong{ErrorCode::invalid_argument, "\"" + std::string(hex) + "\" is not an id: 32 hex digits"};
  if (hex.size() != 32) return wrong;
  Id id;
  for (std::uint64_t* half : {&id.high, &id.low}) {
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + 16, *half, 16);
    if (error != std::errc() || end != hex.data() + 16) return wrong;
    hex.remove_prefix(16);
  }
  return id;
}

Id Id::of(std::string_view text) noexcept {
  const Digest digest = checksum128(std::as_bytes(std::span(text.data(), text.size())));
  return {digest.high, digest.low};
}

std::string canonical_real(double value) {
  RealText text;
  return std::string(write_real(text, value));
}

KeyValue::KeyValue(double value) {
  RealText text;
  text_ = write_real(text, value);
}

KeyValue::KeyValue(std::string_view value) { append_escaped(text_, value, false); }

KeyValue::KeyValue(std::span<const std::int64_t> values) {
  require_values(values);
  std::array<char, 24> digits;
  for (const std::int64_t value : values) {
    if (!text_.empty()) text_ += 'x';
    text_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
  }
}

KeyValue::KeyValue(std::span<const double> values) {
  require_values(values);
  RealText text;
  for (const double value : values) {
    if (!text_.empty()) text_ += ',';
    text_ += write_real(text, value);
  }
}

KeyValue::KeyValue(std::span<const std::string> values) {
  require_values(values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text_ += ',';
    append_escaped(text_, values[i], true);
  }
}

bool is_name(std::string_view text) noexcept {
  return !text.empty() && is(text[0], kStartsName) && std::ranges::all_of(text, [](char c) { return is(c, kInName); });
}

Key::Key(std::string_view kind, int version, std::initializer_list<std::pair<std::string_view, KeyValue>> parameters)
    : text_(canonical_text<std::string_view>(kind, version, {parameters.begin(), parameters.size()})),
      id_(Id::of(text_)),
      kind_length_(static_cast<std::uint32_t>(kind.size())),
      version_(version) {}

Key::Key(std::string_view kind, int version, std::vector<Parameter> parameters)
    : text_(canonical_text<std::string>(kind, version, parameters)),
      id_(Id::of(text_)),
      kind_length_(static_cast<std::uint32_t>(kind.size())),
      version_(version) {}

Result<Key> Key::parse(std::string_view text) {
  const auto wrong = [text](std::string_view why) {
    return Error{ErrorCode::invalid_argument, "\"" + std::string(text) + "\" is not a key: " + std::string(why)};
  };
  const auto at = text.find('@');
  if (at == std::string_view::npos || !is_name(text.substr(0, at))) return wrong("it must start with kind@, kind matching [a-z][a-z0-9_]*");
  const auto open = text.find('{', at);
  if (open == std::string_view::npos) return wrong("there is no {");
  const std::string_view digits = text.substr(at + 1, open - at - 1);
  int version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (error != std::errc() || end != digits.data() + digits.size() || version < 1 || digits[0] == '0') {
    return wrong("the version must be a whole number of at least 1");
  }
  if (text.back() != '}') return wrong("it must end with }");
  std::string_view rest = text.substr(open + 1, text.size() - open - 2);
  std::string_view previous;
  bool more = !rest.empty();
  while (more) {
    const auto semicolon = rest.find(';');
    const std::string_view parameter = rest.substr(0, semicolon);
    more = semicolon != std::string_view::npos;
    if (more) rest.remove_prefix(semicolon + 1);
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos) return wrong("a parameter must be name=value");
    const std::string_view name = parameter.substr(0, equals);
    if (!is_name(name)) return wrong("a parameter name must match [a-z][a-z0-9_]*");
    if (name <= previous) return wrong("parameters must be in the order of their names, each once");
    if (!is_value_text(parameter.substr(equals + 1))) return wrong("a value has a character that must be escaped, or an escape that must not be");
    previous = name;
  }
  Key key;
  key.text_ = text;
  key.id_ = Id::of(text);
  key.kind_length_ = static_cast<std::uint32_t>(at);
  key.version_ = version;
  return key;
}

std::vector<std::pair<std::string, std::string>> Key::parameters() const {
  std::vector<std::pair<std::string, std::string>> found;
  const auto open = text_.find('{');
  std::string_view rest = std::string_view(text_).substr(open + 1, text_.size() - open - 2);
  while (!rest.empty()) {
    const auto semicolon = std::min(rest.find(';'), rest.size());
    const std::string_view parameter = rest.substr(0, semicolon);
    rest.remove_prefix(std::min(semicolon + 1, rest.size()));
    const auto equals = parameter.find('=');
    const std::string_view escaped = parameter.substr(equals + 1);
    std::string value;
    value.reserve(escaped.size());
    for (std::size_t i = 0; i < escaped.size(); ++i) {
      if (escaped[i] == '%') {
        value += static_cast<char>(unescape_at(escaped, i));
        i += 2;
      } else {
        value += escaped[i];
      }
    }
    found.emplace_back(parameter.substr(0, equals), std::move(value));
  }
  return found;
}

}  // namespace almanac::cache
