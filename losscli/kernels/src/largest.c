/* The largest results of a program that was folded: only of the pieces that may have some are they
   computed again, so that the cost hardly depends on the number or the order of the rows. */

#include <math.h>
#include <stdlib.h>

#include "largest.h"

/* Functions that run once a block are small rather than fast. */
#define SMALL __attribute__((cold))

static SMALL int descending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* The smallest result that can be among the `most` largest: as many pieces have one at least as
   large. equal: the pieces with it as their largest that can have one of them. */
static SMALL double bound_of(const Fold *fold, int64_t most, double least, double *highs, int64_t *equal) {
    int64_t known = 0, above = 0;
    for (int64_t k = 0; k < fold->added; k++)
        if (fold->peaks[k].high >= least)
            highs[known++] = fold->peaks[k].high;
    if (known > most) {
        qsort(highs, (size_t)known, sizeof *highs, descending);
        least = highs[most - 1];
    }
    for (int64_t k = 0; k < known; k++)
        above += highs[k] > least;
    *equal = most > above ? most - above : 0;
    return least;
}

int find_largest(const Machine *machine, const Program *program, int64_t n, const Fold *fold,
                 int64_t most, double least, Result **found, int64_t *count) {
    Workspace space;
    uint64_t seen = 0;
    int64_t equal, room = 0;
    *found = NULL;
    *count = 0;
    if (!(fold->high >= least))
        return DONE;
    double *highs = malloc((size_t)(fold->added + CHUNK) * sizeof *highs), *out = highs + fold->added;
    if (!highs || !machine->make_workspace(program, n, &seen, &space)) {
        free(highs);
        return NO_MEMORY;
    }
    int status = DONE;
    least = bound_of(fold, most, least, highs, &equal);
    for (int64_t k = 0; k < fold->added && status == DONE; k++) {
        const Peak *peak = fold->peaks + k;
        const int64_t end = k + 1 < fold->added ? peak[1].row : n;
        if (!(peak->high > least || (peak->high == least && equal-- > 0)))
            continue;
        if (room - *count < CHUNK) {
            Result *larger = realloc(*found, (size_t)(room = 2 * room + CHUNK) * sizeof **found);
            if (!larger) {
                status = NO_MEMORY;
                break;
            }
            *found = larger;
        }
        status = machine->run(program, &space, peak->row, end - peak->row, out);
        for (int64_t row = peak->row; row < end; row++)
            if (out[row - peak->row] >= least)
                (*found)[(*count)++] = (Result){row, out[row - peak->row]};
    }
    free(highs);
    free(space.memory);
    return status;
}
