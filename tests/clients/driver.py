"""Runs inside an environment of theirs: takes a step a line on standard input, and answers each with a line.

Steps are JSON objects:

- `{"do": "connect", "as": NAME, "class": "MemoryClient", "options": {...}}` makes a client;
- `{"do": "call", "on": NAME, "method": "project.get", "args": [...], "options": {...}}` calls one of its methods;
  with `"typed": CLASS`, the options go as one object of that class of theirs;
- `{"do": "methods", "on": NAME}` names its public methods;
- `{"do": "strays"}` tells which addresses beyond this machine were reached for since it was last asked. None of them
  was reached.

The answer is `{"result": ...}` or `{"error": {"class", "message", "code", "status", "details", "debug"}}`.
"""

import asyncio
import inspect
import json
import os
import sys
from importlib import import_module
from ipaddress import ip_address

strays = []


def at_home(host):
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False


def guard(event, args):
    """An audit hook, which nothing in this process can get around: whatever leaves the machine is noted and refused."""
    if event in ("socket.connect", "socket.sendto"):
        host = args[1][0] if isinstance(args[1], tuple) else None  # else the path of a socket file
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    else:
        return
    if not at_home(host):
        strays.append(str(host))
        raise ConnectionRefusedError(f"{host} is not of this machine")


def public(thing):
    kind = type(thing)
    return [name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name))]


def methods(client):
    return public(client) + [f"project.{name}" for name in public(getattr(client, "project", None))]


async def done(answer):
    return await answer if inspect.isawaitable(answer) else answer


def error_of(error):
    response = getattr(error, "response", None)
    return {
        "class": type(error).__name__,
        "message": str(error),
        "code": getattr(error, "error_code", None),
        "status": getattr(response, "status_code", None),
        "details": getattr(error, "details", None),
        "debug": getattr(error, "debug_info", None),
    }


def main():
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    sys.addaudithook(guard)
    import mem0

    clients = {}

    def do(step):
        if step["do"] == "strays":
            return [strays.pop(0) for _ in list(strays)]
        if step["do"] == "connect":
            clients[step["as"]] = getattr(mem0, step["class"])(**step["options"])
            return None
        client = clients[step["on"]]
        if step["do"] == "methods":
            return methods(client)
        method = client
        for name in step["method"].split("."):
            method = getattr(method, name)
        options = step["options"]
        if typed := step.get("typed"):
            options = {"options": getattr(import_module("mem0.client.types"), typed)(**options)}
        return runner.run(done(method(*step["args"], **options)))

    with asyncio.Runner() as runner:
        for line in sys.stdin:
            try:
                answer = {"result": do(json.loads(line))}
            except Exception as error:
                answer = {"error": error_of(error)}
            answers.write(json.dumps(answer, default=str) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
