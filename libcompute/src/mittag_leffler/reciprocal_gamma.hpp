#pragma once

#include "extended_real.hpp"

namespace almanac::compute::mlf {

/// The Taylor coefficients of 1/Gamma(1 + f), which is entire, at f = 0: 40 digits, made with mpmath (DLMF 5.7.1).
inline constexpr std::array<Constant, 42> kReciprocalGamma{{
    {1.0, 0.0, 0.0},
    {0x1.2788cfc6fb619p-1, -0x1.6cb90701fbfabp-58, -0x1.34a95e3133c51p-112},
    {-0x1.4fcf4026afa2ep-1, 0x1.8a3db7a90c42ap-56, -0x1.1d648ed05db9dp-112},
    {-0x1.5815e8fa27048p-5, 0x1.b85ea59bc3638p-60, -0x1.2c108500eadc7p-114},
    {0x1.5512320b43fbep-3, 0x1.77e9bfd84d0f8p-57, -0x1.ec978fd288b0cp-112},
    {-0x1.59af103c34092p-5, -0x1.ef8da0241c465p-59, -0x1.9485d63fb1236p-113},
    {-0x1.3b4af28483e21p-7, -0x1.38dbcf40c139bp-61, 0x1.8ca47c18a7541p-115},
    {0x1.d919c527f60b2p-8, -0x1.a91714b11611fp-62, -0x1.ece797f81d1d0p-119},
    {-0x1.317112ce3a2a8p-10, 0x1.0b48922be53b9p-64, -0x1.2b38dd58b2fefp-118},
    {-0x1.c364fe6f1563dp-13, 0x1.6707f71f86f2ep-69, -0x1.b6ed6b46c9768p-124},
    {0x1.0c8a78cd9f9d2p-13, -0x1.6193e5e682992p-67, -0x1.b601d6d39d353p-122},
    {-0x1.51ce8af47eabep-16, 0x1.26de8c501cb48p-75, -0x1.3ed53c76fa742p-130},
    {-0x1.4fad41fc34fbbp-20, -0x1.01776ab160dc8p-75, 0x1.9a49bc1835834p-130},
    {0x1.302509dbc0de3p-20, -0x1.bf09003481b1ap-75, 0x1.3c2e1cb65f0f8p-129},
    {-0x1.b9986666c225dp-23, -0x1.d12e45de59d01p-79, -0x1.707c9375b64f5p-134},
    {0x1.a44b7ba22d629p-28, -0x1.4d6f19c81365fp-82, -0x1.88fdf78ea2852p-137},
    {0x1.57bc3fc384334p-28, -0x1.30a82205f48c5p-86, 0x1.a3c0888fc69e9p-140},
    {-0x1.44b4cedca388fp-30, -0x1.f1c4c0ce1c9c5p-84, 0x1.000432a29b11cp-138},
    {0x1.cae7675c18607p-34, -0x1.d04082c7c66aap-89, 0x1.db01af98b7dabp-144},
    {0x1.11d065bfaf067p-37, 0x1.16b58cf85bbf4p-91, -0x1.c73347e9fd722p-145},
    {-0x1.0423bac8ca3fbp-38, 0x1.56e661d0c83b0p-92, 0x1.7efae7c18ea5cp-147},
    {0x1.1f20151323cd0p-41, 0x1.c8f6862a8bddcp-96, -0x1.5b7331d2660e5p-150},
    {-0x1.72cb88ea5ae6ep-46, -0x1.de95486d20bfdp-100, 0x1.2b36efb1a503ep-158},
    {-0x1.815f72a05f16fp-48, -0x1.a4cb318673048p-103, 0x1.6414418f0d404p-158},
    {0x1.6198491a83bcdp-50, -0x1.07669bbb14734p-104, -0x1.6f33b7540748ap-158},
    {-0x1.10613dde57a89p-53, 0x1.0ac528c8febccp-107, -0x1.03b0c8039b6c9p-163},
    {0x1.5e3fee81de0eap-60, -0x1.bf04525509a98p-115, -0x1.859ea4396d7fbp-170},
    {0x1.a0dc770fb8a4ap-60, -0x1.92dc0de693e1ep-114, -0x1.2422ba677226dp-169},
    {-0x1.0f635344a29eap-62, 0x1.c5c86e6ee7520p-120, -0x1.9d9aefb241945p-174},
    {0x1.43d79a4b90ce8p-66, 0x1.1cc98752f9af2p-124, -0x1.9ff3d96c43283p-179},
    {0x1.435a100c67b42p-73, 0x1.cc8bd883afb88p-129, -0x1.5b82f1cf745ecp-183},
    {-0x1.f0aee5efb2fccp-73, 0x1.41119dde8b2c8p-128, -0x1.7fe624b1da114p-182},
    {0x1.089cd2aab3897p-75, -0x1.f245358d858b4p-129, -0x1.6421369352b18p-183},
    {-0x1.0c11b581fb5bap-79, -0x1.e8f7ed7596709p-133, 0x1.98ed75b736244p-188},
    {-0x1.d3919adcde092p-86, -0x1.c1a9cecfd9adfp-140, 0x1.fee3b468c33e6p-194},
    {0x1.7165deac7ad6cp-86, 0x1.39182e4a7fb69p-140, -0x1.f2d32d2a4188bp-198},
    {-0x1.5f78a5e20c673p-89, 0x1.84c301341093bp-144, -0x1.e49ba7354b7a5p-198},
    {0x1.4906ddab486d4p-93, -0x1.2fc8146bab262p-148, 0x1.deddb14f88e16p-202},
    {0x1.7f2882366310ap-100, -0x1.8771a06aab2d8p-158, -0x1.c63acd55d9ecbp-212},
    {-0x1.6cf2d002c9bb5p-100, -0x1.d7fd6178119d9p-156, -0x1.0cc4101597d64p-210},
    {0x1.4b8cde4ecddd9p-103, 0x1.ecbb233f79d99p-157, -0x1.a8d7ceeb97abcp-212},
}};

template <class T>
inline constexpr auto kReciprocalGammaAs = [] {
  std::array<T, kUnit<T> < static_cast<T>(0x1p-100) ? 40 : 24> values{};
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = kReciprocalGamma[k].template as<T>();
  return values;
}();

/// 1/Gamma(x.high + x.low), to about a rounding for each whole unit x is away from 1; exactly zero at 0, -1, -2 …, and as
/// precise beside them: x.low is what the sum that made x has lost.
template <class T>
T reciprocal_gamma(Pair<T> x) {
  if (x.high > 1800) return 0;  // below the smallest extended number
  const T nearest = round_of(x.high), f = (x.high - nearest) + x.low;
  const auto& c = kReciprocalGammaAs<T>;
  T even = c[c.size() - 2], odd = c[c.size() - 1];
  const T square = f * f;
  for (std::size_t k = c.size() - 2; k > 0; k -= 2) {
    even = even * square + c[k - 2];
    odd = odd * square + c[k - 1];
  }
  const T series = even + f * odd;
  const int n = static_cast<int>(nearest);
  T product = 1, other = 1;  // two chains, for the sake of time
  if (n > 1) {
    int i = 1;
    for (; i + 1 < n; i += 2) product *= f + static_cast<T>(i), other *= f + static_cast<T>(i + 1);
    if (i < n) product *= f + static_cast<T>(i);
    return series / product / other;
  }
  int i = n;
  for (; i + 1 <= 0; i += 2) product *= f + static_cast<T>(i), other *= f + static_cast<T>(i + 1);
  if (i <= 0) product *= f + static_cast<T>(i);
  return series * product * other;
}

}  // namespace almanac::compute::mlf
