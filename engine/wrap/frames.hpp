#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What `almanac wrap` and the library it loads into programs say to each other: settings in the environment, counts in a file
// that both map, and frames over a Unix socket, one connection a question:
//
//     library → parent   ask KEY        nobody has this bundle for me           (unusable: what is there does not plan it)
//     parent → library   have COST TEXT the bundle, found or measured by somebody else
//                        measure        you are the one to measure it
//                        refused        cannot help: measure, and keep it to yourself
//     library → parent   bundle TEXT    what was measured; empty: nothing that could be kept
//     parent → library   have COST TEXT another was kept before: it stands
//
// A connection that ends without a bundle releases the one who was to measure. A frame is two little-endian u32, its type
// and the number of bytes that follow, then these.

namespace almanac::wrap {

inline constexpr const char* kSocketVariable = "ALMANAC_WRAP_SOCKET";
inline constexpr const char* kCountsVariable = "ALMANAC_WRAP_COUNTS";
inline constexpr const char* kCacheVariable = "ALMANAC_WRAP_CACHE";    ///< root of the disk tier; empty: there is none
inline constexpr const char* kCpuVariable = "ALMANAC_WRAP_CPU";        ///< compute::cpu_model()
inline constexpr const char* kIsaVariable = "ALMANAC_WRAP_ISA";        ///< compute::instruction_set()
inline constexpr const char* kUpgradeVariable = "ALMANAC_WRAP_UPGRADE"; ///< rigor of what estimating callers get; empty: they estimate
inline constexpr const char* kWaitVariable = "ALMANAC_WRAP_WAIT";      ///< longest wait for somebody else's measurement, in ms

/// What happened in all wrapped processes. Both sides map it: numbers survive whoever dies, and cost no system call.
struct Counts {
  std::atomic<std::uint64_t> planned;      ///< calls of FFTW's planners
  std::atomic<std::uint64_t> cached;       ///< of these, planned by a bundle that was there
  std::atomic<std::uint64_t> measured;     ///< measured here
  std::atomic<std::uint64_t> kept;         ///< of the measured, handed over
  std::atomic<std::uint64_t> own;          ///< planned by wisdom the program brought along
  std::atomic<std::uint64_t> estimated;    ///< asked for an estimate, and got one
  std::atomic<std::uint64_t> passed;       ///< asked for something that is passed on as it is
  std::atomic<std::uint64_t> foreign;      ///< of these, because the library is not FFTW 3.3
  std::atomic<std::uint64_t> time_limited; ///< of these, because the program has set a time limit
  std::atomic<std::uint64_t> saved_ns;     ///< what measuring the cached ones had taken
  std::atomic<std::uint64_t> stored;       ///< of the measured, in the cache on disk now: counted by the parent
  std::atomic<std::uint64_t> refused;      ///< handed over damaged: counted by the parent
  std::atomic<std::uint64_t> searches;     ///< that FFTW made for the measured, of which the fastest counts
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

enum class Frame : std::uint32_t { ask = 1, unusable = 2, bundle = 3, have = 16, measure = 17, refused = 18 };

struct Message {
  Frame type;
  std::string text;
};

inline constexpr std::size_t kMostFrameBytes = (std::size_t{1} << 20) + 64;  ///< the largest wisdom, and its cost
inline constexpr std::size_t kMostKeyBytes = 16384;

/// False ← the other side is gone. Never a signal.
bool send_frame(int socket, Frame type, std::string_view text) noexcept;

/// nullopt ← the other side is gone, the time is over, or what comes is no frame of at most `most` bytes. `process`: a pidfd of the
/// other side, whose children may hold the socket open when it has died; -1: none.
std::optional<Message> receive_frame(int socket, std::chrono::milliseconds longest, std::size_t most = kMostFrameBytes, int process = -1);

/// The text of a have frame: the cost, then the bundle.
std::string have_text(std::chrono::nanoseconds cost, std::string_view bundle);
/// And back. False ← it is none.
bool read_have(std::string_view text, std::chrono::nanoseconds& cost, std::string_view& bundle) noexcept;

}  // namespace almanac::wrap
