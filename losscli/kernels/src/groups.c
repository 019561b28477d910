/* The rows of groups: exact sums, moments and extremes of each. */

#include <math.h>
#include <stdlib.h>

#include "codes.h"
#include "columns.h"

#define PART_BITS 45  /* so that the parts of a unit add up in 63 bits */
#define MOST_ROWS (1 << 17) /* of a unit */

typedef double Pair __attribute__((vector_size(16)));
typedef uint64_t Pieces __attribute__((vector_size(16)));

/* The state of a group in a unit. squares: of e, and e, for e = x - pivot. pieces: the bits of the
   parts of x on both grids, with their anchors. */
typedef struct {
    Pair squares;
    Pieces pieces;
    double pivot, low, high;
    int64_t row;
} Group;

/* Add the sum and the number of the rows of each of `count` groups; 0 if there is no such group. */
static int add_totals(const double *x, const int64_t *codes, Py_ssize_t n, Pair *totals, Py_ssize_t count) {
    for (Py_ssize_t i = 0; i < n; i++) {
        if ((uint64_t)codes[i] >= (uint64_t)count)
            return 0;
        totals[codes[i]] += (Pair){x[i], 1.0};
    }
    return 1;
}

/* Add what the grids leave of a value to the digits of its group. */
static __attribute__((noinline)) void add_left(int64_t *digits, int first, double left) {
    add_value(digits, first, left);
}

/* Add rows, the first of which is `row`, to the groups, whose pivots are known. */
static void add_rows(const double *x, const int64_t *codes, Py_ssize_t n, Py_ssize_t row,
                     Group *groups, const Cuts *at, int64_t *digits, int first, Py_ssize_t places) {
    const double one = at->first, two = at->second;
    for (Py_ssize_t i = 0; i < n; i++) {
        Group *group = groups + codes[i];
        const double value = x[i], e = value - group->pivot;
        group->squares += (Pair){e * e, e};
        const double coarse = value + one, rest = value - (coarse - one), fine = rest + two;
        group->pieces += (Pieces)(Pair){coarse, fine};
        if (rest != fine - two)
            add_left(digits + codes[i] * places, first, rest - (fine - two));
        if (value < group->low)
            group->low = value;
        if (value > group->high) {
            group->high = value;
            group->row = row + i;
        }
    }
}

/* The rows of groups, and what is found of them; digits: `places` of each group from `first` on. All
   values are below 2^top. */
typedef struct {
    const double *x;
    const int64_t *codes;
    Group *groups;
    Pair *totals;
    Py_ssize_t n, count, places;
    int first, top;
    int64_t *digits, *counts;
} Rows;

/* Add the rows of a unit, [from, to); moments: of each group its pivot, sum e*e, sum e, rows. 0 if a
   code is out of range. */
static int add_unit(const Rows *all, Py_ssize_t from, Py_ssize_t to, double *moments) {
    const double *x = all->x + from;
    const int64_t *codes = all->codes + from;
    memset(all->totals, 0, (size_t)all->count * sizeof *all->totals);
    if (!add_totals(x, codes, to - from, all->totals, all->count))
        return 0;
    const int lowest = 32 * (all->first + FIRST_PLACE);
    const Cuts at = cuts_below(all->top, PART_BITS, lowest > -1074 ? lowest : -1074);
    for (Py_ssize_t k = 0; k < all->count; k++) {
        const double pivot = all->totals[k][0] / all->totals[k][1];
        Group *group = all->groups + k;
        group->pivot = isfinite(pivot) ? pivot : 0.0;
        group->squares = (Pair){0.0, 0.0};
        group->pieces = (Pieces){0, 0};
    }
    add_rows(x, codes, to - from, from, all->groups, &at, all->digits, all->first, all->places);
    for (Py_ssize_t k = 0; k < all->count; k++) {
        const Group *group = all->groups + k;
        const uint64_t rows = (uint64_t)all->totals[k][1];
        const double found[4] = {group->pivot, group->squares[0], group->squares[1], (double)rows};
        memcpy(moments + 4 * k, found, sizeof found);
        all->counts[k] += (int64_t)rows;
        int64_t *digits = all->digits + k * all->places;
        add_parts(digits, all->first, (int)all->places, (int64_t)(group->pieces[0] - rows * bits_of(at.first)), at.coarse);
        add_parts(digits, all->first, (int)all->places, (int64_t)(group->pieces[1] - rows * bits_of(at.second)), at.fine);
    }
    return 1;
}

static int add_units(const Rows *all, Py_ssize_t unit, Py_ssize_t phase, double *moments) {
    for (Py_ssize_t k = 0; k < all->count; k++) {
        all->groups[k].low = INFINITY;
        all->groups[k].high = -INFINITY;
        all->groups[k].row = -1;
    }
    for (Py_ssize_t from = 0, to; from < all->n; from = to, moments += 4 * all->count) {
        to = from ? from + unit : unit - phase;
        to = to < all->n ? to : all->n;
        if (!add_unit(all, from, to, moments))
            return 0;
    }
    return 1;
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os") /* Nothing below is a loop over rows. */
#endif

/* Add the moments of the groups in a unit to those in the rows before: pivot, sum e*e, sum e*b, sum b*b
   of each, the last three 0 without rows. */
static void merge_moments(double *to, const double *from, Py_ssize_t groups) {
    for (Py_ssize_t k = 0; k < groups; k++, to += 4, from += 4) {
        if (!(from[1] != 0.0 || from[2] != 0.0 || from[3] != 0.0))
            continue;
        if (!(to[1] != 0.0 || to[2] != 0.0 || to[3] != 0.0)) {
            memcpy(to, from, 4 * sizeof *to);
            continue;
        }
        const double step = to[0] - from[0];
        to[1] += from[1] - 2.0 * step * from[2] + step * step * from[3];
        to[2] += from[2] - step * from[3];
        to[3] += from[3];
    }
}

PyObject *py_fold_by_code(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *objects[7], *answer = NULL;
    Py_ssize_t unit, phase;
    if (!PyArg_ParseTuple(args, "OOnnOOOOO:fold_by_code", &objects[0], &objects[1], &unit, &phase,
                          &objects[2], &objects[3], &objects[4], &objects[5], &objects[6]))
        return NULL;
    Buffers of = {.count = 0};
    const double *x = take(&of, objects[0], 0, -1);
    const Py_ssize_t n = x ? taken(&of, 0) : 0;
    const int64_t *codes = x ? take(&of, objects[1], 0, n) : NULL;
    int64_t *counts = codes ? take(&of, objects[2], PyBUF_WRITABLE, -1) : NULL;
    const Py_ssize_t count = counts ? taken(&of, 2) : 0;
    double *low = counts ? take(&of, objects[3], PyBUF_WRITABLE, count) : NULL;
    double *high = low ? take(&of, objects[4], PyBUF_WRITABLE, count) : NULL;
    int64_t *rows = high ? take(&of, objects[5], PyBUF_WRITABLE, count) : NULL;
    double *moments = rows ? take(&of, objects[6], PyBUF_WRITABLE, -1) : NULL;
    if (moments && (unit < 1 || unit > MOST_ROWS || phase < 0 || phase >= unit ||
                    taken(&of, 6) != 4 * count * ((phase + n + unit - 1) / unit))) {
        PyErr_SetString(PyExc_ValueError, "not a unit and a phase, or moments of other units");
    } else if (moments) {
        int first, end, largest, done = 0;
        Py_BEGIN_ALLOW_THREADS
        largest = find_places(x, n, &first, &end);
        Py_END_ALLOW_THREADS
        const Py_ssize_t places = end ? end - first + 1 : 0; /* one more for sums */
        const size_t size = (size_t)(count * places);
        Rows all = {x, codes, NULL, NULL, n, count, places, first, (largest ? largest : 1) - 1022, NULL, counts};
        char *memory = malloc((size_t)(count + 1) * (sizeof(Group) + sizeof(Pair)) + sizeof(Group));
        all.digits = calloc(size + 1, sizeof *all.digits);
        if (largest >= HUGE_EXPONENT) {
            answer = Py_NewRef(Py_None);
        } else if (!memory || !all.digits) {
            PyErr_NoMemory();
        } else {
            Py_BEGIN_ALLOW_THREADS
            /* A group lies in one line of a cache. */
            all.groups = (Group *)(memory + (sizeof(Group) - (uintptr_t)memory % sizeof(Group)));
            all.totals = (Pair *)(all.groups + count);
            done = add_units(&all, unit, phase, moments);
            for (Py_ssize_t k = 0; k < count; k++) {
                low[k] = all.groups[k].low;
                high[k] = all.groups[k].high;
                rows[k] = all.groups[k].row;
            }
            Py_END_ALLOW_THREADS
            if (done)
                answer = Py_BuildValue("iy#", first + FIRST_PLACE, (const char *)all.digits,
                                       (Py_ssize_t)(size * sizeof *all.digits));
            else
                PyErr_SetString(PyExc_ValueError, "a code out of range");
        }
        free(memory);
        free(all.digits);
    }
    release_all(&of);
    return answer;
}

PyObject *py_merge_moments(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *ours, *theirs, *answer = NULL;
    if (!PyArg_ParseTuple(args, "OO:merge_moments", &ours, &theirs))
        return NULL;
    Buffers of = {.count = 0};
    double *to = take(&of, ours, PyBUF_WRITABLE, -1);
    const double *from = to ? take(&of, theirs, 0, taken(&of, 0)) : NULL;
    if (from) {
        merge_moments(to, from, taken(&of, 0) / 4);
        answer = Py_NewRef(Py_None);
    }
    release_all(&of);
    return answer;
}
