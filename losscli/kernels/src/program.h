/* Programs of vector instructions, and the state of a fold: what all instruction sets share. */

#ifndef LOSSCLI_PROGRAM_H
#define LOSSCLI_PROGRAM_H

#include <stdint.h>

#define CHUNK 512       /* rows that go through a program at once, so that registers stay in cache */
#define WIDE_CHUNK 8192 /* numbers of a register, where rows have several: then fewer rows go */
#define BINS 72    /* 32 bits each, from 2^-1074 past 2^1024 */
#define CARRY_EVERY (1 << 18)

/* The operations: name, number of operands, result. An operand is a register, or ~constant. Masks
   are 0.0 and 1.0. Where NumPy has the operation, the result has NumPy's bits, but for those that
   vmath.h computes. EXP_NEAR and LOG1P_NEAR are what EXP and LOG1P become for ordinary numbers. ATMOST and ATLEAST are MIN and MAX with a
   constant, which is not nan. KNEE: s (a - c s), where s is ATMOST of a and b. */
#define PLAIN_OPS(OP)                                             \
    OP(ABS, 1, fabs(a))                                           \
    OP(NEG, 1, -a)                                                \
    OP(SIGN, 1, a > 0.0 ? 1.0 : (a < 0.0 ? -1.0 : a * 0.0 + 0.0)) \
    OP(SQRT, 1, sqrt(a))                                          \
    OP(FLOOR, 1, v_floor(a))                                      \
    OP(ISFINITE, 1, a - a == 0.0 ? 1.0 : 0.0)                     \
    OP(ISNAN, 1, a == a ? 0.0 : 1.0)                              \
    OP(EXP_NEAR, 1, v_exp_near(a))                                \
    OP(EXP, 1, v_exp(a))                                          \
    OP(EXPM1, 1, v_expm1(a))                                      \
    OP(LOG, 1, v_log(a))                                          \
    OP(LOG1P, 1, v_log1p(a))                                      \
    OP(LOG1P_NEAR, 1, v_log1p_near(a))                            \
    OP(TANH, 1, v_tanh(a))                                        \
    OP(ADD, 2, a + b)                                             \
    OP(SUB, 2, a - b)                                             \
    OP(MUL, 2, a * b)                                             \
    OP(DIV, 2, a / b)                                             \
    OP(POW, 2, v_pow(a, b))                                       \
    OP(ATAN2, 2, v_atan2(a, b))                                   \
    OP(MIN, 2, v_min(a, b))                                     \
    OP(MAX, 2, v_max(a, b))                                     \
    OP(ATMOST, 2, a >= b ? b : a)                                 \
    OP(ATLEAST, 2, a <= b ? b : a)                                \
    OP(LT, 2, a < b ? 1.0 : 0.0)                                  \
    OP(LE, 2, a <= b ? 1.0 : 0.0)                                 \
    OP(EQ, 2, a == b ? 1.0 : 0.0)                                 \
    OP(NE, 2, a == b ? 0.0 : 1.0)                                 \
    OP(WHERE, 3, a != 0.0 ? b : c)                                \
    OP(KNEE, 3, v_knee(a, b, c))

/* Two operations at once, FIRST_SECOND: what is in between is never stored. RSUB is c - x. These are
   the pairs that the losses of the catalogue have. */
#define ABS_OF(OP, first, x) OP(first##_ABS, 2, fabs(x))
#define SQUARE_OF(OP, first, x) OP(first##_SQUARE, 2, (x) * (x))
#define ADD_TO(OP, first, x) OP(first##_ADD, 3, (x) + c)
#define SUB_FROM(OP, first, x) OP(first##_SUB, 3, (x) - c) OP(first##_RSUB, 3, c - (x))
#define MUL_BY(OP, first, x) OP(first##_MUL, 3, (x) * c)
#define ATMOST_OF(OP, first, x) OP(first##_ATMOST, 3, (x) >= c ? c : (x))
#define ATLEAST_OF(OP, first, x) OP(first##_ATLEAST, 3, (x) <= c ? c : (x))
#define ALL_OF(OP, first, x) ADD_TO(OP, first, x) MUL_BY(OP, first, x) ATLEAST_OF(OP, first, x)
#define PAIRED_OPS(OP)                                                              \
    ALL_OF(OP, ADD, a + b)                                                          \
    ALL_OF(OP, SUB, a - b)                                                          \
    ABS_OF(OP, SUB, a - b) SQUARE_OF(OP, SUB, a - b) SUB_FROM(OP, SUB, a - b)       \
    ALL_OF(OP, MUL, a * b)                                                          \
    ABS_OF(OP, MUL, a * b) SUB_FROM(OP, MUL, a * b)                                 \
    ALL_OF(OP, ATLEAST, a <= b ? b : a)                                             \
    SQUARE_OF(OP, ATLEAST, a <= b ? b : a) ATMOST_OF(OP, ATLEAST, a <= b ? b : a)   \
    OP(ABS_NEG, 1, -fabs(a))                                                        \
    OP(EQ_MAX, 3, v_max(a == b ? 1.0 : 0.0, c))

/* Of float32 inputs, which all other operations need WIDEN for: the difference of two. */
#define NARROW_OPS(OP)                                                              \
    OP(DIFF, 2, a - b)                                                              \
    ALL_OF(OP, DIFF, a - b) ABS_OF(OP, DIFF, a - b) SQUARE_OF(OP, DIFF, a - b)

/* WIDEN, CONVERT: float32 and int64 as doubles. NONE: fails if any a is 1, EVERY if any is 0. WITHIN:
   fails if any a is not in [b, c]. INDEX: fails if any a is neither a whole number from 0 to b - 1
   nor c. Of the latter two b and c are constants. The destination of these checks is the number that
   a failing run returns. SEEN: never fails; sets the bit of its destination if any a is 1. EQ_SEEN,
   LT_SEEN: if any a is equal to b, or below it. ISFINITE_EVERY: fails if any a is not finite. */
#define OTHER_OPS(OP)                                                                  \
    OP(WIDEN, 1, ) OP(CONVERT, 1, ) OP(NONE, 1, ) OP(EVERY, 1, ) OP(WITHIN, 3, )       \
    OP(ISFINITE_EVERY, 1, )                                                            \
    OP(INDEX, 3, ) OP(SEEN, 1, ) OP(EQ_SEEN, 2, ) OP(LT_SEEN, 2, )

/* Of parts of a row, `part` consecutive numbers each. TOTAL adds in NumPy's order; PLACE is that of
   the first LARGEST. TAKE: the number of each part at index b. PUT: a with c at index b of each
   part. REPEAT: each part b times. SLICE: c numbers of each part from number b on. COLUMNS: the
   `part` constants from a on, repeated. LOOKUP: of these constants, from b on, that at index a. */
#define PART_OPS(OP)   \
    OP(TOTAL, 1, )     \
    OP(LARGEST, 1, )   \
    OP(SMALLEST, 1, )  \
    OP(PLACE, 1, )     \
    OP(TAKE, 2, )      \
    OP(PUT, 3, )       \
    OP(REPEAT, 1, )    \
    OP(SLICE, 1, )     \
    OP(COLUMNS, 1, )   \
    OP(LOOKUP, 2, )

#define ALL_OPS(OP) PLAIN_OPS(OP) PAIRED_OPS(OP) NARROW_OPS(OP) OTHER_OPS(OP) PART_OPS(OP)
#define NAME_OP(name, ...) OP_##name,
enum { ALL_OPS(NAME_OP) OP_COUNT };
#undef NAME_OP
#define ARITY(name, arity, ...) arity,
static const char arities[] = {ALL_OPS(ARITY)};
#define IS_CHECK(op) ((op) >= OP_NONE && (op) <= OP_LT_SEEN)
#define MOST_SEEN 64 /* bits */
#define IS_NARROW(op) ((op) >= OP_DIFF && (op) <= OP_WIDEN) /* reads float32 by a and b */
#define IS_OF_PARTS(op) ((op) >= OP_TOTAL)

/* width: numbers a row of its operand a, or of its result if it has no such operand. */
typedef struct {
    int32_t op, to, a, b, c, width, part;
} Instruction;

/* The numbers a row of the result. */
static inline int64_t result_width(const Instruction *at) {
    int64_t parts = at->part ? at->width / at->part : 0;
    switch (at->op) {
    case OP_TOTAL:
    case OP_LARGEST:
    case OP_SMALLEST:
    case OP_PLACE:
    case OP_TAKE:
        return parts;
    case OP_REPEAT:
        return (int64_t)at->width * at->b;
    case OP_SLICE:
        return parts * at->c;
    }
    return at->width;
}

/* What a register holds; registers that are computed hold doubles. */
typedef enum { NOTHING, DOUBLES, FLOATS, INTEGERS } Type;

typedef struct {
    const void *data;
    Type type;
    int64_t width; /* numbers a row */
} Input;

typedef struct {
    const Instruction *code;
    const double *constants;
    const Input *inputs; /* they are registers 0, 1, ... */
    const int32_t *widths; /* of registers: the most numbers a row that they hold */
    int length, constant_count, input_count, registers, result;
} Program;

/* Where operands are: registers, constants repeated CHUNK times, and all constants as they are.
   seen: takes the bits of SEEN. */
typedef struct {
    double **registers, **repeated;
    uint64_t *seen;
    const double *constants;
    void *memory;
    int64_t rows; /* of a register */
} Workspace;

static inline const double *operand(const Workspace *w, int32_t at) {
    return at < 0 ? w->repeated[~at] : w->registers[at];
}

/* An elementwise instruction for number `from` of a chunk; 0 if its check fails. */
int run_number(const Instruction *at, const Workspace *w, int64_t from, int n);

/* The moments of consecutive rows about a pivot; e = x - pivot. */
typedef struct {
    double pivot, ee, e, rows;
} Unit;

/* A piece of at most CHUNK rows: its first row and its largest value. */
typedef struct {
    int64_t row;
    double high;
} Peak;

/* top: all values of the last chunks were below 2^top. check: 1 if some of the last chunk were near 0.
   seen: the bits of SEEN. added: the number of pieces, each of which has a peak. values: takes the
   results of all rows; NULL where they are not wanted. */
typedef struct {
    int64_t bins[BINS];
    double low, high;
    int64_t high_row, added, unit_count;
    uint64_t seen;
    int top, check;
    Unit *units;
    Peak *peaks;
    double *values;
} Fold;

enum { DONE = -1, NOT_FINITE = -2, NO_MEMORY = -3, NOT_AN_INDEX = -4 };

/* compute, fold and run return DONE, the number of the check that failed, or another of these.
   compute: the results of n rows. fold: their state; moments are taken of `unit` rows at a time, the
   first of which lies `phase` rows before these. The others are the steps of a fold: the registers of
   a program, 0 without memory; the results of some rows; their state, 0 if one is not finite; the
   moments and extremes of CHUNK differences of results, in the same way. */
typedef struct {
    const char *name;
    int (*compute)(const Program *program, int64_t n, double *out);
    int (*fold)(const Program *program, int64_t n, int64_t unit, int64_t phase, Fold *fold);
    int (*make_workspace)(const Program *program, int64_t n, uint64_t *seen, Workspace *workspace);
    int (*run)(const Program *program, const Workspace *workspace, int64_t row, int64_t n, double *out);
    int (*add)(Fold *fold, const double *x, int n, int64_t row, int begins);
    void (*carry)(int64_t *bins);
    int (*add_difference)(Fold *fold, const double *a, const double *b, double *out, int n,
                          int64_t row, int64_t *below, int64_t *equal);
} Machine;

extern const Machine machine_baseline;
#if defined(__x86_64__)
extern const Machine machine_avx2, machine_avx512;
#endif

#endif
