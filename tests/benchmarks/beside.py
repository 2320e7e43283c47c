"""Who may see the addresses that only the benchmarks have; the middleware asks about them too."""

from revenue.access import DECIDERS, NOBODY, Rule

BESIDE = {
    "stock:approvals_send_changelist": Rule(DECIDERS, NOBODY),
    "bare_list": Rule(DECIDERS, NOBODY),
    "bare_decision": Rule(NOBODY, DECIDERS),
}
