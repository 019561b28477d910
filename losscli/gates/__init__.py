"""Gates: conditions on a result, one line each, and how they are judged."""

from losscli.gates.grammar import BENCH_STATS as BENCH_STATS
from losscli.gates.grammar import COUNTS as COUNTS
from losscli.gates.grammar import BaselineLimit as BaselineLimit
from losscli.gates.grammar import Gate as Gate
from losscli.gates.grammar import Margin as Margin
from losscli.gates.grammar import NotWorse as NotWorse
from losscli.gates.grammar import gate_of as gate_of
from losscli.gates.grammar import parse as parse
from losscli.gates.grammar import parse_bound as parse_bound
from losscli.gates.grammar import resolve_label as resolve_label
from losscli.gates.grammar import resolve_labels as resolve_labels
from losscli.gates.judge import ORDER as ORDER
from losscli.gates.judge import Measurement as Measurement
from losscli.gates.judge import Policy as Policy
from losscli.gates.judge import apply_undecided_policy as apply_undecided_policy
from losscli.gates.judge import in_error as in_error
from losscli.gates.judge import judge as judge
from losscli.gates.judge import outcome as outcome
from losscli.gates.judge import worst_first as worst_first
from losscli.results.gate import GateLevel as GateLevel
from losscli.results.gate import GateResult as GateResult
from losscli.results.gate import GateStatus as GateStatus
from losscli.results.gate import exit_code as exit_code
