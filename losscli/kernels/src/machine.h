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

/* Where operands are: registers, each CHUNK long but for inputs, and constants, repeated. */
typedef struct {
    double **registers, **constants;
    void *memory;
} Workspace;

/* The operands of an instruction that does not have them are those of register 0. */
INLINE const double *operand(const Workspace *w, int32_t at) {
    return at < 0 ? w->constants[~at] : w->registers[at];
}

/* One chunk of n rows from `row` on; DONE or the number of a failed check. */
static int run_chunk(const Program *p, const Workspace *w, int64_t row, int n) {
    for (int k = 0; k < p->input_count; k++) {
        const char *data = p->inputs[k].data;
        w->registers[k] = (double *)(data + row * (p->inputs[k].narrow ? 4 : 8));
    }
    for (const Instruction *at = p->code, *end = at + p->length; at < end; at++) {
        const double *ra = operand(w, at->a), *rb = operand(w, at->b), *rc = operand(w, at->c);
        const float *fa = (const float *)ra, *fb = (const float *)rb;
        double *to = IS_CHECK(at->op) ? NULL : w->registers[at->to];
        uint64_t failed = 0;
        switch (at->op) {
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
        case OP_NONE:
            LOOP failed |= bits_of(ra[i]);
            break;
        case OP_WITHIN:
            LOOP failed |= bits_of(ra[i] >= rb[i] ? (ra[i] <= rc[i] ? 0.0 : 1.0) : 1.0);
            break;
        }
        if (failed)
            return at->to;
    }
    return DONE;
}

/* 0 without memory; the caller frees w->memory. */
static int make_workspace(const Program *p, int64_t n, Workspace *w) {
    size_t length = ((n < CHUNK ? (size_t)n : CHUNK) + 7) / 8 * 8;
    size_t owned = (size_t)(p->registers - p->input_count), count = owned + (size_t)p->constant_count;
    size_t pointers = (size_t)(p->registers + p->constant_count) * sizeof(double *);
    char *block = w->memory = malloc(64 + count * length * sizeof(double) + pointers);
    if (!block)
        return 0;
    double *numbers = (double *)(block + (64 - (uintptr_t)block % 64));
    w->registers = (double **)(numbers + count * length);
    w->constants = w->registers + p->registers;
    for (int k = p->input_count; k < p->registers; k++, numbers += length)
        w->registers[k] = numbers;
    for (int k = 0; k < p->constant_count; k++, numbers += length) {
        w->constants[k] = numbers;
        for (size_t i = 0; i < length; i++)
            numbers[i] = p->constants[k];
    }
    return 1;
}

static int compute(const Program *p, int64_t n, double *out) {
    Workspace w;
    int status = make_workspace(p, n, &w) ? DONE : NO_MEMORY;
    for (int64_t row = 0; row < n && status == DONE; row += CHUNK) {
        int size = n - row < CHUNK ? (int)(n - row) : CHUNK;
        if (p->result >= p->input_count)
            w.registers[p->result] = out + row;
        status = run_chunk(p, &w, row, size);
        if (status == DONE && p->result < p->input_count)
            memcpy(out + row, w.registers[p->result], (size_t)size * sizeof(double));
    }
    free(w.memory);
    return status;
}

static int fold_rows(const Program *p, int64_t n, int64_t unit, int64_t phase, Fold *fold) {
    Workspace w;
    int status = make_workspace(p, n, &w) ? DONE : NO_MEMORY, size;
    for (int64_t row = 0; row < n && status == DONE; row += size) {
        int64_t in_unit = (phase + row) % unit, left = unit - in_unit;
        left = left < n - row ? left : n - row;
        size = left < CHUNK ? (int)left : CHUNK;
        status = run_chunk(p, &w, row, size);
        int begins = in_unit == 0 || row == 0;
        if (status == DONE && !add_rows(fold, w.registers[p->result], size, row, begins))
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
