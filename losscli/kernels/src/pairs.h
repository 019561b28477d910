/* The results of several programs on the same rows, and the differences of pairs of them. */

#ifndef PAIRS_H
#define PAIRS_H

#include "program.h"

#define MOST_PROGRAMS 8

/* Two programs by their numbers, and the rows on which the first one has the smaller result, or
   both the same. */
typedef struct {
    int candidate, baseline;
    int64_t wins, ties;
} PairOf;

/* The states of programs of one number a row, then those of the differences of pairs; as `fold` of a
   machine. failed: the program whose check failed. */
int fold_pairs(const Machine *machine, const Program *programs, int count, PairOf *pairs,
               int pair_count, int64_t n, int64_t unit, int64_t phase, Fold *folds, int *failed);

#endif
