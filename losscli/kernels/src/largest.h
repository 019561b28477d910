/* The largest results of a program that was folded. */

#ifndef LARGEST_H
#define LARGEST_H

#include "program.h"

typedef struct {
    int64_t row;
    double value;
} Result;

/* At least the `most` largest of the results that are at least `least`, the first rows of equal ones,
   in row order; the caller frees them. fold: the state of all n rows. DONE or NO_MEMORY. */
__attribute__((cold)) int find_largest(const Machine *machine, const Program *program, int64_t n, const Fold *fold,
                 int64_t most, double least, Result **found, int64_t *count);

#endif
