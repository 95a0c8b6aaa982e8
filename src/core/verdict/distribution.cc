// SPDX-License-Identifier: Apache-2.0
#include "core/verdict/distribution.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace aiop::verdict {
namespace {

constexpr int64_t kTableSize = 256;

// std::lgamma writes a global; this does not. Stirling's series, DLMF 5.11.1, to 1e-15 above the
// table.
double LogGammaLarge(double x) {
  const double inverse = 1 / x;
  const double square = inverse * inverse;
  const double series = inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260)));
  return (x - 0.5) * std::log(x) - x + 0.5 * std::log(2 * std::numbers::pi) + series;
}

const std::vector<double>& FactorialTable() {
  static const std::vector<double> table = [] {
    std::vector<double> sums(kTableSize, 0);
    for (size_t n = 2; n < sums.size(); ++n)
      sums[n] = sums[n - 1] + std::log(static_cast<double>(n));
    return sums;
  }();
  return table;
}

// Logarithm of the gamma function at whole numbers, where the beta function needs it.
double LogGammaWhole(double x) { return LogFactorial(std::llround(x) - 1); }

// The continued fraction of DLMF 8.17.22 by the modified Lentz method.
double BetaFraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  constexpr double kEnough = 1e-15;
  // Converges in about sqrt(max(a, b)) rounds.
  const int rounds = 200 + static_cast<int>(10 * std::sqrt(std::max(a, b)));
  const auto away = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double c = 1;
  double d = 1 / away(1 - (a + b) * x / (a + 1));
  double fraction = d;
  for (int m = 1; m <= rounds; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    fraction *= d * c;
    if (std::abs(d * c - 1) < kEnough) break;
  }
  return fraction;
}

}  // namespace

double LogFactorial(int64_t n) {
  if (n < kTableSize) return FactorialTable()[static_cast<size_t>(std::max<int64_t>(n, 0))];
  return LogGammaLarge(static_cast<double>(n) + 1);
}

double LogChoose(int64_t n, int64_t k) {
  return LogFactorial(n) - LogFactorial(k) - LogFactorial(n - k);
}

double IncompleteBeta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(LogGammaWhole(a + b) - LogGammaWhole(a) - LogGammaWhole(b) +
                                a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * BetaFraction(a, b, x) / a;
  return 1 - front * BetaFraction(b, a, 1 - x) / b;
}

double BinomialExactly(int64_t k, int64_t trials, double p) {
  if (p <= 0) return k == 0 ? 1 : 0;
  if (p >= 1) return k == trials ? 1 : 0;
  return std::exp(LogChoose(trials, k) + static_cast<double>(k) * std::log(p) +
                  static_cast<double>(trials - k) * std::log1p(-p));
}

double BinomialAtLeast(int64_t k, int64_t trials, double p) {
  if (k <= 0) return 1;
  if (k > trials) return 0;
  return IncompleteBeta(static_cast<double>(k), static_cast<double>(trials - k + 1), p);
}

double BinomialAtMost(int64_t k, int64_t trials, double p) {
  if (k < 0) return 0;
  if (k >= trials) return 1;
  return IncompleteBeta(static_cast<double>(trials - k), static_cast<double>(k + 1), 1 - p);
}

double NormalAbove(double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); }

double NormalQuantile(double tail) {
  double low = -40;
  double high = 40;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (NormalAbove(middle) > tail ? low : high) = middle;
  }
  return (low + high) / 2;
}

double UAtMost(int64_t u, int64_t n, int64_t m) {
  const int64_t most = n * m;
  if (u < 0) return 0;
  if (u >= most) return 1;
  if (u > most / 2) return 1 - UAtMost(most - u - 1, n, m);  // U is symmetric; small sums are exact
  // The numbers of orders with U = 0, 1, ... are the coefficients of the Gaussian binomial
  // product over i <= m of (1 - q^(n+i)) / (1 - q^i); as shares of all orders, lest they overflow.
  std::vector<double> share(static_cast<size_t>(u) + 1, 0);
  share[0] = 1;
  for (int64_t i = 1; i <= m; ++i) {
    const auto over = static_cast<size_t>(n + i);
    const auto under = static_cast<size_t>(i);
    for (size_t k = share.size(); k-- > over;) share[k] -= share[k - over];
    for (size_t k = under; k < share.size(); ++k) share[k] += share[k - under];
    const double scale = static_cast<double>(i) / static_cast<double>(n + i);
    for (double& each : share) each *= scale;
  }
  double sum = 0;
  for (const double each : share) sum += each;
  return std::clamp(sum, 0.0, 1.0);
}

}  // namespace aiop::verdict
