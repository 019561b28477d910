/* JSON text as a sequence of items: see json.c. */

#ifndef LOSSCLI_JSON_H
#define LOSSCLI_JSON_H

#define PY_SSIZE_T_CLEAN
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#include <Python.h>

extern const char skip_json_doc[], read_json_doc[];
PyObject *py_skip_json(PyObject *module, PyObject *args);
PyObject *py_read_json(PyObject *module, PyObject *args);

#endif
