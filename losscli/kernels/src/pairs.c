/* The differences of the results of programs, chunk by chunk, while they are in the nearest cache. */

#include <stdlib.h>

#include "pairs.h"

/* Write the results of a candidate minus those of a baseline, and count wins and ties. */
static void subtract(PairOf *pair, const double *results, int n, double *out) {
    const double *a = results + pair->candidate * CHUNK, *b = results + pair->baseline * CHUNK;
    for (int i = 0; i < n; i++) {
        out[i] = a[i] - b[i];
        pair->wins += out[i] < 0.0;
        pair->ties += out[i] == 0.0;
    }
}

int fold_pairs(const Machine *machine, const Program *programs, int count, PairOf *pairs,
               int pair_count, int64_t n, int64_t unit, int64_t phase, Fold *folds, int *failed) {
    Workspace spaces[MOST_PROGRAMS];
    double *results = malloc((size_t)(count + 1) * CHUNK * sizeof(double));
    int status = results ? DONE : NO_MEMORY, made = 0, size;
    for (; made < count && status == DONE; made++)
        if (!machine->make_workspace(programs + made, n, &folds[made].seen, &spaces[made]))
            status = NO_MEMORY;
    for (int64_t row = 0; row < n && status == DONE; row += size) {
        const int64_t in_unit = (phase + row) % unit, left = unit - in_unit;
        size = (int)(left < CHUNK ? left : CHUNK);
        size = n - row < size ? (int)(n - row) : size;
        const int begins = in_unit == 0 || row == 0;
        for (int k = 0; k < count && status == DONE; k++) {
            double *out = results + k * CHUNK;
            status = machine->run(programs + k, &spaces[k], row, size, out);
            if (status == DONE && !machine->add(&folds[k], out, size, row, begins))
                status = NOT_FINITE;
            *failed = k;
        }
        double *out = results + count * CHUNK;
        for (int k = 0; k < pair_count && status == DONE; k++) {
            subtract(pairs + k, results, size, out);
            if (!machine->add(&folds[count + k], out, size, row, begins))
                status = NOT_FINITE;
        }
    }
    for (int k = 0; k < count + pair_count; k++)
        machine->carry(folds[k].bins);
    for (int k = 0; k < made; k++)
        free(spaces[k].memory);
    free(results);
    return status;
}
