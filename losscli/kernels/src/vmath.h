/* Elementary functions of doubles as straight-line code, which compilers turn into vector code.

   No tables, no libm, no branches, and a fused multiply-add only of exact products: every processor
   and compiler computes the same sequence of roundings, hence the same bits. Choices are nested
   conditional expressions of comparisons, each of which becomes a blend. The reductions and the
   coefficients of log, log1p and pow are those of fdlibm (Sun Microsystems, 1993); the polynomial of
   exp interpolates (e^r - 1 - r) / r^2 at Chebyshev points to 3e-19. */

#ifndef LOSSCLI_VMATH_H
#define LOSSCLI_VMATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

#define LN2_HIGH 0x1.62e42feep-1 /* 21 trailing zeros: exact times any exponent */
#define LN2_LOW 0x1.a39ef35793c76p-33
/* a b + c where a b is exact: one operation, where there is one, has the bits of two. */
#if LANES > 2
#define PLUS_EXACT(a, b, c) __builtin_fma(a, b, c)
#else
#define PLUS_EXACT(a, b, c) ((a) * (b) + (c))
#endif
#define TO_INTEGER 0x1.8p52 /* adding it rounds to an integer, held in the last bits */

INLINE uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

INLINE double of_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* As np.minimum and np.maximum: nan if either is, and the second of two zeros. */
INLINE double v_min(double a, double b) { return a == a ? (a < b ? a : b) : a; }
INLINE double v_max(double a, double b) { return a == a ? (a > b ? a : b) : a; }

INLINE double v_knee(double x, double bound, double part) {
    double shorter = x >= bound ? bound : x;
    return shorter * (x - part * shorter);
}

/* 2^n of a whole n in [-1022, 1023]. */
INLINE double power_of_two(double n) { return of_bits((bits_of(n + TO_INTEGER) + 1023) << 52); }

/* e^(r + rest) - 1 - r for |r| <= log(2) / 2 and a tiny rest. */
INLINE double exp_tail(double r, double rest) {
    double square = r * r;
    double even =
        0x1.5555555555556p-5 +
        square * (0x1.6c16c16c162d2p-10 +
                  square * (0x1.a01a01a6d9c97p-16 +
                            square * (0x1.27e4db6075799p-22 + square * 0x1.1f730b86989dap-29)));
    double odd =
        0x1.5555555555557p-3 +
        square * (0x1.11111111100d8p-7 +
                  square * (0x1.a01a01abea2dap-13 +
                            square * (0x1.71de022aa7c92p-19 + square * 0x1.af4df7e870362p-26)));
    return 0.5 * square + (square * (square * even + r * odd) + rest);
}

/* x = n log 2 + r + rest; returns e^(r + rest) - 1 - r. */
INLINE double exp_reduced(double x, double *n, double *r) {
    *n = (x * 0x1.71547652b82fep0 + TO_INTEGER) - TO_INTEGER;
    double high = PLUS_EXACT(-*n, LN2_HIGH, x), low = *n * LN2_LOW;
    *r = high - low;
    return exp_tail(*r, (high - *r) - low);
}

/* 2^n (1 + r + tail), also where 2^n is not a normal number. */
INLINE double scaled(double r, double tail, double n) {
    double sum = 1.0 + r, result = sum + (tail + (r - (sum - 1.0)));
    double half = (0.5 * n + TO_INTEGER) - TO_INTEGER;
    return result * power_of_two(half) * power_of_two(n - half);
}

INLINE double v_exp(double x) {
    /* Beyond these the result is inf and 0, by the scaling at the end. */
    x = x > 710.0 ? 710.0 : x;
    x = x < -746.0 ? -746.0 : x;
    double n, r, tail = exp_reduced(x, &n, &r);
    return scaled(r, tail, n);
}

/* The same bits for |x| <= MOST_NEAR, where no clamp is needed and one scaling is enough. */
#define MOST_NEAR 700.0
INLINE double v_exp_near(double x) {
    double n, r, tail = exp_reduced(x, &n, &r), sum = 1.0 + r;
    /* The bits of n + TO_INTEGER, which exp_reduced has: a compiler computes them once. */
    uint64_t power = bits_of(x * 0x1.71547652b82fep0 + TO_INTEGER) + 1023;
    return (sum + (tail + (r - (sum - 1.0)))) * of_bits(power << 52);
}

INLINE double v_expm1(double x) {
    x = x > 710.0 ? 710.0 : x;
    x = x < -50.0 ? -50.0 : x;
    double n, r, tail = exp_reduced(x, &n, &r);
    /* 2^n e^r - 1 = 2^n r + (2^n - 1) + 2^n tail; the first sum keeps its rounding error. Large
       exponents are scaled afterwards, and 1 is nothing to them. */
    double later = n > 1000.0 ? 100.0 : 0.0, one = n > 1000.0 ? 0.0 : 1.0;
    double scale = power_of_two(n - later);
    double a = scale - one, b = scale * r, sum = a + b, back = sum - a;
    double error = (a - (sum - back)) + (b - back);
    return (sum + (scale * tail + error)) * power_of_two(later);
}

/* log(1 + f) - f + f^2 / 2, by s = f / (2 + f); f^2 / 2 is `half`. */
INLINE double log_tail(double f, double half) {
    double s = f / (2.0 + f), z = s * s, w = z * z;
    double even =
        w * (0x1.999999997fa04p-2 + w * (0x1.c71c51d8e78afp-3 + w * 0x1.39a09d078c69fp-3));
    double odd = z * (0x1.5555555555593p-1 +
                      w * (0x1.2492494229359p-2 +
                           w * (0x1.7466496cb03dep-3 + w * 0x1.2f112df3e5244p-3)));
    return s * (half + (even + odd));
}

#define ROOT_HALF UINT64_C(0x3fe6a09e667f3bcd)
#define FRACTION UINT64_C(0x000fffffffffffff)

/* x = 2^k m with m in [sqrt(1/2), sqrt(2)), for normal x > 0. */
INLINE double split_exponent(double x, double *k) {
    uint64_t moved = bits_of(x) + (UINT64_C(0x3ff0000000000000) - ROOT_HALF);
    *k = of_bits((moved >> 52) | UINT64_C(0x4330000000000000)) - (0x1p52 + 1023.0);
    return of_bits((moved & FRACTION) + ROOT_HALF);
}

INLINE double v_log(double x) {
    double k, f = split_exponent(x < 0x1p-1022 ? x * 0x1p54 : x, &k) - 1.0;
    k = x < 0x1p-1022 ? k - 54.0 : k;
    double half = 0.5 * f * f;
    double log = k * LN2_HIGH - ((half - (log_tail(f, half) + k * LN2_LOW)) - f);
    return x > 0.0 ? (x < INFINITY ? log : x) : (x == 0.0 ? -INFINITY : NAN);
}

INLINE double v_log1p(double x) {
    double u = 1.0 + x, k, m = split_exponent(u, &k);
    /* What 1 + x lost in rounding, relative to u: 1 / m to a few percent is enough for it. */
    double lost = k > 1.0 ? 1.0 - (u - x) : x - (u - 1.0);
    double f = m - 1.0, near = 1.0 - f * (1.0 - f * (1.0 - f));
    double rest = k == 0.0 ? 0.0 : lost * of_bits((bits_of(TO_INTEGER - k) + 1023) << 52) * near;
    rest = k > 60.0 ? 0.0 : rest;
    f = k == 0.0 ? x : f;
    double half = 0.5 * f * f;
    double log = k * LN2_HIGH - ((half - (log_tail(f, half) + (k * LN2_LOW + rest))) - f);
    log = x < 0x1p-54 ? (x > -0x1p-54 ? x : log) : log;
    return x > -1.0 ? (x < INFINITY ? log : x) : (x == -1.0 ? -INFINITY : NAN);
}

/* The same bits for 0 <= x <= 1, where k is 0 or 1 and a comparison finds it. */
INLINE double v_log1p_near(double x) {
    double u = 1.0 + x, k = u >= 0x1.6a09e667f3bcdp0 ? 1.0 : 0.0, scale = k == 0.0 ? 1.0 : 0.5;
    double lost = x - (u - 1.0), f = u * scale - 1.0, near = 1.0 - f * (1.0 - f * (1.0 - f));
    double rest = k == 0.0 ? 0.0 : lost * scale * near;
    f = k == 0.0 ? x : f;
    double half = 0.5 * f * f;
    double log = k * LN2_HIGH - ((half - (log_tail(f, half) + (k * LN2_LOW + rest))) - f);
    return x < 0x1p-54 ? x : log;
}

INLINE double v_tanh(double x) {
    double size = fabs(x), m = v_expm1(2.0 * (size > 20.0 ? 20.0 : size));
    /* 1 - 2 / (m + 2) where the quotient m / (m + 2) would be near 1. */
    double ratio = (size > 0.55 ? 2.0 : m) / (m + 2.0);
    return copysign(size > 0.55 ? 1.0 - ratio : ratio, x);
}

/* The angle of (x, y). With r = tan(c), atan(y / x) = c + atan((y - r x) / (x + r y)); r and c are
   those of fdlibm's s_atan.c, whose polynomial this is. */
INLINE double v_atan2(double y, double x) {
    double up = fabs(y), along = fabs(x), most = up > along ? up : along;
    double unit = most > 0x1p1000 ? 0x1p-8 : (most < 0x1p-900 ? 0x1p120 : 1.0);
    double a = up < INFINITY ? (along < INFINITY ? unit * up : 0.0) : 1.0;
    double b = along < INFINITY ? (up < INFINITY ? unit * along : 0.0) : 1.0;
    double r = a < 0.4375 * b ? 0.0 : (a < 0.6875 * b ? 0.5 : (a < 1.1875 * b ? 1.0 : 1.5));
    double c = r == 0.0 ? 0.0 : (r == 0.5 ? 0x1.dac670561bb4fp-2 : (r == 1.0 ? 0x1.921fb54442d18p-1 : 0x1.f730bd281f69bp-1));
    double c_low = r == 0.0 ? 0.0 : (r == 0.5 ? 0x1.a2b7f222f65e2p-56 : (r == 1.0 ? 0x1.1a62633145c07p-55 : 0x1.007887af0cbbdp-56));
    int steep = a >= 2.4375 * b; /* then c is a right angle */
    double over = steep ? -b : a - r * b, under = steep ? a : b + r * a;
    c = steep ? 0x1.921fb54442d18p0 : c;
    c_low = steep ? 0x1.1a62633145c07p-54 : c_low;
    double t = over / under, z = t * t, w = z * z;
    double even = z * (0x1.555555555550dp-2 +
                       w * (0x1.24924920083ffp-3 +
                            w * (0x1.745cdc54c206ep-4 +
                                 w * (0x1.10d66a0d03d51p-4 +
                                      w * (0x1.97b4b24760debp-5 + w * 0x1.0ad3ae322da11p-6)))));
    double odd = w * (-0x1.999999998ebc4p-3 +
                      w * (-0x1.c71c6fe231671p-4 +
                           w * (-0x1.3b0f2af749a6dp-4 +
                                w * (-0x1.dde2d52defd9ap-5 + w * -0x1.2b4442c6a6c2fp-5))));
    double angle = c - ((t * (even + odd) - c_low) - t);
    angle = most == 0.0 ? 0.0 : angle;
    angle = copysign(1.0, x) < 0.0 ? 0x1.921fb54442d18p1 - (angle - 0x1.1a62633145c07p-53) : angle;
    angle = along > 0.0 ? angle : (up > 0.0 ? 0x1.921fb54442d18p0 : angle);
    angle = copysign(angle, y);
    return x == x ? (y == y ? angle : y) : x;
}

INLINE double v_floor(double x) {
    double size = fabs(x), whole = copysign((size + 0x1p52) - 0x1p52, x);
    whole = whole > x ? whole - 1.0 : whole;
    return size < 0x1p52 ? whole : x;
}

/* The first 21 bits of the fraction: products of two such numbers are exact. */
INLINE double head(double x) { return of_bits(bits_of(x) & UINT64_C(0xffffffff00000000)); }

/* x^y for a finite y: 2^(y log2 x), with log2 x as a sum of two doubles. Written after fdlibm's
   e_pow.c, whose names it keeps. */
INLINE double v_pow(double x, double y) {
    double size = fabs(x), n;
    /* size = 2^n m; m is near 1 or near 1.5 */
    double m = size < 0x1p-1022 ? size * 0x1p54 : size;
    uint64_t bits = bits_of(m);
    n = of_bits((bits >> 52) | UINT64_C(0x4330000000000000)) - (0x1p52 + 1023.0);
    n = size < 0x1p-1022 ? n - 54.0 : n;
    m = of_bits((bits & FRACTION) | UINT64_C(0x3ff0000000000000));
    n = m < 0x1.bb67ap0 ? n : n + 1.0;
    m = m < 0x1.bb67ap0 ? m : 0.5 * m;
    double bp = m < 0x1.3988ep0 ? 1.0 : 1.5;
    double dp_h = m < 0x1.3988ep0 ? 0.0 : 0x1.2b8034p-1, dp_l = m < 0x1.3988ep0 ? 0.0 : 0x1.cfdeb43cfd006p-27;
    double u = m - bp, v = 1.0 / (m + bp), ss = u * v, s_h = head(ss);
    double t_h = head(m + bp), t_l = m - (t_h - bp);
    double s_l = v * ((u - s_h * t_h) - s_h * t_l), s2 = ss * ss;
    double r = s2 * s2 *
               (0x1.3333333333303p-1 +
                s2 * (0x1.b6db6db6fabffp-2 +
                      s2 * (0x1.55555518f264dp-2 +
                            s2 * (0x1.17460a91d4101p-2 +
                                  s2 * (0x1.d864a93c9db65p-3 + s2 * 0x1.a7e284a454eefp-3)))));
    r += s_l * (s_h + ss);
    s2 = s_h * s_h;
    t_h = head(3.0 + s2 + r);
    t_l = r - ((t_h - 3.0) - s2);
    u = s_h * t_h;
    v = s_l * t_h + t_l * ss;
    double p_h = head(u + v), p_l = v - (p_h - u);
    double z_h = 0x1.ec709ep-1 * p_h;
    double z_l = -0x1.e2fe0145b01f5p-28 * p_h + p_l * 0x1.ec709dc3a03fdp-1 + dp_l;
    double t1 = head(((z_h + z_l) + dp_h) + n), t2 = z_l - (((t1 - n) - dp_h) - z_h);
    double y_h = head(y);
    p_l = (y - y_h) * t1 + y * t2;
    p_h = y_h * t1;
    /* Beyond these the result is inf and 0. */
    p_l = p_h > 1100.0 ? 0.0 : (p_h < -1100.0 ? 0.0 : p_l);
    p_h = p_h > 1100.0 ? 1100.0 : (p_h < -1100.0 ? -1100.0 : p_h);
    n = ((p_l + p_h) + TO_INTEGER) - TO_INTEGER;
    p_h -= n;
    double t = head(p_l + p_h);
    u = t * 0x1.62e43p-1;
    v = (p_l - (t - p_h)) * 0x1.62e42fefa39efp-1 + t * -0x1.05c610ca86c39p-29;
    double z = u + v;
    double power = scaled(z, exp_tail(z, v - (z - u)), n);
    power = size == 0.0 ? (y > 0.0 ? 0.0 : INFINITY) : power;
    power = size == INFINITY ? (y > 0.0 ? INFINITY : 0.0) : power;
    double half = 0.5 * y, odd = v_floor(half) == half ? power : -power;
    power = x < 0.0 ? (v_floor(y) == y ? odd : NAN) : power;
    power = x == x ? power : x;
    return y == 0.0 ? 1.0 : power;
}

#endif
