#pragma once

#include <string_view>

namespace almanac::compute {

/// instruction_set() without Highway's library, whose start alone takes milliseconds: what it would choose on this processor, of
/// the sets that the kernels are compiled for. Empty ← not certain, on processors and with versions of Highway not known here.
std::string_view host_instruction_set() noexcept;

}  // namespace almanac::compute
