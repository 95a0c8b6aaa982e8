// SPDX-License-Identifier: Apache-2.0
// The distributions behind the tests. Private to the module.
#pragma once

#include <cstdint>

namespace aiop::verdict {

double LogFactorial(int64_t n);
double LogChoose(int64_t n, int64_t k);

// Regularised incomplete beta function I_x(a, b), for a, b > 0.
double IncompleteBeta(double a, double b, double x);

// Of `trials` with success probability `p`: exactly, at most, at least `k` successes.
double BinomialExactly(int64_t k, int64_t trials, double p);
double BinomialAtMost(int64_t k, int64_t trials, double p);
double BinomialAtLeast(int64_t k, int64_t trials, double p);

double NormalAbove(double z);        // upper tail of the standard normal distribution
double NormalQuantile(double tail);  // the z that has `tail` above it, 0 < tail < 1

// How often, among all orders of n and m distinct values, Mann and Whitney's U is at most `u`.
double UAtMost(int64_t u, int64_t n, int64_t m);

}  // namespace aiop::verdict
