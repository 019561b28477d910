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

/* Add the sum and the number of the rows of each group; the exponent of the largest one. */
static int add_totals(const double *x, const int64_t *codes, Py_ssize_t n, Pair *totals) {
    uint64_t largest = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        uint64_t size = bits_of(x[i]) << 1;
        largest = size > largest ? size : largest;
        totals[codes[i]] += (Pair){x[i], 1.0};
    }
    return (int)(largest >> 53);
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

/* The rows of groups, and what is found of them; digits: `places` of each group from `first` on. */
typedef struct {
    const double *x;
    const int64_t *codes;
    Group *groups;
    Pair *totals;
    Py_ssize_t n, count, places;
    int first;
    int64_t *digits, *counts;
} Rows;

/* Add the rows of a unit, [from, to); moments: of each group its pivot, sum e*e, sum e, rows. 0 if a
   value is not finite, or too large. */
static int add_unit(const Rows *all, Py_ssize_t from, Py_ssize_t to, double *moments) {
    const double *x = all->x + from;
    const int64_t *codes = all->codes + from;
    memset(all->totals, 0, (size_t)all->count * sizeof *all->totals);
    const int exponent = add_totals(x, codes, to - from, all->totals);
    if (exponent >= HUGE_EXPONENT)
        return 0;
    const int top = (exponent ? exponent : 1) - 1022, lowest = 32 * (all->first + FIRST_PLACE);
    const Cuts at = cuts_below(top, PART_BITS, lowest > -1074 ? lowest : -1074);
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
    } else if (moments && are_codes_valid(codes, n, count)) {
        int first, end, done = 0;
        find_places(x, n, &first, &end);
        const Py_ssize_t places = end ? end - first + 1 : 0; /* one more for sums */
        const size_t size = (size_t)(count * places);
        Rows all = {x, codes, NULL, NULL, n, count, places, first, NULL, counts};
        all.groups = malloc((size_t)(count + 1) * sizeof *all.groups);
        all.totals = malloc((size_t)(count + 1) * sizeof *all.totals);
        all.digits = calloc(size + 1, sizeof *all.digits);
        const int has_room = all.groups && all.totals && all.digits;
        if (has_room) {
            Py_BEGIN_ALLOW_THREADS
            done = add_units(&all, unit, phase, moments);
            for (Py_ssize_t k = 0; k < count; k++) {
                low[k] = all.groups[k].low;
                high[k] = all.groups[k].high;
                rows[k] = all.groups[k].row;
            }
            Py_END_ALLOW_THREADS
        }
        if (!has_room)
            PyErr_NoMemory();
        else
            answer = done ? Py_BuildValue("iy#", first + FIRST_PLACE, (const char *)all.digits,
                                          (Py_ssize_t)(size * sizeof *all.digits))
                          : Py_NewRef(Py_None);
        free(all.groups);
        free(all.totals);
        free(all.digits);
    }
    release_all(&of);
    return answer;
}
