#include "json_list.hpp"

#include <iostream>
#include <string>

namespace almanac::cli {

JsonList::JsonList(Context& context) {
  context.mark_printed();
  std::cout << '[';
}

JsonList::~JsonList() { std::cout << (empty_ ? "]\n" : "\n]\n"); }

void JsonList::add(const Json& element) {
  std::cout << (empty_ ? "\n" : ",\n");
  empty_ = false;
  const std::string text = text_of(element);
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::cout << "  " << std::string_view(text).substr(begin, end - begin);
    if (end < text.size()) std::cout << '\n';
    begin = end + 1;
  }
}

}  // namespace almanac::cli
