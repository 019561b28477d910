/* The functions of losscli.kernels._machine that read delimited text. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "decimal.h"
#include "text.h"

/* A contiguous buffer of `size` bytes a piece; 0 with an exception set. */
static int view(PyObject *object, Py_buffer *out, int flags, Py_ssize_t size) {
    if (PyObject_GetBuffer(object, out, PyBUF_C_CONTIGUOUS | flags) < 0)
        return 0;
    if (out->len % size == 0)
        return 1;
    PyErr_SetString(PyExc_ValueError, "a buffer of another size");
    PyBuffer_Release(out);
    return 0;
}

PyObject *py_split_rows(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *object;
    int delimiter, last;
    long long most;
    Py_buffer text;
    if (!PyArg_ParseTuple(args, "OiLp:split_rows", &object, &delimiter, &most, &last) ||
        !view(object, &text, 0, 1))
        return NULL;
    Split split;
    Py_BEGIN_ALLOW_THREADS
    split_rows(text.buf, text.len, (Dialect){(uint8_t)delimiter, '.'}, most, last, &split);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&text);
    return Py_BuildValue("LLLLLL", (long long)split.rows, (long long)split.length,
                         (long long)split.breaks, (long long)split.returns, (long long)split.open,
                         (long long)split.stray);
}

/* 1 if every row of the columns has its place in the results, and the columns ascend. */
static int are_wants_valid(const Scan *s, int64_t numbers, int64_t spans) {
    for (int64_t k = 0; k < s->want_count; k++) {
        const Want *w = s->wants + k;
        int64_t most = w->kind == CELL_TEXT ? spans : numbers;
        if (w->column < 0 || w->column >= s->width || (k && w->column < w[-1].column))
            return 0;
        if (w->kind != CELL_TEXT && w->kind != CELL_NUMBER)
            return 0;
        if (w->base < 0 || w->stride < 1 || s->rows < 1 || w->base >= most ||
            s->rows - 1 > (most - 1 - w->base) / w->stride)
            return 0;
    }
    return 1;
}

/* 1 if the words fill their bytes. */
static int are_words_valid(const Py_buffer *words) {
    Py_ssize_t at = 0;
    while (at < words->len)
        at += ((const uint8_t *)words->buf)[at] + 9;
    return at == words->len;
}

PyObject *py_scan_rows(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *objects[6];
    int delimiter, decimal, trailing, status = -1, count = 0;
    long long rows, width;
    static const int flags[] = {0, 0, 0, 0, PyBUF_WRITABLE, PyBUF_WRITABLE};
    static const Py_ssize_t sizes[] = {1, sizeof(Want), 8, 1, sizeof(double), sizeof(Span)};
    Py_buffer views[6];
    if (!PyArg_ParseTuple(args, "OiipLLOOOOO:scan_rows", &objects[0], &delimiter, &decimal,
                          &trailing, &width, &rows, &objects[1], &objects[2], &objects[3],
                          &objects[4], &objects[5]))
        return NULL;
    PyObject *answer = NULL;
    while (count < 6 && view(objects[count], &views[count], flags[count], sizes[count]))
        count++;
    if (count == 6) {
        Scan s = {.dialect = {(uint8_t)delimiter, (uint8_t)decimal}, .text = views[0].buf,
                  .size = views[0].len, .rows = rows, .width = width, .trailing = trailing,
                  .wants = views[1].buf, .want_count = views[1].len / (Py_ssize_t)sizeof(Want),
                  .powers = views[2].buf, .words = views[3].buf, .word_bytes = views[3].len,
                  .numbers = views[4].buf, .spans = views[5].buf};
        if (!are_wants_valid(&s, views[4].len / (Py_ssize_t)sizeof(double),
                             views[5].len / (Py_ssize_t)sizeof(Span)) ||
            !are_words_valid(&views[3]) ||
            views[2].len != (MOST_POWER - FEWEST_POWER + 1) * 16) {
            PyErr_SetString(PyExc_ValueError, "not valid columns, words or powers");
        } else {
            Py_BEGIN_ALLOW_THREADS
            status = scan_rows(&s);
            Py_END_ALLOW_THREADS
            answer = status < 0 ? PyErr_NoMemory()
                                : Py_BuildValue("LLy#", status ? (long long)s.failed_row : -1LL,
                                                (long long)s.failed_cells, s.odd ? (const char *)s.odd : "",
                                                (Py_ssize_t)(s.odd_count * (int64_t)sizeof(OddCell)));
        }
        free(s.odd);
    }
    while (count)
        PyBuffer_Release(&views[--count]);
    return answer;
}

/* 1 if all spans are within the text. */
static int are_spans_valid(const Py_buffer *text, const Span *spans, Py_ssize_t count) {
    for (Py_ssize_t k = 0; k < count; k++) {
        int64_t start = spans[k].start < 0 ? ~spans[k].start : spans[k].start;
        if (start > spans[k].end || spans[k].end > text->len)
            return 0;
    }
    return 1;
}

/* The text of a cell; NULL with an exception set. */
static PyObject *text_of(const uint8_t *text, Span span) {
    if (span.start >= 0)
        return PyUnicode_DecodeUTF8((const char *)text + span.start, span.end - span.start,
                                    "strict");
    int64_t start = ~span.start;
    uint8_t *cell = PyMem_Malloc((size_t)(span.end - start) + 1);
    if (!cell)
        return PyErr_NoMemory();
    int64_t size = unquoted(text + start, span.end - start, cell);
    PyObject *found = PyUnicode_DecodeUTF8((const char *)cell, size, "strict");
    PyMem_Free(cell);
    return found;
}

/* Open (text, spans); 0 with an exception set. */
static int open_spans(PyObject *args, Py_buffer *text, Py_buffer *spans) {
    PyObject *objects[2];
    if (!PyArg_ParseTuple(args, "OO", &objects[0], &objects[1]) || !view(objects[0], text, 0, 1))
        return 0;
    if (view(objects[1], spans, 0, sizeof(Span))) {
        if (are_spans_valid(text, spans->buf, spans->len / (Py_ssize_t)sizeof(Span)))
            return 1;
        PyErr_SetString(PyExc_ValueError, "a cell outside the text");
        PyBuffer_Release(spans);
    }
    PyBuffer_Release(text);
    return 0;
}

PyObject *py_texts(PyObject *Py_UNUSED(module), PyObject *args) {
    Py_buffer text, spans;
    if (!open_spans(args, &text, &spans))
        return NULL;
    Py_ssize_t count = spans.len / (Py_ssize_t)sizeof(Span);
    PyObject *list = PyList_New(count);
    for (Py_ssize_t k = 0; list && k < count; k++) {
        PyObject *one = text_of(text.buf, ((const Span *)spans.buf)[k]);
        if (!one)
            Py_CLEAR(list);
        else
            PyList_SetItem(list, k, one);
    }
    PyBuffer_Release(&spans);
    PyBuffer_Release(&text);
    return list;
}

PyObject *py_distinct(PyObject *Py_UNUSED(module), PyObject *args) {
    Py_buffer text, spans;
    if (!open_spans(args, &text, &spans))
        return NULL;
    Py_ssize_t count = spans.len / (Py_ssize_t)sizeof(Span);
    PyObject *codes = PyByteArray_FromStringAndSize(NULL, count * (Py_ssize_t)sizeof(int32_t));
    PyObject *firsts = PyByteArray_FromStringAndSize(NULL, count * (Py_ssize_t)sizeof(int64_t));
    int64_t found = -1;
    if (codes && firsts) {
        int32_t *code = (int32_t *)(void *)PyByteArray_AsString(codes);
        int64_t *first = (int64_t *)(void *)PyByteArray_AsString(firsts);
        Py_BEGIN_ALLOW_THREADS
        found = find_distinct(text.buf, spans.buf, count, code, first);
        Py_END_ALLOW_THREADS
        if (found < 0)
            PyErr_NoMemory();
    }
    PyBuffer_Release(&spans);
    PyBuffer_Release(&text);
    if (found >= 0 && PyByteArray_Resize(firsts, (Py_ssize_t)(found * 8)) == 0)
        return Py_BuildValue("NN", codes, firsts);
    Py_XDECREF(codes);
    Py_XDECREF(firsts);
    return NULL;
}

PyObject *py_joined(PyObject *Py_UNUSED(module), PyObject *args) {
    Py_buffer text, spans;
    long long columns;
    PyObject *objects[2], *pair;
    if (!PyArg_ParseTuple(args, "OOL:joined", &objects[0], &objects[1], &columns) ||
        !(pair = PyTuple_Pack(2, objects[0], objects[1])))
        return NULL;
    int opened = open_spans(pair, &text, &spans);
    Py_DECREF(pair);
    if (!opened)
        return NULL;
    int64_t count = spans.len / (Py_ssize_t)sizeof(Span);
    PyObject *bytes = NULL, *ends = NULL, *answer = NULL;
    if (columns < 1 || count % columns) {
        PyErr_SetString(PyExc_ValueError, "not as many cells in each column");
    } else {
        int64_t rows = count / columns, size = joined_size(spans.buf, count);
        bytes = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)size);
        ends = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(rows * 8));
        if (bytes && ends) {
            uint8_t *out = (uint8_t *)PyByteArray_AsString(bytes);
            int64_t *end = (int64_t *)(void *)PyByteArray_AsString(ends);
            Py_BEGIN_ALLOW_THREADS
            join_cells(text.buf, spans.buf, columns, rows, out, end);
            Py_END_ALLOW_THREADS
            answer = Py_BuildValue("OO", bytes, ends);
        }
    }
    Py_XDECREF(bytes);
    Py_XDECREF(ends);
    PyBuffer_Release(&spans);
    PyBuffer_Release(&text);
    return answer;
}
