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
#include "fold.h"

/* Registers may be the same memory, but then element for element. */
#if defined(__clang__)
#define VECTORIZE _Pragma("clang loop vectorize(assume_safety)")
#else
#define VECTORIZE _Pragma("GCC ivdep")
#endif
#include "parts.h"

/* Not inlined: the compiler must see that n is a multiple of 8, or it adds loops for the rest. */
#define RUN static __attribute__((noinline)) int run_numbers
#define LOOP VECTORIZE for (int i = 0; i < (n & ~7); i++)
#include "numbers.h"

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
            for (const Instruction *one = at; one < next; one++) {
                int size = numbers - from < CHUNK ? (int)(numbers - from) : CHUNK, done = size & ~7;
                int passed = done == 0 || run_numbers(one, w, from, done);
                for (; done < size; done++)
                    passed &= run_number(one, w, from + done, 1);
                if (!passed)
                    return one->to;
            }
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
static __attribute__((noinline)) int make_workspace(const Program *p, int64_t n, uint64_t *seen, Workspace *w) {
    int64_t widest = 1;
    w->seen = seen;
    for (int k = 0; k < p->registers; k++)
        widest = p->widths[k] > widest ? p->widths[k] : widest;
    w->rows = widest == 1 ? CHUNK : WIDE_CHUNK / widest;
    w->rows = w->rows < 1 ? 1 : (w->rows > CHUNK ? CHUNK : w->rows);
    w->rows = w->rows > 8 ? w->rows & ~7 : w->rows; /* run_numbers takes 8 at once */
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
static __attribute__((noinline)) int run_rows(const Program *p, const Workspace *w, int64_t row, int64_t n, double *out) {
    const int64_t width = p->widths[p->result];
    int status = DONE;
    for (int64_t done = 0; done < n && status == DONE; done += w->rows) {
        int64_t size = n - done < w->rows ? n - done : w->rows;
        if (p->result >= p->input_count)
            w->registers[p->result] = out + done * width;
        status = run_chunk(p, w, row + done, size);
        if (status == DONE && p->result < p->input_count)
            memcpy(out + done * width, w->registers[p->result], (size_t)(size * width) * sizeof(double));
    }
    return status;
}

static int compute(const Program *p, int64_t n, double *out) {
    Workspace w;
    uint64_t seen = 0;
    int status = make_workspace(p, n, &seen, &w) ? run_rows(p, &w, 0, n, out) : NO_MEMORY;
    free(w.memory);
    return status;
}

static int fold_rows(const Program *p, int64_t n, int64_t unit, int64_t phase, Fold *fold) {
    Workspace w;
    double few[CHUNK] __attribute__((aligned(64)));
    int status = make_workspace(p, n, &fold->seen, &w) ? DONE : NO_MEMORY, size;
    int64_t left = unit - phase; /* rows of the unit */
    for (int64_t row = 0; row < n && status == DONE; row += size, left -= size) {
        int begins = left == 0 || row == 0;
        left = left ? left : unit;
        int64_t most = left < n - row ? left : n - row;
        size = most < CHUNK ? (int)most : CHUNK;
        double *out = fold->values ? fold->values + row : few;
        status = run_rows(p, &w, row, size, out);
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

const Machine NAMED(machine_, ISA) = {QUOTE(ISA), compute, fold_rows, make_workspace, run_rows, add_rows, carry,
                                       add_difference};
