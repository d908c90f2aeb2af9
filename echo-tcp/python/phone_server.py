"""Sends back to each caller what it says; made step by step, because of SO_REUSEADDR.

    python3 echo-tcp/python/phone_server.py

Stop it while a client is connected and start it again: the port is free at once. With --no-reuseaddr it stays in use
for a minute, as long as the old connection is in TIME_WAIT.

Rust: echo-tcp/src/bin/phone-server.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net


def main():
    args = flags.tcp_server(flags.parser(__doc__), 8002).parse_args()
    family, address = net.resolve(args.host, args.port, socket.SOCK_STREAM)
    # (1) socket: buy a phone
    phone = net.stream_socket(family)
    # (2) setsockopt SO_REUSEADDR: it counts only if it is set before bind
    if not args.no_reuseaddr:
        net.reuse_address(phone)
    # (3) bind: put the number in
    net.bind(phone, address)
    # (4) listen: switch it on; `backlog` callers may hear it ring
    phone = net.listen(phone, args.backlog)
    while True:
        # (5) accept: pick up, or wait for a call
        call, caller = phone.accept()
        try:
            answer(call, caller)
        except (OSError, console.Failure) as error:
            console.warn("{}: {}".format(net.shown(caller), console.reason(error)))
        # (8) close
        call.close()


def answer(call, caller):
    """One call, until the caller hangs up."""
    while True:
        # (6) recv: listen; nothing comes when the caller has hung up
        message = call.recv(64 * 1024)
        if not message:
            return
        console.say("msg={} addr={}".format(message, caller))
        # (7) sendall: speak
        call.sendall(message)


if __name__ == "__main__":
    console.main(main)
