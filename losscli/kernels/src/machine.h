/* The machine: runs a program chunk by chunk. Included once for each instruction set. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "program.h"
#include "vmath.h"
#include "exact.h"

/* Registers may be the same memory, but then element for element. */
#if defined(__clang__)
#define VECTORIZE _Pragma("clang loop vectorize(assume_safety)")
#else
#define VECTORIZE _Pragma("GCC ivdep")
#endif
#define LOOP VECTORIZE for (int i = 0; i < n; i++)

/* Where operands are: registers, constants repeated CHUNK times, and all constants as they are. */
typedef struct {
    double **registers, **repeated;
    const double *constants;
    void *memory;
    int64_t rows; /* of a register */
} Workspace;

#include "parts.h"

INLINE const double *operand(const Workspace *w, int32_t at) {
    return at < 0 ? w->repeated[~at] : w->registers[at];
}

static int all_near(const double *x, int n, double most) {
    uint64_t far = 0;
    LOOP far |= fabs(x[i]) <= most ? 0 : 1;
    return !far;
}

/* An elementwise instruction for n <= CHUNK of the numbers of a chunk, from number `from` on; 0 if
   its check fails. */
static int run_numbers(const Instruction *at, const Workspace *w, int64_t from, int n) {
    const double *ra = operand(w, at->a), *rb = ra, *rc = ra; /* if it has no such operand */
    const float *fa = (const float *)ra + from, *fb = fa;
    const int64_t *ia = (const int64_t *)ra + from;
    double *to = IS_CHECK(at->op) ? NULL : w->registers[at->to] + from;
    if (arities[at->op] > 1) {
        rb = operand(w, at->b) + (at->b < 0 ? 0 : from);
        fb = (const float *)operand(w, at->b) + from;
    }
    if (arities[at->op] > 2)
        rc = operand(w, at->c) + (at->c < 0 ? 0 : from);
    ra += at->a < 0 ? 0 : from;
    uint64_t failed = 0;
    switch (at->op == OP_EXP && all_near(ra, n, MOST_NEAR) ? OP_EXP_NEAR : at->op) {
#define CASE(name, arity, result, from_a, from_b)                \
    case OP_##name:                                              \
        LOOP {                                                   \
            const double a = from_a, b = from_b, c = rc[i];      \
            (void)a, (void)b, (void)c;                           \
            to[i] = result;                                      \
        }                                                        \
        break;
#define WIDE(name, arity, result) CASE(name, arity, result, ra[i], rb[i])
#define NARROW(name, arity, result) CASE(name, arity, result, fa[i], fb[i])
        PLAIN_OPS(WIDE)
        PAIRED_OPS(WIDE)
        NARROW_OPS(NARROW)
    case OP_WIDEN:
        LOOP to[i] = fa[i];
        break;
    case OP_CONVERT:
        LOOP to[i] = (double)ia[i];
        break;
    case OP_NONE:
        LOOP failed |= bits_of(ra[i]);
        break;
    case OP_WITHIN: {
        const double low = *rb, high = *rc;
        LOOP failed |= ra[i] >= low ? (ra[i] <= high ? 0 : 1) : 1;
        break;
    }
    case OP_INDEX: {
        const double classes = *rb, other = *rc;
        LOOP {
            double a = ra[i], within = a >= 0.0 ? (a < classes ? 0.0 : 1.0) : 1.0;
            within = v_floor(a) == a ? within : 1.0;
            failed |= bits_of(a == other ? 0.0 : within);
        }
        break;
    }
    }
    return !failed;
}

/* One chunk of n rows from `row` on; DONE, the number of a failed check, or NOT_AN_INDEX. */
static int run_chunk(const Program *p, const Workspace *w, int64_t row, int64_t n) {
    for (int k = 0; k < p->input_count; k++) {
        const Input *input = p->inputs + k;
        int64_t size = input->type == FLOATS ? 4 : 8;
        w->registers[k] = (double *)((const char *)input->data + row * input->width * size);
    }
    const Instruction *at = p->code, *end = at + p->length, *next;
    for (; at < end; at = next) {
        next = at + 1;
        if (IS_OF_PARTS(at->op)) {
            if (!run_parts(at, w, n))
                return NOT_AN_INDEX;
            continue;
        }
        while (next < end && !IS_OF_PARTS(next->op) && next->width == at->width)
            next++;
        /* What one instruction computes is still in the nearest cache for the next one. */
        for (int64_t from = 0, numbers = n * at->width; from < numbers; from += CHUNK)
            for (const Instruction *one = at; one < next; one++)
                if (!run_numbers(one, w, from, numbers - from < CHUNK ? (int)(numbers - from) : CHUNK))
                    return one->to;
    }
    return DONE;
}

/* The constants that instructions read CHUNK at a time; the others are columns and tables. */
static int count_repeated(const Program *p) {
    int count = 0;
    for (const Instruction *at = p->code; at < p->code + p->length; at++) {
        const int32_t operands[3] = {at->a, at->b, at->c};
        for (int k = 0; k < 3; k++)
            if (operands[k] < 0 && !(IS_OF_PARTS(at->op) && at->op != OP_PUT) && ~operands[k] >= count)
                count = ~operands[k] + 1;
    }
    return count;
}

INLINE size_t padded(int64_t numbers) { return (size_t)(numbers + 7) / 8 * 8; }

/* Registers for a chunk of n rows at most; 0 without memory. The caller frees w->memory. */
static int make_workspace(const Program *p, int64_t n, Workspace *w) {
    int64_t widest = 1;
    for (int k = 0; k < p->registers; k++)
        widest = p->widths[k] > widest ? p->widths[k] : widest;
    w->rows = widest == 1 ? CHUNK : WIDE_CHUNK / widest;
    w->rows = w->rows < 1 ? 1 : (w->rows > CHUNK ? CHUNK : w->rows);
    w->rows = w->rows < n ? w->rows : n;
    int repeated = count_repeated(p);
    size_t length = padded(widest * w->rows < CHUNK ? widest * w->rows : CHUNK);
    size_t numbers = (size_t)repeated * length;
    for (int k = p->input_count; k < p->registers; k++)
        numbers += padded(p->widths[k] * w->rows);
    size_t pointers = (size_t)(p->registers + repeated) * sizeof(double *);
    char *block = w->memory = malloc(64 + numbers * sizeof(double) + pointers);
    if (!block)
        return 0;
    double *next = (double *)(block + (64 - (uintptr_t)block % 64));
    w->registers = (double **)(next + numbers);
    w->repeated = w->registers + p->registers;
    w->constants = p->constants;
    for (int k = p->input_count; k < p->registers; k++) {
        w->registers[k] = next;
        next += padded(p->widths[k] * w->rows);
    }
    for (int k = 0; k < repeated; k++, next += length) {
        w->repeated[k] = next;
        for (size_t i = 0; i < length; i++)
            next[i] = p->constants[k];
    }
    return 1;
}

/* The results of n rows from `row` on. */
static int run_rows(const Program *p, const Workspace *w, int64_t row, int64_t n, double *out) {
    int status = DONE;
    for (int64_t done = 0; done < n && status == DONE; done += w->rows) {
        int64_t size = n - done < w->rows ? n - done : w->rows;
        if (p->result >= p->input_count)
            w->registers[p->result] = out + done;
        status = run_chunk(p, w, row + done, size);
        if (status == DONE && p->result < p->input_count)
            memcpy(out + done, w->registers[p->result], (size_t)size * sizeof(double));
    }
    return status;
}

static int compute(const Program *p, int64_t n, double *out) {
    Workspace w;
    int status = make_workspace(p, n, &w) ? run_rows(p, &w, 0, n, out) : NO_MEMORY;
    free(w.memory);
    return status;
}

static int fold_rows(const Program *p, int64_t n, int64_t unit, int64_t phase, Fold *fold) {
    Workspace w;
    double out[CHUNK] __attribute__((aligned(64)));
    int status = make_workspace(p, n, &w) ? DONE : NO_MEMORY, size;
    for (int64_t row = 0; row < n && status == DONE; row += size) {
        int64_t in_unit = (phase + row) % unit, left = unit - in_unit;
        left = left < n - row ? left : n - row;
        size = left < CHUNK ? (int)left : CHUNK;
        status = run_rows(p, &w, row, size, out);
        int begins = in_unit == 0 || row == 0;
        if (status == DONE && !add_rows(fold, out, size, row, begins))
            status = NOT_FINITE;
    }
    carry(fold->bins);
    free(w.memory);
    return status;
}

#define JOIN(a, b) a##b
#define NAMED(a, b) JOIN(a, b)
#define QUOTED(a) #a
#define QUOTE(a) QUOTED(a)

const Machine NAMED(machine_, ISA) = {QUOTE(ISA), compute, fold_rows};
