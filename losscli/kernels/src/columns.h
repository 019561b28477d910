/* Columns of numbers of 8 bytes that Python gives, and digits: of 32 bits each, those of place k count
   2^(32 k). */

#ifndef COLUMNS_H
#define COLUMNS_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stdint.h>
#include <string.h>

#define MOST_VIEWS 8
#define HUGE_EXPONENT (960 + 1023) /* of values that an anchor could make overflow */
#define FIRST_PLACE (-34) /* of the digits of any double */

/* The buffers of a call, released together. */
typedef struct {
    Py_buffer views[MOST_VIEWS];
    int count;
} Buffers;

void release_all(Buffers *of);

/* A contiguous buffer of so many numbers, or of any number of them; NULL with an exception set. */
void *take(Buffers *of, PyObject *object, int flags, Py_ssize_t numbers);

static inline Py_ssize_t taken(const Buffers *of, int k) { return of->views[k].len / 8; }

/* 1 if all codes are below `count`; 0 with an exception set. */
int are_codes_valid(const int64_t *codes, Py_ssize_t n, Py_ssize_t count);

static inline uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double number_of(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline int exponent_of(uint64_t bits) { return (int)(bits >> 52) & 0x7ff; }

/* The places of the digits of values, [*first, *end) from FIRST_PLACE on, those not finite left out;
   *end 0 without any. The exponent of the largest value, as its bits have it. */
int find_places(const double *x, Py_ssize_t n, int *first, int *end);

/* Add `size` times 2^(place - 1088), negative if `sign` is -1 and not if it is 0, to digits, of which
   the first has place `first` from FIRST_PLACE on. room: 2, or the digits after the first of these three,
   where those beyond them are 0. */
static inline void add_size(int64_t *digits, int first, int place, uint64_t size, int64_t sign,
                            int room) {
    const int shift = place & 31;
    int64_t *at = digits + ((place >> 5) - first);
    uint64_t low = (size & 0xffffffff) << shift, high = ((size >> 32) << shift) + (low >> 32);
    at[0] += ((int64_t)(low & 0xffffffff) ^ sign) - sign;
    at[room > 0] += ((int64_t)(high & 0xffffffff) ^ sign) - sign;
    at[room] += ((int64_t)(high >> 32) ^ sign) - sign;
}

/* Add a finite value to digits; its bits below the first of them are 0. */
static inline void add_value(int64_t *digits, int first, double x) {
    uint64_t bits = bits_of(x), size = bits & ((UINT64_C(1) << 52) - 1);
    int exponent = exponent_of(bits);
    size |= (uint64_t)(exponent != 0) << 52;
    const int place = exponent + (exponent == 0) + 13, below = 32 * first - place;
    if (below > 0)
        add_size(digits, first, 32 * first, below < 64 ? size >> below : 0, -(int64_t)(bits >> 63), 2);
    else
        add_size(digits, first, place, size, -(int64_t)(bits >> 63), 2);
}

#define SPLITTER 134217729.0 /* 2^27 + 1 */

/* What the rounding of a product left (Dekker); 0 where that is not finite. */
static inline double rest_of(double a, double b, double product) {
    const double big_a = SPLITTER * a, big_b = SPLITTER * b;
    const double high_a = big_a - (big_a - a), high_b = big_b - (big_b - b);
    const double low_a = a - high_a, low_b = b - high_b;
    double left = high_a * high_b - product;
    left += high_a * low_b;
    left += high_b * low_a;
    left += low_a * low_b;
    return left - left == 0.0 ? left : 0.0;
}

/* The grids on which values are cut: multiples of 2^coarse, then of 2^fine; and the anchors that round
   to them. */
typedef struct {
    int coarse, fine;
    double first, second;
} Cuts;

/* Grids on which parts of values below 2^top have at most `bits` bits each. lowest: the exponent of
   a number of which all values are multiples. */
static inline Cuts cuts_below(int top, int bits, int lowest) {
    int coarse = top - bits > lowest ? top - bits : lowest;
    int fine = coarse - 1 - bits > lowest ? coarse - 1 - bits : lowest;
    return (Cuts){coarse, fine, 1.5 * number_of((uint64_t)(coarse + 52 + 1023) << 52),
                  1.5 * number_of((uint64_t)(fine + 52 + 1023) << 52)};
}

/* Add parts on a grid to digits; places: the number of digits. */
static inline void add_parts(int64_t *digits, int first, int places, int64_t parts, int exponent) {
    const int64_t sign = parts >> 63;
    const uint64_t size = ((uint64_t)parts ^ (uint64_t)sign) - (uint64_t)sign;
    const int place = exponent + 1088, room = places - 1 - ((place >> 5) - first);
    if (size) /* without any, the grid may lie beyond the digits */
        add_size(digits, first, place, size, sign, room < 2 ? room : 2);
}

#endif
