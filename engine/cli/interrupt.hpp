#pragma once

namespace almanac::cli {

/// From now on the first Ctrl-C (SIGINT) or SIGTERM asks to stop at the next clean point; the second ends the program.
void watch_for_interrupt();

/// True once asked to stop. Threads: thread-safe.
bool interrupt_requested() noexcept;

}  // namespace almanac::cli
