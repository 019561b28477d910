/* Rows and cells of delimited text, as CSV files have them. */

#ifndef CELLS_H
#define CELLS_H

#include <stdint.h>

typedef struct {
    uint8_t delimiter; /* a blank: runs of blanks and tabs separate cells */
    uint8_t decimal;
} Dialect;

/* Whole rows at the beginning of a text. */
typedef struct {
    int64_t rows, length; /* their number, and of their bytes */
    int64_t breaks;       /* newlines inside quotes */
    int64_t returns;      /* rows that end with a carriage return alone */
    int64_t open;         /* where a quote opens that is not closed, or -1 */
    int64_t stray;        /* where a quote opens that holds newlines and closes within text, or -1 */
} Split;

typedef enum { CELL_NUMBER, CELL_TEXT } CellKind;

/* A column that is read: row r goes to `base + r * stride` of the numbers, or of the spans. */
typedef struct {
    int64_t column, kind, base, stride;
} Want;

/* The bytes of a cell, without quotes around it; of one that holds quotes within, ~start of all. */
typedef struct {
    int64_t start, end;
} Span;

/* A cell of a column of numbers that is none by itself. */
typedef struct {
    int64_t want, row;
    Span span;
} OddCell;

typedef struct {
    Dialect dialect;
    const uint8_t *text;
    int64_t size, rows, width;
    int trailing; /* 1 if every row ends with a separator */
    const Want *wants;
    int64_t want_count;
    double *numbers;
    Span *spans;
    const uint64_t *powers; /* 128 bits each: high, low */
    const uint8_t *words;   /* each: its length, its bytes, and the 8 bytes of its value */
    int64_t word_bytes;
    OddCell *odd;
    int64_t odd_count, odd_room;
    int64_t failed_row, failed_cells; /* the first row of another width */
} Scan;

void split_rows(const uint8_t *text, int64_t size, Dialect dialect, int64_t most, int last,
                Split *split);
int scan_rows(Scan *scan); /* 0; -1 without memory; 1 for a row of another width */
int64_t find_distinct(const uint8_t *text, const Span *spans, int64_t count, int32_t *codes,
                      int64_t *firsts); /* their number; -1 without memory */
int64_t joined_size(const Span *spans, int64_t count);
void join_cells(const uint8_t *text, const Span *spans, int64_t columns, int64_t rows,
                uint8_t *out, int64_t *ends);
int64_t unquoted(const uint8_t *cell, int64_t size, uint8_t *out);

#endif
