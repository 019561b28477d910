"""Where arithmetic happens: a namespace of array functions, a device, a precision."""
