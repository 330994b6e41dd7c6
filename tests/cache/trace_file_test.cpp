#include <almanac/cache/trace.hpp>

#include "engine/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace almanac::cache {
namespace {

using Time = std::chrono::system_clock::time_point;

const std::string kHead(kTraceHead);
constexpr const char* kOne = "1795405601234567 0123456789abcdef0011223344556677 8192 1204511 - ;";
constexpr const char* kTwo = "1795405601234568 fedcba98765432100011223344556677 0 0 1795405609999999 ;";

class TraceFile : public ::testing::Test {
 protected:
  Result<TraceCount> read(const std::string& text) {
    std::ofstream(folder_ / "t.trace", std::ios::binary) << text;
    requests_.clear();
    return read_trace(folder_ / "t.trace", [this](const TraceRequest& request) {
      requests_.push_back(request);
      return true;
    });
  }
  /// So many whole requests and damaged lines.
  void expect(const std::string& text, std::uint64_t requests, std::uint64_t damaged) {
    const auto count = read(text);
    ASSERT_TRUE(count.ok()) << count.error().message;
    EXPECT_EQ(count->requests, requests);
    EXPECT_EQ(count->damaged, damaged);
    EXPECT_EQ(requests_.size(), requests);
  }
  void expect_refusal(const std::string& text, ErrorCode code, const std::string& part) {
    const auto count = read(text);
    ASSERT_FALSE(count.ok());
    EXPECT_EQ(count.error().code, code);
    EXPECT_NE(count.error().message.find(part), std::string::npos) << count.error().message;
    EXPECT_NE(count.error().message.find("t.trace"), std::string::npos) << count.error().message;
  }

  testing::TemporaryFolder folder_;
  std::vector<TraceRequest> requests_;
};

TEST_F(TraceFile, GivesBackEveryRequestAsItWasWritten) {
  expect(kHead + kOne + "\n" + kTwo + "\n", 2, 0);
  EXPECT_EQ(requests_[0].when, Time(std::chrono::microseconds(1795405601234567)));
  EXPECT_EQ(requests_[0].wanted.id, (Id{0x0123456789abcdef, 0x0011223344556677}));
  EXPECT_EQ(requests_[0].wanted.bytes, 8192u);
  EXPECT_EQ(requests_[0].wanted.cost, std::chrono::nanoseconds(1204511));
  EXPECT_FALSE(requests_[0].wanted.expires);
  EXPECT_EQ(requests_[1].wanted.expires, Time(std::chrono::microseconds(1795405609999999)));
  std::string text;
  for (const TraceRequest& request : requests_) append_trace_line(text, request);
  EXPECT_EQ(text, std::string(kOne) + "\n" + kTwo + "\n");
}

TEST_F(TraceFile, WritesNoNegativeTimesOrCosts) {
  std::string text;
  append_trace_line(text, {Time(std::chrono::hours(-1)), {{}, 5, std::chrono::nanoseconds(-7)}});
  EXPECT_EQ(text, "0 00000000000000000000000000000000 5 0 - ;\n");
}

TEST_F(TraceFile, IgnoresALastLineThatNobodyEnded) {
  const std::string whole = kHead + kOne + "\n" + kTwo + "\n";
  for (std::size_t length = kHead.size(); length < whole.size(); ++length) {
    expect(whole.substr(0, length), length > kHead.size() + std::string(kOne).size() ? 1 : 0, 0);
  }
}

TEST_F(TraceFile, PassesOverTornLinesWhoeverWroteBehindThem) {
  const std::string one = kOne;
  for (std::size_t length = 1; length < one.size(); ++length) {
    expect(kHead + one.substr(0, length) + "\n" + kHead + kTwo + "\n", 1, 1);
  }
  expect(kHead + "\n\n" + kOne + "\n\n" + kHead + kTwo + "\n", 2, 0);
}

TEST_F(TraceFile, PassesOverLinesThatAreNone) {
  const std::string id = " 0123456789abcdef0011223344556677 ";
  for (const std::string& line : std::vector<std::string>{
        "-1" + id + "1 1 - ;", "1" + id + "-1 1 - ;", "1" + id + "1 -1 - ;", "1" + id + "1 1 -1 ;", "1" + id + "1 1 + ;", "1" + id + "1 1 - - ;",
        "1" + id + "1 1  ;", "1" + id + "1 1 -;", "1" + id + "1 1 - ; ", "1" + id + "9223372036854775808 1 - ;",
        "1" + id + "1 9223372036854775808 - ;", "9223372036854776" + id + "1 1 - ;", "1" + id + "1 1 9223372036854776 ;",
        "1" + id + "0x1 1 - ;", "1" + id + "1.5 1 - ;", "1  1 1 - ;",
        "1 0123456789abcdef001122334455667 1 1 - ;", " ;", std::string("\0 ;", 3), std::string(100'000, '7'),
        std::string(300, ' ') + kOne, "\r"}) {
    expect(kHead + line + "\n" + kOne + "\n", 1, 1);
  }
  expect(kHead + "9223372036854775" + id + "9223372036854775807 9223372036854775807 9223372036854775 ;\n", 1, 0);
}

TEST_F(TraceFile, IsRefusedWhereItDoesNotBeginAsOne) {
  expect_refusal("", ErrorCode::foreign, "no trace");
  expect_refusal(std::string(kOne) + "\n" + kHead, ErrorCode::foreign, "almanac-trace 1");
  expect_refusal("\n" + kHead, ErrorCode::foreign, "no trace");
  expect_refusal(std::string(1 << 20, 'x'), ErrorCode::foreign, "no trace");
  expect_refusal("almanac-trace 2\n", ErrorCode::newer_format, "version '2'");
  expect_refusal(kHead + kOne + "\nalmanac-trace 2\n" + kOne + "\n", ErrorCode::newer_format, "version '2'");
}

TEST_F(TraceFile, SaysWhyItCannotBeRead) {
  const auto none = read_trace(folder_ / "none", [](const TraceRequest&) { return true; });
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.error().message.find("none"), std::string::npos);
  const auto folder = read_trace(folder_.path(), [](const TraceRequest&) { return true; });
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(folder.error().code, ErrorCode::io);
}

TEST_F(TraceFile, IsReadNoFartherThanItIsWanted) {
  ASSERT_TRUE(read(kHead).ok());
  std::ofstream(folder_ / "t.trace", std::ios::binary) << kHead << kOne << '\n' << kTwo << '\n';
  const auto count = read_trace(folder_ / "t.trace", [](const TraceRequest&) { return false; });
  EXPECT_EQ(count.value().requests, 1u);
}

TEST_F(TraceFile, IsReadAcrossTheBlocksItIsReadIn) {
  std::string text = kHead;
  for (int line = 0; line < 5'000; ++line) append_trace_line(text, {Time(std::chrono::seconds(line)), {{1, 2}, 3, std::chrono::seconds(4)}});
  expect(text, 5'000, 0);
  EXPECT_EQ(requests_.back().when, Time(std::chrono::seconds(4'999)));
}

}  // namespace
}  // namespace almanac::cache
