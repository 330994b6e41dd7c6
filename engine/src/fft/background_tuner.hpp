#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

namespace almanac {

/// Starts `almanac tune --from-log` over the cache in `root`, unless one is at it: detached, at low priority, with a budget, and
/// with nothing of this process but its environment.
/// It is a process of its own because FFTW has one planner a process, under one lock: planning in a thread of the program
/// would make the program's own plans wait for it, and its measurements would be of a program at work.
/// Where there is no program to start, `warn` is told.
void start_background_tuner(const std::filesystem::path& root, const std::function<void(std::string_view)>& warn);

/// The command-line program: $ALMANAC_PROGRAM, else beside what this code was loaded from, else where it is installed from
/// there (../bin, ../../bin, ../../../bin). nullopt: it is nowhere.
std::optional<std::filesystem::path> find_program();

/// What the one tuner of a cache holds a lock on, by itself in the background or asked for by somebody.
std::filesystem::path tuner_lock(const std::filesystem::path& root);

/// What a tuner that somebody asked for holds a lock on, too: the one in the background sees it, and leaves off.
std::filesystem::path turn_lock(const std::filesystem::path& root);

}  // namespace almanac
