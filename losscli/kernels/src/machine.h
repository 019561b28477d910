/* The machine: runs a program chunk by chunk. Included once for each instruction set. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

/* One chunk of n rows from `row` on; DONE or the number of a failed check. */
static int run_chunk(const Program *p, double **registers, int64_t row, int n) {
    for (int k = 0; k < p->input_count; k++) {
        if (p->inputs[k].narrow) {
            const float *from = (const float *)p->inputs[k].data + row;
            double *to = registers[k];
            LOOP to[i] = from[i];
        } else {
            registers[k] = (double *)p->inputs[k].data + row; /* never a destination */
        }
    }
    for (const Instruction *at = p->code, *end = at + p->length; at < end; at++) {
        const double constant_a = at->a < 0 ? p->constants[~at->a] : 0.0;
        const double constant_b = at->b < 0 ? p->constants[~at->b] : 0.0;
        const double constant_c = at->c < 0 ? p->constants[~at->c] : 0.0;
        const double *ra = at->a < 0 ? NULL : registers[at->a];
        const double *rb = at->b < 0 ? NULL : registers[at->b];
        const double *rc = at->c < 0 ? NULL : registers[at->c];
        double *to = at->op == OP_NONE || at->op == OP_WITHIN ? NULL : registers[at->to];
        uint64_t failed = 0;
        switch (at->op) {
#define UNARY(name, result)               \
    case OP_##name:                       \
        LOOP {                            \
            const double a = ra[i];       \
            to[i] = result;               \
        }                                 \
        break;
            UNARY_OPS(UNARY)
#define BINARY(name, result)                              \
    case OP_##name:                                       \
        if (!ra) {                                        \
            const double a = constant_a;                  \
            LOOP {                                        \
                const double b = rb[i];                   \
                to[i] = result;                           \
            }                                             \
        } else if (!rb) {                                 \
            const double b = constant_b;                  \
            LOOP {                                        \
                const double a = ra[i];                   \
                to[i] = result;                           \
            }                                             \
        } else                                            \
            LOOP {                                        \
                const double a = ra[i], b = rb[i];        \
                to[i] = result;                           \
            }                                             \
        break;
            BINARY_OPS(BINARY)
        case OP_WHERE:
            if (rb && rc)
                LOOP to[i] = ra[i] != 0.0 ? rb[i] : rc[i];
            else if (rb)
                LOOP to[i] = ra[i] != 0.0 ? rb[i] : constant_c;
            else if (rc)
                LOOP to[i] = ra[i] != 0.0 ? constant_b : rc[i];
            else
                LOOP to[i] = ra[i] != 0.0 ? constant_b : constant_c;
            break;
        case OP_NONE:
            LOOP failed |= bits_of(ra[i]);
            break;
        case OP_WITHIN:
            LOOP failed |= ra[i] >= constant_b ? (ra[i] <= constant_c ? 0 : 1) : 1;
            break;
        }
        if (failed)
            return at->to;
    }
    return DONE;
}

/* The registers of a run; `memory` is freed by the caller. */
static double **make_registers(const Program *p, int64_t n, void **memory) {
    size_t length = n < CHUNK ? (size_t)n : CHUNK;
    length = (length + 7) / 8 * 8;
    size_t pointers = ((size_t)p->registers * sizeof(double *) + 63) / 64 * 64;
    char *block = malloc(64 + pointers + (size_t)p->registers * length * sizeof(double));
    *memory = block;
    if (!block)
        return NULL;
    block += 64 - (uintptr_t)block % 64;
    double **registers = (double **)block;
    for (int k = 0; k < p->registers; k++)
        registers[k] = (double *)(block + pointers) + (size_t)k * length;
    return registers;
}

static int compute(const Program *p, int64_t n, double *out) {
    void *memory;
    double **registers = make_registers(p, n, &memory);
    int status = registers ? DONE : NO_MEMORY;
    for (int64_t row = 0; row < n && status == DONE; row += CHUNK) {
        int size = n - row < CHUNK ? (int)(n - row) : CHUNK;
        status = run_chunk(p, registers, row, size);
        if (status == DONE)
            memcpy(out + row, registers[p->result], (size_t)size * sizeof(double));
    }
    free(memory);
    return status;
}

static int fold_rows(const Program *p, int64_t n, int64_t unit, int64_t phase, Fold *fold) {
    void *memory;
    double **registers = make_registers(p, n, &memory);
    int status = registers ? DONE : NO_MEMORY, size;
    for (int64_t row = 0; row < n && status == DONE; row += size) {
        int64_t in_unit = (phase + row) % unit, left = unit - in_unit;
        left = left < n - row ? left : n - row;
        size = left < CHUNK ? (int)left : CHUNK;
        status = run_chunk(p, registers, row, size);
        int begins = in_unit == 0 || row == 0;
        if (status == DONE && !add_rows(fold, registers[p->result], size, row, begins))
            status = NOT_FINITE;
    }
    carry(fold->bins);
    free(memory);
    return status;
}

#define JOIN(a, b) a##b
#define NAMED(a, b) JOIN(a, b)
#define QUOTED(a) #a
#define QUOTE(a) QUOTED(a)

const Machine NAMED(machine_, ISA) = {QUOTE(ISA), compute, fold_rows};
