/* Exact sums of chunks of doubles. Included once for each instruction set.

   The exact sum of a chunk: adding an anchor rounds every value to a multiple of a grid, and the
   sums then lie in one binade, where the bit patterns of doubles are consecutive integers; adding
   up those integers adds up the rounded parts, exactly. What is cut off is exact too and is cut
   once more by a finer grid; what is left then, some 100 bits below the largest value, is added as
   the chunk was. All of it goes into bins that are 32 bits apart, in units of 2^-1074. */

#ifndef LANES /* of the widest vectors of this instruction set */
#error "include from baseline.c, avx2.c or avx512.c"
#endif

/* The numbers of a chunk that one lane adds up are below 2^STEP_BITS; so many parts and an anchor lie
   in one binade. */
#define STEP_BITS (LANES == 8 ? 6 : (LANES == 4 ? 7 : 8))
#define PART_BITS (51 - STEP_BITS)
#define LOWEST (-1074)
#define HUGE_SUM 0x1p960 /* above, the anchor could overflow */

typedef double Doubles __attribute__((vector_size(8 * LANES), aligned(8), may_alias));
typedef uint64_t Integers __attribute__((vector_size(8 * LANES), aligned(8), may_alias));

#define VECTORS (8 / LANES) /* every loop works on 8 numbers, whatever the instruction set */
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

/* a + b and a - b; `one` is ONE. Many processors have half of their units for additions and half for
   multiplications; the latter add too where they multiply by 1, which changes no bit. */
#if LANES == 8
#define PLUS(a, b) ((Doubles)_mm512_fmadd_pd((__m512d)(a), (__m512d)one, (__m512d)(b)))
#define MINUS(a, b) ((Doubles)_mm512_fnmadd_pd((__m512d)(b), (__m512d)one, (__m512d)(a)))
#elif LANES == 4
#define PLUS(a, b) ((Doubles)_mm256_fmadd_pd((__m256d)(a), (__m256d)one, (__m256d)(b)))
#define MINUS(a, b) ((Doubles)_mm256_fnmadd_pd((__m256d)(b), (__m256d)one, (__m256d)(a)))
#else
#define PLUS(a, b) ((a) + (b))
#define MINUS(a, b) ((a) - (b))
#endif
#if LANES > 2 /* the compiler must not know it: it would add */
#define ONE(one) Doubles one = (Doubles){0} + 1.0; __asm__("" : "+x"(one))
#else
#define ONE(one)
#endif
#define LOAD(x, i) (*(const Doubles *)((x) + (i) + v * LANES))

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

/* The grids on which values below 2^top are cut, and the anchors that round to them. A value of
   `whole` or more is a multiple of the finer grid: nothing is left of it. */
typedef struct {
    int coarse, fine;
    double first, second, whole;
} Grids;

INLINE double power(int exponent) { return of_bits((uint64_t)(exponent + 1023) << 52); }

INLINE Grids grids_below(int top) {
    int coarse = top - PART_BITS > LOWEST ? top - PART_BITS : LOWEST;
    int fine = coarse - 1 - PART_BITS > LOWEST ? coarse - 1 - PART_BITS : LOWEST;
    return (Grids){coarse, fine, 1.5 * power(coarse + 52), 1.5 * power(fine + 52), power(fine + 52)};
}

INLINE double largest_of(double low, double high) { return high > -low ? high : -low; }

/* 1 if values between these extremes are multiples of the finer grid. */
INLINE int is_whole(double low, double high, const Grids *at) {
    return low >= at->whole || high <= -at->whole;
}

/* The smallest top for which a number other than 0 lies below 2^top. */
INLINE int top_of(double largest) { return (int)(bits_of(largest) >> 52) - 1022; }

/* The sums of the parts of some values that two grids hold. */
typedef struct {
    int64_t coarse, fine;
} Parts;

static void add_parts(int64_t *bins, Parts parts, const Grids *at) {
    add_to_bins(bins, parts.coarse, at->coarse);
    add_to_bins(bins, parts.fine, at->fine);
}

/* The parts of a value; `left` takes what they leave of it. */
INLINE Parts cut(double value, const Grids *at, double *left) {
    double shifted = value + at->first, rest = value - (shifted - at->first);
    double again = rest + at->second;
    *left = rest - (again - at->second);
    return (Parts){parts_of(bits_of(shifted), at->first, 1), parts_of(bits_of(again), at->second, 1)};
}

/* The parts of n values, a multiple of 8; any: 0 if nothing is left of them, if `check` asks. */
INLINE Parts sum_parts(const double *x, int n, const Grids *at, int check, uint64_t *any) {
    const Doubles first = (Doubles){0} + at->first, second = (Doubles){0} + at->second;
    Integers coarse[VECTORS] = {0}, fine[VECTORS] = {0}, left[VECTORS] = {0};
    for (int i = 0; i < n; i += 8)
        EACH_VECTOR {
            Doubles value = LOAD(x, i), shifted = value + first;
            coarse[v] += (Integers)shifted;
            value -= shifted - first;
            shifted = value + second;
            fine[v] += (Integers)shifted;
            if (check)
                left[v] |= (Integers)(value - (shifted - second));
        }
    uint64_t sums[2] = {0, 0};
    *any = 0;
    EACH_VECTOR for (int lane = 0; lane < LANES; lane++) {
        sums[0] += coarse[v][lane];
        sums[1] += fine[v][lane];
        *any |= left[v][lane] << 1; /* -0 is nothing */
    }
    return (Parts){parts_of(sums[0], at->first, n), parts_of(sums[1], at->second, n)};
}

static void add_chunk(int64_t *bins, const double *x, int n, double low, double high);

/* Add what two grids leave of n <= CHUNK values. */
static void add_rest(int64_t *bins, const double *x, int n, const Grids *at) {
    double rest[CHUNK], low, high;
    for (int i = 0; i < n; i++)
        cut(x[i], at, rest + i);
    find_extremes(rest, n, &low, &high);
    add_chunk(bins, rest, n, low, high);
}

/* Add the exact sum of n <= CHUNK finite values, whose extremes are known. */
static void add_chunk(int64_t *bins, const double *x, int n, double low, double high) {
    double largest = largest_of(low, high);
    if (largest == 0.0)
        return;
    if (largest >= HUGE_SUM) {
        for (int i = 0; i < n; i++)
            add_value(bins, x[i]);
        return;
    }
    const Grids at = grids_below(top_of(largest));
    const int vectors = n & ~7, check = !is_whole(low, high, &at);
    uint64_t any;
    Parts parts = check ? sum_parts(x, vectors, &at, 1, &any) : sum_parts(x, vectors, &at, 0, &any);
    for (int i = vectors; i < n; i++) {
        double left;
        Parts one = cut(x[i], &at, &left);
        parts.coarse += one.coarse;
        parts.fine += one.fine;
        any |= bits_of(left) << 1;
    }
    add_parts(bins, parts, &at);
    if (any)
        add_rest(bins, x, n, &at);
}
