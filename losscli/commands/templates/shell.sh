#!/bin/sh
# Exit codes: 0 every gate passed, 1 one did not, 2 the config is wrong, 3 the data is wrong,
# 4 something is missing here, 6 undecided. No pipe behind losscli: it would hide the code.
set -eu
python3 -m pip install --quiet losscli
exec losscli run losscli.yaml -o junit.xml -o summary.md
