#include "mission_plan.hpp"

#include "input_files.hpp"
#include "sweep.hpp"
#include "toml_text.hpp"

#include <almanac/error.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace almanac::mission {
namespace {

/// A name for files: lower case letters, digits, and a dash for anything between.
std::string file_name_of(std::string_view name) {
  std::string out;
  for (char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter) {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "case" : out;
}

bool is_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= 64 && tag.front() != '.' && std::ranges::all_of(tag, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
  });
}

std::vector<std::string> read_tags(MissionText& text) {
  Section cache = text.section("cache");
  if (!cache.has("tags")) return {};
  std::vector<std::string> tags = cache.texts("tags");
  if (!std::ranges::all_of(tags, is_tag)) {
    cache.refuse("tags", "be 1 to 64 of A-Z a-z 0-9 . _ - each, and not start with a dot");
  }
  return tags;
}

Catalog read_warmup(MissionText& text) {
  Section cache = text.section("cache");
  if (!cache.has("warmup")) return {};
  const std::string name = cache.text("warmup");
  try {
    return Catalog::named(name, text.file().parent_path());
  } catch (const InputError& error) {
    cache.complain("warmup", error.what());
  } catch (const EnvironmentError& error) {
    cache.complain("warmup", error.what());
  }
}

/// What belongs to the mission and not to its cases. Makes the rest of the file known to `text`.
void read_frame(MissionText& text, const models::Model& model, MissionPlan& plan) {
  Section mission = text.section("mission");
  plan.name = mission.text("name", plan.file.stem().string());
  mission.text("about", "");
  plan.tags = read_tags(text);
  text.section("cache").allow("warmup");
  Section sweep = text.section("sweep");
  sweep.allow_all();
  Section section = text.section("model");
  section.allow("equation");
  if (!model.implied_sweep().list.empty()) section.allow(model.implied_sweep().list);
}

}  // namespace

MissionPlan read_mission(const std::filesystem::path& file) {
  const toml::table root = read_toml(file);
  MissionPlan plan{.file = file, .name = {}, .tags = {}, .warmup = {}, .cases = {}};
  MissionText whole(file, root);
  const models::Model& model = models::read_model(whole);
  plan.warmup = read_warmup(whole);
  InputFiles files;
  for (Combination& one : read_sweep(file, root, model.implied_sweep())) {
    MissionText text(file, root, one.choices);
    read_frame(text, model, plan);
    auto work = model.read(text, files);
    text.refuse_the_unknown();
    plan.cases.push_back({one.name.empty() ? file_name_of(plan.name) : one.name, std::move(work)});
  }
  return plan;
}

}  // namespace almanac::mission
