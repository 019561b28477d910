/* The sums of runs: neighbours with the same key, as in a table that is sorted by its clusters. */

#include "codes.h"
#include "columns.h"

#define CHUNK 512
#define MOST_BITS 50 /* of a part of a value; fewer where runs are long, so that parts add up in 63 bits */

/* The number of runs of keys that ascend from 0 or above; -1 if they do not. */
static Py_ssize_t count_runs(const int64_t *keys, Py_ssize_t n) {
    Py_ssize_t count = n > 0;
    if (n && keys[0] < 0)
        return -1;
    for (Py_ssize_t from = 1; from < n; from += CHUNK) {
        const Py_ssize_t end = n - from < CHUNK ? n : from + CHUNK;
        uint64_t changes = 0, falls = 0; /* the highest bit of these: of two keys that fall */
        for (Py_ssize_t i = from; i < end; i++) {
            changes += keys[i] != keys[i - 1];
            falls |= ((uint64_t)keys[i] - (uint64_t)keys[i - 1]) | (uint64_t)keys[i];
        }
        if (falls >> 63)
            return -1;
        count += (Py_ssize_t)changes;
    }
    return count;
}

/* Write the first row of each run, and the number of rows last. */
static void find_starts(const int64_t *keys, Py_ssize_t n, Py_ssize_t count, int64_t *starts) {
    starts[0] = 0;
    for (Py_ssize_t i = 1, k = 1; i < n; i++) {
        starts[k] = i; /* stays if this row begins a run */
        k += keys[i] != keys[i - 1];
    }
    starts[count] = n;
}

/* Rows in runs: run r is of the rows from starts[r] to the next start. digits: `places` of each. */
typedef struct {
    const double *x;
    const int64_t *starts;
    Py_ssize_t n, runs, places;
    int64_t *digits;
    int first;
    Cuts at;
} Runs;

/* What the cuts make of some rows. coarse, fine: the sums of parts of the rows before each one. */
typedef struct {
    uint64_t coarse[CHUNK + 1], fine[CHUNK + 1];
} Parts;

/* Cut n values; 1 if something is left of one. */
static int cut(const double *x, Py_ssize_t n, const Cuts *at, Parts *parts) {
    const double one = at->first, two = at->second;
    uint64_t any = 0, coarse = parts->coarse[0], fine = parts->fine[0];
    for (Py_ssize_t i = 0; i < n; i++) {
        const double shifted = x[i] + one, rest = x[i] - (shifted - one), again = rest + two;
        parts->coarse[i + 1] = bits_of(shifted) - bits_of(one);
        parts->fine[i + 1] = bits_of(again) - bits_of(two);
        any |= bits_of(rest - (again - two)) << 1; /* -0 is nothing */
    }
    for (Py_ssize_t i = 1; i <= n; i++) {
        parts->coarse[i] = coarse += parts->coarse[i];
        parts->fine[i] = fine += parts->fine[i];
    }
    return any != 0;
}

/* Add what is left of rows to the digits of their runs; run: that of the first one. */
static __attribute__((noinline)) void add_left(const Runs *all, Py_ssize_t from, Py_ssize_t n, Py_ssize_t run) {
    const double one = all->at.first, two = all->at.second;
    for (Py_ssize_t i = from; i < from + n; i++) {
        while (all->starts[run + 1] <= i)
            run++;
        const double rest = all->x[i] - (all->x[i] + one - one), left = rest - (rest + two - two);
        if (left != 0.0)
            add_value(all->digits + run * all->places, all->first, left);
    }
}

/* Add the digits of all rows. Differences of sums of parts are those of a run: no branch depends on
   where runs end, which no processor could foresee. */
static void add_runs(const Runs *all) {
    Parts parts = {.coarse = {0}, .fine = {0}};
    uint64_t coarse = 0, fine = 0; /* of the rows before the run, as the parts have them */
    Py_ssize_t run = 0;
    for (Py_ssize_t from = 0, size; from < all->n; from += size) {
        size = all->n - from < CHUNK ? all->n - from : CHUNK;
        if (cut(all->x + from, size, &all->at, &parts))
            add_left(all, from, size, run);
        for (; run < all->runs && all->starts[run + 1] <= from + size; run++) {
            const Py_ssize_t end = (Py_ssize_t)all->starts[run + 1] - from;
            int64_t *digits = all->digits + run * all->places;
            const int places = (int)all->places;
            add_parts(digits, all->first, places, (int64_t)(parts.coarse[end] - coarse), all->at.coarse);
            add_parts(digits, all->first, places, (int64_t)(parts.fine[end] - fine), all->at.fine);
            coarse = parts.coarse[end];
            fine = parts.fine[end];
        }
        parts.coarse[0] = parts.coarse[size];
        parts.fine[0] = parts.fine[size];
    }
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os") /* Nothing below is a loop over rows. */
#endif

/* The bits of parts that add up in every run; 0 if the starts are not those of runs of n rows. */
static int part_bits(const int64_t *starts, Py_ssize_t runs, Py_ssize_t n) {
    int64_t longest = 0, shortest = 1;
    for (Py_ssize_t r = 0; r < runs; r++) {
        const int64_t rows = starts[r + 1] - starts[r];
        longest = rows > longest ? rows : longest;
        shortest = rows < shortest ? rows : shortest;
    }
    int bits = 62;
    for (int64_t rows = longest; rows; rows >>= 1)
        bits--;
    return starts[0] != 0 || starts[runs] != n || shortest < 1 ? 0 : (bits < MOST_BITS ? bits : MOST_BITS);
}

PyObject *py_run_sums(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *values, *starts, *answer = NULL;
    if (!PyArg_ParseTuple(args, "OO:run_sums", &values, &starts))
        return NULL;
    Buffers of = {.count = 0};
    const double *x = take(&of, values, 0, -1);
    const int64_t *start = x ? take(&of, starts, 0, -1) : NULL;
    const Py_ssize_t n = start ? taken(&of, 0) : 0, runs = start ? taken(&of, 1) - 1 : 0;
    const int bits = runs > 0 ? part_bits(start, runs, n) : 0;
    if (start && !bits) {
        PyErr_SetString(PyExc_ValueError, "not the starts of runs");
    } else if (start) {
        int first, end, largest;
        Py_BEGIN_ALLOW_THREADS
        largest = find_places(x, n, &first, &end);
        Py_END_ALLOW_THREADS
        const Py_ssize_t places = end ? end - first : 0, size = 8 * runs * places;
        PyObject *sums = largest < HUGE_EXPONENT ? PyByteArray_FromStringAndSize(NULL, size) : NULL;
        if (sums) {
            int64_t *digits = (int64_t *)PyByteArray_AsString(sums);
            const int lowest = 32 * (first + FIRST_PLACE), top = (largest ? largest : 1) - 1022;
            const Runs all = {x, start, n, runs, places, digits, first,
                              cuts_below(top, bits, lowest > -1074 ? lowest : -1074)};
            Py_BEGIN_ALLOW_THREADS
            memset(digits, 0, (size_t)size);
            if (places)
                add_runs(&all);
            Py_END_ALLOW_THREADS
            answer = Py_BuildValue("iN", first + FIRST_PLACE, sums);
        } else if (largest >= HUGE_EXPONENT) {
            answer = Py_NewRef(Py_None);
        }
    }
    release_all(&of);
    return answer;
}

PyObject *py_run_starts(PyObject *Py_UNUSED(module), PyObject *object) {
    Buffers of = {.count = 0};
    PyObject *answer = NULL;
    const int64_t *keys = take(&of, object, 0, -1);
    if (keys) {
        const Py_ssize_t n = taken(&of, 0);
        Py_ssize_t count;
        Py_BEGIN_ALLOW_THREADS
        count = count_runs(keys, n);
        Py_END_ALLOW_THREADS
        answer = count < 0 ? Py_NewRef(Py_None) : PyByteArray_FromStringAndSize(NULL, 8 * (count + 1));
        if (answer && count >= 0) {
            int64_t *starts = (int64_t *)PyByteArray_AsString(answer);
            Py_BEGIN_ALLOW_THREADS
            find_starts(keys, n, count, starts);
            Py_END_ALLOW_THREADS
        }
    }
    release_all(&of);
    return answer;
}
