"""Where numbers come from: one file a format, all of them cut into aligned blocks of rows."""
