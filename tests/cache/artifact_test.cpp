#include <almanac/cache/artifact.hpp>

#include "varied_entry.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace almanac::cache {
namespace {

constexpr double kSomething = 1;

Array array_of_shape(std::vector<std::int64_t> shape, Type type = Type::f64, std::string name = "a") {
  return Array(std::move(name), type, std::move(shape), &kSomething, nullptr);
}

TEST(Array, TakesAVectorOverWithoutACopy) {
  std::vector<double> values{1, 2, 3, 4, 5, 6};
  const void* before = values.data();
  const Array array = Array::of("x", {2, 3}, std::move(values));
  EXPECT_EQ(array.data(), before);
  EXPECT_EQ(array.size(), 6u);
  EXPECT_EQ(array.bytes(), 48u);
  EXPECT_EQ(array.as<double>()[5], 6);
}

TEST(Array, KeepsItsMemoryAlive) {
  auto owner = std::make_shared<const std::vector<double>>(3, 7.0);
  const std::weak_ptr<const std::vector<double>> watch = owner;
  {
    Artifact artifact({Array("x", Type::f64, {3}, owner->data(), owner)});
    owner.reset();
    const Artifact copy = artifact;
    artifact = Artifact();
    EXPECT_EQ(copy.at("x").as<double>()[2], 7);
  }
  EXPECT_TRUE(watch.expired());
}

TEST(Array, GivesItsElementsOnlyAsTheirType) {
  const Array array = Array::of<double>("x", {1}, {1});
  EXPECT_THROW(array.as<float>(), std::invalid_argument);
  EXPECT_THROW(array.as<std::int64_t>(), std::invalid_argument);
}

TEST(Array, RefusesAVectorOfAnotherSize) {
  EXPECT_THROW(Array::of<double>("x", {2, 2}, {1, 2, 3}), std::invalid_argument);
  EXPECT_THROW(Array::of<double>("x", {0}, {1}), std::invalid_argument);
}

TEST(Array, RefusesShapesThatCannotBe) {
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  EXPECT_THROW(array_of_shape({}), std::invalid_argument);
  EXPECT_THROW(array_of_shape({-1}), std::invalid_argument);
  EXPECT_THROW(array_of_shape({kHuge}), std::invalid_argument);
  EXPECT_THROW(array_of_shape({kHuge / 8 + 1}), std::invalid_argument);
  EXPECT_THROW(array_of_shape({std::int64_t{1} << 32, std::int64_t{1} << 32}), std::invalid_argument);
  EXPECT_THROW(array_of_shape({0, kHuge, kHuge}), std::invalid_argument);
  EXPECT_THROW(array_of_shape(std::vector<std::int64_t>(33, 1)), std::invalid_argument);
  EXPECT_NO_THROW(array_of_shape(std::vector<std::int64_t>(32, 1)));
  EXPECT_NO_THROW(array_of_shape({kHuge}, Type::u8));
  EXPECT_EQ(array_of_shape({3, 0}).size(), 0u);
}

TEST(Array, RefusesNamesThatHdf5CannotHold) {
  for (const std::string& name : {std::string(), std::string("a/b"), std::string("a\0b", 3), std::string("."), std::string(256, 'x')}) {
    EXPECT_THROW(array_of_shape({1}, Type::f64, name), std::invalid_argument) << name;
  }
  EXPECT_NO_THROW(array_of_shape({1}, Type::f64, std::string(255, 'x')));
}

TEST(Array, RefusesUnknownTypesAndMissingData) {
  EXPECT_THROW(array_of_shape({1}, static_cast<Type>(0)), std::invalid_argument);
  EXPECT_THROW(array_of_shape({1}, static_cast<Type>(8)), std::invalid_argument);
  EXPECT_THROW(Array("a", Type::f64, {1}, nullptr, nullptr), std::invalid_argument);
  EXPECT_NO_THROW(Array("a", Type::f64, {0}, nullptr, nullptr));
}

TEST(Artifact, FindsArraysAndAttributesByName) {
  const Artifact artifact = varied_artifact();
  EXPECT_EQ(artifact.at("u8").as<std::uint8_t>()[4], 255);
  EXPECT_EQ(artifact.find("missing"), nullptr);
  EXPECT_EQ(*artifact.attribute<double>("alpha"), 1.5);
  EXPECT_EQ(artifact.attribute<std::int64_t>("alpha"), nullptr);
  EXPECT_EQ(artifact.attribute<double>("missing"), nullptr);
  EXPECT_EQ(artifact.bytes(), 48u + 4 + 16 + 64 + 12 + 16 + 5);
  try {
    artifact.at("missing");
    FAIL();
  } catch (const std::out_of_range& error) {
    EXPECT_NE(std::string(error.what()).find("c128"), std::string::npos) << error.what();
  }
}

TEST(Artifact, RefusesTwoArraysOfOneName) {
  EXPECT_THROW(Artifact({array_of_shape({1}), array_of_shape({1})}), std::invalid_argument);
}

TEST(Artifact, RefusesAttributesThatHdf5CannotHold) {
  EXPECT_THROW(Artifact({}, {{"", 1.0}}), std::invalid_argument);
  EXPECT_THROW(Artifact({}, {{std::string(256, 'x'), 1.0}}), std::invalid_argument);
  EXPECT_THROW(Artifact({}, {{std::string("a\0b", 3), 1.0}}), std::invalid_argument);
  EXPECT_THROW(Artifact({}, {{"text", std::string("a\0b", 3)}}), std::invalid_argument);
}

TEST(Artifact, IsIdenticalBitByBit) {
  EXPECT_TRUE(identical(varied_artifact(), varied_artifact()));  // with a NaN in it
  const auto with = [](double value, double attribute, const char* name) {
    return Artifact({Array::of<double>(name, {1}, {value})}, {{"real", attribute}});
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(identical(with(nan, nan, "x"), with(nan, nan, "x")));
  EXPECT_FALSE(identical(with(0.0, 1, "x"), with(-0.0, 1, "x")));
  EXPECT_FALSE(identical(with(1, 0.0, "x"), with(1, -0.0, "x")));
  EXPECT_FALSE(identical(with(1, 1, "x"), with(1, 1, "y")));
  EXPECT_FALSE(identical(Artifact({Array::of<double>("x", {1, 2}, {1, 2})}), Artifact({Array::of<double>("x", {2, 1}, {1, 2})})));
  EXPECT_FALSE(identical(Artifact({}, {{"a", std::int64_t{1}}}), Artifact({}, {{"a", 1.0}})));
}

TEST(Artifact, CoverageIsAnIntegerAttribute) {
  EXPECT_EQ(coverage_of(varied_artifact().attributes()), 6);
  EXPECT_EQ(coverage_of({}), 0);
  EXPECT_EQ(coverage_of({{"coverage", 6.0}}), 0);
}

}  // namespace
}  // namespace almanac::cache
