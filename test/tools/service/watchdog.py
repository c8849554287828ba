"""Acts as systemd for the daemon: reads its notifications, and ends it when the watchdog is not fed.

Usage: watchdog.py CONFIG < output of serve-fleet.ts. Needs `npm run build`.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

WATCHDOG_S = 10
# The daemon calls its polls stuck after 120 s.
STUCK_WITHIN_S = 150


class Supervised:
    """One run of the daemon, with the socket that it notifies."""

    def __init__(self, folder, config):
        self.path = os.path.join(folder, "notify")
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        env = {**os.environ, "NOTIFY_SOCKET": self.path, "WATCHDOG_USEC": str(WATCHDOG_S * 1_000_000)}
        node = ["node", "--import", os.path.abspath("test/tools/service/hanging-disk.mjs"), "dist/cli.js"]
        self.log = open(os.path.join(folder, "log"), "a+")
        self.process = subprocess.Popen([*node, "run", "--config", config], env=env, stdout=self.log, stderr=self.log)

    def hear(self, words, within_s):
        """Seconds until it says `words`; None if it does not in time."""
        began = time.monotonic()
        while (left := began + within_s - time.monotonic()) > 0:
            if select.select([self.socket], [], [], left)[0]:
                if words in self.socket.recv(4096).decode():
                    return time.monotonic() - began
        return None

    def end(self, how):
        self.process.send_signal(how)
        status = self.process.wait(30)
        self.socket.close()
        return status


def expect(what, holds):
    print(("ok: " if holds else "FAILED: ") + what, flush=True)
    if not holds:
        sys.exit(1)


def main():
    router = json.loads(sys.stdin.readline())["routers"][0]
    folder = os.path.dirname(sys.argv[1])
    with open(sys.argv[1], "w") as config:
        config.write(
            f"""database: {{ directory: {folder}/postgres }}
journal: {{ directory: {folder}/journal }}
server: {{ port: 0 }}
poll: {{ schedule: "* * * * * *" }}
auth: {{ secret: a secret of thirty-two bytes or more }}
tenants: [{{ id: acme, routers: [{{ id: hq, host: {router["host"]}, port: {router["port"]}, username: usage, password: secret }}] }}]
"""
        )
    os.chmod(sys.argv[1], 0o640)
    daemon = Supervised(folder, sys.argv[1])
    try:
        expect("it reports that it is ready", daemon.hear("READY=1", 120) is not None)
        fed = [daemon.hear("WATCHDOG=1", WATCHDOG_S) for _ in range(3)]
        expect(f"it feeds the watchdog while its polls run, every {fed[-1] or 0:.1f} s", None not in fed)
        daemon.process.send_signal(signal.SIGUSR2)
        blocked = time.monotonic()
        while daemon.hear("WATCHDOG=1", WATCHDOG_S) is not None:
            expect_in_time = time.monotonic() - blocked < STUCK_WITHIN_S
            if not expect_in_time:
                expect("it stops feeding when its polls are blocked", False)
        expect(f"it stopped feeding {time.monotonic() - blocked:.0f} s after its polls were blocked", True)
        expect("it can be ended as systemd does", daemon.end(signal.SIGABRT) == -signal.SIGABRT)
        daemon.log.seek(0)
        lines = [line for line in daemon.log if "the watchdog is not fed" in line]
        expect("its log says what is stuck: " + json.dumps(json.loads(lines[0])["stuck"]) if lines else "log", bool(lines))
        daemon = Supervised(folder, sys.argv[1])
        expect("after a restart it is ready", daemon.hear("READY=1", 120) is not None)
        expect("and feeds the watchdog", daemon.hear("WATCHDOG=1", WATCHDOG_S) is not None)
        expect("it stops in order", daemon.end(signal.SIGTERM) == 0)
    finally:
        if daemon.process.poll() is None:
            daemon.end(signal.SIGTERM)


main()
