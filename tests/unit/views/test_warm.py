"""What a process does ahead must leave nothing behind: a fork copies no thread, and one client's report no other's."""

import subprocess
import sys

PROGRAM = """
import gc, os, sys
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
os.environ["JE_ARROW_MALLOC_CONF"] = "background_thread:false"
import retention_lab.analysis.feedback.warm
import retention_lab.report.warm, retention_lab.tables.warm, retention_lab.views.warm
from matplotlib.figure import Figure
from retention_lab.views.display import no_chart

def draw():
    return no_chart("0 of 1,234 customers", "A caption").to_svg()

cold = draw()
for layer in (retention_lab.tables, retention_lab.analysis.feedback, retention_lab.views, retention_lab.report):
    layer.warm.warm_up()
gc.collect()
assert draw() == cold, "what was drawn ahead shows in a chart"
gc.collect()
n_figures = sum(isinstance(one, Figure) for one in gc.get_objects())
assert not n_figures, f"{n_figures} figures are left"
assert "matplotlib.pyplot" not in sys.modules, "pyplot keeps figures"
if os.path.isdir("/proc/self/task"):
    n_threads = len(os.listdir("/proc/self/task"))
    assert n_threads == 1, f"{n_threads} threads"
print("nothing is left")
"""


def test_what_is_done_ahead_leaves_no_thread_and_no_figure() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)

    assert "nothing is left" in done.stdout, done.stderr
