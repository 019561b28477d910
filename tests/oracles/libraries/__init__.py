"""What libraries make of given rows: one module a library, each with its cases and its calls.

A module imports its library only where it measures, so that the records of libraries that are not
installed can be read.
"""
