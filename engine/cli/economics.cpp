#include "economics.hpp"

#include "context.hpp"
#include "table.hpp"

#include <almanac/quantity.hpp>

#include <fmt/format.h>

#include <optional>
#include <string_view>

namespace almanac::cli {
namespace {

using cache::Appraisal;
using cache::Verdict;

std::string_view meaning_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::in_memory: return "yes: memory takes everything";
    case Verdict::asked_for: return "yes: it is asked for by name";
    case Verdict::everything: return "yes: by its admission everything is";
    case Verdict::pays: return "yes: making it takes longer than that";
    case Verdict::grows: return "yes: it extends what is there";
    case Verdict::depends: return "where making it takes longer than that: nobody knows yet";
    case Verdict::too_quick: return "no: making it takes no longer than that";
    case Verdict::read_through: return "no: its kind is read through, and kept in memory alone";
    case Verdict::cache_aside: return "no: its kind is stored where it is asked for by name";
    case Verdict::other_tiers: return "no: its kind is not kept here";
    case Verdict::only_demoted: return "no: this is for what memory lets go of";
  }
  return {};
}

std::string_view meaning_of(Appraisal::Source source) {
  switch (source) {
    case Appraisal::Source::measured: return "measured when it was made";
    case Appraisal::Source::estimate: return "by the recipe's estimate";
    case Appraisal::Source::last_of_kind: return "as for the last of its kind";
    case Appraisal::Source::unknown: break;
  }
  return "nobody knows";
}

bool has_load(const Appraisal::InTier& in) { return in.load.count() > 0; }

std::string least_of(const Appraisal::InTier& in) {
  return !has_load(in) ? "" : in.least_cost.count() < 0 ? "always" : format_duration(in.least_cost);
}

}  // namespace

Json describe(const Appraisal& appraisal) {
  const bool is_known = appraisal.source != Appraisal::Source::unknown;
  Json tiers = Json::array();
  for (const Appraisal::InTier& in : appraisal.tiers) {
    tiers.push_back({{"tier", in.tier},
                     {"there", in.is_there},
                     {"load", has_load(in) ? Json(seconds(in.load)) : Json(0)},
                     {"write", has_load(in) ? Json(seconds(in.write)) : Json(0)},
                     {"least_cost", in.least_cost.count() < 0 ? Json() : Json(seconds(in.least_cost))},
                     {"stored", in.verdict == Verdict::depends ? Json() : Json(cache::is_stored(in.verdict))},
                     {"reason", cache::to_string(in.verdict)}});
  }
  return {{"cost", is_known ? Json(seconds(appraisal.cost)) : Json()},
          {"cost_source", cache::to_string(appraisal.source)},
          {"bytes", appraisal.bytes ? Json(*appraisal.bytes) : Json()},
          {"reuse", appraisal.reuse},
          {"admission", cache::to_string(appraisal.settings.admission)},
          {"write", cache::to_string(appraisal.settings.write)},
          {"ttl", appraisal.settings.ttl ? Json(seconds(*appraisal.settings.ttl)) : Json()},
          {"pin", appraisal.settings.pin},
          {"compression", cache::to_string(appraisal.settings.compression)},
          {"tiers", tiers}};
}

std::string text_of(const Appraisal& appraisal) {
  std::string text = appraisal.source == Appraisal::Source::unknown
                         ? "making    nobody knows yet how long it takes\n"
                         : fmt::format("making    takes {}, {}\n", format_duration(appraisal.cost), meaning_of(appraisal.source));
  text += fmt::format("kept      admission {}, {}, found again {:.2g} times for each that is made\n",
                      cache::to_string(appraisal.settings.admission), cache::to_string(appraisal.settings.write), appraisal.reuse);
  Table table({"tier", "there", ">loading", ">storing", ">pays from", "stored when it is made"});
  for (const Appraisal::InTier& in : appraisal.tiers) {
    table.add({std::string(in.tier), in.is_there ? "yes" : "no", has_load(in) ? format_duration(in.load) : "at once",
               has_load(in) ? format_duration(in.write) : "at once", least_of(in), std::string(meaning_of(in.verdict))});
  }
  return appraisal.tiers.empty() ? text : text + table.text();
}

}  // namespace almanac::cli
