/* The differences of the results of programs, chunk by chunk, while they are in the nearest cache. */

#include <stdlib.h>

#include "pairs.h"

/* Between the results of programs: not a power of two, of which a cache holds few addresses. */
#define APART (CHUNK + 72)

#define AHEAD (2 * CHUNK) /* rows, after which their inputs are in the second cache */
#define LINE 64           /* bytes */
#define MOST_AHEAD 8192   /* bytes of a chunk of an input: longer runs are foreseen by the processor */

/* Ask for the inputs of a chunk that the first program does not read too, while others are added: of
   several arrays in turn the processor foresees little. */
static void prefetch(const Program *program, const Program *first, int64_t row, int64_t n) {
    for (int i = 0; i < program->input_count; i++) {
        const Input *input = program->inputs + i;
        const int64_t width = input->width * (input->type == FLOATS ? 4 : 8);
        int known = width * CHUNK > MOST_AHEAD;
        for (int k = 0; program != first && k < first->input_count; k++)
            known |= first->inputs[k].data == input->data;
        const char *at = (const char *)input->data + row * width, *end = at + (known ? 0 : n * width);
        for (; at < end; at += LINE)
            __builtin_prefetch(at, 0, 2);
    }
}

static void subtract(const double *a, const double *b, int n, double *out, PairOf *pair) {
    for (int i = 0; i < n; i++) {
        out[i] = a[i] - b[i];
        pair->wins += out[i] < 0.0;
        pair->ties += out[i] == 0.0;
    }
}

int fold_pairs(const Machine *machine, const Program *programs, int count, PairOf *pairs,
               int pair_count, int64_t n, int64_t unit, int64_t phase, Fold *folds, int *failed) {
    Workspace spaces[MOST_PROGRAMS];
    char *memory = malloc((size_t)(count + 1) * APART * sizeof(double) + 64);
    double *results = (double *)(memory + (64 - (uintptr_t)memory % 64));
    int status = memory ? DONE : NO_MEMORY, made = 0, size;
    for (; made < count && status == DONE; made++)
        if (!machine->make_workspace(programs + made, n, &folds[made].seen, &spaces[made]))
            status = NO_MEMORY;
    for (int64_t row = 0; row < n && status == DONE; row += size) {
        const int64_t in_unit = (phase + row) % unit, left = unit - in_unit;
        size = (int)(left < CHUNK ? left : CHUNK);
        size = n - row < size ? (int)(n - row) : size;
        const int begins = in_unit == 0 || row == 0;
        for (int k = 0; k < count && status == DONE; k++) {
            double *out = results + k * APART;
            status = machine->run(programs + k, &spaces[k], row, size, out);
            if (n - row >= AHEAD + CHUNK)
                prefetch(programs + k, programs, row + AHEAD, CHUNK);
            if (status == DONE && !machine->add(&folds[k], out, size, row, begins))
                status = NOT_FINITE;
            *failed = k;
        }
        double *out = results + count * APART;
        for (int k = 0; k < pair_count && status == DONE; k++) {
            PairOf *pair = pairs + k;
            const double *a = results + pair->candidate * APART, *b = results + pair->baseline * APART;
            Fold *fold = &folds[count + k];
            if (size == CHUNK && !begins) {
                if (!machine->add_difference(fold, a, b, out, size, row, &pair->wins, &pair->ties))
                    status = NOT_FINITE;
                continue;
            }
            subtract(a, b, size, out, pair);
            if (!machine->add(fold, out, size, row, begins))
                status = NOT_FINITE;
        }
    }
    for (int k = 0; k < count + pair_count; k++)
        machine->carry(folds[k].bins);
    for (int k = 0; k < made; k++)
        free(spaces[k].memory);
    free(memory);
    return status;
}
