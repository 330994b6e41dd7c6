#pragma once

#include <chrono>

namespace almanac::cli {

/// From now on the first Ctrl-C (SIGINT) or SIGTERM asks to stop at the next clean point; the second ends the program.
void watch_for_interrupt();

/// True once asked to stop. Threads: thread-safe.
bool interrupt_requested() noexcept;

/// Sleeps that long, or until asked to stop: gives interrupt_requested(). After watch_for_interrupt().
bool wait_for_interrupt(std::chrono::nanoseconds longest);

}  // namespace almanac::cli
