/* Elementwise instructions. Included for one number, and for n, a multiple of 8, at once. */

/* An instruction for n <= CHUNK of the numbers of a chunk, from number `from` on; 0 if its check
   fails. */
RUN(const Instruction *at, const Workspace *w, int64_t from, int n) {
    const double *ra = operand(w, at->a), *rb = ra, *rc = ra; /* if it has no such operand */
    const float *fa = (const float *)ra + from, *fb = fa;
    const int64_t *ia = (const int64_t *)ra + from;
    double *to = IS_CHECK(at->op) ? NULL : w->registers[at->to] + from;
    if (arities[at->op] > 1) {
        rb = operand(w, at->b) + (at->b < 0 ? 0 : from);
        fb = (const float *)operand(w, at->b) + from;
    }
    if (arities[at->op] > 2)
        rc = operand(w, at->c) + (at->c < 0 ? 0 : from);
    ra += at->a < 0 ? 0 : from;
    uint64_t failed = 0;
    int op = at->op;
    /* Mostly the numbers are such that fewer operations give the same bits: those of nan too, and
       those of which no distance from a bound has a sign. */
#define NEAR(name, is_first_near, signs)                         \
    if (op == OP_##name && is_first_near) {                      \
        LOOP failed |= signs;                                    \
        op = failed >> 63 ? OP_##name : OP_##name##_NEAR;        \
        failed = 0;                                              \
    }
    NEAR(EXP, 1, bits_of(MOST_NEAR - fabs(ra[i])))
    NEAR(LOG1P, *ra >= 0.0, bits_of(ra[i]) | bits_of(1.0 - ra[i]))
    switch (op) {
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
    case OP_CONVERT:
        LOOP to[i] = (double)ia[i];
        break;
    case OP_NONE:
        LOOP failed |= bits_of(ra[i]);
        break;
    case OP_EVERY:
        LOOP failed |= bits_of(ra[i]) ^ bits_of(1.0);
        break;
    case OP_ISFINITE_EVERY:
        LOOP failed |= bits_of(ra[i] - ra[i]); /* 0 or nan */
        break;
#define LOOK(name, mask)                                         \
    case OP_##name:                                              \
        if (*w->seen >> at->to & 1)                              \
            break;                                               \
        LOOP failed |= (mask);                                   \
        *w->seen |= (uint64_t)(failed != 0) << at->to;           \
        failed = 0;                                              \
        break;
        LOOK(SEEN, bits_of(ra[i]))
        LOOK(EQ_SEEN, ra[i] == rb[i] ? 1 : 0)
        LOOK(LT_SEEN, ra[i] < rb[i] ? 1 : 0)
    case OP_WITHIN: {
        const double low = *rb, high = *rc;
        LOOP failed |= ra[i] >= low ? (ra[i] <= high ? 0 : 1) : 1;
        break;
    }
    case OP_INDEX: {
        const double classes = *rb, other = *rc;
        LOOP {
            double a = ra[i], within = a >= 0.0 ? (a < classes ? 0.0 : 1.0) : 1.0;
            within = v_floor(a) == a ? within : 1.0;
            failed |= bits_of(a == other ? 0.0 : within);
        }
        break;
    }
    }
    return !failed;
}

#undef RUN
#undef LOOP
#undef CASE
#undef WIDE
#undef NARROW
#undef LOOK
#undef NEAR
