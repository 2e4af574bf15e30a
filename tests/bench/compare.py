"""compare.py RUNS (COMMAND PREPARATION)...: the median milliseconds of each command, in turns A, B, A, B.

In turns, so that a machine that slows down slows all of them down. Each gets one more run first, which does not count. A
preparation is not timed and may fail; it may be empty.
"""
import shlex
import statistics
import subprocess
import sys
import time


def run(command):
    """Seconds from start to end; ends the program when the command fails."""
    start = time.perf_counter()
    done = subprocess.run(shlex.split(command), stdin=subprocess.DEVNULL, capture_output=True, check=False)
    elapsed = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"bench: status {done.returncode}: {command}\n{done.stderr.decode(errors='replace')[-2000:]}")
    return elapsed


def main(runs, pairs):
    times = [[] for _ in pairs]
    for _ in range(runs + 1):
        for (command, preparation), series in zip(pairs, times):
            subprocess.run(shlex.split(preparation) or ["true"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
            series.append(run(command))
    print(*(f"{statistics.median(series[1:]) * 1000:.1f}" for series in times))


main(int(sys.argv[1]), list(zip(sys.argv[2::2], sys.argv[3::2])))
