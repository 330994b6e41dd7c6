#include <almanac/cache/appraisal.hpp>

#include "name_table.hpp"

#include <array>

namespace almanac::cache {
namespace {

constexpr std::array<Named<Verdict>, 11> kVerdicts{{{"in_memory", Verdict::in_memory},
                                                    {"asked_for", Verdict::asked_for},
                                                    {"everything", Verdict::everything},
                                                    {"pays", Verdict::pays},
                                                    {"grows", Verdict::grows},
                                                    {"depends", Verdict::depends},
                                                    {"too_quick", Verdict::too_quick},
                                                    {"read_through", Verdict::read_through},
                                                    {"cache_aside", Verdict::cache_aside},
                                                    {"other_tiers", Verdict::other_tiers},
                                                    {"only_demoted", Verdict::only_demoted}}};

constexpr std::array<Named<Appraisal::Source>, 4> kCostSources{{{"measured", Appraisal::Source::measured},
                                                                {"last_of_kind", Appraisal::Source::last_of_kind},
                                                                {"estimate", Appraisal::Source::estimate},
                                                                {"unknown", Appraisal::Source::unknown}}};

}  // namespace

std::string_view to_string(Verdict verdict) noexcept { return name_of(kVerdicts, verdict); }
std::string_view to_string(Appraisal::Source source) noexcept { return name_of(kCostSources, source); }

bool is_stored(Verdict verdict) noexcept {
  return verdict == Verdict::in_memory || verdict == Verdict::asked_for || verdict == Verdict::everything || verdict == Verdict::pays ||
         verdict == Verdict::grows;
}

}  // namespace almanac::cache
