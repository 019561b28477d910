/* The functions of the module that read delimited text, and their documentation. */

#ifndef TEXT_H
#define TEXT_H

#define TEXT_METHODS                                                                               \
    {"split_rows", py_split_rows, METH_VARARGS,                                                    \
     "split_rows(text, delimiter, most, last)\n--\n\n"                                             \
     "Return (rows, length, newlines in quotes, lines ended by \\r, an open quote, a stray one)."}, \
    {"scan_rows", py_scan_rows, METH_VARARGS,                                                      \
     "scan_rows(text, delimiter, decimal, trailing, width, rows, columns, powers, words, numbers, " \
     "spans)\n--\n\n"                                                                              \
     "Write numbers and spans of cells; return (the row of another width or -1, its cells, odd "   \
     "cells)."},                                                                                   \
    {"texts", py_texts, METH_VARARGS,                                                              \
     "texts(text, spans)\n--\n\nReturn the texts of cells."},                                      \
    {"joined", py_joined, METH_VARARGS,                                                            \
     "joined(text, spans, columns)\n--\n\n"                                                        \
     "Return (bytes, ends): the cells of each row, \\xff between columns."},                        \
    {"distinct", py_distinct, METH_VARARGS,                                                        \
     "distinct(text, spans)\n--\n\n"                                                               \
     "Return (codes, first rows): the number of the distinct cell of each row."}

PyObject *py_split_rows(PyObject *module, PyObject *args);
PyObject *py_scan_rows(PyObject *module, PyObject *args);
PyObject *py_texts(PyObject *module, PyObject *args);
PyObject *py_joined(PyObject *module, PyObject *args);
PyObject *py_distinct(PyObject *module, PyObject *args);

#endif
