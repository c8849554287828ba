#!/usr/bin/python3
"""Reads every menu of the simulated routers with python3-librouteros, a client that is independent of this project.

Takes the JSON line of serve-fleet.ts on stdin, prints a line a check, and exits with 1 where one failed.
"""

# When this file is run, its directory comes first in sys.path, and it would be imported as `librouteros`.
import sys

sys.path.pop(0)

import json
import ssl

from librouteros import connect
from librouteros.exceptions import TrapError
from librouteros.login import plain, token
from librouteros.query import And, Key, Or

SERVICES = ["pppoe", "l2tp", "pptp", "sstp", "ovpn"]
counts = {"passed": 0, "failed": 0}


def check(name, wanted, got):
    ok = wanted == got
    counts["passed" if ok else "failed"] += 1
    print(f"{'ok' if ok else 'NOT OK'}: {name}" + ("" if ok else f"\n  wanted {wanted!r}\n  got    {got!r}"))


def text(raw):
    """A name as latin-1, one character per byte; librouteros converts names that look like numbers to int."""
    return bytes.fromhex(raw).decode("latin-1")


def login(router, authority):
    options = {"port": router["port"], "encoding": "latin-1"}
    options["login_method"] = token if router["login"] == "token" else plain
    if router["tls"]:
        context = ssl.create_default_context(cafile=authority)
        options["ssl_wrapper"] = lambda sock: context.wrap_socket(sock, server_hostname=router["host"])
    return connect(router["host"], "usage", "secret", **options)


def rows(api, menu, *words):
    return list(api.rawCmd(f"{menu}/print", *words))


def check_router(router, authority):
    name = router["identity"]
    api = login(router, authority)
    check(f"{name}: identity", [{"name": name}], rows(api, "/system/identity"))
    check(f"{name}: resource", 1, len(rows(api, "/system/resource")))
    check(f"{name}: filter", 1, len(rows(api, "/ip/firewall/filter")))
    check_hotspot(api, router)
    check_ppp(api, router)
    api.close()


def check_hotspot(api, router):
    name = router["identity"]
    if not router["hotspot"]:
        try:
            rows(api, "/ip/hotspot/active")
            check(f"{name}: absent hotspot", "a trap", "an answer")
        except TrapError as error:
            check(f"{name}: absent hotspot", True, "no such command" in str(error))
        return
    wanted = [(text(it["user"]), it["address"], it["upload"], it["download"]) for it in router["hotspot"]]
    got = rows(api, "/ip/hotspot/active")
    check(f"{name}: hotspot", wanted, [(r["user"], r["address"], r["bytes-in"], r["bytes-out"]) for r in got])
    check(f"{name}: hotspot users", len({it[0] for it in wanted}), len(rows(api, "/ip/hotspot/user")))
    first = rows(api, "/ip/hotspot/active", "=.proplist=user,comment", f"?address={wanted[0][1]}")
    check(f"{name}: proplist and query", [{"user": wanted[0][0]}], first)


def check_ppp(api, router):
    name = router["identity"]
    users = [text(it["user"]) for it in router["ppp"]]
    active = rows(api, "/ppp/active")
    # librouteros ignores `!empty` and waits for `!done`, so both versions return no rows.
    check(f"{name}: ppp", users, [row["name"] for row in active])
    check(f"{name}: ppp has no bytes", set(), {key for row in active for key in row if key.startswith("bytes")})
    servers = [row for service in SERVICES for row in rows(api, f"/interface/{service}-server")]
    running = [(row["user"], row["name"], row["remote-address"]) for row in servers if row["running"]]
    wanted = [(text(it["user"]), text(it["interface"]), it["caller"]) for it in router["ppp"]]
    check(f"{name}: servers", wanted, running)
    check(f"{name}: static bindings", router["bindings"], sum(not row["dynamic"] for row in servers))
    kind, rx, tx, of = Key("type"), Key("rx-byte"), Key("tx-byte"), Key("name")
    query = api.path("/interface").select(of, rx, tx)
    query = query.where(And(Or(kind == "pppoe-in", kind == "l2tp-in"), Key("running") == True))
    wanted = [(text(it["interface"]), it["upload"], it["download"]) for it in router["ppp"]]
    check(f"{name}: interfaces", wanted, [(r["name"], r["rx-byte"], r["tx-byte"]) for r in query])


def main():
    served = json.loads(sys.stdin.readline())
    for router in served["routers"]:
        check_router(router, served["authority"])
    print(f"interop: {counts['passed']} passed, {counts['failed']} failed")
    return 1 if counts["failed"] else 0


sys.exit(main())
