"""Writes to a person of the contact list and shows each answer, in turns.

    python3 qq-chat/python/client.py

--contacts FILE takes another list; its form is told in qq-chat/python/contacts.py. It waits
for ever: a person is typing at the other end. --timeout limits that.

Rust: qq-chat/src/bin/client.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

import contacts
import message

START = "python3 qq-chat/python/server.py"
ABOUT = "Writes to a person of the contact list; --host and --port tell where the four friends are."


def main():
    parser = flags.udp_client(flags.parser(ABOUT), 8080, flags.FOR_EVER)
    parser.add_argument(
        "--contacts",
        metavar="FILE",
        type=flags.path,
        help='the contact list, JSON: {"name": "host:port"} (default: the four friends)',
    )
    args = parser.parse_args()
    listed = args.contacts is not None
    people = contacts.read(args.contacts) if listed else contacts.friends_at(args.host, args.port)
    while True:
        # (1) input: whom
        console.print_line("QQ名单列表:")
        for name in people:
            console.print_line(console.escape_to_one_line(name))
        name = console.prompt("请输入聊天对象:>>")
        if name is None:
            return
        name = name.strip()
        if name not in people:
            continue
        # (2) socket: IPv4 or IPv6, as the contact has it
        family, server = contacts.resolve(name, *people[name])
        sock = socket.socket(family, socket.SOCK_DGRAM)
        while True:
            # (3) input: what
            line = console.prompt("请输入消息,回车发送:")
            if line is None:
                return
            text = line.strip()
            if text == "quit":
                break
            if not text:
                continue
            with net.or_say("cannot send to", server):
                # (4) sendto
                sock.sendto(text.encode(), server)
            # (5) recvfrom
            answer, peer = net.receive_answer(sock, server, flags.limit(args), START)
            console.print_line(message.line(peer, answer, message.RED))
        # (6) close
        sock.close()


if __name__ == "__main__":
    console.main(main)
