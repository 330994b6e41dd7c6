#include "result_file.hpp"

#include "write_failure.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace almanac::output {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

/// The extents as XDMF wants them for a grid: three, slowest first, with ones in front.
std::vector<std::size_t> grid_extent(const std::vector<const Axis*>& axes) {
  std::vector<std::size_t> extent(3 - axes.size(), 1);
  for (const Axis* axis : axes) extent.push_back(axis->coordinates.size());
  return extent;
}

/// Topology and geometry of a rectilinear grid: coordinates of X, Y, Z are those of the fastest axis, the next, the slowest.
std::string grid_text(const std::string& data, const std::vector<const Axis*>& axes, std::string_view indent) {
  std::string text = fmt::format("{0}<Topology TopologyType=\"3DRectMesh\" Dimensions=\"{1}\"/>\n{0}<Geometry GeometryType=\"VXVYVZ\">\n",
                                 indent, fmt::join(grid_extent(axes), " "));
  for (std::size_t i = 0; i < 3; ++i) {
    if (i < axes.size()) {
      const Axis& axis = *axes[axes.size() - 1 - i];
      text += fmt::format("{}  <DataItem Dimensions=\"{}\" NumberType=\"Float\" Precision=\"8\" Format=\"HDF\">{}:/{}</DataItem>\n",
                          indent, axis.coordinates.size(), data, axis.name);
    } else {
      text += fmt::format("{}  <DataItem Dimensions=\"1\" NumberType=\"Float\" Precision=\"8\" Format=\"XML\">0</DataItem>\n", indent);
    }
  }
  return text + fmt::format("{}</Geometry>\n", indent);
}

std::string signal_text(const std::string& data, const Series& series) {
  std::string text = "    <Grid Name=\"signal\" GridType=\"Uniform\">\n";
  text += grid_text(data, {&series.time}, "      ");
  const auto attribute = [&](const std::string& name) {
    text += fmt::format("      <Attribute Name=\"{0}\" AttributeType=\"Scalar\" Center=\"Node\">\n"
                        "        <DataItem Dimensions=\"1 1 {1}\" NumberType=\"Float\" Precision=\"8\" Format=\"HDF\">{2}:/{0}</DataItem>\n"
                        "      </Attribute>\n",
                        name, series.times(), data);
  };
  attribute(series.name);
  for (const Companion& one : series.companions) attribute(one.name);
  return text + "    </Grid>\n";
}

/// The way of a system of three unknowns: a line in space whose points are the rows of `/u`, with the time along it.
std::string path_text(const std::string& data, const Series& series) {
  return fmt::format("    <Grid Name=\"path\" GridType=\"Uniform\">\n"
                     "      <Topology TopologyType=\"Polyline\" NumberOfElements=\"1\" NodesPerElement=\"{0}\"/>\n"
                     "      <Geometry GeometryType=\"XYZ\">\n"
                     "        <DataItem Dimensions=\"{0} 3\" NumberType=\"Float\" Precision=\"8\" Format=\"HDF\">{1}:/{2}</DataItem>\n"
                     "      </Geometry>\n"
                     "      <Attribute Name=\"{3}\" AttributeType=\"Scalar\" Center=\"Node\">\n"
                     "        <DataItem Dimensions=\"{0}\" NumberType=\"Float\" Precision=\"8\" Format=\"HDF\">{1}:/{3}</DataItem>\n"
                     "      </Attribute>\n    </Grid>\n",
                     series.times(), data, series.name, series.time.name);
}

std::string collection_text(const std::string& data, const Series& series) {
  std::vector<const Axis*> axes;
  for (const Axis& axis : series.axes) axes.push_back(&axis);
  const std::size_t rank = axes.size() + 1;
  std::vector<std::size_t> whole{series.times()}, slab{1};
  for (const Axis* axis : axes) {
    whole.push_back(axis->coordinates.size());
    slab.push_back(axis->coordinates.size());
  }
  std::string text = "    <Grid Name=\"times\" GridType=\"Collection\" CollectionType=\"Temporal\">\n";
  for (std::size_t at = 0; at < series.times(); ++at) {
    std::vector<std::size_t> start(rank, 0);
    start.front() = at;
    const std::vector<std::size_t> stride(rank, 1);
    text += fmt::format("      <Grid Name=\"{}\" GridType=\"Uniform\">\n        <Time Value=\"{}\"/>\n", at, series.time.coordinates[at]);
    text += grid_text(data, axes, "        ");
    text += fmt::format("        <Attribute Name=\"{0}\" AttributeType=\"Scalar\" Center=\"Node\">\n"
                        "          <DataItem ItemType=\"HyperSlab\" Type=\"HyperSlab\" Dimensions=\"{1}\">\n"
                        "            <DataItem Dimensions=\"3 {2}\" NumberType=\"Int\" Format=\"XML\">{3} {4} {5}</DataItem>\n"
                        "            <DataItem Dimensions=\"{6}\" NumberType=\"Float\" Precision=\"8\" Format=\"HDF\">{7}:/{0}</DataItem>\n"
                        "          </DataItem>\n        </Attribute>\n      </Grid>\n",
                        series.name, fmt::join(grid_extent(axes), " "), rank, fmt::join(start, " "), fmt::join(stride, " "),
                        fmt::join(slab, " "), fmt::join(whole, " "), data);
  }
  return text + "    </Grid>\n";
}

std::string body_text(const std::string& data, const Series& series) {
  if (series.axes.empty()) return signal_text(data, series);
  return series.is_system() && series.cells() == 3 ? path_text(data, series) : collection_text(data, series);
}

}  // namespace

void write_xdmf(const std::filesystem::path& file, const std::string& data, const Series& series) {
  const std::string text = fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                       "<Xdmf Version=\"2.0\">\n  <Domain>\n{}  </Domain>\n</Xdmf>\n",
                                       body_text(escaped(data), series));
  errno = 0;
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  if (!stream) throw WriteFailure(std::generic_category().message(errno));
}

}  // namespace almanac::output
