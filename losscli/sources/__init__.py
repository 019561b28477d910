"""Sources of data: one file a format, all of them cut into aligned blocks of rows."""
