/* The Python module losscli.kernels._machine, for the stable ABI. */

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os") /* Nothing here is a loop over rows. */
#endif
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "json.h"
#include "largest.h"
#include "pairs.h"
#include "program.h"
#include "text.h"

#define MOST_INPUTS 8
#define MOST_REGISTERS 1024
#define MOST_NUMBERS (1 << 24) /* of a register, a row */

static const Machine *machines[3];
static int machine_count;

#define NAME(name, ...) #name " "
static const char names[] = ALL_OPS(NAME);

/* The buffers of a call, released together. */
typedef struct {
    Py_buffer views[MOST_INPUTS + 3];
    int count;
    Input inputs[MOST_INPUTS];
    int32_t widths[MOST_REGISTERS];
    Program program;
    const Machine *machine;
    Py_ssize_t rows;
} Call;

static void release(Call *call) {
    while (call->count)
        PyBuffer_Release(&call->views[--call->count]);
}

/* A contiguous buffer of one of the formats; NULL with an exception set. */
static Py_buffer *view_of(Call *call, PyObject *object, const char *formats, int flags) {
    Py_buffer *view = &call->views[call->count];
    if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | flags) < 0)
        return NULL;
    call->count++;
    const char *format = view->format ? view->format : "B";
    if (strlen(format) == 1 && strchr(formats, *format))
        return view;
    PyErr_Format(PyExc_TypeError, "a buffer of %s, expected one of %s", format, formats);
    return NULL;
}

/* 1 if the numbers of an instruction on parts of rows are possible; its operands are not checked. */
static int are_parts_valid(const Program *p, const Instruction *at) {
    if (at->op == OP_LOOKUP || at->op == OP_COLUMNS) {
        int32_t from = at->op == OP_LOOKUP ? at->b : at->a;
        if (from >= 0 || at->part < 1 || (int64_t)~from + at->part > p->constant_count)
            return 0;
        return at->op == OP_LOOKUP || at->width % at->part == 0;
    }
    if (at->part < 1 || at->width % at->part)
        return 0;
    if (at->op == OP_SLICE)
        return at->b >= 0 && at->c >= 1 && (int64_t)at->b + at->c <= at->part;
    return at->op != OP_REPEAT || at->b >= 1;
}

/* 1 if operand k of an instruction is a constant, or a register that holds what it reads. */
static int is_operand_valid(const Program *p, const Instruction *at, int k, const Type *held,
                            const int32_t *width) {
    int32_t one = k == 0 ? at->a : (k == 1 ? at->b : at->c);
    Type type = IS_NARROW(at->op) && k < 2 ? FLOATS : (at->op == OP_CONVERT ? INTEGERS : DOUBLES);
    int32_t wanted = at->width;
    if (IS_OF_PARTS(at->op)) {
        if ((at->op == OP_COLUMNS && k == 0) || (at->op == OP_LOOKUP && k == 1))
            return 1;
        if (k > 0)
            wanted /= at->part;
        if (one < 0 && (at->op != OP_PUT || k < 2))
            return 0;
    }
    if (k > 0 && (at->op == OP_WITHIN || at->op == OP_INDEX))
        return one < 0 && ~one < p->constant_count;
    if (one < 0)
        return type == DOUBLES && ~one < p->constant_count;
    return one < p->registers && held[one] == type && width[one] == wanted;
}

/* 1 if a program reads and writes nothing but its registers and constants; finds their widths. */
static int is_valid(const Program *p, int32_t *widths) {
    Type held[MOST_REGISTERS] = {NOTHING};
    int32_t width[MOST_REGISTERS] = {0}; /* of what a register holds now */
    if (p->registers < p->input_count || p->registers > MOST_REGISTERS)
        return 0;
    for (int k = 0; k < p->input_count; k++) {
        if (p->inputs[k].width < 1 || p->inputs[k].width > MOST_NUMBERS)
            return 0;
        held[k] = p->inputs[k].type;
        widths[k] = width[k] = (int32_t)p->inputs[k].width;
    }
    for (const Instruction *at = p->code; at < p->code + p->length; at++) {
        if (at->op < 0 || at->op >= OP_COUNT || at->width < 1 || at->width > MOST_NUMBERS)
            return 0;
        if (IS_OF_PARTS(at->op) ? !are_parts_valid(p, at) : at->part != 0)
            return 0;
        for (int k = 0; k < 3; k++) {
            int immediate = at->op == OP_SLICE || (at->op == OP_REPEAT && k == 1);
            if (k >= arities[at->op] ? !immediate && (k == 1 ? at->b : at->c) != 0
                                          : !is_operand_valid(p, at, k, held, width))
                return 0;
        }
        if (at->op >= OP_SEEN && at->op <= OP_LT_SEEN && at->to >= MOST_SEEN)
            return 0;
        if (IS_CHECK(at->op) ? at->to < 0 : at->to < p->input_count || at->to >= p->registers)
            return 0;
        if (IS_CHECK(at->op))
            continue;
        int64_t numbers = result_width(at);
        if (numbers > MOST_NUMBERS)
            return 0;
        held[at->to] = DOUBLES;
        width[at->to] = (int32_t)numbers;
        widths[at->to] = numbers > widths[at->to] ? (int32_t)numbers : widths[at->to];
    }
    return p->result >= 0 && p->result < p->registers && held[p->result] == DOUBLES &&
           widths[p->result] == width[p->result];
}

/* Read (machine, code, constants, registers, result, inputs); 0 with an exception set. */
static int read_call(Call *call, int machine, PyObject *code, PyObject *constants, int registers,
                     int result, PyObject *inputs) {
    Py_buffer *codes = view_of(call, code, "i", 0);
    Py_buffer *numbers = codes ? view_of(call, constants, "d", 0) : NULL;
    if (!numbers)
        return 0;
    Py_ssize_t count = PyTuple_Size(inputs);
    if (count < 1 || count > MOST_INPUTS || machine < 0 || machine >= machine_count) {
        if (count >= 0)
            PyErr_SetString(PyExc_ValueError, "no such machine, or too many inputs");
        return 0;
    }
    for (Py_ssize_t k = 0; k < count; k++) {
        Py_buffer *view = view_of(call, PyTuple_GetItem(inputs, k), "dflq", 0);
        if (!view)
            return 0;
        if (view->ndim < 1 || view->itemsize != (*view->format == 'f' ? 4 : 8)) {
            PyErr_SetString(PyExc_TypeError, "not an array of float64, float32 or int64");
            return 0;
        }
        if (k && view->shape[0] != call->rows) {
            PyErr_SetString(PyExc_ValueError, "inputs of different lengths");
            return 0;
        }
        call->rows = view->shape[0];
        Type type = *view->format == 'f' ? FLOATS : (*view->format == 'd' ? DOUBLES : INTEGERS);
        int64_t width = 1;
        for (int axis = 1; axis < view->ndim; axis++)
            width = width <= MOST_NUMBERS ? width * view->shape[axis] : width;
        call->inputs[k] = (Input){view->buf, type, width};
    }
    call->machine = machines[machine];
    call->program = (Program){codes->buf,
                              numbers->buf,
                              call->inputs,
                              call->widths,
                              (int)(codes->len / (Py_ssize_t)sizeof(Instruction)),
                              (int)(numbers->len / (Py_ssize_t)sizeof(double)),
                              (int)count,
                              registers,
                              result};
    if (!is_valid(&call->program, call->widths)) {
        PyErr_SetString(PyExc_ValueError, "not a valid program");
        return 0;
    }
    return 1;
}

PyDoc_STRVAR(compute_doc,
             "compute(machine, code, constants, registers, result, inputs, out)\n--\n\n"
             "Write the results of all rows, one or several each; return -1, the number of the check that failed, or -4 if\n"
             "an index is out of range.");

static PyObject *py_compute(PyObject *Py_UNUSED(module), PyObject *args) {
    int machine, registers, result, status = DONE;
    PyObject *code, *constants, *inputs, *out;
    if (!PyArg_ParseTuple(args, "iOOiiO!O:compute", &machine, &code, &constants, &registers,
                          &result, &PyTuple_Type, &inputs, &out))
        return NULL;
    Call call = {.count = 0}; /* its widths are 0 */
    PyObject *answer = NULL;
    if (read_call(&call, machine, code, constants, registers, result, inputs)) {
        Py_buffer *view = view_of(&call, out, "d", PyBUF_WRITABLE);
        Py_ssize_t numbers = call.rows * call.widths[result];
        if (view && view->len != numbers * (Py_ssize_t)sizeof(double)) {
            PyErr_SetString(PyExc_ValueError, "out has another size than the results");
        } else if (view) {
            Py_BEGIN_ALLOW_THREADS
            status = call.machine->compute(&call.program, call.rows, view->buf);
            Py_END_ALLOW_THREADS
            answer = status == NO_MEMORY ? PyErr_NoMemory() : PyLong_FromLong(status);
        }
    }
    release(&call);
    return answer;
}

/* An empty state of as many rows; 0 without memory. */
static int make_fold(Fold *fold, Py_ssize_t rows, Py_ssize_t unit) {
    *fold = (Fold){.low = Py_HUGE_VAL, .high = -Py_HUGE_VAL};
    fold->units = PyMem_Malloc(((size_t)(rows / unit) + 2) * sizeof(Unit));
    /* Each unit may end with a piece that is shorter than the others. */
    fold->peaks = PyMem_Malloc(((size_t)(rows / CHUNK) + (size_t)(rows / unit) + 3) * sizeof(Peak));
    return fold->units && fold->peaks;
}

static void free_fold(Fold *fold) {
    PyMem_Free(fold->units);
    PyMem_Free(fold->peaks);
}

static PyObject *state_of(const Fold *fold, const Result *largest, int64_t count) {
    unsigned char digits[BINS * 4];
    for (int i = 0; i < BINS * 4; i++)
        digits[i] = (unsigned char)(fold->bins[i / 4] >> (i % 4 * 8));
    return Py_BuildValue("y#ddLy#Ky#", digits, (Py_ssize_t)sizeof digits, fold->low, fold->high,
                         (long long)fold->high_row, (const char *)fold->units,
                         (Py_ssize_t)(fold->unit_count * (int64_t)sizeof(Unit)),
                         (unsigned long long)fold->seen, largest ? (const char *)largest : "",
                         (Py_ssize_t)(count * (int64_t)sizeof(Result)));
}

PyDoc_STRVAR(fold_doc,
             "fold(machine, code, constants, registers, result, inputs, unit, phase, out, most, least)\n--\n\n"
             "Return (exact sum, low, high, row of high, units, seen, largest) of the results of all rows, or a\n"
             "number: that of the check that failed, -2 if a result is not finite, or -4 if an index is\n"
             "out of range.\n\n"
             "The exact sum is a little-endian signed integer in units of 2**-1074; a unit is four\n"
             "doubles: pivot, sum of squares about it, sum about it, rows. seen: the bits that SEEN set.\n"
             "out: takes the results of all rows; None where they are not wanted.\n"
             "largest: rows and results, an integer and a double each, in row order: the `most` largest that\n"
             "are at least `least`, of equal ones the first rows, and perhaps more.");

static PyObject *py_fold(PyObject *Py_UNUSED(module), PyObject *args) {
    int machine, registers, result, status = NO_MEMORY;
    Py_ssize_t unit, phase, most;
    double least;
    PyObject *code, *constants, *inputs, *out;
    if (!PyArg_ParseTuple(args, "iOOiiO!nnOnd:fold", &machine, &code, &constants, &registers, &result,
                          &PyTuple_Type, &inputs, &unit, &phase, &out, &most, &least))
        return NULL;
    Call call = {.count = 0}; /* its widths are 0 */
    PyObject *answer = NULL;
    if (read_call(&call, machine, code, constants, registers, result, inputs)) {
        Py_buffer *values = out == Py_None ? NULL : view_of(&call, out, "d", PyBUF_WRITABLE);
        if (out != Py_None && !values) {
            release(&call);
            return NULL;
        }
        if (unit < 1 || phase < 0 || phase >= unit || call.widths[result] != 1 ||
            (values && values->len != call.rows * (Py_ssize_t)sizeof(double))) {
            PyErr_SetString(PyExc_ValueError, "not a unit and a phase, or not one result a row");
            release(&call);
            return NULL;
        }
        Fold fold;
        Result *largest = NULL;
        int64_t count = 0;
        if (make_fold(&fold, call.rows, unit)) {
            fold.values = values ? values->buf : NULL;
            Py_BEGIN_ALLOW_THREADS
            status = call.machine->fold(&call.program, call.rows, unit, phase, &fold);
            if (status == DONE && most > 0)
                status = find_largest(call.machine, &call.program, call.rows, &fold, most, least,
                                      &largest, &count);
            Py_END_ALLOW_THREADS
        }
        if (status == NO_MEMORY)
            PyErr_NoMemory();
        else
            answer = status != DONE ? PyLong_FromLong(status) : state_of(&fold, largest, count);
        free(largest);
        free_fold(&fold);
    }
    release(&call);
    return answer;
}

PyDoc_STRVAR(fold_pairs_doc,
             "fold_pairs(machine, programs, pairs, unit, phase)\n--\n\n"
             "Return the states of programs (code, constants, registers, result, inputs) on the same rows,\n"
             "those of the differences of pairs (candidate, baseline), and the wins and ties of each pair,\n"
             "as integers; or (program, status) where one failed.");

/* Read a tuple of programs of one number a row, of the same rows; 0 with an exception set. */
static int read_calls(Call *calls, int count, int machine, PyObject *programs) {
    for (int k = 0; k < count; k++) {
        int registers, result;
        PyObject *code, *constants, *inputs;
        if (!PyArg_ParseTuple(PyTuple_GetItem(programs, k), "OOiiO!", &code, &constants, &registers,
                              &result, &PyTuple_Type, &inputs) ||
            !read_call(&calls[k], machine, code, constants, registers, result, inputs))
            return 0;
        if (calls[k].widths[result] != 1 || calls[k].rows != calls[0].rows) {
            PyErr_SetString(PyExc_ValueError, "several results a row, or inputs of different lengths");
            return 0;
        }
    }
    return 1;
}

static int read_pairs(PairOf *pairs, int pair_count, PyObject *given, int count) {
    for (int k = 0; k < pair_count; k++) {
        pairs[k] = (PairOf){0, 0, 0, 0};
        if (!PyArg_ParseTuple(PyTuple_GetItem(given, k), "ii", &pairs[k].candidate,
                              &pairs[k].baseline))
            return 0;
        if (pairs[k].candidate < 0 || pairs[k].candidate >= count || pairs[k].baseline < 0 ||
            pairs[k].baseline >= count) {
            PyErr_SetString(PyExc_ValueError, "no such program");
            return 0;
        }
    }
    return 1;
}

static PyObject *states_of(const Fold *folds, int count, const PairOf *pairs, int pair_count) {
    PyObject *states = PyTuple_New(count + pair_count), *wins = PyTuple_New(pair_count);
    int made = states && wins;
    for (int k = 0; made && k < count + pair_count; k++) {
        PyObject *state = state_of(&folds[k], NULL, 0);
        made = state && PyTuple_SetItem(states, k, state) == 0;
    }
    for (int k = 0; made && k < pair_count; k++) {
        PyObject *both = Py_BuildValue("LL", (long long)pairs[k].wins, (long long)pairs[k].ties);
        made = both && PyTuple_SetItem(wins, k, both) == 0;
    }
    if (made)
        return Py_BuildValue("NN", states, wins);
    Py_XDECREF(states);
    Py_XDECREF(wins);
    return NULL;
}

static PyObject *py_fold_pairs(PyObject *Py_UNUSED(module), PyObject *args) {
    int machine, status = NO_MEMORY, failed = 0, made = 0;
    Py_ssize_t unit, phase;
    PyObject *given, *given_pairs, *answer = NULL;
    if (!PyArg_ParseTuple(args, "iO!O!nn:fold_pairs", &machine, &PyTuple_Type, &given, &PyTuple_Type,
                          &given_pairs, &unit, &phase))
        return NULL;
    const Py_ssize_t count = PyTuple_Size(given), pair_count = PyTuple_Size(given_pairs);
    if (count < 1 || count > MOST_PROGRAMS || pair_count > MOST_PROGRAMS * MOST_PROGRAMS ||
        unit < 1 || phase < 0 || phase >= unit) {
        PyErr_SetString(PyExc_ValueError, "too many programs or pairs, or not a unit and a phase");
        return NULL;
    }
    Call *calls = PyMem_Calloc((size_t)count, sizeof *calls);
    PairOf pairs[MOST_PROGRAMS * MOST_PROGRAMS];
    Program programs[MOST_PROGRAMS];
    Fold *folds = PyMem_Calloc((size_t)(count + pair_count), sizeof *folds);
    if (!calls || !folds) {
        PyErr_NoMemory();
    } else if (read_calls(calls, (int)count, machine, given) &&
               read_pairs(pairs, (int)pair_count, given_pairs, (int)count)) {
        while (made < count + pair_count && make_fold(&folds[made], calls[0].rows, unit))
            made++;
        for (int k = 0; k < count; k++)
            programs[k] = calls[k].program;
        if (made == count + pair_count) {
            Py_BEGIN_ALLOW_THREADS
            status = fold_pairs(calls[0].machine, programs, (int)count, pairs, (int)pair_count,
                                calls[0].rows, unit, phase, folds, &failed);
            Py_END_ALLOW_THREADS
        }
        if (status == NO_MEMORY)
            PyErr_NoMemory();
        else
            answer = status != DONE ? Py_BuildValue("ii", failed, status)
                                    : states_of(folds, (int)count, pairs, (int)pair_count);
    }
    for (int k = 0; folds && k < count + pair_count; k++)
        free_fold(&folds[k]);
    for (int k = 0; calls && k < count; k++)
        release(&calls[k]);
    PyMem_Free(folds);
    PyMem_Free(calls);
    return answer;
}

static PyMethodDef methods[] = {{"compute", py_compute, METH_VARARGS, compute_doc},
                                {"fold", py_fold, METH_VARARGS, fold_doc},
                                {"fold_pairs", py_fold_pairs, METH_VARARGS, fold_pairs_doc},
                                {"skip_json", py_skip_json, METH_VARARGS, skip_json_doc},
                                {"read_json", py_read_json, METH_VARARGS, read_json_doc},
                                CODE_METHODS,
                                TEXT_METHODS,
                                {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                                        "_machine",
                                        "Run programs of vector instructions over rows.",
                                        -1,
                                        methods,
                                        NULL,
                                        NULL,
                                        NULL,
                                        NULL};

PyMODINIT_FUNC PyInit__machine(void) {
    machine_count = 0;
    machines[machine_count++] = &machine_baseline;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        machines[machine_count++] = &machine_avx2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        machines[machine_count++] = &machine_avx512;
#endif
    PyObject *module = PyModule_Create(&definition);
    PyObject *known = module ? PyTuple_New(machine_count) : NULL;
    if (!known)
        return NULL;
    for (int k = 0; k < machine_count; k++)
        PyTuple_SetItem(known, k, PyUnicode_FromString(machines[k]->name));
    if (PyModule_AddObjectRef(module, "MACHINES", known) < 0 ||
        PyModule_AddStringConstant(module, "OPERATIONS", names) < 0 ||
        PyModule_AddIntConstant(module, "CHUNK", CHUNK) < 0)
        return NULL;
    Py_DECREF(known);
    return module;
}
