/* Programs of vector instructions, and the state of a fold: what all instruction sets share. */

#ifndef LOSSCLI_PROGRAM_H
#define LOSSCLI_PROGRAM_H

#include <stdint.h>

#define CHUNK 1024 /* numbers that go through a program at once, so that registers stay in cache */
#define BINS 72    /* 32 bits each, from 2^-1074 past 2^1024 */
#define CARRY_EVERY (1 << 18)

/* An operand is a register, or ~constant. Masks are 0.0 and 1.0. Where NumPy has the operation, the
   result has NumPy's bits, but for exp ... tanh, which are those of vmath.h. */
#define UNARY_OPS(OP)                                       \
    OP(ABS, fabs(a))                                        \
    OP(NEG, -a)                                             \
    OP(SIGN, a > 0.0 ? 1.0 : (a < 0.0 ? -1.0 : a * 0.0 + 0.0)) \
    OP(SQRT, sqrt(a))                                       \
    OP(FLOOR, v_floor(a))                                   \
    OP(ISFINITE, a - a == 0.0 ? 1.0 : 0.0)                  \
    OP(ISNAN, a == a ? 0.0 : 1.0)                           \
    OP(EXP, v_exp(a))                                       \
    OP(EXPM1, v_expm1(a))                                   \
    OP(LOG, v_log(a))                                       \
    OP(LOG1P, v_log1p(a))                                   \
    OP(TANH, v_tanh(a))

#define BINARY_OPS(OP)                              \
    OP(ADD, a + b)                                  \
    OP(SUB, a - b)                                  \
    OP(MUL, a * b)                                  \
    OP(DIV, a / b)                                  \
    OP(POW, v_pow(a, b))                            \
    OP(MIN, a == a ? (a < b ? a : b) : a)           \
    OP(MAX, a == a ? (a > b ? a : b) : a)           \
    OP(LT, a < b ? 1.0 : 0.0)                       \
    OP(LE, a <= b ? 1.0 : 0.0)                      \
    OP(EQ, a == b ? 1.0 : 0.0)                      \
    OP(NE, a == b ? 0.0 : 1.0)

/* WHERE: b where a is 1, else c. NONE: fails if any a is 1. WITHIN: fails if any a is not in [b, c]
   (constants). The destination of the last two is the number that a failing run returns. */
#define OTHER_OPS(OP) OP(WHERE, ) OP(NONE, ) OP(WITHIN, )

#define NAME_OP(name, ...) OP_##name,
enum { UNARY_OPS(NAME_OP) BINARY_OPS(NAME_OP) OTHER_OPS(NAME_OP) OP_COUNT };
#undef NAME_OP

typedef struct {
    int32_t op, to, a, b, c;
} Instruction;

typedef struct {
    const void *data;
    int narrow; /* float32, else float64 */
} Input;

typedef struct {
    const Instruction *code;
    const double *constants;
    const Input *inputs; /* they are registers 0, 1, ... */
    int length, input_count, registers, result;
} Program;

/* The moments of consecutive rows about a pivot; e = x - pivot. */
typedef struct {
    double pivot, ee, e, rows;
} Unit;

typedef struct {
    int64_t bins[BINS];
    double low, high;
    int64_t high_row, added, unit_count;
    Unit *units;
} Fold;

enum { DONE = -1, NOT_FINITE = -2, NO_MEMORY = -3 };

/* Both return DONE, the number of the check that failed, or another of these.
   compute: the results of n rows. fold: their state; moments are taken of `unit` rows at a time, the
   first of which lies `phase` rows before these. */
typedef struct {
    const char *name;
    int (*compute)(const Program *program, int64_t n, double *out);
    int (*fold)(const Program *program, int64_t n, int64_t unit, int64_t phase, Fold *fold);
} Machine;

extern const Machine machine_baseline;
#if defined(__x86_64__)
extern const Machine machine_avx2, machine_avx512;
#endif

#endif
