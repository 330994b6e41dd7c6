#include "diffusion_case.hpp"
#include "diffusion_setup.hpp"
#include "output/colour_map.hpp"
#include "stepping.hpp"

#include <almanac/compute/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace almanac::models {
namespace {

/// How far space is discretized, and that it is so where only differences of order 2 will do.
void read_space(DiffusionSetup& setup, mission::Section& model) {
  constexpr std::string_view kSpaces[] = {"spectral", "2", "4", "6"};
  const bool conservative = setup.kappa.varies() || !setup.sides.empty();
  setup.space = model.word("space", kSpaces, conservative ? "2" : "spectral");
  if (conservative && setup.space != "2") {
    model.refuse("space", setup.kappa.varies() ? "be 2 where kappa varies" : "be 2 where [boundary] has data");
  }
}

void read_symbols(DiffusionSetup& setup, mission::MissionText& text) {
  mission::Section domain = text.section("domain");
  if (setup.space != "spectral") {
    const std::int64_t least = std::stoi(setup.space) + 1;
    if (*std::ranges::min_element(setup.grid.extent) < least) {
      domain.refuse("extent", "have at least " + std::to_string(least) + " points an axis for space = " + setup.space);
    }
  }
  try {
    setup.symbols = symbols(setup.grid, setup.space);
  } catch (const compute::ArgumentError& error) {
    refuse_argument(domain, "length", error);
  }
  if (const double rate = setup.fastest_rate(); !(rate <= mission::kGreatest)) {
    text.section("model").complain("kappa", fmt::format("kappa times the largest eigenvalue of the Laplacian is {:.3g}: must be at most {}", rate,
                                                        mission::kGreatest));
  }
}

/// Refuses steps of which those of the solver are no numbers that it takes.
void refuse_extreme_steps(const DiffusionSetup& setup, mission::Section& time) {
  const std::vector<double> mesh = setup.time.mesh();
  const double first = mesh.empty() ? setup.time.dt : mesh[1], last = mesh.empty() ? first : mesh.back() - mesh[mesh.size() - 2];
  const std::string_view field = time.has("dt") ? "dt" : "duration";
  if (const double scale = std::pow(first, -setup.alpha); !mission::kPositive.holds(scale)) {
    time.complain(field, fmt::format("(first step)^-alpha = {:.3g}: must {}", scale, mission::kPositive.text()));
  }
  const double moved = setup.fastest_rate() * std::pow(last, setup.alpha);
  if (!(moved <= mission::kGreatest)) {
    time.complain(field, fmt::format("kappa times the largest eigenvalue of the Laplacian, times step^alpha, is {:.3g}: must be at most {}", moved,
                                     mission::kGreatest));
  }
}

/// [boundary]: lower and upper, one for all axes or one an axis, times a factor of time.
void read_sides(DiffusionSetup& setup, mission::MissionText& text) {
  mission::Section boundary = text.section("boundary");
  setup.side_factor = TimeFactor::read(boundary);
  if (!boundary.has("lower") && !boundary.has("upper")) return;
  setup.sides.resize(setup.grid.rank());
  const auto read = [&](std::string_view field, double compute::SideData::* side) {
    if (!boundary.has(field)) return;
    const auto values = one_an_axis(boundary, field, boundary.reals(field, mission::kFinite), setup.grid.rank());
    for (std::size_t axis = 0; axis < values.size(); ++axis) {
      if (values[axis] != 0 && setup.grid.boundary[axis] == Boundary::periodic) {
        boundary.complain(field, fmt::format("axis {} is periodic and has no sides: its value must be 0", axis));
      }
      setup.sides[axis].*side = values[axis];
    }
  };
  read("lower", &compute::SideData::lower);
  read("upper", &compute::SideData::upper);
  if (!setup.kappa.varies() && setup.kappa.constant() < compute::kMinDiffusivity) {
    text.section("model").complain("kappa", "must be at least 1e-100 where [boundary] has data");
  }
}

/// What the solver would say when it runs.
void check_stepping(DiffusionSetup& setup, mission::Section& model, mission::Section& time) {
  if (setup.stepping.history == compute::HistoryMethod::exponentials &&
      setup.stepping.scheme != compute::FractionalScheme::grunwald) {
    model.complain("history", "exponentials are known of grunwald's weights only; fft_blocks sums those of any scheme");
  }
  if (setup.relaxes()) {
    try {
      mode_history(setup);
    } catch (const compute::ArgumentError& error) {
      model.complain("history", error.what());
    }
  }
  refuse_extreme_steps(setup, time);
  refuse_unstable(setup, time);
}

void read_starting_weights(DiffusionSetup& setup, mission::Section& model, mission::Section& time) {
  try {
    find_starting_weights(setup);
  } catch (const compute::ArgumentError& error) {
    if (error.parameter() == "steps") refuse_argument(time, "steps", error);
    refuse_argument(model, model.has("start") ? "start" : "scheme", error);
  }
}

void refuse_fields(const DiffusionSetup& setup, mission::Section& domain, double points, double of_steps) {
  refuse_what_does_not_fit(domain, "extent", sizeof(double) * fields_held(setup) * points + of_steps);
}

void refuse_size(DiffusionSetup& setup, mission::MissionText& text) {
  mission::Section domain = text.section("domain"), model = text.section("model"), time = text.section("time");
  try {
    compute::check(SpaceTransform::forward_problem(setup.grid, compute::Rigor::measure, setup.fft.threads));
  } catch (const compute::ArgumentError& error) {
    refuse_argument(domain, "extent", error);
  }
  const auto points = static_cast<double>(setup.grid.points());
  refuse_fields(setup, domain, points, 0);
  if (setup.kappa.varies()) {
    try {
      setup.past_bytes = history_bytes(setup);
    } catch (const compute::ArgumentError& error) {
      const std::string other = setup.stepping.scheme == compute::FractionalScheme::grunwald
                                    ? "exponentials take least"
                                    : "scheme = grunwald, whose history can be exponentials, takes least";
      model.complain("history", fmt::format("the past of {:.0f} points and {} steps does not fit this machine: {}; {}", points,
                                            setup.time.steps, error.what(), other));
    }
    if (setup.time.is_graded) {
      refuse_what_does_not_fit(time, "mesh", 2 * setup.past_bytes);  // the solver takes half of this machine at most
    }
  }
  const double of_steps = stepping_bytes(setup, 1);
  if (!setup.kappa.varies()) refuse_what_does_not_fit(time, "steps", of_steps);
  refuse_fields(setup, domain, points, of_steps);
}

void read_profiles(DiffusionSetup& setup, mission::MissionText& text, mission::InputFiles& files) {
  mission::Section initial = text.section("initial");
  setup.initial = read_profile(initial, text, setup.grid, files);
  setup.units = read_units(initial);
  mission::Section velocity = initial.section("velocity");
  if (velocity.present() && !(setup.alpha > 1)) {
    initial.complain("velocity", "an initial velocity belongs to alpha above 1, and a case has alpha = " +
                                     cache::canonical_real(setup.alpha));
  }
  setup.velocity = read_optional_profile(velocity, text, setup.grid, files);
  if (!setup.has_source) return;
  mission::Section source = text.section("source");
  setup.source = read_profile(source, text, setup.grid, files);
  setup.source_factor = TimeFactor::read(source);
  setup.source_factor.refuse_beyond(source, setup.time.duration);
}

}  // namespace

DiffusionSetup read_diffusion(mission::MissionText& text, mission::InputFiles& files) {
  DiffusionSetup setup;
  mission::Section model = text.section("model");
  setup.alpha = model.real("alpha", {.low = 0, .high = 2, .low_open = true});
  setup.stepping = read_stepping(model, scheme_names(), "grunwald");
  setup.grid = read_grid(text);
  setup.kappa = Diffusivity::read(model, text, setup.grid, files);
  setup.solve_tolerance = model.real("solve_tolerance", {.low = 1e-14, .high = 1e-2}, setup.solve_tolerance);
  if (model.has("solve_tolerance") && !setup.kappa.varies()) {
    model.complain("solve_tolerance", "belongs to a kappa that varies: with one number, each mode is solved as it is");
  }
  read_sides(setup, text);
  read_space(setup, model);
  refuse_order(model, "alpha", setup.stepping, setup.alpha);
  setup.time = read_time(text, model, setup.stepping, setup.alpha);

  mission::Section output = text.section("output");
  setup.every = output.integer("every", 1, INT64_MAX, setup.time.steps);
  setup.colormap = output.word("colormap", output::ColourMap::names(), "auto");
  setup.fft = read_fft(text);
  setup.has_velocity = text.section("initial").section("velocity").present();
  setup.has_source = text.section("source").present();
  mission::Section time = text.section("time");
  read_starting_weights(setup, model, time);
  refuse_size(setup, text);
  read_symbols(setup, text);
  check_stepping(setup, model, time);
  mission::Section boundary = text.section("boundary");
  setup.side_factor.refuse_beyond(boundary, setup.time.duration);
  read_profiles(setup, text, files);
  return setup;
}

}  // namespace almanac::models
