/* Decimal numbers in text, correctly rounded, and words of eight bytes of it. */

#ifndef DECIMAL_H
#define DECIMAL_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define FEWEST_POWER (-342) /* of ten, in the table of powers: below it every number is 0 */
#define MOST_POWER 308

typedef const uint8_t *At;

/* Words of eight bytes: the first is the lowest, where the machine has it so. */
#define EACH(byte) (0x0101010101010101u * (uint64_t)(uint8_t)(byte))
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HAS_LOW_BYTES_FIRST 1
#else
#define HAS_LOW_BYTES_FIRST 0
#endif

static inline uint64_t word_at(At at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* The highest bit of each byte of a word that is 0, right up to the first of them. */
static inline uint64_t zeros(uint64_t word) {
    return (word - EACH(1)) & ~word & EACH(0x80);
}

static inline int is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

/* The highest bit of each byte that is not 0 … 9, right up to the first of them. */
static inline uint64_t above_nine(uint64_t word) {
    return ((word + EACH(0x76)) | word) & EACH(0x80);
}

/* The end of the digits from `at` on. */
static inline At after_digits(At at, At end) {
    while (HAS_LOW_BYTES_FIRST && end - at >= 8) {
        uint64_t others = above_nine(word_at(at) ^ EACH('0'));
        if (others)
            return at + (__builtin_ctzll(others) >> 3);
        at += 8;
    }
    while (at < end && is_digit(*at))
        at++;
    return at;
}

static inline uint64_t times(uint64_t a, uint64_t b, uint64_t *low) {
#ifdef __SIZEOF_INT128__
    unsigned __int128 product = (unsigned __int128)a * b;
    *low = (uint64_t)product;
    return (uint64_t)(product >> 64);
#else
    uint64_t aa = a >> 32, bb = b >> 32, x = a & 0xffffffff, y = b & 0xffffffff;
    uint64_t middle = aa * y + (x * y >> 32), other = x * bb + (middle & 0xffffffff);
    *low = a * b;
    return aa * bb + (middle >> 32) + (other >> 32);
#endif
}

/* digits * 10**power, correctly rounded, of digits that are not 0: the method of Eisel and Lemire,
   "Number parsing at a gigabyte per second" (2021). */
static inline double rounded(uint64_t digits, int64_t power, const uint64_t *powers) {
    if (power < FEWEST_POWER)
        return 0;
    if (power > MOST_POWER)
        return INFINITY;
    int shift = __builtin_clzll(digits);
    uint64_t low, more, high, unused;
    const uint64_t *entry = powers + 2 * (power - FEWEST_POWER);
    high = times(digits << shift, entry[0], &low);
    if ((high & 0x1ff) == 0x1ff) { /* the lower half of the power may carry into the result */
        more = times(digits << shift, entry[1], &unused);
        low += more;
        high += low < more;
    }
    int upper = (int)(high >> 63);
    uint64_t bits = high >> (upper + 9);
    int64_t exponent = ((217706 * power) >> 16) + 63 + upper - shift + 1023;
    if (exponent <= 0) { /* subnormal */
        if (exponent <= -63)
            return 0;
        bits >>= 1 - exponent;
        bits = (bits + (bits & 1)) >> 1; /* the exponent becomes 1 where it carries */
    } else {
        if (low <= 1 && power >= -4 && power <= 23 && (bits & 3) == 1 &&
            bits << (upper + 9) == high)
            bits &= ~(uint64_t)1; /* halfway: to even */
        bits = (bits + (bits & 1)) >> 1;
        if (bits >= (uint64_t)2 << 52) {
            bits = (uint64_t)1 << 52;
            exponent++;
        }
        if (exponent >= 0x7ff)
            return INFINITY;
        bits = (bits & ~((uint64_t)1 << 52)) | (uint64_t)exponent << 52;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static const double TENS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The number that the bytes 0 … 9 of a word spell, the lowest byte first. */
static inline uint64_t number_of(uint64_t word) {
    word = word * 10 + (word >> 8);
    return (((word & 0xff000000ff) * 0xf424000000064) +
            ((word >> 16 & 0xff000000ff) * 0x271000000001)) >> 32;
}

/* The digits from `at` on, added to a number that wraps where there are more than 19. */
static inline At digits_from(At at, At end, uint64_t *number) {
    static const uint64_t tens[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    uint64_t found = *number;
    while (HAS_LOW_BYTES_FIRST && end - at >= 8) { /* eight at a time, without a branch a digit */
        uint64_t word = word_at(at) ^ EACH('0');
        uint64_t others = above_nine(word);
        if (others) {
            int count = __builtin_ctzll(others) >> 3;
            *number = found * tens[count] + number_of(word << (56 - 8 * count) << 8);
            return at + count;
        }
        found = found * 100000000 + number_of(word);
        at += 8;
    }
    while (at < end && is_digit(*at))
        found = found * 10 + (*at++ - '0');
    *number = found;
    return at;
}

/* The end of the decimal number that begins here; NULL if there is none, or too long a one. */
static inline At number_from(At at, At end, uint8_t decimal, const uint64_t *powers, double *value) {
    int negative = at < end && *at == '-';
    at += negative | (at < end && *at == '+');
    uint64_t digits = 0;
    At first = at;
    at = digits_from(at, end, &digits);
    int64_t count = at - first, power = 0;
    if (at < end && *at == decimal) {
        At point = ++at;
        at = digits_from(at, end, &digits);
        power = point - at;
        count -= power;
    }
    if (!count)
        return NULL;
    if (count > 19) {
        while (*first == '0' || *first == decimal)
            count -= *first++ == '0';
        if (count > 19)
            return NULL;
    }
    if (at < end && (*at | 32) == 'e') {
        At sign = ++at;
        at += at < end && (*at == '-' || *at == '+');
        At start = at;
        int64_t exponent = 0;
        for (; at < end && is_digit(*at); at++)
            exponent = exponent < 100000 ? exponent * 10 + (*at - '0') : exponent;
        if (at == start)
            return NULL;
        power += *sign == '-' ? -exponent : exponent;
    }
    double found;
    if (digits == 0)
        found = 0;
    else if (digits < (uint64_t)1 << 32 && power >= -22 && power <= 22)
        found = power < 0 ? (double)digits / TENS[-power] : (double)digits * TENS[power];
    else
        found = rounded(digits, power, powers);
    /* The sign without a branch, which would be foreseen for half of all numbers only. */
    uint64_t bits;
    memcpy(&bits, &found, sizeof bits);
    bits |= (uint64_t)negative << 63;
    memcpy(value, &bits, sizeof bits);
    return at;
}

#endif
