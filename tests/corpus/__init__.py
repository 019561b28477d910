"""A recorded corpus of runs: what every command of losscli ends with and writes, to the bit.

`commands.py` lists the runs, `files.py` makes what they read, `running.py` runs one and keeps what
must not change of it, `record.py` writes the record and `test_corpus.py` holds the program to it.
"""
