/* Exact sums and moments of chunks of doubles. Included once for each instruction set.

   The exact sum of a chunk: adding an anchor rounds every value to a multiple of a grid, and the
   sums then lie in one binade, where the bit patterns of doubles are consecutive integers; adding
   up those integers adds up the rounded parts, exactly. What is cut off is exact too and is cut
   once more by a finer grid; what is left then, some 100 bits below the largest value, goes
   value by value. All of it is added into bins that are 32 bits apart, in units of 2^-1074. */

#ifndef LANES /* of the widest vectors of this instruction set */
#error "include from baseline.c, avx2.c or avx512.c"
#endif

#define PART_BITS 50 /* 1024 parts of 50 bits and a sign fit into 64 bits */
#define LOWEST (-1074)
#define HUGE_SUM 0x1p960 /* above, the anchor could overflow */

typedef double Doubles __attribute__((vector_size(8 * LANES), aligned(8), may_alias));
typedef int64_t Integers __attribute__((vector_size(8 * LANES), aligned(8), may_alias));

#define VECTORS (8 / LANES) /* every loop works on 8 numbers, whatever the instruction set */
#define EACH_VECTOR _Pragma("GCC unroll 8") for (int v = 0; v < VECTORS; v++)
#define CHOICE(mask, a, b) ((Doubles)(((mask) & (Integers)(a)) | (~(mask) & (Integers)(b))))
#define LOAD(x, i) (*(const Doubles *)((x) + (i) + v * LANES))

/* Add `parts` times 2^exponent, for |parts| < 2^63. */
INLINE void add_to_bins(int64_t *bins, int64_t parts, int exponent) {
    unsigned place = (unsigned)(exponent - LOWEST), shift = place & 31;
    int64_t *bin = bins + (place >> 5);
    int64_t sign = parts < 0 ? -1 : 1;
    uint64_t size = parts < 0 ? -(uint64_t)parts : (uint64_t)parts;
    uint64_t low = (size & 0xffffffff) << shift, high = (size >> 32) << shift;
    high += low >> 32;
    bin[0] += sign * (int64_t)(low & 0xffffffff);
    bin[1] += sign * (int64_t)(high & 0xffffffff);
    bin[2] += sign * (int64_t)(high >> 32);
}

INLINE void add_value(int64_t *bins, double x) {
    uint64_t bits = bits_of(x);
    int exponent = (int)(bits >> 52) & 0x7ff;
    int64_t size = (int64_t)((bits & FRACTION) | (exponent ? FRACTION + 1 : 0));
    if (size)
        add_to_bins(bins, bits >> 63 ? -size : size, (exponent ? exponent : 1) - 1075);
}

/* Move what exceeds 32 bits of a bin into the next one. */
static void carry(int64_t *bins) {
    for (int i = 0; i < BINS - 1; i++) {
        bins[i + 1] += bins[i] >> 32;
        bins[i] &= 0xffffffff;
    }
}

/* x + anchor, whose bit pattern counts the grid. */
#define CUT(x, anchor, sum)                        \
    Doubles shifted = (x) + (anchor);              \
    (sum) += (Integers)shifted - (Integers)(anchor); \
    (x) -= shifted - (anchor)

/* The exact sum of n <= CHUNK finite values of at most `largest` in size. */
static void add_chunk(int64_t *bins, const double *x, int n, double largest) {
    if (largest == 0.0)
        return;
    int top = (int)(bits_of(largest) >> 52) - 1022; /* largest < 2^top, for normal numbers */
    int grid = top - PART_BITS > LOWEST ? top - PART_BITS : LOWEST;
    int finer = grid - 1 - PART_BITS > LOWEST ? grid - 1 - PART_BITS : LOWEST;
    if (largest >= HUGE_SUM) {
        for (int i = 0; i < n; i++)
            add_value(bins, x[i]);
        return;
    }
    const double first = ldexp(1.5, grid + 52), second = ldexp(1.5, finer + 52);
    const Doubles first_anchor = (Doubles){0} + first, second_anchor = (Doubles){0} + second;
    Integers coarse[VECTORS] = {0}, fine[VECTORS] = {0}, left[VECTORS] = {0};
    int i = 0;
    for (; i + 8 <= n; i += 8)
        EACH_VECTOR {
            Doubles value = LOAD(x, i);
            { CUT(value, first_anchor, coarse[v]); }
            { CUT(value, second_anchor, fine[v]); }
            left[v] |= (Integers)value << 1; /* -0 is nothing */
        }
    int64_t sums[2] = {0, 0}, any = 0;
    EACH_VECTOR for (int lane = 0; lane < LANES; lane++) {
        sums[0] += coarse[v][lane];
        sums[1] += fine[v][lane];
        any |= left[v][lane];
    }
    int rest = any ? 0 : i; /* from here on every value is looked at */
    for (int j = rest; j < n; j++) {
        double shifted = x[j] + first, value = x[j] - (shifted - first);
        int64_t parts = (int64_t)(bits_of(shifted) - bits_of(first));
        shifted = value + second;
        value -= shifted - second;
        add_value(bins, value);
        if (j >= i) {
            sums[0] += parts;
            sums[1] += (int64_t)(bits_of(shifted) - bits_of(second));
        }
    }
    add_to_bins(bins, sums[0], grid);
    add_to_bins(bins, sums[1], finer);
}

/* Sums of e = x - pivot and of e^2. */
typedef struct {
    double e, ee;
} Pair;

INLINE double across(const double *r) {
    return ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
}

/* The sums of n values in the order of NumPy's pairwise summation. */
static Pair sums_about(const double *x, int n, double pivot) {
    Pair sum = {-0.0, -0.0};
    if (n > 128) {
        int half = n / 2 - n / 2 % 8;
        Pair a = sums_about(x, half, pivot), b = sums_about(x + half, n - half, pivot);
        return (Pair){a.e + b.e, a.ee + b.ee};
    }
    int i = 0;
    if (n >= 8) {
        Doubles e[VECTORS], ee[VECTORS];
        EACH_VECTOR {
            e[v] = LOAD(x, 0) - pivot;
            ee[v] = e[v] * e[v];
        }
        for (i = 8; i + 8 <= n; i += 8)
            EACH_VECTOR {
                Doubles one = LOAD(x, i) - pivot;
                e[v] += one;
                ee[v] += one * one;
            }
        double lanes[2][8];
        memcpy(lanes[0], e, sizeof e);
        memcpy(lanes[1], ee, sizeof ee);
        sum = (Pair){across(lanes[0]), across(lanes[1])};
    }
    for (; i < n; i++) {
        double one = x[i] - pivot;
        sum.e += one;
        sum.ee += one * one;
    }
    return sum;
}

/* Take the smallest and the first largest of n values into the state; 0 if one is not finite. */
static int add_extremes(Fold *fold, const double *x, int n, int64_t row, double *largest) {
    Doubles low[VECTORS], high[VECTORS], odd[VECTORS];
    EACH_VECTOR {
        low[v] = (Doubles){0} + INFINITY;
        high[v] = (Doubles){0} - INFINITY;
        odd[v] = (Doubles){0};
    }
    int i = 0;
    for (; i + 8 <= n; i += 8)
        EACH_VECTOR {
            Doubles value = LOAD(x, i);
            low[v] = CHOICE(value < low[v], value, low[v]);
            high[v] = CHOICE(value > high[v], value, high[v]);
            odd[v] += value - value; /* nan for inf and nan */
        }
    double least = INFINITY, most = -INFINITY, sum = 0.0;
    EACH_VECTOR for (int lane = 0; lane < LANES; lane++) {
        least = low[v][lane] < least ? low[v][lane] : least;
        most = high[v][lane] > most ? high[v][lane] : most;
        sum += odd[v][lane];
    }
    for (; i < n; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
        sum += x[i] - x[i];
    }
    if (sum != 0.0)
        return 0;
    *largest = most > -least ? most : -least;
    fold->low = least < fold->low ? least : fold->low;
    if (most > fold->high) {
        int at = 0;
        while (x[at] != most)
            at++;
        fold->high = x[at];
        fold->high_row = row + at;
    }
    return 1;
}

/* Add the next n rows, which lie in one unit and begin a piece of CHUNK rows of it. */
static int add_rows(Fold *fold, const double *x, int n, int64_t row, int begins) {
    double largest;
    if (!add_extremes(fold, x, n, row, &largest))
        return 0;
    add_chunk(fold->bins, x, n, largest);
    if (++fold->added % CARRY_EVERY == 0)
        carry(fold->bins);
    if (begins) {
        double pivot = sums_about(x, n, 0.0).e / n;
        fold->units[fold->unit_count++] = (Unit){pivot - pivot == 0.0 ? pivot : 0.0, 0.0, 0.0, 0.0};
    }
    Unit *unit = fold->units + fold->unit_count - 1;
    Pair sums = sums_about(x, n, unit->pivot);
    unit->ee += sums.ee;
    unit->e += sums.e;
    unit->rows += n;
    return 1;
}
