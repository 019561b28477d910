/* Rows in buckets of neighbouring keys. The sums of many keys in any order would wait for memory at each
   row; those of one bucket stay in the nearest caches. */

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2")
#endif
#include <stdlib.h>

#include "codes.h"
#include "columns.h"

#define KEY_BITS 14 /* of a key within its bucket */
#define BUCKET (1 << KEY_BITS)
#define MOST_BUCKETS 1024
#define FEW_ROWS 8 /* of a key: more are better added up block by block */

typedef double Pair __attribute__((vector_size(16)));
typedef uint64_t Pieces __attribute__((vector_size(16)));

/* Write the rows in the order of their buckets, in each one as they were. starts: those of the buckets
   from `low` on, and the end; the first rows of all on return. */
static void to_buckets(const int64_t *keys, const double *x, Py_ssize_t n, int64_t low, Py_ssize_t buckets,
                       int64_t *starts, double *values, uint16_t *places) {
    int64_t next[MOST_BUCKETS] = {0}, sum = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        next[(keys[i] >> KEY_BITS) - low]++;
    for (Py_ssize_t b = 0; b < buckets; b++) {
        starts[b] = sum;
        sum += next[b];
        next[b] = starts[b];
    }
    starts[buckets] = sum;
    for (Py_ssize_t i = 0; i < n; i++) {
        const int64_t at = next[(keys[i] >> KEY_BITS) - low]++;
        values[at] = x[i];
        places[at] = (uint16_t)(keys[i] & (BUCKET - 1));
    }
}

/* The least and the largest key. */
static void find_range(const int64_t *keys, Py_ssize_t n, int64_t *low, int64_t *high) {
    *low = *high = keys[0];
    for (Py_ssize_t i = 1; i < n; i++) {
        *low = keys[i] < *low ? keys[i] : *low;
        *high = keys[i] > *high ? keys[i] : *high;
    }
}

/* What the cuts leave of a value of a key. */
typedef struct {
    int64_t place;
    double left;
} Left;

/* The sums of the keys of a bucket. */
typedef struct {
    Pieces pieces[BUCKET];
    int32_t rows[BUCKET];
    Left *left;
    Py_ssize_t left_count, left_room;
} Bucket;

static __attribute__((noinline)) int keep_left(Bucket *bucket, int64_t place, double left) {
    if (bucket->left_count == bucket->left_room) {
        bucket->left_room = bucket->left_room ? 2 * bucket->left_room : 1024;
        Left *more = realloc(bucket->left, (size_t)bucket->left_room * sizeof *more);
        if (!more)
            return 0;
        bucket->left = more;
    }
    bucket->left[bucket->left_count++] = (Left){place, left};
    return 1;
}

/* Add n rows; 0 without memory. */
static int add_rows(Bucket *bucket, const double *x, const uint16_t *places, Py_ssize_t n, const Cuts *at) {
    const double one = at->first, two = at->second;
    for (Py_ssize_t i = 0; i < n; i++) {
        const unsigned place = places[i] & (BUCKET - 1);
        const double shifted = x[i] + one, rest = x[i] - (shifted - one), again = rest + two;
        bucket->pieces[place] += (Pieces)(Pair){shifted, again};
        bucket->rows[place]++;
        if (rest != again - two && !keep_left(bucket, place, rest - (again - two)))
            return 0;
    }
    return 1;
}

/* The sums of keys: digits from `first` on, `places` of each. */
typedef struct {
    int64_t *keys, *rows, *digits;
    Py_ssize_t count, room, places;
    int first;
} Sums;

/* Append those of a bucket, the first key of which is `base`; 0 if there is no room. */
static int append(Sums *sums, Bucket *bucket, int64_t base, const Cuts *at) {
    for (int place = 0; place < BUCKET; place++) {
        const uint64_t rows = (uint64_t)bucket->rows[place];
        if (!rows)
            continue;
        if (sums->count == sums->room)
            return 0;
        const Pieces pieces = bucket->pieces[place];
        int64_t *digits = sums->digits + sums->count * sums->places;
        memset(digits, 0, (size_t)sums->places * sizeof *digits);
        add_parts(digits, sums->first, (int)sums->places, (int64_t)(pieces[0] - rows * bits_of(at->first)), at->coarse);
        add_parts(digits, sums->first, (int)sums->places, (int64_t)(pieces[1] - rows * bits_of(at->second)), at->fine);
        sums->keys[sums->count] = base + place;
        sums->rows[sums->count] = (int64_t)rows;
        bucket->rows[place] = (int32_t)sums->count++; /* where its digits are */
    }
    for (Py_ssize_t k = 0; k < bucket->left_count; k++)
        add_value(sums->digits + bucket->rows[bucket->left[k].place] * sums->places, sums->first, bucket->left[k].left);
    return 1;
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os") /* Nothing below is a loop over rows. */
#endif

/* Rows in buckets from `low` on, as `to_buckets` writes them. */
typedef struct {
    Buffers of;
    int64_t low;
    Py_ssize_t buckets;
    const int64_t *starts;
    const double *values;
    const uint16_t *places;
} Part;

/* Read (low, starts, memory); 0 with an exception set. */
static int read_part(Part *part, PyObject *given) {
    PyObject *starts, *memory;
    long long low;
    if (!PyArg_ParseTuple(given, "LOO", &low, &starts, &memory))
        return 0;
    part->starts = take(&part->of, starts, 0, -1);
    part->buckets = part->starts ? taken(&part->of, 0) - 1 : 0;
    const Py_ssize_t n = part->buckets > 0 ? (Py_ssize_t)part->starts[part->buckets] : 0;
    if (!part->starts || !(part->values = take(&part->of, memory, 0, n + (n + 3) / 4)))
        return 0;
    part->low = low;
    part->places = (const uint16_t *)(part->values + n);
    for (Py_ssize_t b = 0; b < part->buckets; b++)
        if (part->starts[b] < 0 || part->starts[b] > part->starts[b + 1]) {
            PyErr_SetString(PyExc_ValueError, "not the starts of buckets");
            return 0;
        }
    return 1;
}

/* Add the rows of all parts in buckets [low, high); 0 without memory, or room. */
static int add_parts_of(const Part *parts, Py_ssize_t count, int64_t low, int64_t high, const Cuts *at,
                        Sums *sums) {
    Bucket *bucket = calloc(1, sizeof *bucket);
    int done = bucket != NULL;
    for (int64_t b = low; b < high && done; b++) {
        memset(bucket->pieces, 0, sizeof bucket->pieces);
        memset(bucket->rows, 0, sizeof bucket->rows);
        bucket->left_count = 0;
        for (const Part *part = parts; part < parts + count && done; part++) {
            if (b < part->low || b >= part->low + part->buckets)
                continue;
            const int64_t start = part->starts[b - part->low], end = part->starts[b - part->low + 1];
            done = add_rows(bucket, part->values + start, part->places + start, (Py_ssize_t)(end - start), at);
        }
        done = done && append(sums, bucket, b << KEY_BITS, at);
    }
    free(bucket ? bucket->left : NULL);
    free(bucket);
    return done;
}

PyObject *py_bucket_sums(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *given, *out[3], *answer = NULL;
    int first, largest, bits;
    long long low, high;
    if (!PyArg_ParseTuple(args, "O!LLiiiOOO:bucket_sums", &PyTuple_Type, &given, &low, &high, &first, &largest,
                          &bits, &out[0], &out[1], &out[2]))
        return NULL;
    Buffers of = {.count = 0};
    const Py_ssize_t count = PyTuple_Size(given);
    Part *parts = calloc((size_t)(count + 1), sizeof *parts);
    Sums sums = {.first = first - FIRST_PLACE};
    sums.keys = parts ? take(&of, out[0], PyBUF_WRITABLE, -1) : NULL;
    sums.room = sums.keys ? taken(&of, 0) : 0;
    sums.rows = sums.keys ? take(&of, out[1], PyBUF_WRITABLE, sums.room) : NULL;
    sums.digits = sums.rows ? take(&of, out[2], PyBUF_WRITABLE, -1) : NULL;
    sums.places = sums.room && sums.digits ? taken(&of, 2) / sums.room : 0;
    int ready = sums.digits && bits > 0 && bits <= 50 && largest < HUGE_EXPONENT, done = 0;
    for (Py_ssize_t k = 0; k < count && ready; k++)
        ready = read_part(parts + k, PyTuple_GetItem(given, k));
    if (ready) {
        const int lowest = 32 * first, top = (largest ? largest : 1) - 1022;
        const Cuts at = cuts_below(top, bits, lowest > -1074 ? lowest : -1074);
        Py_BEGIN_ALLOW_THREADS
        done = add_parts_of(parts, count, low, high, &at, &sums);
        Py_END_ALLOW_THREADS
        answer = done ? PyLong_FromSsize_t(sums.count) : PyErr_NoMemory();
    } else if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError, "not rows in buckets");
    }
    for (Py_ssize_t k = 0; parts && k < count; k++)
        release_all(&parts[k].of);
    free(parts);
    release_all(&of);
    return answer;
}

PyObject *py_to_buckets(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *keys, *values, *out, *answer = NULL;
    Py_ssize_t most;
    if (!PyArg_ParseTuple(args, "OOnO:to_buckets", &keys, &values, &most, &out))
        return NULL;
    Buffers of = {.count = 0};
    const int64_t *key = take(&of, keys, 0, -1);
    const Py_ssize_t n = key ? taken(&of, 0) : 0;
    const double *x = key ? take(&of, values, 0, n) : NULL;
    double *to = x ? take(&of, out, PyBUF_WRITABLE, n + (n + 3) / 4) : NULL;
    if (to && n) {
        int64_t low, high;
        int first, end, largest = 0x7ff;
        Py_BEGIN_ALLOW_THREADS
        find_range(key, n, &low, &high);
        if (low >= 0 && high - low < most && high - low >= n / FEW_ROWS)
            largest = find_places(x, n, &first, &end);
        Py_END_ALLOW_THREADS
        low >>= KEY_BITS;
        const Py_ssize_t buckets = largest < HUGE_EXPONENT ? (Py_ssize_t)((high >> KEY_BITS) - low + 1) : 0;
        PyObject *starts = NULL;
        if (!buckets || buckets > MOST_BUCKETS) {
            answer = Py_NewRef(Py_None);
        } else if ((starts = PyByteArray_FromStringAndSize(NULL, 8 * (buckets + 1)))) {
            int64_t *start = (int64_t *)PyByteArray_AsString(starts);
            Py_BEGIN_ALLOW_THREADS
            to_buckets(key, x, n, low, buckets, start, to, (uint16_t *)(to + n));
            Py_END_ALLOW_THREADS
            answer = Py_BuildValue("LNiii", (long long)low, starts, first + FIRST_PLACE, end + FIRST_PLACE, largest);
        }
    } else if (to) {
        answer = Py_NewRef(Py_None);
    }
    release_all(&of);
    return answer;
}
