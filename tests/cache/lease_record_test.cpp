#include "lease_record.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace almanac::cache {
namespace {

TEST(LeaseRecord, ReadsBackWhatItWrote) {
  const LeaseRecord record{draw_token(), 42, ProcessIdentity::of_this_process()};
  const auto read = LeaseRecord::parse(record.text());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->text(), record.text());
  EXPECT_EQ(read->token, record.token);
  EXPECT_EQ(read->beat, 42u);
}

TEST(LeaseRecord, SaysThatItIsLeftInItsLastLine) {
  LeaseRecord record{draw_token(), 42, ProcessIdentity::of_this_process()};
  std::string text = record.text();
  text.replace(record.end_offset(), std::string::npos, LeaseRecord::kLeft);
  const auto read = LeaseRecord::parse(text);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->is_left);
  EXPECT_EQ(read->token, record.token);
  record.is_left = true;
  EXPECT_EQ(record.text(), text);
  EXPECT_EQ(text.substr(record.end_offset()), LeaseRecord::kLeft);
  EXPECT_FALSE(LeaseRecord::parse(text.substr(0, text.size() - 1)));
}

TEST(LeaseRecord, RefusesEveryPieceOfOne) {
  const std::string text = LeaseRecord{draw_token(), 0, ProcessIdentity::of_this_process()}.text();
  for (std::size_t length = 0; length < text.size(); ++length) EXPECT_FALSE(LeaseRecord::parse(text.substr(0, length))) << length;
}

TEST(LeaseRecord, RefusesATokenThatIsNotOne) {
  LeaseRecord record{draw_token(), 0, {}};
  record.token = "../../../../../../../etc/passwd0";
  EXPECT_FALSE(LeaseRecord::parse(record.text()));
}

}  // namespace
}  // namespace almanac::cache
