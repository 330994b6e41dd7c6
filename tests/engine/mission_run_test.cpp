// A run as a whole: its files, its cases, and what it takes from the cache.
#include "mission_run.hpp"
#include "small_mission.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <png.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace almanac {
namespace {

using testing::bytes_of;
using testing::MissionFolder;
using testing::names_in;
using testing::kMission;
using testing::kOneCase;
using testing::read_dataset;
using testing::sources;

std::string with_estimate() { return kMission + "[fft]\nrigor = \"estimate\"\n"; }

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double difference = a.size() == b.size() ? 0 : INFINITY, largest = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    difference = std::max(difference, std::abs(a[i] - b[i]));
    largest = std::max(largest, std::abs(a[i]));
  }
  return difference / largest;
}

std::string text_attribute(const std::filesystem::path& file, const char* object, const char* name) {
  const hid_t opened = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t attribute = H5Aopen_by_name(opened, object, name, H5P_DEFAULT, H5P_DEFAULT);
  if (attribute < 0) return "not there";
  const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  std::string text(H5Tget_size(type) * static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)), '\0');
  H5Aread(attribute, type, text.data());
  H5Sclose(space);
  H5Tclose(type);
  H5Aclose(attribute);
  H5Fclose(opened);
  return text;
}

TEST(MissionRun, WritesEveryCaseAsHdf5XdmfAndPicture) {
  MissionFolder folder;
  const MissionReport report = folder.run(kMission);
  EXPECT_EQ(names_in(folder / "out"),
            (std::vector<std::string>{"alpha=0.5.h5", "alpha=0.5.png", "alpha=0.5.xdmf", "alpha=1.5.h5", "alpha=1.5.png", "alpha=1.5.xdmf",
                                      "alpha=1.h5", "alpha=1.png", "alpha=1.xdmf", "overview.png", "summary.json"}));
  ASSERT_EQ(report.cases.size(), 3u);
  for (const CaseReport& one : report.cases) {
    EXPECT_EQ(one.status, CaseStatus::done);
    ASSERT_EQ(one.files.size(), 3u);
    for (const auto& file : one.files) EXPECT_TRUE(std::filesystem::is_regular_file(file)) << file;
  }
  EXPECT_EQ(report.cases[1].name, "alpha=1");
  EXPECT_FALSE(report.failed());
  EXPECT_FALSE(report.interrupted);
}

TEST(MissionRun, ResultsCarryTheirAxesUnitsAndParameters) {
  MissionFolder folder;
  folder.run(kMission);
  const auto file = folder / "out/alpha=0.5.h5";
  EXPECT_EQ(read_dataset(file, "u").shape, (std::vector<hsize_t>{5, 24, 16}));
  EXPECT_EQ(read_dataset(file, "x0").shape, (std::vector<hsize_t>{24}));
  EXPECT_EQ(read_dataset(file, "x1").shape, (std::vector<hsize_t>{16}));
  EXPECT_EQ(read_dataset(file, "t").values.size(), 5u);
  EXPECT_EQ(text_attribute(file, "u", "units"), "K");
  EXPECT_EQ(text_attribute(file, "t", "units"), "s");
  EXPECT_EQ(text_attribute(file, "x1", "units"), "m");
  EXPECT_EQ(text_attribute(file, "x1", "boundary"), "periodic");
  EXPECT_EQ(text_attribute(file, "u", "axes"), std::string("t\0x0x1", 6));
  EXPECT_EQ(text_attribute(file, "/", "mission"), "Small Test!");
  EXPECT_EQ(text_attribute(file, "/", "case"), "alpha=0.5");
}

TEST(MissionRun, TheXdmfNamesEveryTimeAndEveryDataset) {
  MissionFolder folder;
  folder.run(kMission);
  const std::string text = bytes_of(folder / "out/alpha=0.5.xdmf");
  for (const char* part : {"CollectionType=\"Temporal\"", "<Time Value=\"0\"/>", "<Time Value=\"0.1\"/>", "<Time Value=\"0.4\"/>",
                           "TopologyType=\"3DRectMesh\" Dimensions=\"1 24 16\"", "alpha=0.5.h5:/u", "alpha=0.5.h5:/x0", "alpha=0.5.h5:/x1",
                           "4 0 0 1 1 1 1 24 16", "Dimensions=\"5 24 16\""}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
}

TEST(MissionRun, ThePicturesArePicturesOfSomething) {
  MissionFolder folder;
  folder.run(kMission);
  for (const char* name : {"alpha=0.5.png", "overview.png"}) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    ASSERT_NE(png_image_begin_read_from_file(&image, (folder / "out" / name).c_str()), 0) << name;
    image.format = PNG_FORMAT_RGB;
    std::vector<unsigned char> pixels(PNG_IMAGE_SIZE(image));
    ASSERT_NE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr), 0) << name;
    EXPECT_GE(image.width, 400u);
    std::set<unsigned> colours;
    for (std::size_t i = 0; i + 2 < pixels.size(); i += 3) colours.insert(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]);
    EXPECT_GT(colours.size(), 100u) << name;
  }
}

TEST(MissionRun, TheSummarySaysWhatWasDoneAndWhereItCameFrom) {
  MissionFolder folder;
  folder.run(kMission);
  folder.set_costs(std::chrono::hours(1));
  folder.restart();
  const MissionReport report = folder.run(kMission);
  const auto summary = nlohmann::json::parse(bytes_of(folder / "out/summary.json"));
  EXPECT_EQ(summary.at("mission"), "Small Test!");
  EXPECT_EQ(summary.at("interrupted"), false);
  ASSERT_EQ(summary.at("cases").size(), 3u);
  const auto& one = summary.at("cases")[0];
  EXPECT_EQ(one.at("case"), "alpha=0.5");
  EXPECT_EQ(one.at("status"), "done");
  EXPECT_EQ(one.at("steps"), 40);
  EXPECT_EQ(one.at("parameters").at("alpha"), 0.5);
  EXPECT_EQ(one.at("artifacts").size(), 3u);
  EXPECT_EQ(one.at("artifacts")[0].at("kind"), "fractional_kernel");
  EXPECT_EQ(one.at("artifacts")[0].at("source"), "disk");
  EXPECT_GT(one.at("seconds"), 0);
  double saved = 0;
  for (const CaseReport& each : report.cases) saved += each.seconds_saved;
  EXPECT_DOUBLE_EQ(report.seconds_saved, saved);
  EXPECT_GT(saved, 4 * 3600);  // of three kernels and two plans, each once
  EXPECT_LT(saved, 5 * 3600);
}

TEST(MissionRun, TheSecondRunComputesNoArtifact) {
  MissionFolder folder;
  EXPECT_TRUE(sources(folder.run(kMission)).contains("computed"));
  folder.restart();
  EXPECT_FALSE(sources(folder.run(kMission)).contains("computed"));
}

TEST(MissionRun, TwoRunsOverOneCacheGiveTheSameBytes) {
  MissionFolder folder;
  folder.run(kMission, "first");
  folder.restart();
  folder.run(kMission, "second");
  folder.run(kMission, "third", {.jobs = 3});
  for (const char* name : {"alpha=0.5.h5", "alpha=1.h5", "alpha=1.5.h5", "alpha=1.5.png"}) {
    ASSERT_FALSE(bytes_of(folder / "first" / name).empty());
    EXPECT_EQ(bytes_of(folder / "first" / name), bytes_of(folder / "second" / name)) << name;
    EXPECT_EQ(bytes_of(folder / "first" / name), bytes_of(folder / "third" / name)) << name;
  }
}

TEST(MissionRun, WithoutACacheEstimatedPlansGiveTheSameBytesToo) {
  MissionFolder folder;
  folder.run(with_estimate(), "first");
  Config none;
  none.enabled = false;
  for (const char* again : {"second", "third"}) {
    folder.restart(none);
    folder.run(with_estimate(), again);
    EXPECT_EQ(bytes_of(folder / "first/alpha=1.5.h5"), bytes_of(folder / again / "alpha=1.5.h5"));
  }
}

TEST(MissionRun, WithoutACacheResultsAgreeTo1em13) {
  MissionFolder folder;
  folder.run(kMission, "first");
  Config none;
  none.enabled = false;
  folder.restart(none);
  folder.run(kMission, "second");
  folder.restart(none);
  folder.run(kMission + "[fft]\nthreads = 2\n", "third");
  for (const char* name : {"alpha=0.5.h5", "alpha=1.h5", "alpha=1.5.h5"}) {
    const auto u = read_dataset(folder / "first" / name, "u").values;
    EXPECT_LT(largest_difference(u, read_dataset(folder / "second" / name, "u").values), 1e-13) << name;
    EXPECT_LT(largest_difference(u, read_dataset(folder / "third" / name, "u").values), 1e-13) << name;
  }
}

TEST(MissionRun, RecomputeMakesEveryArtifactAnewOnce) {
  MissionFolder folder;
  folder.run(kMission);
  folder.restart();
  const MissionReport report = folder.run(kMission, "out", {.recompute = true});
  std::map<std::string, int> computed;
  for (const CaseReport& one : report.cases) {
    for (const ArtifactUse& use : one.artifacts) computed[use.key] += use.source == "computed" ? 1 : 0;
  }
  EXPECT_EQ(computed.size(), 5u);  // three kernels, two plans
  for (const auto& [key, count] : computed) EXPECT_EQ(count, 1) << key;
}

// Sizes for which FFTW has many plans to choose from: two measurements seldom choose the same.
constexpr const char* kManyPlans = R"([mission]
name = "many plans"
[model]
equation = "time_fractional_diffusion"
kappa = 1e-3
[domain]
extent = [300, 350]
length = 1.0
boundary = "neumann"
[initial]
profile = "random"
seed = 1
[time]
dt = 1e-2
steps = 2
[sweep]
alpha = [0.4, 0.5, 0.6, 0.7]
)";

TEST(MissionRun, RecomputingWithManyJobsKeepsTheVeryPlansItUsed) {
  MissionFolder folder;
  folder.run(kManyPlans);
  folder.restart();
  const MissionReport remade = folder.run(kManyPlans, "remade", {.jobs = 4, .recompute = true});
  ASSERT_FALSE(remade.failed());
  folder.restart();
  folder.run(kManyPlans, "again");
  for (const CaseReport& one : remade.cases) {
    EXPECT_EQ(bytes_of(folder / ("remade/" + one.name + ".h5")), bytes_of(folder / ("again/" + one.name + ".h5"))) << one.name;
  }
}

TEST(MissionRun, TagsWhatItUses) {
  MissionFolder folder;
  folder.run(kMission);
  EXPECT_EQ(names_in(folder / "cache/tags/small").size(), 5u);
}

TEST(MissionRun, ADryRunSaysWhatWouldBeDoneAndWritesNothing) {
  MissionFolder folder;
  MissionReport report = folder.run(kMission, "out", {.dry_run = true});
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
  ASSERT_EQ(report.cases.size(), 3u);
  EXPECT_EQ(report.cases[0].status, CaseStatus::planned);
  EXPECT_EQ(report.cases[0].files.size(), 3u);
  EXPECT_EQ(sources(report), (std::set<std::string>{"to compute"}));
  folder.run(kMission);
  report = folder.run(kMission, "other", {.dry_run = true});
  EXPECT_EQ(sources(report), (std::set<std::string>{"stored"}));
  EXPECT_FALSE(std::filesystem::exists(folder / "other"));
}

TEST(MissionRun, ProgressRisesToOneAndNamesItsCases) {
  MissionFolder folder;
  double whole = 0;
  std::set<std::string> names;
  folder.run(kMission, "out", {.progress = [&](const MissionProgress& at) {
    EXPECT_GE(at.whole, whole);
    EXPECT_LE(at.whole, 1);
    EXPECT_EQ(at.cases, 3u);
    whole = at.whole;
    names.emplace(at.case_name);
  }});
  EXPECT_DOUBLE_EQ(whole, 1);
  EXPECT_EQ(names.size(), 3u);
}

TEST(MissionRun, EveryCombinationOfASweepIsACase) {
  MissionFolder folder;
  const auto mission = Mission::load(folder.write("m.toml", kOneCase + "[sweep]\nspace = [\"spectral\", 2]\nalpha = [0.5, 1]\ndt = [0.1, 1e-3]\n"));
  EXPECT_EQ(mission.case_names(),
            (std::vector<std::string>{"space=spectral,alpha=0.5,dt=0.1", "space=spectral,alpha=0.5,dt=0.001", "space=spectral,alpha=1,dt=0.1",
                                      "space=spectral,alpha=1,dt=0.001", "space=2,alpha=0.5,dt=0.1", "space=2,alpha=0.5,dt=0.001",
                                      "space=2,alpha=1,dt=0.1", "space=2,alpha=1,dt=0.001"}));
}

TEST(MissionRun, AMissionWithoutASweepIsOneCaseOfItsName) {
  MissionFolder folder;
  const std::string text = kOneCase.substr(0, kOneCase.find("kappa")) + "alpha = 0.5\n" + kOneCase.substr(kOneCase.find("kappa"));
  EXPECT_EQ(Mission::load(folder.write("m.toml", text)).case_names(), (std::vector<std::string>{"small-test"}));
}

}  // namespace
}  // namespace almanac
