/* JSON text as a sequence of items, and the values in them that some paths lead to.

   The items follow each other, or they are the elements of an array or the members of an object
   whose opening bracket is left out. All of the text is checked against the grammar, with the NaN
   and the infinities that Python writes; nothing recurses deeper than a path is long. */

#include "json.h"

#include "decimal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PATHS 64
#define MOST_DEPTH 512

enum Form { PLAIN, LISTED, KEYED };
enum State { MORE, ENOUGH, OVER };
enum Kind { MISSING, NUMBER, BOOLEAN, STRING, CONTAINER };

/* One column: the bytes of its values, where each ends, and the kinds of the values. A column of
   numbers has the values themselves, and bytes only of those that are not read as numbers here. */
typedef struct {
    uint8_t *data, *kinds;
    int64_t *ends;
    double *numbers;
    size_t size, room;
} Values;

typedef struct {
    At begin, end, failed;
    const char *error; /* of `failed` */
    int escaped;       /* the last string had a backslash */
    int paths;
    int lengths[MOST_PATHS];
    At keys[MOST_PATHS][MOST_PATHS];
    size_t sizes[MOST_PATHS][MOST_PATHS];
    uint64_t ending[MOST_PATHS + 1]; /* the paths of each length */
    uint64_t numeric;                /* the paths of columns of numbers */
    const uint64_t *powers;          /* of ten */
    uint64_t seen;
    Values values[MOST_PATHS + 1]; /* of the paths, and the keys of the items */
    int64_t rows, row_room;
    int no_memory;
} Text;

static At fail(Text *t, At at, const char *words) {
    if (!t->error) {
        t->failed = at;
        t->error = words;
    }
    return NULL;
}

static At cut_short(Text *t) { return fail(t, t->end, "the text ends within a value"); }

static int is_space(uint8_t c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/* 1 for a byte that may follow a number or a word. */
static int is_end(uint8_t c) {
    switch (c) {
    case ',':
    case '}':
    case ']':
    case '{':
    case '[':
    case '"':
        return 1;
    default:
        return is_space(c);
    }
}

static At space(Text *t, At p) {
    while (p < t->end && is_space(*p))
        p++;
    return p;
}

static int hexadecimal(At p) {
    int value = 0;
    for (int k = 0; k < 4; k++) {
        uint8_t c = p[k], low = c | 0x20;
        int digit = c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* The first byte from p on that is a quote, a backslash or a control character, or a few before. */
static At plain_text(At p, At end) {
    while (HAS_LOW_BYTES_FIRST && end - p >= 8) {
        uint64_t word = word_at(p), controls = (word - EACH(' ')) & ~word & EACH(0x80);
        uint64_t special = zeros(word ^ EACH('"')) | zeros(word ^ EACH('\\')) | controls;
        if (special)
            return p + (__builtin_ctzll(special) >> 3);
        p += 8;
    }
    return p;
}

/* The end of a string that begins at p. */
static At string(Text *t, At p) {
    if (p >= t->end)
        return cut_short(t);
    if (*p != '"')
        return fail(t, p, "a name in quotes was expected");
    t->escaped = 0;
    for (p++; (p = plain_text(p, t->end)) < t->end; p++) {
        if (*p == '"')
            return p + 1;
        if (*p < ' ')
            return fail(t, p, "a control character in a text");
        if (*p != '\\')
            continue;
        t->escaped = 1;
        if (++p >= t->end)
            break;
        if (*p == 'u') {
            if (t->end - p < 5)
                break;
            if (hexadecimal(p + 1) < 0)
                return fail(t, p, "an escape that is not four digits");
            p += 4;
        } else if (!memchr("\"\\/bfnrt", *p, 8)) {
            return fail(t, p, "an unknown escape");
        }
    }
    return cut_short(t);
}

/* The end of one digit or more; NULL without one. */
static At digits(Text *t, At p) {
    At after = after_digits(p, t->end);
    return after == p ? NULL : after;
}

static At word(Text *t, At p, const char *expected) {
    size_t size = strlen(expected);
    if ((size_t)(t->end - p) < size || memcmp(p, expected, size))
        return fail(t, p, "not a value");
    return p + size;
}

static At number(Text *t, At p) {
    At start = p;
    if (*p == '-')
        p++;
    if (p < t->end && *p == 'I')
        return word(t, p, "Infinity");
    if (p < t->end && *p == '0')
        p++;
    else
        p = digits(t, p);
    if (p && p < t->end && *p == '.')
        p = digits(t, p + 1);
    if (p && p < t->end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < t->end && (*p == '+' || *p == '-'))
            p++;
        p = digits(t, p);
    }
    return p ? p : fail(t, start, "not a number");
}

/* The end of a text, a number or a word. */
static At scalar(Text *t, At p) {
    if (p >= t->end)
        return cut_short(t);
    switch (*p) {
    case '"':
        return string(t, p);
    case 't':
        p = word(t, p, "true");
        break;
    case 'f':
        p = word(t, p, "false");
        break;
    case 'n':
        p = word(t, p, "null");
        break;
    case 'N':
        p = word(t, p, "NaN");
        break;
    case '-':
    case 'I':
        p = number(t, p);
        break;
    default:
        p = *p >= '0' && *p <= '9' ? number(t, p) : fail(t, p, "not a value");
    }
    if (p && p < t->end && !is_end(*p))
        return fail(t, p, "not a value");
    return p;
}

/* The beginning of the value that follows the name at p. */
static At named(Text *t, At p) {
    p = string(t, p);
    if (!p)
        return NULL;
    p = space(t, p);
    if (p >= t->end)
        return cut_short(t);
    if (*p != ':')
        return fail(t, p, "a colon was expected");
    return space(t, p + 1);
}

/* The end of a value; containers are checked without recursion. */
static At value(Text *t, At p) {
    uint8_t closing[MOST_DEPTH];
    int depth = 0;
    for (;;) {
        if (p < t->end && (*p == '{' || *p == '[')) {
            if (depth == MOST_DEPTH)
                return fail(t, p, "nested more than 512 deep");
            closing[depth++] = *p + 2; /* so ASCII has it */
            p = space(t, p + 1);
            if (p < t->end && *p != closing[depth - 1]) {
                p = closing[depth - 1] == '}' ? named(t, p) : p;
                if (!p)
                    return NULL;
                continue;
            }
        } else {
            p = scalar(t, p);
            if (!p)
                return NULL;
        }
        for (;;) { /* after a value, or before a bracket that closes one without values */
            if (!depth)
                return p;
            p = space(t, p);
            if (p >= t->end)
                return cut_short(t);
            if (*p != closing[depth - 1])
                break;
            depth--;
            p++;
        }
        if (*p != ',')
            return fail(t, p, "a comma was expected");
        p = space(t, p + 1);
        if (closing[depth - 1] == '}' && !(p = named(t, p)))
            return NULL;
    }
}

static size_t encode(uint32_t c, uint8_t *out) {
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    for (size_t k = more; k; k--, c >>= 6)
        out[k] = 0x80 | (c & 0x3f);
    out[0] = (uint8_t)(c | (more == 1 ? 0xc0 : more == 2 ? 0xe0 : 0xf0));
    return more + 1;
}

/* Write the text of a checked string without its quotes; return its size, never more than before;
   -1 where half of a surrogate pair stands alone. */
static int64_t unescape(At p, At end, uint8_t *out) {
    uint8_t *start = out;
    while (p < end) {
        if (*p != '\\') {
            *out++ = *p++;
            continue;
        }
        p++;
        if (*p != 'u') {
            const char *found = memchr("bfnrt", *p, 5) ? strchr("b\bf\fn\nr\rt\t", *p) : NULL;
            *out++ = found ? (uint8_t)found[1] : *p;
            p++;
            continue;
        }
        uint32_t c = (uint32_t)hexadecimal(p + 1);
        p += 5;
        if (c >= 0xd800 && c < 0xe000) {
            int low = end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? hexadecimal(p + 2) : -1;
            if (c >= 0xdc00 || low < 0xdc00 || low > 0xdfff)
                return -1;
            c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
            p += 6;
        }
        out += encode(c, out);
    }
    return out - start;
}

static int reserve(Text *t, Values *values, size_t more) {
    if (values->room - values->size >= more)
        return 1;
    size_t room = 2 * values->room + more + 256;
    uint8_t *data = realloc(values->data, room);
    if (!data) {
        t->no_memory = 1;
        return 0;
    }
    values->data = data;
    values->room = room;
    return 1;
}

static enum Kind kind_of(uint8_t first) {
    switch (first) {
    case '"':
        return STRING;
    case 't':
    case 'f':
        return BOOLEAN;
    case '{':
    case '[':
        return CONTAINER;
    default:
        return first == 'n' ? MISSING : NUMBER;
    }
}

/* 1 if the checked value from p to end is a number or spells one, which is written; else it is nan. */
static int numeric_value(const Text *t, enum Kind kind, At p, At end, int escaped, double *out) {
    double found = NAN;
    int known = kind == MISSING || kind == BOOLEAN;
    if (kind == BOOLEAN)
        found = *p == 't';
    if (kind == STRING && !escaped)
        known = number_from(p + 1, end - 1, '.', t->powers, &found) == end - 1;
    if (kind == NUMBER && (*p == 'N' || end[-1] == 'y')) {
        found = *p == 'N' ? NAN : *p == '-' ? -INFINITY : INFINITY;
        known = 1;
    } else if (kind == NUMBER) {
        known = number_from(p, end, '.', t->powers, &found) == end;
    }
    *out = known ? found : NAN;
    return known;
}

/* Append the checked value from p to end to a column. */
static At store(Text *t, int column, At p, At end, int escaped) {
    Values *values = &t->values[column];
    enum Kind kind = kind_of(*p);
    values->kinds[t->rows] = (uint8_t)kind;
    double *number = values->numbers ? values->numbers + t->rows : NULL;
    if (number && numeric_value(t, kind, p, end, escaped, number) && fabs(*number) < 0x1p53)
        return end; /* the text of a larger one tells if it was rounded */
    size_t size = (size_t)(end - p);
    if (!reserve(t, values, size))
        return NULL;
    uint8_t *out = values->data + values->size;
    if (kind == MISSING)
        return end;
    if (kind != STRING) {
        memcpy(out, p, size);
        values->size += size;
    } else if (!escaped) {
        memcpy(out, p + 1, size - 2);
        values->size += size - 2;
    } else {
        int64_t found = unescape(p + 1, end - 1, out);
        if (found < 0)
            return fail(t, p, "half of a surrogate pair");
        values->size += (size_t)found;
    }
    return end;
}

/* The paths among some whose key at a level is the string from p to end, quotes included. */
static uint64_t matching(Text *t, At p, At end, uint64_t among, int level) {
    uint8_t short_text[256], *text = short_text;
    size_t size = (size_t)(end - p) - 2;
    At name = p + 1;
    if (t->escaped) {
        if (size > sizeof short_text && !(text = malloc(size))) {
            t->no_memory = 1;
            return 0;
        }
        int64_t found = unescape(p + 1, end - 1, text);
        size = found < 0 ? (size_t)-1 : (size_t)found;
        name = text;
    }
    uint64_t matched = 0;
    for (int k = 0; k < t->paths; k++)
        if (among >> k & 1 && t->lengths[k] > level && t->sizes[k][level] == size &&
            !memcmp(t->keys[k][level], name, size))
            matched |= (uint64_t)1 << k;
    if (text != short_text)
        free(text);
    return matched;
}

static At object(Text *t, At p, uint64_t paths, int level);

/* The end of the value at p, to which some paths lead; it is stored for those that end here. */
static At wanted(Text *t, At p, uint64_t paths, int level) {
    if (!paths)
        return value(t, p);
    uint64_t here = paths & t->ending[level], deeper = paths & ~here;
    At start = p;
    int is_object = p < t->end && *p == '{';
    p = deeper && is_object ? object(t, p, deeper, level) : value(t, p);
    int escaped = t->escaped;
    for (int k = 0; p && k < t->paths; k++) {
        if (!(here >> k & 1))
            continue;
        if (t->seen >> k & 1)
            return fail(t, start, "a name that stands twice in one object");
        t->seen |= (uint64_t)1 << k;
        p = store(t, k, start, p, escaped);
    }
    return p;
}

static At object(Text *t, At p, uint64_t paths, int level) {
    p = space(t, p + 1);
    if (p < t->end && *p == '}')
        return p + 1;
    for (;;) {
        At name = p, end = string(t, p);
        if (!end)
            return NULL;
        uint64_t found = matching(t, name, end, paths, level);
        p = named(t, name);
        p = p ? wanted(t, p, found, level + 1) : NULL;
        if (!p)
            return NULL;
        p = space(t, p);
        if (p >= t->end)
            return cut_short(t);
        if (*p == '}')
            return p + 1;
        if (*p != ',')
            return fail(t, p, "a comma was expected");
        p = space(t, p + 1);
    }
}

static int reserve_row(Text *t) {
    if (t->rows < t->row_room)
        return 1;
    t->row_room = 2 * t->row_room + 1024;
    for (int k = 0; k <= t->paths; k++) {
        Values *values = &t->values[k];
        uint8_t *kinds = realloc(values->kinds, (size_t)t->row_room);
        if (kinds)
            values->kinds = kinds;
        int64_t *ends = realloc(values->ends, ((size_t)t->row_room + 1) * 8);
        if (ends)
            values->ends = ends;
        int numeric = k < t->paths && t->numeric >> k & 1;
        double *numbers = numeric ? realloc(values->numbers, (size_t)t->row_room * 8) : NULL;
        if (numbers)
            values->numbers = numbers;
        if (!kinds || !ends || (numeric && !numbers)) {
            t->no_memory = 1;
            return 0;
        }
        values->ends[0] = 0;
    }
    return 1;
}

/* Read all items of the text; 0 on an error. */
static int read_items(Text *t, enum Form form) {
    uint64_t all = t->paths < 64 ? ((uint64_t)1 << t->paths) - 1 : ~(uint64_t)0;
    for (At p = space(t, t->begin); p < t->end; p = space(t, p)) {
        if (t->rows && form != PLAIN) {
            if (*p != ',')
                return fail(t, p, "a comma was expected") != NULL;
            p = space(t, p + 1);
        }
        if (!reserve_row(t))
            return 0;
        for (int k = 0; k <= t->paths; k++) {
            t->values[k].kinds[t->rows] = MISSING;
            if (t->values[k].numbers)
                t->values[k].numbers[t->rows] = NAN;
        }
        t->seen = 0;
        if (form == KEYED) {
            At end = string(t, p);
            if (!end || !store(t, t->paths, p, end, t->escaped) || !(p = named(t, p)))
                return 0;
        }
        p = wanted(t, p, all, 0);
        if (!p || t->no_memory)
            return 0;
        t->rows++;
        for (int k = 0; k <= t->paths; k++)
            t->values[k].ends[t->rows] = (int64_t)t->values[k].size;
    }
    return 1;
}

/* The end of the string at p, of which nothing is checked; NULL if it is not there. */
static At skip_string(At p, At end) {
    for (p++; (p = plain_text(p, end)) < end; p++) {
        if (*p == '\\')
            p++;
        else if (*p == '"')
            return p + 1;
    }
    return NULL;
}

/* The first byte from p on that may be a quote or a bracket: any of YZ[\]^_ and so on is taken. */
static At between_marks(At p, At end) {
    while (HAS_LOW_BYTES_FIRST && end - p >= 8) {
        uint64_t word = word_at(p);
        uint64_t marks = zeros(word ^ EACH('"')) | zeros((word | EACH(0x26)) ^ EACH(0x7f));
        if (marks)
            return p + (__builtin_ctzll(marks) >> 3);
        p += 8;
    }
    return p;
}

/* The end of the value at p, of which only brackets and quotes are looked at. */
static At skip_value(At p, At end, int final) {
    static const uint8_t special[256] = {['"'] = 1, ['{'] = 2, ['['] = 2, ['}'] = 3, [']'] = 3};
    int64_t depth = 0;
    if (special[*p] != 2 && *p != '"') {
        while (p < end && !is_end(*p))
            p++;
        return p < end || final ? p : NULL;
    }
    while ((p = between_marks(p, end)) < end) {
        uint8_t kind = special[*p];
        if (kind == 1) {
            p = skip_string(p, end);
            if (!p)
                return NULL;
        } else {
            depth += kind == 2 ? 1 : kind == 3 ? -1 : 0;
            p++;
        }
        if (kind && !depth)
            return p;
    }
    return NULL;
}

const char skip_json_doc[] =
    "skip_json(text, form, count, started, final)\n--\n\n"
    "Return (items, begin, end, state, error) of at most `count` whole items at the start of a text.\n\n"
    "begin, end: of the items. state: 0 if the text ends before, 1 if there are as many, 2 if a\n"
    "bracket closes them before. started: true if items came before.";

PyObject *py_skip_json(PyObject *Py_UNUSED(module), PyObject *args) {
    Py_buffer view;
    int form, started, final;
    long long count, found = 0;
    if (!PyArg_ParseTuple(args, "y*iLpp:skip_json", &view, &form, &count, &started, &final))
        return NULL;
    At begin = view.buf, first = NULL, done = begin;
    Text text = {.begin = begin, .end = begin + view.len}, *t = &text;
    enum State state = ENOUGH;
    Py_BEGIN_ALLOW_THREADS
    while (found < count) {
        At p = space(t, done);
        uint8_t closing = form == LISTED ? ']' : '}';
        if (p < t->end && form != PLAIN && *p == closing) {
            state = OVER;
            break;
        }
        state = MORE;
        if (p < t->end && started && form != PLAIN) {
            if (*p != ',') {
                fail(t, p, "a comma was expected");
                break;
            }
            p = space(t, p + 1);
        }
        At start = p;
        if (p < t->end && form == KEYED) {
            if (*p != '"') {
                fail(t, p, "a name in quotes was expected");
                break;
            }
            p = skip_string(p, t->end);
            p = p ? space(t, p) : t->end;
            if (p < t->end && *p != ':') {
                fail(t, p, "a colon was expected");
                break;
            }
            p = p < t->end ? space(t, p + 1) : p;
        }
        At end = p < t->end ? skip_value(p, t->end, final) : NULL;
        if (!end)
            break;
        if (end == p) {
            fail(t, p, "not a value");
            break;
        }
        first = first ? first : start;
        done = end;
        started = 1;
        state = ENOUGH;
        found++;
    }
    Py_END_ALLOW_THREADS
    At failed = text.error ? text.failed : done;
    PyObject *answer =
        Py_BuildValue("Lnniz", found, (Py_ssize_t)((first ? first : done) - begin),
                      (Py_ssize_t)(failed - begin), (int)state, text.error);
    PyBuffer_Release(&view);
    return answer;
}

/* Take the paths from a tuple of tuples of bytes, which must outlive the text. */
static int take_paths(Text *t, PyObject *paths) {
    Py_ssize_t count = PyTuple_Size(paths);
    if (count < 0 || count > MOST_PATHS)
        return 0;
    t->paths = (int)count;
    for (int k = 0; k < t->paths; k++) {
        PyObject *path = PyTuple_GetItem(paths, k);
        Py_ssize_t length = PyTuple_Check(path) ? PyTuple_Size(path) : MOST_PATHS;
        if (length >= MOST_PATHS)
            return 0;
        t->lengths[k] = (int)length;
        t->ending[length] |= (uint64_t)1 << k;
        for (int level = 0; level < (int)length; level++) {
            char *text;
            Py_ssize_t size;
            if (PyBytes_AsStringAndSize(PyTuple_GetItem(path, level), &text, &size) < 0)
                return 0;
            t->keys[k][level] = (At)text;
            t->sizes[k][level] = (size_t)size;
        }
    }
    return 1;
}

static PyObject *bytes(const void *data, size_t size) {
    return PyBytes_FromStringAndSize(data, (Py_ssize_t)size);
}

/* A tuple of (kinds, ends, data, numbers) of each column. */
static PyObject *columns(Text *t, int count) {
    PyObject *found = PyTuple_New(count);
    for (int k = 0; found && k < count; k++) {
        Values *values = &t->values[k];
        PyObject *each = Py_BuildValue(
            "NNNN", bytes(values->kinds, (size_t)t->rows),
            bytes(values->ends, t->rows ? ((size_t)t->rows + 1) * 8 : 0),
            bytes(values->data, values->size),
            bytes(values->numbers, values->numbers ? (size_t)t->rows * 8 : 0));
        if (!each || PyTuple_SetItem(found, k, each) < 0) {
            Py_DECREF(found);
            return NULL;
        }
    }
    return found;
}

const char read_json_doc[] =
    "read_json(text, form, paths, numeric, powers)\n--\n\n"
    "Return (rows, columns, position, error) of the items of a text, one row each.\n\n"
    "A column is (kinds, ends, data, numbers) of the values that a path, a tuple of names, leads to;\n"
    "in the form 2 the names of the items are the last one. A kind is 0 for none or null, 1 for a\n"
    "number, 2 for true and false, 3 for a text, whose data is unescaped, 4 for an array or an\n"
    "object. numeric: a bit for each path whose column has numbers; it has data only of values\n"
    "that are not read as numbers here, and of numbers of 2**53 and more.";

PyObject *py_read_json(PyObject *Py_UNUSED(module), PyObject *args) {
    Py_buffer view, powers;
    PyObject *paths, *answer = NULL;
    unsigned long long numeric;
    int form;
    if (!PyArg_ParseTuple(args, "y*iO!Ky*:read_json", &view, &form, &PyTuple_Type, &paths, &numeric,
                          &powers))
        return NULL;
    Text *t = calloc(1, sizeof(Text));
    if (!t) {
        PyErr_NoMemory();
    } else if (powers.len != (MOST_POWER - FEWEST_POWER + 1) * 16) {
        PyErr_SetString(PyExc_ValueError, "not the powers of ten");
    } else if (!take_paths(t, paths)) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "too many paths, or one that is too long");
    } else {
        t->begin = view.buf;
        t->end = t->begin + view.len;
        t->numeric = numeric;
        t->powers = powers.buf;
        Py_BEGIN_ALLOW_THREADS
        read_items(t, (enum Form)form);
        Py_END_ALLOW_THREADS
        Py_ssize_t position = t->error ? t->failed - t->begin : view.len;
        if (t->no_memory)
            PyErr_NoMemory();
        else
            answer = Py_BuildValue("LNnz", (long long)t->rows,
                                   columns(t, t->paths + (form == KEYED)), position, t->error);
    }
    for (int k = 0; t && k <= t->paths; k++) {
        free(t->values[k].data);
        free(t->values[k].kinds);
        free(t->values[k].ends);
        free(t->values[k].numbers);
    }
    free(t);
    PyBuffer_Release(&powers);
    PyBuffer_Release(&view);
    return answer;
}
