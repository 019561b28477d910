/* The functions of losscli.kernels._machine on sums of digits. */

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2", "no-tree-slp-vectorize") /* A vector waits for digits just written. */
#endif
#include <math.h>
#include <stdlib.h>

#include "codes.h"
#include "columns.h"

#define AHEAD 16 /* rows whose sums are fetched while others are added */
#define MOST_PLACES 72
#define CHUNK 512
#define HALF (INT64_C(1) << 31) /* of what a place counts */
#define PART_BITS 50 /* of a chunk, in 63 bits */

int find_places(const double *x, Py_ssize_t n, int *first, int *end) {
    uint64_t low = UINT64_MAX, high = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        uint64_t size = bits_of(x[i]) << 1, less = size - 1; /* of 0 the largest number */
        low = less < low ? less : low;
        high = size > high ? size : high;
    }
    const int largest = (int)(high >> 53);
    if (largest == 0x7ff) {
        high = 0;
        for (Py_ssize_t i = 0; i < n; i++) {
            uint64_t size = bits_of(x[i]) << 1;
            high = size > high && size >> 53 != 0x7ff ? size : high;
        }
    }
    const int least = (int)((low + 1) >> 53), most = (int)(high >> 53);
    *first = ((least ? least : 1) + 13) >> 5;
    *end = high ? (((most ? most : 1) + 13) >> 5) + 3 : 0;
    return largest;
}

/* Add the digits of each value to those of its code. */
static void add_each(const double *x, const int64_t *codes, Py_ssize_t n, int first,
                     Py_ssize_t places, int64_t *sums, const int64_t *end) {
    for (Py_ssize_t i = 0; i < n; i++) {
        if (codes + i + AHEAD < end)
            __builtin_prefetch(sums + codes[i + AHEAD] * places, 1);
        if (bits_of(x[i]) << 1 && exponent_of(bits_of(x[i])) != 0x7ff)
            add_value(sums + codes[i] * places, first, x[i]);
    }
}

/* The same of values below 2^top, of which neighbours mostly have the same code. */
static void add_runs(const double *x, const int64_t *codes, Py_ssize_t n, int top, int first,
                     Py_ssize_t places, int64_t *sums) {
    const int lowest = 32 * (first + FIRST_PLACE);
    const Cuts at = cuts_below(top, PART_BITS, lowest > -1074 ? lowest : -1074);
    for (Py_ssize_t i = 0; i < n;) {
        const int64_t code = codes[i];
        int64_t *digits = sums + code * places;
        uint64_t coarse = 0, fine = 0;
        const Py_ssize_t start = i;
        do {
            const double shifted = x[i] + at.first, rest = x[i] - (shifted - at.first);
            const double again = rest + at.second;
            coarse += bits_of(shifted);
            fine += bits_of(again);
            if (rest != again - at.second)
                add_value(digits, first, rest - (again - at.second));
        } while (++i < n && codes[i] == code);
        const uint64_t rows = (uint64_t)(i - start);
        add_parts(digits, first, (int)places, (int64_t)(coarse - rows * bits_of(at.first)), at.coarse);
        add_parts(digits, first, (int)places, (int64_t)(fine - rows * bits_of(at.second)), at.fine);
    }
}
PyObject *py_digit_places(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *values, *answer = NULL;
    if (!PyArg_ParseTuple(args, "O:digit_places", &values))
        return NULL;
    Buffers of = {.count = 0};
    const double *x = take(&of, values, 0, -1);
    if (x) {
        int first, end;
        Py_BEGIN_ALLOW_THREADS
        find_places(x, taken(&of, 0), &first, &end);
        Py_END_ALLOW_THREADS
        answer = Py_BuildValue("ii", first + FIRST_PLACE, end ? end - first : 0);
    }
    release_all(&of);
    return answer;
}

/* 1 if most neighbours have the same code. */
static int has_runs(const int64_t *codes, Py_ssize_t n) {
    Py_ssize_t changes = 0;
    for (Py_ssize_t i = 1; i < n; i++)
        changes += codes[i] != codes[i - 1];
    return 3 * changes < n;
}

/* Add the digits of all values; 0 for one beyond the places of digits. */
static int add_digits(const double *x, const int64_t *codes, Py_ssize_t n, int first,
                      Py_ssize_t places, int64_t *sums) {
    for (Py_ssize_t from = 0, size; from < n; from += size, x += size, codes += size) {
        size = n - from < CHUNK ? n - from : CHUNK;
        int least, end;
        const int largest = find_places(x, size, &least, &end);
        if (end && (least < first || end > first + places))
            return 0;
        if (end && largest < HUGE_EXPONENT && has_runs(codes, size))
            add_runs(x, codes, size, (largest ? largest : 1) - 1022, first, places, sums);
        else if (end)
            add_each(x, codes, size, first, places, sums, codes + n - from);
    }
    return 1;
}

PyObject *py_add_digits(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *values, *codes, *sums, *answer = NULL;
    int first, done;
    Py_ssize_t count;
    if (!PyArg_ParseTuple(args, "OOiOn:add_digits", &values, &codes, &first, &sums, &count))
        return NULL;
    Buffers of = {.count = 0};
    const double *x = take(&of, values, 0, -1);
    const int64_t *code = x ? take(&of, codes, 0, taken(&of, 0)) : NULL;
    int64_t *to = code ? take(&of, sums, PyBUF_WRITABLE, -1) : NULL;
    if (to && are_codes_valid(code, taken(&of, 0), count)) {
        Py_BEGIN_ALLOW_THREADS
        done = add_digits(x, code, taken(&of, 0), first - FIRST_PLACE,
                          count ? taken(&of, 2) / count : 0, to);
        Py_END_ALLOW_THREADS
        if (done)
            answer = Py_NewRef(Py_None);
        else
            PyErr_SetString(PyExc_ValueError, "values beyond the digits");
    }
    release_all(&of);
    return answer;
}

PyObject *py_add_rows(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *objects[3], *answer = NULL;
    Py_ssize_t offset, wide;
    if (!PyArg_ParseTuple(args, "OOnOn:add_rows", &objects[0], &objects[1], &offset, &objects[2],
                          &wide))
        return NULL;
    Buffers of = {.count = 0};
    const int64_t *rows = take(&of, objects[0], 0, -1);
    const int64_t *places = rows ? take(&of, objects[1], 0, -1) : NULL;
    int64_t *to = places ? take(&of, objects[2], PyBUF_WRITABLE, -1) : NULL;
    Py_ssize_t n = to ? taken(&of, 1) : 0, width = n ? taken(&of, 0) / n : 0;
    if (to && (wide < 1 || offset < 0 || offset + width > wide)) {
        PyErr_SetString(PyExc_ValueError, "rows that are too wide");
    } else if (to && are_codes_valid(places, n, taken(&of, 2) / wide)) {
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t i = 0; i < n; i++, rows += width) {
            int64_t *at = to + places[i] * wide + offset;
            for (Py_ssize_t k = 0; k < width; k++)
                at[k] += rows[k];
        }
        Py_END_ALLOW_THREADS
        answer = Py_NewRef(Py_None);
    }
    release_all(&of);
    return answer;
}

/* A number and what its rounding left. */
typedef struct {
    double high, low;
} Total;

/* Rows of digits from place `first` on, and the number that 1 counts in each place, where all of these
   are numbers of full precision. */
typedef struct {
    const int64_t *digits;
    Py_ssize_t places;
    int first, ordinary;
    double powers[MOST_PLACES + 1];
} Digits;

static Digits digits_from(int first, const int64_t *digits, Py_ssize_t places) {
    Digits of = {digits, places, first, 32 * first >= -1022 && 32 * (first + places) <= 960, {0.0}};
    for (int k = 0; of.ordinary && k <= places; k++)
        of.powers[k] = number_of((uint64_t)(32 * (first + k) + 1023) << 52);
    return of;
}

/* The number of row i. Digits are carried first, to [-2^31, 2^31), so that each lies below what is added
   up already: the rounding leaves term - (total - high). */
static __attribute__((noinline)) Total total_of(const Digits *of, Py_ssize_t i) {
    const int64_t *digits = of->digits + i * of->places;
    int64_t whole[MOST_PLACES + 1], carry = 0;
    for (Py_ssize_t k = 0; k < of->places; k++) {
        carry += digits[k] + HALF;
        whole[k] = (carry & 0xffffffff) - HALF;
        carry >>= 32;
    }
    whole[of->places] = carry;
    Total sum = {0.0, 0.0};
    for (Py_ssize_t k = of->places; k >= 0; k--) {
        const double digit = (double)whole[k];
        const double term = of->ordinary ? digit * of->powers[k] : ldexp(digit, 32 * (of->first + (int)k));
        const double total = sum.high + term;
        sum.low += term - (total - sum.high);
        sum.high = total;
    }
    const double rounded = sum.high + sum.low; /* once, as if there had been no digits */
    if (rounded - rounded == 0.0) {
        sum.low -= rounded - sum.high;
        sum.high = rounded;
    }
    return sum;
}

PyObject *py_totals(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *objects[3], *answer = NULL;
    int first;
    if (!PyArg_ParseTuple(args, "iOOO:totals", &first, &objects[0], &objects[1], &objects[2]))
        return NULL;
    Buffers of = {.count = 0};
    double *high = take(&of, objects[1], PyBUF_WRITABLE, -1);
    double *low = high ? take(&of, objects[2], PyBUF_WRITABLE, taken(&of, 0)) : NULL;
    const int64_t *digits = low ? take(&of, objects[0], 0, -1) : NULL;
    Py_ssize_t count = digits ? taken(&of, 0) : 0, places = count ? taken(&of, 2) / count : 0;
    if (digits && taken(&of, 2) == places * count && places <= MOST_PLACES) {
        Py_BEGIN_ALLOW_THREADS
        const Digits all = digits_from(first, digits, places);
        for (Py_ssize_t i = 0; i < count; i++) {
            const Total sum = total_of(&all, i);
            high[i] = sum.high;
            low[i] = sum.low;
        }
        Py_END_ALLOW_THREADS
        answer = Py_NewRef(Py_None);
    } else if (digits) {
        PyErr_SetString(PyExc_ValueError, "not digits of as many sums");
    }
    release_all(&of);
    return answer;
}

PyObject *py_totals_less(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *objects[4], *answer = NULL;
    int first;
    double factor;
    if (!PyArg_ParseTuple(args, "iOdOOO:totals_less", &first, &objects[0], &factor, &objects[1],
                          &objects[2], &objects[3]))
        return NULL;
    Buffers of = {.count = 0};
    double *out = take(&of, objects[3], PyBUF_WRITABLE, -1);
    const double *high = out ? take(&of, objects[1], 0, taken(&of, 0)) : NULL;
    const double *low = high ? take(&of, objects[2], 0, taken(&of, 0)) : NULL;
    const int64_t *digits = low ? take(&of, objects[0], 0, -1) : NULL;
    Py_ssize_t count = digits ? taken(&of, 0) : 0, places = count ? taken(&of, 3) / count : 0;
    if (digits && taken(&of, 3) == places * count && places <= MOST_PLACES) {
        Py_BEGIN_ALLOW_THREADS
        const Digits all = digits_from(first, digits, places);
        for (Py_ssize_t i = 0; i < count; i++) {
            const Total sum = total_of(&all, i);
            const double product = factor * high[i], rest = rest_of(factor, high[i], product);
            out[i] = (sum.high - product) + (sum.low - rest - factor * low[i]);
        }
        Py_END_ALLOW_THREADS
        answer = Py_NewRef(Py_None);
    } else if (digits) {
        PyErr_SetString(PyExc_ValueError, "not digits of as many sums");
    }
    release_all(&of);
    return answer;
}
