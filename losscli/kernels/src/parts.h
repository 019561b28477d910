/* Instructions on parts of rows, whose number is n * width / part. Included by machine.h. */

/* The sum of n numbers in NumPy's order. */
static double total(const double *x, int64_t n) {
    if (n > 128) {
        int64_t half = n / 2 - n / 2 % 8;
        return total(x, half) + total(x + half, n - half);
    }
    double sum = -0.0;
    int64_t i = 0;
    if (n >= 8) {
        Doubles sums[VECTORS];
        EACH_VECTOR sums[v] = LOAD(x, 0);
        for (i = 8; i + 8 <= n; i += 8)
            EACH_VECTOR sums[v] += LOAD(x, i);
        double lanes[8];
        memcpy(lanes, sums, sizeof lanes);
        sum = across(lanes);
    }
    for (; i < n; i++)
        sum += x[i];
    return sum;
}

/* The largest or the smallest of n numbers; nan if one is. */
#define EXTREME(name, CHOICE_OF, compare)                             \
    static double name(const double *x, int64_t n) {                  \
        double found = x[0];                                          \
        int64_t i = 1;                                                \
        int nan = found != found;                                     \
        if (n >= 8) {                                                 \
            Doubles most[VECTORS];                                    \
            Integers others[VECTORS];                                 \
            EACH_VECTOR {                                             \
                most[v] = LOAD(x, 0);                                 \
                others[v] = (Integers)(most[v] != most[v]);           \
            }                                                         \
            for (i = 8; i + 8 <= n; i += 8)                           \
                EACH_VECTOR {                                         \
                    Doubles value = LOAD(x, i);                       \
                    most[v] = CHOICE_OF(value, most[v]);              \
                    others[v] |= (Integers)(value != value);          \
                }                                                     \
            EACH_VECTOR for (int lane = 0; lane < LANES; lane++) {    \
                found = most[v][lane] compare found ? most[v][lane] : found; \
                nan |= others[v][lane] != 0;                          \
            }                                                         \
        }                                                             \
        for (; i < n; i++) {                                          \
            found = x[i] compare found ? x[i] : found;                \
            nan |= x[i] != x[i];                                      \
        }                                                             \
        return nan ? NAN : found;                                     \
    }
EXTREME(largest, MOST, >)
EXTREME(smallest, LEAST, <)

/* The place of the first number that is the largest one, or of the first nan. */
static int64_t place(const double *x, int64_t n) {
    double most = largest(x, n);
    int64_t at = 0;
    while (most == most ? x[at] != most : x[at] == x[at])
        at++;
    return at < n ? at : 0;
}

/* A number as an index below n; -1 for others. */
INLINE int64_t index_of(double x, int64_t n) {
    return x >= 0.0 && x < (double)n && (double)(int64_t)x == x ? (int64_t)x : -1;
}

/* An instruction for n rows; 0 if an index is not one of its part. */
static int run_parts(const Instruction *at, const Workspace *w, int64_t n) {
    const int64_t part = at->part, parts = n * at->width / part;
    double *to = w->registers[at->to];
    const double *a = at->a < 0 ? NULL : w->registers[at->a];
    switch (at->op) {
    case OP_TOTAL:
        for (int64_t k = 0; k < parts; k++)
            to[k] = total(a + k * part, part);
        break;
    case OP_LARGEST:
        for (int64_t k = 0; k < parts; k++)
            to[k] = largest(a + k * part, part);
        break;
    case OP_SMALLEST:
        for (int64_t k = 0; k < parts; k++)
            to[k] = smallest(a + k * part, part);
        break;
    case OP_PLACE:
        for (int64_t k = 0; k < parts; k++)
            to[k] = (double)place(a + k * part, part);
        break;
    case OP_TAKE:
        for (int64_t k = 0; k < parts; k++) {
            int64_t index = index_of(w->registers[at->b][k], part);
            if (index < 0)
                return 0;
            to[k] = a[k * part + index];
        }
        break;
    case OP_PUT: {
        const double *values = at->c < 0 ? w->repeated[~at->c] : w->registers[at->c];
        for (int64_t k = 0; k < parts; k++) {
            int64_t index = index_of(w->registers[at->b][k], part);
            double value = values[at->c < 0 ? 0 : k]; /* `to` may be its register */
            if (index < 0)
                return 0;
            if (to != a)
                memcpy(to + k * part, a + k * part, (size_t)part * sizeof *to);
            to[k * part + index] = value;
        }
        break;
    }
    case OP_REPEAT:
        if (part == 1) {
            for (int64_t k = 0; k < parts; k++, to += at->b) {
                const double value = a[k];
                for (int32_t i = 0; i < at->b; i++)
                    to[i] = value;
            }
            break;
        }
        for (int64_t k = 0; k < parts; k++)
            for (int64_t again = 0; again < at->b; again++, to += part)
                for (int64_t i = 0; i < part; i++)
                    to[i] = a[k * part + i];
        break;
    case OP_SLICE:
        for (int64_t k = 0; k < parts; k++, to += at->c)
            for (int64_t i = 0; i < at->c; i++)
                to[i] = a[k * part + at->b + i];
        break;
    case OP_COLUMNS:
        for (int64_t k = 0; k < parts; k++)
            memcpy(to + k * part, w->constants + ~at->a, (size_t)part * sizeof *to);
        break;
    case OP_LOOKUP:
        for (int64_t k = 0; k < n * at->width; k++) {
            int64_t index = index_of(a[k], part);
            if (index < 0)
                return 0;
            to[k] = w->constants[~at->b + index];
        }
        break;
    }
    return 1;
}
