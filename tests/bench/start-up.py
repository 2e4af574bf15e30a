"""start-up.py RUNS COMMAND...: median milliseconds that a command takes: "USER SYS WALL". It must succeed."""
import resource
import statistics
import subprocess
import sys
import time


def measure(command):
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime, wall


runs = [measure(sys.argv[2:]) for _ in range(int(sys.argv[1]))]
print(*(f"{statistics.median(column) * 1000:.1f}" for column in zip(*runs)))
