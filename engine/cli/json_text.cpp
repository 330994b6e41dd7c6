#include "json_text.hpp"

namespace almanac::cli {

std::string text_of(const Json& document) { return document.dump(2, ' ', false, Json::error_handler_t::replace); }

}  // namespace almanac::cli
