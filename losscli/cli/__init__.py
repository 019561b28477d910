"""The command line: options in, one call into the library, one call into a renderer."""
