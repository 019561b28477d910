/* The state of rows that a fold adds up: exact sum, extremes and moments. Included by machine.h. */

/* Sums of e = x - pivot and of e^2. */
typedef struct {
    double e, ee;
} Pair;

INLINE double across(const double *r) {
    return ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
}

INLINE Pair across_lanes(const Doubles *e, const Doubles *ee) {
    double lanes[2][8];
    memcpy(lanes[0], e, sizeof lanes[0]);
    memcpy(lanes[1], ee, sizeof lanes[1]);
    return (Pair){across(lanes[0]), across(lanes[1])};
}

INLINE Pair add_pairs(Pair a, Pair b) { return (Pair){a.e + b.e, a.ee + b.ee}; }

/* The sums of n values in the order of NumPy's pairwise summation. */
static Pair sums_about(const double *x, int n, double pivot) {
    Pair sum = {-0.0, -0.0};
    if (n > 128) {
        int half = n / 2 - n / 2 % 8;
        return add_pairs(sums_about(x, half, pivot), sums_about(x + half, n - half, pivot));
    }
    int i = 0;
    if (n >= 8) {
        Doubles e[VECTORS], ee[VECTORS];
        EACH_VECTOR e[v] = ee[v] = -(Doubles){0}; /* adding to -0 changes no number */
        for (; i + 8 <= n; i += 8)
            EACH_VECTOR {
                Doubles one = LOAD(x, i) - pivot;
                e[v] += one;
                ee[v] += one * one;
            }
        sum = across_lanes(e, ee);
    }
    for (; i < n; i++) {
        double one = x[i] - pivot;
        sum.e += one;
        sum.ee += one * one;
    }
    return sum;
}

/* The place of the first value that equals another one; of zeros of both signs too. */
static int first_equal(const double *x, double value) {
    int at = 0;
    while (x[at] != value)
        at++;
    return at;
}

static int has_nan(const double *x, int n) {
    for (int i = 0; i < n; i++) /* seldom called: short rather than fast */
        if (x[i] != x[i])
            return 1;
    return 0;
}

/* The state of some values: their extremes, their sums about a pivot, and their parts; any: 0 if
   nothing is left of them. */
typedef struct {
    double low, high;
    Pair sums;
    Parts parts;
    uint64_t any;
} Pass;

/* The state of CHUNK values, each of which is read once. Without `check` something may be left of a
   value below at->whole. The sums of parts start from anchors and stay in their binades, so that
   adding a value to one also rounds it to the grid. */
INLINE Pass pass_over(const double *x, double pivot, const Grids *at, int check) {
    Doubles low = (Doubles){0} + INFINITY, high = -low;
    Doubles coarse = (Doubles){0} + at->first, fine = (Doubles){0} + at->second;
    Integers left = {0};
    ONE(one);
    Pair blocks[CHUNK / 128];
    for (int k = 0; k < CHUNK / 128; k++, x += 128) {
        Doubles e[VECTORS], ee[VECTORS];
        EACH_VECTOR e[v] = ee[v] = -(Doubles){0};
        /* More at once would not fit into registers. */
        _Pragma("GCC unroll 1") for (int i = 0; i < 128; i += 8) EACH_VECTOR {
            Doubles value = LOAD(x, i), away = value - pivot;
            low = LEAST(value, low);
            high = MOST(value, high);
            e[v] = PLUS(e[v], away);
            ee[v] = PLUS(ee[v], away * away);
            Doubles sum = coarse + value, rest = MINUS(value, sum - coarse);
            coarse = sum;
            sum = PLUS(fine, rest);
            if (check)
                left |= (Integers)MINUS(rest, sum - fine);
            fine = sum;
        }
        blocks[k] = across_lanes(e, ee);
    }
    Pass pass = {.low = INFINITY, .high = -INFINITY};
    uint64_t sums[2] = {0, 0};
    for (int lane = 0; lane < LANES; lane++) {
        pass.low = low[lane] < pass.low ? low[lane] : pass.low;
        pass.high = high[lane] > pass.high ? high[lane] : pass.high;
        sums[0] += bits_of(coarse[lane]);
        sums[1] += bits_of(fine[lane]);
        pass.any |= left[lane] << 1; /* -0 is nothing */
    }
    if (!check)
        pass.any = is_whole(pass.low, pass.high, at) ? 0 : 1;
    pass.sums = add_pairs(add_pairs(blocks[0], blocks[1]), add_pairs(blocks[2], blocks[3]));
    pass.parts = (Parts){parts_of(sums[0], at->first, LANES), parts_of(sums[1], at->second, LANES)};
    return pass;
}

static __attribute__((noinline)) Pass pass_checked(const double *x, double pivot, const Grids *at) {
    return pass_over(x, pivot, at, 1);
}

static __attribute__((noinline)) Pass pass_unchecked(const double *x, double pivot, const Grids *at) {
    return pass_over(x, pivot, at, 0);
}

/* Add what a pass over CHUNK finite values found to the exact sum, if that is all of each value.
   The grids are those that sufficed for the values before; this chunk may need others. */
static void add_pass(Fold *fold, const double *x, const Pass *pass, const Grids *at) {
    double largest = largest_of(pass->low, pass->high);
    fold->check = !is_whole(pass->low, pass->high, at);
    if (largest < power(fold->top) && !pass->any) {
        add_parts(fold->bins, pass->parts, at);
        return;
    }
    add_chunk(fold->bins, x, CHUNK, pass->low, pass->high);
    if (largest != 0.0 && largest < HUGE_SUM)
        fold->top = top_of(largest);
}

/* Add the moments and the extremes of the next n rows; 0 if one of them is not finite. */
static __attribute__((noinline)) int add_spread(Fold *fold, const Pass *pass, const double *x,
                                                int n, int64_t row) {
    Unit *unit = fold->units + fold->unit_count - 1;
    if (!(pass->low > -INFINITY && pass->high < INFINITY))
        return 0;
    /* The squares of finite values may overflow; of a nan they are nan. */
    if (pass->sums.ee - pass->sums.ee != 0.0 && has_nan(x, n))
        return 0;
    unit->ee += pass->sums.ee;
    unit->e += pass->sums.e;
    unit->rows += n;
    if (pass->low < fold->low)
        fold->low = x[first_equal(x, pass->low)];
    if (pass->high > fold->high) {
        int place = first_equal(x, pass->high);
        fold->high = x[place];
        fold->high_row = row + place;
    }
    return 1;
}

/* Add the next n rows, which lie in one unit and begin a piece of CHUNK rows of it; 0 if one of
   them is not finite. */
static int add_rows(Fold *fold, const double *x, int n, int64_t row, int begins) {
    if (begins) {
        double pivot = sums_about(x, n, 0.0).e / n;
        fold->units[fold->unit_count++] = (Unit){pivot - pivot == 0.0 ? pivot : 0.0, 0.0, 0.0, 0.0};
    }
    const Unit *unit = fold->units + fold->unit_count - 1;
    const Grids at = grids_below(fold->top);
    Pass pass;
    if (n == CHUNK) {
        pass = (fold->check ? pass_checked : pass_unchecked)(x, unit->pivot, &at);
    } else {
        find_extremes(x, n, &pass.low, &pass.high);
        pass.sums = sums_about(x, n, unit->pivot);
    }
    if (!add_spread(fold, &pass, x, n, row))
        return 0;
    if (n == CHUNK)
        add_pass(fold, x, &pass, &at);
    else
        add_chunk(fold->bins, x, n, pass.low, pass.high);
    fold->peaks[fold->added] = (Peak){row, pass.high};
    if (++fold->added % CARRY_EVERY == 0)
        carry(fold->bins);
    return 1;
}

/* Write a - b for CHUNK numbers; add how many are below 0, and how many are 0. */
static Pass pass_over_difference(const double *a, const double *b, double *out, double pivot,
                                 int64_t *below, int64_t *equal) {
    Doubles low = (Doubles){0} + INFINITY, high = -low;
    Integers lower = {0}, zero = {0}; /* of a number that counts a mask is -1 */
    ONE(one);
    Pair blocks[CHUNK / 128];
    for (int k = 0; k < CHUNK / 128; k++, a += 128, b += 128, out += 128) {
        Doubles e[VECTORS], ee[VECTORS];
        EACH_VECTOR e[v] = ee[v] = -(Doubles){0};
        _Pragma("GCC unroll 1") for (int i = 0; i < 128; i += 8) EACH_VECTOR {
            Doubles value = MINUS(LOAD(a, i), LOAD(b, i)), away = value - pivot;
            lower -= (Integers)(value < 0.0);
            zero -= (Integers)(value == 0.0);
            low = LEAST(value, low);
            high = MOST(value, high);
            e[v] = PLUS(e[v], away);
            ee[v] = PLUS(ee[v], away * away);
            *(Doubles *)(out + i + v * LANES) = value;
        }
        blocks[k] = across_lanes(e, ee);
    }
    Pass pass = {.low = INFINITY, .high = -INFINITY};
    for (int lane = 0; lane < LANES; lane++) {
        pass.low = low[lane] < pass.low ? low[lane] : pass.low;
        pass.high = high[lane] > pass.high ? high[lane] : pass.high;
        *below += (int64_t)lower[lane];
        *equal += (int64_t)zero[lane];
    }
    pass.sums = add_pairs(add_pairs(blocks[0], blocks[1]), add_pairs(blocks[2], blocks[3]));
    return pass;
}

/* Add the differences a - b of the next n = CHUNK rows, which begin no unit, as `add_rows` without
   their exact sum; out: takes them. */
static int add_difference(Fold *fold, const double *a, const double *b, double *out, int n,
                          int64_t row, int64_t *below, int64_t *equal) {
    double pivot = fold->units[fold->unit_count - 1].pivot;
    Pass pass = pass_over_difference(a, b, out, pivot, below, equal);
    return add_spread(fold, &pass, out, n, row);
}
