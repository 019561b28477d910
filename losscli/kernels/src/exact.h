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
typedef uint64_t Integers __attribute__((vector_size(8 * LANES), aligned(8), may_alias));

#define VECTORS (8 / LANES) /* every loop works on 8 numbers, whatever the instruction set */
#define MOST_BLOCKS (LANES == 8 ? 4 : 2)
#define EACH_VECTOR _Pragma("GCC unroll 8") for (int v = 0; v < VECTORS; v++)
#if LANES == 8
#define LEAST(a, b) ((Doubles)_mm512_min_pd((__m512d)(a), (__m512d)(b)))
#define MOST(a, b) ((Doubles)_mm512_max_pd((__m512d)(a), (__m512d)(b)))
#elif LANES == 4
#define LEAST(a, b) ((Doubles)_mm256_min_pd((__m256d)(a), (__m256d)(b)))
#define MOST(a, b) ((Doubles)_mm256_max_pd((__m256d)(a), (__m256d)(b)))
#elif defined(__x86_64__)
#define LEAST(a, b) ((Doubles)_mm_min_pd((__m128d)(a), (__m128d)(b)))
#define MOST(a, b) ((Doubles)_mm_max_pd((__m128d)(a), (__m128d)(b)))
#else /* a < b ? a : b, which is what the instructions above do, also for -0 and nan */
#define CHOICE(mask, a, b) ((Doubles)(((mask) & (Integers)(a)) | (~(mask) & (Integers)(b))))
#define LEAST(a, b) CHOICE((a) < (b), a, b)
#define MOST(a, b) CHOICE((a) > (b), a, b)
#endif
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

/* The sum of the parts of n values that a grid holds, from sums of the bits of value + anchor. */
INLINE int64_t parts_of(uint64_t sum, double anchor, int n) {
    return (int64_t)(sum - (uint64_t)n * bits_of(anchor));
}

/* Add n values, a multiple of 8, cut by two anchors. Return 0 if something may be left of them:
   then nothing is added to the bins yet, but for `check` it is known that nothing is. */
INLINE int sum_parts(const double *x, int n, double first, double second, int check,
                     int64_t *coarse_parts, int64_t *fine_parts) {
    const Doubles first_anchor = (Doubles){0} + first, second_anchor = (Doubles){0} + second;
    Integers coarse[VECTORS] = {0}, fine[VECTORS] = {0}, left[VECTORS] = {0};
    for (int i = 0; i < n; i += 8)
        EACH_VECTOR {
            Doubles value = LOAD(x, i), shifted = value + first_anchor;
            coarse[v] += (Integers)shifted;
            value -= shifted - first_anchor;
            shifted = value + second_anchor;
            fine[v] += (Integers)shifted;
            if (check)
                left[v] |= (Integers)(value - (shifted - second_anchor));
        }
    uint64_t sums[2] = {0, 0}, any = 0;
    EACH_VECTOR for (int lane = 0; lane < LANES; lane++) {
        sums[0] += coarse[v][lane];
        sums[1] += fine[v][lane];
        any |= left[v][lane];
    }
    *coarse_parts = parts_of(sums[0], first, n);
    *fine_parts = parts_of(sums[1], second, n);
    return any << 1 == 0; /* -0 is nothing */
}

/* Add the exact sum of n <= CHUNK finite values, whose extremes are known. */
static void add_chunk(int64_t *bins, const double *x, int n, double low, double high) {
    double largest = high > -low ? high : -low;
    if (largest == 0.0)
        return;
    if (largest >= HUGE_SUM) {
        for (int i = 0; i < n; i++)
            add_value(bins, x[i]);
        return;
    }
    int top = (int)(bits_of(largest) >> 52) - 1022; /* largest < 2^top */
    int grid = top - PART_BITS > LOWEST ? top - PART_BITS : LOWEST;
    int finer = grid - 1 - PART_BITS > LOWEST ? grid - 1 - PART_BITS : LOWEST;
    const double first = of_bits((uint64_t)(grid + 52 + 1023) << 52) * 1.5;
    const double second = of_bits((uint64_t)(finer + 52 + 1023) << 52) * 1.5;
    /* A value of 2^(finer + 52) or more is a multiple of the finer grid: nothing is left of it. */
    double whole = of_bits((uint64_t)(finer + 52 + 1023) << 52);
    int64_t coarse, fine;
    int vectors = n & ~7, done = vectors;
    if (low >= whole || high <= -whole)
        sum_parts(x, vectors, first, second, 0, &coarse, &fine);
    else if (!sum_parts(x, vectors, first, second, 1, &coarse, &fine))
        done = 0; /* from here on what is left of each value is added */
    for (int i = done; i < n; i++) {
        double shifted = x[i] + first, value = x[i] - (shifted - first);
        if (i >= vectors)
            coarse += parts_of(bits_of(shifted), first, 1);
        shifted = value + second;
        if (i >= vectors)
            fine += parts_of(bits_of(shifted), second, 1);
        add_value(bins, value - (shifted - second));
    }
    add_to_bins(bins, coarse, grid);
    add_to_bins(bins, fine, finer);
}

/* Sums of e = x - pivot and of e^2. */
typedef struct {
    double e, ee;
} Pair;

INLINE double across(const double *r) {
    return ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
}

/* The sums of 128 values for each of `blocks`, side by side: the additions of one wait for each
   other. `blocks` is a constant. */
INLINE void sum_blocks(const double *x, int blocks, double pivot, Pair *sums) {
    Doubles e[MOST_BLOCKS][VECTORS], ee[MOST_BLOCKS][VECTORS];
    for (int k = 0; k < blocks; k++)
        EACH_VECTOR e[k][v] = ee[k][v] = -(Doubles){0}; /* adding to -0 changes no number */
    for (int i = 0; i < 128; i += 8)
        _Pragma("GCC unroll 4") for (int k = 0; k < blocks; k++) EACH_VECTOR {
            Doubles one = LOAD(x, 128 * k + i) - pivot;
            e[k][v] += one;
            ee[k][v] += one * one;
        }
    for (int k = 0; k < blocks; k++) {
        double lanes[2][8];
        memcpy(lanes[0], e[k], sizeof lanes[0]);
        memcpy(lanes[1], ee[k], sizeof lanes[1]);
        sums[k] = (Pair){across(lanes[0]), across(lanes[1])};
    }
}

INLINE Pair add_pairs(Pair a, Pair b) { return (Pair){a.e + b.e, a.ee + b.ee}; }

/* The sums of n values in the order of NumPy's pairwise summation. */
static Pair sums_about(const double *x, int n, double pivot) {
    Pair sum = {-0.0, -0.0}, blocks[MOST_BLOCKS];
    if (n == 128 * MOST_BLOCKS) {
        sum_blocks(x, MOST_BLOCKS, pivot, blocks);
        for (int step = 1; step < MOST_BLOCKS; step *= 2)
            for (int k = 0; k < MOST_BLOCKS; k += 2 * step)
                blocks[k] = add_pairs(blocks[k], blocks[k + step]);
        return blocks[0];
    }
    if (n > 128) {
        int half = n / 2 - n / 2 % 8;
        return add_pairs(sums_about(x, half, pivot), sums_about(x + half, n - half, pivot));
    }
    int i = 0;
    if (n >= 8) {
        double e[8], ee[8];
        for (int lane = 0; lane < 8; lane++)
            e[lane] = ee[lane] = -0.0;
        for (; i + 8 <= n; i += 8)
            for (int lane = 0; lane < 8; lane++) {
                double one = x[i + lane] - pivot;
                e[lane] += one;
                ee[lane] += one * one;
            }
        sum = (Pair){across(e), across(ee)};
    }
    for (; i < n; i++) {
        double one = x[i] - pivot;
        sum.e += one;
        sum.ee += one * one;
    }
    return sum;
}

/* The extremes of n values; nan is neither. */
INLINE void find_extremes(const double *x, int n, double *least, double *most) {
    Doubles low[4], high[4];
    for (int k = 0; k < 4; k++) {
        low[k] = (Doubles){0} + INFINITY;
        high[k] = (Doubles){0} - INFINITY;
    }
    int i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES)
        _Pragma("GCC unroll 4") for (int k = 0; k < 4; k++) {
            Doubles value = *(const Doubles *)(x + i + k * LANES);
            low[k] = LEAST(value, low[k]);
            high[k] = MOST(value, high[k]);
        }
    *least = INFINITY;
    *most = -INFINITY;
    for (int k = 0; k < 4; k++)
        for (int lane = 0; lane < LANES; lane++) {
            *least = low[k][lane] < *least ? low[k][lane] : *least;
            *most = high[k][lane] > *most ? high[k][lane] : *most;
        }
    for (; i < n; i++) {
        *least = x[i] < *least ? x[i] : *least;
        *most = x[i] > *most ? x[i] : *most;
    }
}

/* The place of the first value that equals another one; of zeros of both signs too. */
static int first_equal(const double *x, double value) {
    int at = 0;
    while (x[at] != value)
        at++;
    return at;
}

static int has_nan(const double *x, int n) {
    int found = 0;
    for (int i = 0; i < n; i++)
        found |= x[i] != x[i];
    return found;
}

/* Add the next n rows, which lie in one unit and begin a piece of CHUNK rows of it; 0 if one of
   them is not finite. */
static int add_rows(Fold *fold, const double *x, int n, int64_t row, int begins) {
    double low, high;
    find_extremes(x, n, &low, &high);
    if (!(low > -INFINITY && high < INFINITY))
        return 0;
    if (begins) {
        double pivot = sums_about(x, n, 0.0).e / n;
        fold->units[fold->unit_count++] = (Unit){pivot - pivot == 0.0 ? pivot : 0.0, 0.0, 0.0, 0.0};
    }
    Unit *unit = fold->units + fold->unit_count - 1;
    Pair sums = sums_about(x, n, unit->pivot);
    /* The squares of finite values may overflow; of a nan they are nan. */
    if (sums.ee - sums.ee != 0.0 && has_nan(x, n))
        return 0;
    unit->ee += sums.ee;
    unit->e += sums.e;
    unit->rows += n;
    add_chunk(fold->bins, x, n, low, high);
    if (++fold->added % CARRY_EVERY == 0)
        carry(fold->bins);
    if (low < fold->low)
        fold->low = x[first_equal(x, low)];
    if (high > fold->high) {
        int at = first_equal(x, high);
        fold->high = x[at];
        fold->high_row = row + at;
    }
    return 1;
}
