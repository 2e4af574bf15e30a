"""api-exec.py ROUNDS (SOCKET CONTAINER)...: the median milliseconds of an exec of `true` through the Engine API, in turns.

What a client does: create, start with the connection taken over, read to its end, ask for the exit code; one connection for the
requests and one for the stream, as Docker's client has it.
"""
import http.client
import json
import socket
import statistics
import sys
import time


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def ask(connection, method, path, body=None):
    connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
    response = connection.getresponse()
    text = response.read()
    if response.status >= 300:
        sys.exit(f"bench: {method} {path}: {response.status} {text[:200]}")
    return json.loads(text)


def stream(path, exec_id):
    """Starts the exec and reads its output to the end."""
    body = b'{"Detach":false,"Tty":false}'
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(b"POST /v1.41/exec/%s/start HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                           b"Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: %d\r\n\r\n%s" % (exec_id.encode(), len(body), body))
        while connection.recv(65536):
            pass


def run(connection, container):
    """Seconds of one exec."""
    start = time.perf_counter()
    command = {"Cmd": ["true"], "AttachStdout": True, "AttachStderr": True}
    exec_id = ask(connection, "POST", f"/v1.41/containers/{container}/exec", command)["Id"]
    stream(connection.path, exec_id)
    state = ask(connection, "GET", f"/v1.41/exec/{exec_id}/json")
    elapsed = time.perf_counter() - start
    if state["Running"] or state["ExitCode"] != 0:
        sys.exit(f"bench: exec in {container}: {state}")
    return elapsed


def main(rounds, pairs):
    connections = [(Connection(path), container) for path, container in pairs]
    times = [[] for _ in pairs]
    for _ in range(rounds + 1):
        for (connection, container), series in zip(connections, times):
            series.append(run(connection, container))
    print(*(f"{statistics.median(series[1:]) * 1000:.1f}" for series in times))


main(int(sys.argv[1]), list(zip(sys.argv[2::2], sys.argv[3::2])))
