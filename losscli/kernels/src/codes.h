/* The functions of the module on columns of numbers and rows with codes, and their documentation. */

#ifndef CODES_H
#define CODES_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#define CODE_METHODS                                                                               \
    {"number", py_number, METH_VARARGS,                                                            \
     "number(values, codes)\n--\n\n"                                                               \
     "Write the number of each integer among the distinct ones, which are returned, ascending."},  \
    {"digit_places", py_digit_places, METH_VARARGS,                                                \
     "digit_places(values)\n--\n\n"                                                                \
     "Return (first, places) of the digits of 32 bits of values, those not finite left out."},     \
    {"add_digits", py_add_digits, METH_VARARGS,                                                    \
     "add_digits(values, codes, first, sums, count)\n--\n\n"                                       \
     "Add the digits of each value to those of its code, from place `first` on."},                 \
    {"add_rows", py_add_rows, METH_VARARGS,                                                        \
     "add_rows(rows, places, offset, sums, width)\n--\n\n"                                         \
     "Add each row to the row of sums at its place, from a column on."},                           \
    {"extremes_by_code", py_extremes_by_code, METH_VARARGS,                                        \
     "extremes_by_code(values, codes, low, high, rows)\n--\n\n"                                    \
     "Write the least and the largest value of each code, nan neither, and the first row of the "  \
     "latter."},                                                                                   \
    {"moments_by_code", py_moments_by_code, METH_VARARGS,                                          \
     "moments_by_code(a, b, codes, moments)\n--\n\n"                                               \
     "Write pivot, sum e*e, sum e*b, sum b*b of each code, e = a - pivot*b; b: None for ones."}, \
    {"fold_by_code", py_fold_by_code, METH_VARARGS,                                                \
     "fold_by_code(values, codes, unit, phase, counts, low, high, rows, moments)\n--\n\n"          \
     "Add the rows of each code; write its extremes, as extremes_by_code does, and its moments in "\
     "each unit, as moments_by_code does; return its digits (first place, digits), or None if a "  \
     "value is not finite or too large."},                                                         \
    {"merge_moments", py_merge_moments, METH_VARARGS,                                              \
     "merge_moments(moments, unit)\n--\n\n"                                                       \
     "Add the moments of each group in a further unit of rows."},                                  \
    {"run_starts", py_run_starts, METH_O,                                                          \
     "run_starts(keys)\n--\n\n"                                                                    \
     "Return the first row of each run of equal keys, and the number of rows; None if keys do "     \
     "not ascend from 0 or above."},                                                               \
    {"run_sums", py_run_sums, METH_VARARGS,                                                        \
     "run_sums(values, starts)\n--\n\n"                                                           \
     "Return the digits of the sum of each run (first place, digits), or None if a value is not "  \
     "finite or too large."},                                                                      \
    {"to_buckets", py_to_buckets, METH_VARARGS,                                                    \
     "to_buckets(keys, values, most, out)\n--\n\n"                                                \
     "Write values and the ends of their keys by buckets of neighbouring keys; return (bucket, "   \
     "starts, first place, end, exponent) from the first bucket on. None where keys are below 0, " \
     "`most` or more apart, or a value is not finite or too large."},                              \
    {"bucket_sums", py_bucket_sums, METH_VARARGS,                                                  \
     "bucket_sums(parts, low, high, first, exponent, bits, keys, rows, digits)\n--\n\n"           \
     "Write the keys in buckets [low, high) that have rows in parts (bucket, starts, out), their "\
     "rows and the digits of their sums; return their number."},                                   \
    {"merge_keys", py_merge_keys, METH_VARARGS,                                                    \
     "merge_keys(a, b, ours, theirs)\n--\n\n"                                                      \
     "Return the keys of both, ascending as they are; write the places of theirs."},               \
    {"totals", py_totals, METH_VARARGS,                                                            \
     "totals(first, digits, high, low)\n--\n\n"                                                    \
     "Write the numbers of rows of digits from place `first` on, and what their rounding left."}, \
    {"totals_less", py_totals_less, METH_VARARGS,                                                  \
     "totals_less(first, digits, factor, high, low, out)\n--\n\n"                                 \
     "Write the numbers of rows of digits, less factor * (high + low)."},                          \
    {"two_product", py_two_product, METH_VARARGS,                                                  \
     "two_product(a, b, product, rest)\n--\n\n"                                                    \
     "Write rounded products, and what the rounding left; 0 where that is not finite."}

PyObject *py_number(PyObject *module, PyObject *args);
PyObject *py_digit_places(PyObject *module, PyObject *args);
PyObject *py_add_digits(PyObject *module, PyObject *args);
PyObject *py_add_rows(PyObject *module, PyObject *args);
PyObject *py_extremes_by_code(PyObject *module, PyObject *args);
PyObject *py_moments_by_code(PyObject *module, PyObject *args);
PyObject *py_fold_by_code(PyObject *module, PyObject *args);
PyObject *py_merge_moments(PyObject *module, PyObject *args);
PyObject *py_run_starts(PyObject *module, PyObject *object);
PyObject *py_run_sums(PyObject *module, PyObject *args);
PyObject *py_to_buckets(PyObject *module, PyObject *args);
PyObject *py_bucket_sums(PyObject *module, PyObject *args);
PyObject *py_merge_keys(PyObject *module, PyObject *args);
PyObject *py_two_product(PyObject *module, PyObject *args);
PyObject *py_totals(PyObject *module, PyObject *args);
PyObject *py_totals_less(PyObject *module, PyObject *args);

#endif
