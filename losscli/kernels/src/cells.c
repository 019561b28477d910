#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2") /* As fast as with O3, and two thirds of its size. */
#endif
#include "cells.h"

#include "decimal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STRIP 16384 /* bytes that are looked at in several ways while they are in the cache */

static int is_blank(uint8_t c) {
    return c == ' ' || c == '\t';
}

/* 1 if a byte ends a cell. */
static int is_stop(uint8_t c, Dialect d) {
    return c == d.delimiter || c == '\n' || c == '\r' || (d.delimiter == ' ' && c == '\t');
}

/* The beginning of the next line, from a newline or carriage return; \r\r\n ends one line. */
static At after_line(At at, At end) {
    if (*at == '\n')
        return at + 1;
    for (int k = 1; k <= 2 && at + k < end; k++) {
        if (at[k] == '\n')
            return at + k + 1;
        if (at[k] != '\r')
            break;
    }
    return at + 1;
}

/* --- rows */

static int64_t count_newlines(At at, At end) {
    int64_t count = 0;
    for (; at < end; at++)
        count += *at == '\n';
    return count;
}

typedef uint8_t Bytes __attribute__((vector_size(16)));

/* The newlines of a text, and the returns that no newline follows; a byte after `end` is read. */
static int64_t count_ends(At at, At end, int64_t *returns) {
    int64_t newlines = 0, alone = 0;
    Bytes feed, carriage;
    memset(&feed, '\n', sizeof feed);
    memset(&carriage, '\r', sizeof carriage);
    while (end - at >= (int64_t)sizeof(Bytes)) {
        Bytes feeds = {0}, lone = {0};
        for (int k = 0; k < 255 && end - at >= (int64_t)sizeof(Bytes); k++) {
            Bytes here, next;
            memcpy(&here, at, sizeof here);
            memcpy(&next, at + 1, sizeof next);
            feeds -= (Bytes)(here == feed);
            lone -= (Bytes)((here == carriage) & (next != feed));
            at += sizeof(Bytes);
        }
        for (size_t k = 0; k < sizeof(Bytes); k++) {
            newlines += feeds[k];
            alone += lone[k];
        }
    }
    for (; at < end; at++) {
        newlines += *at == '\n';
        alone += *at == '\r' && at[1] != '\n';
    }
    *returns = alone;
    return newlines;
}

/* Count the lines that end before `stop`, at most up to `most` rows; return where the next begins
   or goes on. */
static At lines_until(At text, At at, At stop, At end, int last, int64_t most, Split *split) {
    while (at < stop && split->rows < most) {
        At strip = stop - at > STRIP ? at + STRIP : stop;
        int64_t returns = 1, found = 0;
        if (strip < end)
            found = count_ends(at, strip, &returns);
        else if (!memchr(at, '\r', (size_t)(strip - at)))
            returns = 0, found = count_newlines(at, strip);
        if (!returns && split->rows + found < most) {
            split->rows += found;
            At back = strip;
            while (found && back[-1] != '\n')
                back--;
            if (found)
                split->length = back - text;
            at = strip;
            continue;
        }
        while (!returns && split->rows < most) {
            at = (At)memchr(at, '\n', (size_t)(strip - at)) + 1;
            split->rows++;
            split->length = at - text;
        }
        while (returns && at < strip && split->rows < most) {
            while (at < strip && *at != '\n' && *at != '\r')
                at++;
            if (at >= strip)
                break;
            if (*at == '\r' && at + 2 >= end && !last && !(at + 1 < end && at[1] == '\n'))
                return end; /* the next bytes may belong to the end of the line */
            At next = after_line(at, end);
            split->returns += next[-1] == '\r';
            split->rows++;
            split->length = next - text;
            at = next;
        }
    }
    return at;
}

void split_rows(At text, int64_t size, Dialect d, int64_t most, int last, Split *split) {
    At end = text + size, at = text;
    *split = (Split){.open = -1, .stray = -1};
    while (split->rows < most && at < end) {
        At window = end - at > STRIP ? at + STRIP : end;
        At quote = memchr(at, '"', (size_t)(window - at));
        at = lines_until(text, at, quote ? quote : window, end, last, most, split);
        if (split->rows >= most || !quote)
            continue;
        at = quote + 1;
        if (quote != text && !is_stop(quote[-1], d))
            continue;
        At close = at;
        while ((close = memchr(close, '"', (size_t)(end - close))) && close + 1 < end &&
               close[1] == '"')
            close += 2;
        if (!close || (close + 1 == end && !last)) {
            split->open = quote - text;
            return;
        }
        int64_t breaks = count_newlines(quote, close);
        at = close + 1;
        if (breaks && at < end && !is_stop(*at, d) && !is_blank(*at)) {
            split->stray = quote - text;
            return;
        }
        split->breaks += breaks;
    }
    if (last && split->rows < most && split->length < size) {
        split->rows++;
        split->length = size;
    }
}

/* --- cells */

/* The end of the cell that begins here. */
static At cell_end(At at, At end, Dialect d) {
    if (at < end && *at == '"') {
        for (at++; (at = memchr(at, '"', (size_t)(end - at))); at += 2)
            if (at + 1 >= end || at[1] != '"')
                break;
        at = at ? at + 1 : end;
    }
    while (HAS_LOW_BYTES_FIRST && d.delimiter != ' ' && end - at >= 8) {
        uint64_t word = word_at(at);
        uint64_t stops = zeros(word ^ EACH(d.delimiter)) | zeros(word ^ EACH('\n')) |
                         zeros(word ^ EACH('\r'));
        if (stops)
            return at + (__builtin_ctzll(stops) >> 3);
        at += 8;
    }
    while (at < end && !is_stop(*at, d))
        at++;
    return at;
}

/* The span of a cell: that between its quotes, or of all of it and marked. */
static Span span_of(At text, At start, At end) {
    if (start == end || *start != '"')
        return (Span){start - text, end - text};
    if (end - start >= 2 && end[-1] == '"' && !memchr(start + 1, '"', (size_t)(end - start - 2)))
        return (Span){start + 1 - text, end - 1 - text};
    return (Span){~(start - text), end - text};
}

/* 1 if the cell is one of the words that mean a number, or empty. */
static int word_value(const Scan *s, At start, At end, double *value) {
    *value = NAN;
    if (start == end)
        return 1;
    for (At word = s->words, stop = word + s->word_bytes; word < stop; word += *word + 9) {
        if (*word == end - start && !memcmp(word + 1, start, *word)) {
            memcpy(value, word + 1 + *word, sizeof *value);
            return 1;
        }
    }
    return 0;
}

static int add_odd(Scan *s, int64_t want, int64_t row, Span span) {
    if (s->odd_count == s->odd_room) {
        int64_t room = s->odd_room ? 2 * s->odd_room : 64;
        OddCell *more = realloc(s->odd, (size_t)room * sizeof(OddCell));
        if (!more)
            return -1;
        s->odd = more;
        s->odd_room = room;
    }
    s->odd[s->odd_count++] = (OddCell){want, row, span};
    return 0;
}

/* Store a cell for a column that is read. */
static int store(Scan *s, int64_t k, int64_t row, At start, At end) {
    const Want *want = s->wants + k;
    Span span = span_of(s->text, start, end);
    int64_t place = want->base + row * want->stride;
    if (want->kind == CELL_TEXT) {
        s->spans[place] = span;
        return 0;
    }
    if (span.start < 0)
        return add_odd(s, k, row, span);
    At first = s->text + span.start, stop = s->text + span.end;
    while (first < stop && is_blank(*first))
        first++;
    while (first < stop && is_blank(stop[-1]))
        stop--;
    double value = 0;
    if (number_from(first, stop, s->dialect.decimal, s->powers, &value) != stop &&
        !word_value(s, first, stop, &value))
        return add_odd(s, k, row, span);
    s->numbers[place] = value;
    return 0;
}

int scan_rows(Scan *s) {
    Dialect d = s->dialect;
    int blanks = d.delimiter == ' ';
    At at = s->text, end = s->text + s->size;
    for (int64_t row = 0; row < s->rows; row++) {
        int64_t cells = 0, next = 0;
        At start = at;
        while (blanks && at < end && is_blank(*at))
            at++;
        int empty = at == end || *at == '\n' || *at == '\r';
        while (!empty || s->width == 1) {
            start = at;
            int stored = 0;
            if (next < s->want_count && s->wants[next].column == cells &&
                s->wants[next].kind == CELL_NUMBER) {
                double value = 0;
                At stop = number_from(at, end, d.decimal, s->powers, &value);
                if (stop && (stop == end || is_stop(*stop, d))) {
                    s->numbers[s->wants[next].base + row * s->wants[next].stride] = value;
                    at = stop;
                    stored = 1;
                    next++;
                }
            }
            if (!stored)
                at = cell_end(start, end, d);
            for (; next < s->want_count && s->wants[next].column == cells; next++)
                if (store(s, next, row, start, at) < 0)
                    return -1;
            cells++;
            while (blanks && at < end && is_blank(*at))
                at++;
            if (at == end || *at == '\n' || *at == '\r')
                break;
            at += !blanks;
        }
        int more = s->trailing && cells == s->width + 1 && start == at;
        if (cells - more != s->width || (s->trailing && !more)) {
            s->failed_row = row;
            s->failed_cells = cells;
            return 1;
        }
        if (at < end)
            at = after_line(at, end);
    }
    s->failed_row = at == end ? -1 : s->rows; /* every byte belongs to a row */
    return at != end;
}

/* --- texts */

/* Write a cell as it is meant, its quotes removed and doubled ones single; return its length. */
int64_t unquoted(At cell, int64_t size, uint8_t *out) {
    At end = cell + size;
    uint8_t *start = out;
    int quoted = size && *cell == '"';
    for (cell += quoted; cell < end; cell++) {
        if (quoted && *cell == '"') {
            if (cell + 1 == end || cell[1] != '"') {
                quoted = 0;
                continue;
            }
            cell++;
        }
        *out++ = *cell;
    }
    return out - start;
}

static uint64_t hash_of(At at, int64_t size) {
    uint64_t hash = 0x9e3779b97f4a7c15u ^ (uint64_t)size, part;
    for (; size >= 8; size -= 8, at += 8) {
        memcpy(&part, at, 8);
        hash = (hash ^ part) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    part = 0;
    memcpy(&part, at, (size_t)size);
    hash = (hash ^ part) * 0xc4ceb9fe1a85ec53u;
    return hash ^ hash >> 29;
}

static Span bytes_of(Span span) {
    return span.start < 0 ? (Span){~span.start, span.end} : span;
}

int64_t find_distinct(At text, const Span *spans, int64_t count, int32_t *codes, int64_t *firsts) {
    int64_t room = 256, found = 0;
    int32_t *slots = malloc((size_t)room * sizeof *slots);
    uint64_t *hashes = malloc((size_t)(count ? count : 1) * sizeof *hashes);
    if (!slots || !hashes)
        goto fail;
    memset(slots, -1, (size_t)room * sizeof *slots);
    for (int64_t row = 0; row < count; row++) {
        Span one = bytes_of(spans[row]);
        int64_t size = one.end - one.start;
        uint64_t hash = hash_of(text + one.start, size);
        int64_t slot = (int64_t)(hash & (uint64_t)(room - 1));
        for (; slots[slot] >= 0; slot = (slot + 1) & (room - 1)) {
            if (hashes[slots[slot]] != hash)
                continue;
            Span other = bytes_of(spans[firsts[slots[slot]]]);
            if (other.end - other.start == size &&
                !memcmp(text + one.start, text + other.start, (size_t)size))
                break;
        }
        if (slots[slot] < 0) {
            slots[slot] = (int32_t)found;
            hashes[found] = hash;
            firsts[found++] = row;
        }
        codes[row] = slots[slot];
        if (2 * found < room)
            continue;
        int32_t *larger = realloc(slots, (size_t)(room * 4) * sizeof *slots);
        if (!larger)
            goto fail;
        slots = larger;
        room *= 4;
        memset(slots, -1, (size_t)room * sizeof *slots);
        for (int64_t k = 0; k < found; k++) {
            slot = (int64_t)(hashes[k] & (uint64_t)(room - 1));
            while (slots[slot] >= 0)
                slot = (slot + 1) & (room - 1);
            slots[slot] = (int32_t)k;
        }
    }
    free(slots);
    free(hashes);
    return found;
fail:
    free(slots);
    free(hashes);
    return -1;
}

/* The bytes that the cells take at most, each with a mark after it. */
int64_t joined_size(const Span *spans, int64_t count) {
    int64_t size = 0;
    for (int64_t k = 0; k < count; k++)
        size += bytes_of(spans[k]).end - bytes_of(spans[k]).start + 1;
    return size;
}

/* Write the cells of each row one after the other, between columns a byte that UTF-8 has
 * nowhere. */
void join_cells(At text, const Span *spans, int64_t columns, int64_t rows, uint8_t *out,
                int64_t *ends) {
    uint8_t *start = out;
    for (int64_t row = 0; row < rows; row++) {
        for (int64_t column = 0; column < columns; column++) {
            Span span = spans[column * rows + row], one = bytes_of(span);
            if (column)
                *out++ = 0xff;
            if (span.start < 0) {
                out += unquoted(text + one.start, one.end - one.start, out);
            } else {
                memcpy(out, text + one.start, (size_t)(one.end - one.start));
                out += one.end - one.start;
            }
        }
        ends[row] = out - start;
    }
}
