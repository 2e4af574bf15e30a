"""Milliseconds from the start of `mvm run` to its first byte on the API socket: the median of 21 starts."""
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time

with tempfile.TemporaryDirectory() as directory:
    path = os.path.join(directory, "mvm.sock")
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    environment = dict(os.environ, MVM_HOST="unix://" + path)
    times = []
    for _ in range(21):
        start = time.perf_counter()
        child = subprocess.Popen([sys.argv[1], "run", "--rm", "--network", "none", "busybox", "true"], env=environment,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        connection, _ = server.accept()
        connection.recv(1)
        times.append((time.perf_counter() - start) * 1000)
        connection.close()
        child.kill()
        child.wait()
    print(f"{statistics.median(times):.1f}")
