/* The functions of losscli.kernels._machine on columns of numbers, and on rows that have a code each:
   0, 1, ... of a group. */

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os") /* Loops wait for memory, not for instructions. */
#define VECTORIZED __attribute__((optimize("O3")))
#else
#define VECTORIZED
#endif
#include <math.h>
#include <stdlib.h>

#include "codes.h"
#include "columns.h"

#define RADIX_BITS 11
#define RADIX (1 << RADIX_BITS)
#define NEAR (1 << 16)       /* values in a table of 16 bits each */
#define FIRST_ROWS 4096

void release_all(Buffers *of) {
    while (of->count)
        PyBuffer_Release(&of->views[--of->count]);
}

void *take(Buffers *of, PyObject *object, int flags, Py_ssize_t numbers) {
    Py_buffer *view = &of->views[of->count];
    if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS | flags) < 0)
        return NULL;
    of->count++;
    if (view->itemsize == 8 && (numbers < 0 || view->len == 8 * numbers))
        return view->buf;
    PyErr_SetString(PyExc_ValueError, "a buffer of another size");
    return NULL;
}

int are_codes_valid(const int64_t *codes, Py_ssize_t n, Py_ssize_t count) {
    uint64_t most = 0;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < n; i++)
        most = (uint64_t)codes[i] > most ? (uint64_t)codes[i] : most;
    Py_END_ALLOW_THREADS
    if (!n || most < (uint64_t)count)
        return 1;
    PyErr_SetString(PyExc_ValueError, "a code out of range");
    return 0;
}

typedef struct {
    uint64_t key;
    int64_t row;
} Entry;

/* The codes of values that ascend; their number, or -1 if they do not. */
static Py_ssize_t number_ascending(const int64_t *x, Py_ssize_t n, int64_t *codes, int64_t *keys) {
    Py_ssize_t code = -1;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (i && x[i] < x[i - 1])
            return -1;
        if (!i || x[i] != x[i - 1])
            keys[++code] = x[i];
        codes[i] = code;
    }
    return code + 1;
}

/* The same of values that are near to the first ones; -1 if some are not, or without memory. */
static VECTORIZED Py_ssize_t number_near(const int64_t *x, Py_ssize_t n, int64_t *codes, int64_t *keys) {
    int64_t low = x[0], high = x[0];
    for (Py_ssize_t i = 1; i < n && i < FIRST_ROWS; i++) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    if (low < -(INT64_C(1) << 62) || high > INT64_C(1) << 62 || high - low > NEAR / 2)
        return -1;
    const uint64_t base = (uint64_t)low - NEAR / 4;
    uint8_t *seen = calloc(1, NEAR + NEAR * sizeof(uint16_t));
    uint16_t *table = (uint16_t *)(seen + NEAR);
    Py_ssize_t code = 0, i = 0;
    if (!seen)
        return -1;
    for (; i < n && (uint64_t)x[i] - base < NEAR; i++)
        seen[(uint64_t)x[i] - base] = 1;
    if (i < n) {
        free(seen);
        return -1;
    }
    for (size_t k = 0; k < NEAR; k++)
        if (seen[k]) {
            keys[code] = (int64_t)(base + k);
            table[k] = (uint16_t)code++;
        }
    for (i = 0; i < n; i++)
        codes[i] = table[(uint64_t)x[i] - base];
    free(seen);
    return code;
}

/* The bits of a word that are set. */
static inline __attribute__((always_inline)) int ones_of(uint64_t word) {
    word -= word >> 1 & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
    return (int)(((word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f)) * UINT64_C(0x0101010101010101) >> 56);
}

/* 64 values of a range: those that occur, and the number of those before them. */
typedef struct {
    uint64_t seen;
    int64_t before;
} Word;

/* The codes of values in [low, low + span), by a table of bits, which stays in a near cache where one of
   codes does not; -1 without memory. */
static Py_ssize_t number_by_bits(const int64_t *x, Py_ssize_t n, int64_t low, size_t span,
                                  int64_t *codes, int64_t *keys) {
    const size_t words = span / 64 + 1;
    Word *table = calloc(words, sizeof *table);
    Py_ssize_t code = 0;
    if (!table)
        return -1;
    for (Py_ssize_t i = 0; i < n; i++) {
        const uint64_t at = (uint64_t)x[i] - (uint64_t)low;
        table[at >> 6].seen |= UINT64_C(1) << (at & 63);
    }
    for (size_t k = 0; k < words; k++) {
        table[k].before = code;
        for (uint64_t left = table[k].seen; left; left &= left - 1) /* without its lowest bit */
            keys[code++] = (int64_t)((uint64_t)low + 64 * k + (uint64_t)ones_of(~left & (left - 1)));
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        const uint64_t at = (uint64_t)x[i] - (uint64_t)low;
        const Word word = table[at >> 6];
        codes[i] = word.before + ones_of(word.seen & ((UINT64_C(1) << (at & 63)) - 1));
    }
    free(table);
    return code;
}

/* The same of any values, which are sorted by their digits. */
static Py_ssize_t number_by_sorting(const int64_t *x, Py_ssize_t n, int64_t low, uint64_t span,
                                    int64_t *codes, int64_t *keys) {
    Entry *from = malloc(2 * (size_t)n * sizeof *from), *memory = from, *to = from + n;
    if (!from)
        return -1;
    for (Py_ssize_t i = 0; i < n; i++)
        from[i] = (Entry){(uint64_t)x[i] - (uint64_t)low, i};
    for (int shift = 0; shift < 64 && span >> shift; shift += RADIX_BITS) {
        Py_ssize_t starts[RADIX] = {0}, sum = 0;
        for (Py_ssize_t i = 0; i < n; i++)
            starts[from[i].key >> shift & (RADIX - 1)]++;
        for (int k = 0; k < RADIX; k++) {
            Py_ssize_t size = starts[k];
            starts[k] = sum;
            sum += size;
        }
        for (Py_ssize_t i = 0; i < n; i++)
            to[starts[from[i].key >> shift & (RADIX - 1)]++] = from[i];
        Entry *other = from;
        from = to;
        to = other;
    }
    Py_ssize_t code = -1;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!i || from[i].key != from[i - 1].key)
            keys[++code] = (int64_t)(from[i].key + (uint64_t)low);
        codes[from[i].row] = code;
    }
    free(memory);
    return code + 1;
}

static Py_ssize_t number(const int64_t *x, Py_ssize_t n, int64_t *codes, int64_t *keys) {
    Py_ssize_t count = number_ascending(x, n, codes, keys);
    if (count >= 0)
        return count;
    count = number_near(x, n, codes, keys);
    if (count >= 0)
        return count;
    int64_t low = x[0], high = x[0];
    for (Py_ssize_t i = 1; i < n; i++) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    uint64_t span = (uint64_t)high - (uint64_t)low;
    if (span < 8 * (uint64_t)n)
        return number_by_bits(x, n, low, (size_t)span + 1, codes, keys);
    return number_by_sorting(x, n, low, span, codes, keys);
}

PyObject *py_number(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *values, *codes, *answer = NULL;
    if (!PyArg_ParseTuple(args, "OO:number", &values, &codes))
        return NULL;
    Buffers of = {.count = 0};
    const int64_t *x = take(&of, values, 0, -1);
    int64_t *to = x ? take(&of, codes, PyBUF_WRITABLE, taken(&of, 0)) : NULL;
    if (to) {
        Py_ssize_t n = taken(&of, 0), count = -1;
        int64_t *keys = malloc((size_t)(n + 1) * sizeof *keys);
        if (keys) {
            Py_BEGIN_ALLOW_THREADS
            count = number(x, n, to, keys);
            Py_END_ALLOW_THREADS
        }
        answer = count < 0 ? PyErr_NoMemory()
                           : PyByteArray_FromStringAndSize((const char *)keys, 8 * count);
        free(keys);
    }
    release_all(&of);
    return answer;
}

PyObject *py_extremes_by_code(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *objects[5], *answer = NULL;
    if (!PyArg_ParseTuple(args, "OOOOO:extremes_by_code", &objects[0], &objects[1], &objects[2],
                          &objects[3], &objects[4]))
        return NULL;
    Buffers of = {.count = 0};
    const double *x = take(&of, objects[0], 0, -1);
    const int64_t *codes = x ? take(&of, objects[1], 0, taken(&of, 0)) : NULL;
    double *low = codes ? take(&of, objects[2], PyBUF_WRITABLE, -1) : NULL;
    double *high = low ? take(&of, objects[3], PyBUF_WRITABLE, taken(&of, 2)) : NULL;
    int64_t *rows = high ? take(&of, objects[4], PyBUF_WRITABLE, taken(&of, 2)) : NULL;
    if (rows && are_codes_valid(codes, taken(&of, 0), taken(&of, 2))) {
        Py_ssize_t n = taken(&of, 0), count = taken(&of, 2);
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t k = 0; k < count; k++) {
            low[k] = INFINITY;
            high[k] = -INFINITY;
            rows[k] = -1;
        }
        for (Py_ssize_t i = 0; i < n; i++) {
            int64_t code = codes[i];
            low[code] = x[i] < low[code] ? x[i] : low[code];
            if (x[i] > high[code] || (rows[code] < 0 && x[i] == x[i])) {
                high[code] = x[i];
                rows[code] = i;
            }
        }
        Py_END_ALLOW_THREADS
        answer = Py_NewRef(Py_None);
    }
    release_all(&of);
    return answer;
}

/* The moments of the rows of a code; e: a - pivot * b. */
typedef struct {
    double pivot, ee, eb, bb;
} Moments;

static void add_moments(const double *a, const double *b, const int64_t *codes, Py_ssize_t n,
                        Moments *to, Py_ssize_t count) {
    memset(to, 0, (size_t)count * sizeof *to);
    for (Py_ssize_t i = 0; i < n; i++) {
        to[codes[i]].pivot += a[i];
        to[codes[i]].eb += b ? b[i] : 1.0;
    }
    for (Py_ssize_t k = 0; k < count; k++) {
        double pivot = to[k].pivot / to[k].eb;
        to[k] = (Moments){isfinite(pivot) ? pivot : 0.0, 0.0, 0.0, 0.0};
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        Moments *at = to + codes[i];
        double one = b ? b[i] : 1.0, e = a[i] - at->pivot * one;
        at->ee += e * e;
        at->eb += e * one;
        at->bb += one * one;
    }
}

PyObject *py_moments_by_code(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *objects[4], *answer = NULL;
    if (!PyArg_ParseTuple(args, "OOOO:moments_by_code", &objects[0], &objects[1], &objects[2],
                          &objects[3]))
        return NULL;
    Buffers of = {.count = 0};
    const double *a = take(&of, objects[0], 0, -1), *b = NULL;
    if (a && objects[1] != Py_None && !(b = take(&of, objects[1], 0, taken(&of, 0))))
        a = NULL;
    const int64_t *codes = a ? take(&of, objects[2], 0, taken(&of, 0)) : NULL;
    Moments *to = codes ? take(&of, objects[3], PyBUF_WRITABLE, -1) : NULL;
    Py_ssize_t count = to ? taken(&of, of.count - 1) / 4 : 0;
    if (to && are_codes_valid(codes, taken(&of, 0), count)) {
        Py_ssize_t n = taken(&of, 0);
        Py_BEGIN_ALLOW_THREADS
        add_moments(a, b, codes, n, to, count);
        Py_END_ALLOW_THREADS
        answer = Py_NewRef(Py_None);
    }
    release_all(&of);
    return answer;
}

/* Merge ascending keys; the places of both among the result, whose number is returned. */
static Py_ssize_t merge_keys(const uint64_t *a, Py_ssize_t n, const uint64_t *b, Py_ssize_t m,
                             int64_t *ours, int64_t *theirs, uint64_t *keys) {
    Py_ssize_t i = 0, j = 0, count = 0;
    while (i < n || j < m) {
        int first = j == m || (i < n && a[i] <= b[j]), second = i == n || (j < m && b[j] <= a[i]);
        keys[count] = first ? a[i] : b[j];
        if (first)
            ours[i++] = count;
        if (second)
            theirs[j++] = count;
        count++;
    }
    return count;
}

PyObject *py_merge_keys(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *objects[4], *answer = NULL;
    if (!PyArg_ParseTuple(args, "OOOO:merge_keys", &objects[0], &objects[1], &objects[2],
                          &objects[3]))
        return NULL;
    Buffers of = {.count = 0};
    const uint64_t *a = take(&of, objects[0], 0, -1), *b = a ? take(&of, objects[1], 0, -1) : NULL;
    int64_t *ours = b ? take(&of, objects[2], PyBUF_WRITABLE, taken(&of, 0)) : NULL;
    int64_t *theirs = ours ? take(&of, objects[3], PyBUF_WRITABLE, taken(&of, 1)) : NULL;
    if (theirs) {
        Py_ssize_t n = taken(&of, 0), m = taken(&of, 1), count = -1;
        uint64_t *keys = malloc((size_t)(n + m + 1) * sizeof *keys);
        if (keys) {
            Py_BEGIN_ALLOW_THREADS
            count = merge_keys(a, n, b, m, ours, theirs, keys);
            Py_END_ALLOW_THREADS
        }
        answer = count < 0 ? PyErr_NoMemory()
                           : PyByteArray_FromStringAndSize((const char *)keys, 8 * count);
        free(keys);
    }
    release_all(&of);
    return answer;
}

VECTORIZED static void multiply(const double *a, const double *b, Py_ssize_t n, double *product,
                                double *rest) {
    for (Py_ssize_t i = 0; i < n; i++) {
        const double x = a[i], y = b[i];
        product[i] = x * y;
        rest[i] = rest_of(x, y, x * y);
    }
}

PyObject *py_two_product(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *objects[4], *answer = NULL;
    if (!PyArg_ParseTuple(args, "OOOO:two_product", &objects[0], &objects[1], &objects[2],
                          &objects[3]))
        return NULL;
    Buffers of = {.count = 0};
    const double *a = take(&of, objects[0], 0, -1), *b = a ? take(&of, objects[1], 0, taken(&of, 0)) : NULL;
    double *product = b ? take(&of, objects[2], PyBUF_WRITABLE, taken(&of, 0)) : NULL;
    double *rest = product ? take(&of, objects[3], PyBUF_WRITABLE, taken(&of, 0)) : NULL;
    if (rest) {
        Py_BEGIN_ALLOW_THREADS
        multiply(a, b, taken(&of, 0), product, rest);
        Py_END_ALLOW_THREADS
        answer = Py_NewRef(Py_None);
    }
    release_all(&of);
    return answer;
}
