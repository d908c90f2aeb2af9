"""Downloads files, each into the name that was asked for, if its md5 is right."""

import hashlib
import json
import os
import socket
import struct
import sys
import time

MAX_HEADER = 64 * 1024
"""The longest header that is accepted, in bytes."""

BUFFER = 64 * 1024


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 9001
    download = sys.argv[3] if len(sys.argv) > 3 else "download"
    os.makedirs(download, exist_ok=True)
    try:
        run((host, port), download)
    except (OSError, ValueError) as error:
        sys.exit(f"error: server {host}:{port}: {error}")


def run(server, download):
    """Asks for commands until quit, or the end of the input."""
    #~ uncomment
    # (1) socket, connect
    with socket.create_connection(server) as conn:
        while True:
            try:
                command = input("请输入命令: ").strip()
            except EOFError:
                return
            if command == "quit":
                return
            if command:
                ask(conn, command, download)
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


def ask(conn, command, download):
    """Sends a command, and stores the file that answers it."""
    # The file is stored under the name that was asked for, so that one must not be a path.
    _, _, name = command.partition(" ")
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        print(f"error: not a command with a plain name: {command}", file=sys.stderr)
        return
    # (2) sendall: the command
    #~ write
    conn.sendall(f"{command}\n".encode())
    #~ end
    # (3) recv: header length, header
    header = receive_header(conn)
    if "error" in header:
        print(f"error: {header['error']!r}", file=sys.stderr)
        return
    size, md5 = header.get("filesize"), header.get("filemd5")
    if not isinstance(size, int) or not isinstance(md5, str):
        raise ValueError("a header without a size, or without an md5")
    begun = time.monotonic()
    # (4) recv: the file
    stored = store(conn, os.path.join(download, name), size, md5)
    if stored and size:
        print(f"100%[{'*' * 100}-]共计用时:{time.monotonic() - begun:.3f}s", end="")
    print("\n执行结束", flush=True)


def receive_header(conn):
    """Receives and prints the header: its length in 4 bytes (signed, little-endian), then the JSON."""
    #~ write
    #~| length = 2
    #~| header = json.loads(b"{}")
    (length,) = struct.unpack("<i", receive(conn, 4))
    if not 0 < length <= MAX_HEADER:
        raise ValueError(f"no header has {length} bytes")
    header = json.loads(receive(conn, length))
    #~ end
    if not isinstance(header, dict):
        raise ValueError(f"no header: {header!r}")
    print("报头长度", length)
    print("报头字典", header, flush=True)
    return header


def receive(conn, size):
    """Receives exactly size bytes, as often as it takes."""
    received = b""
    while len(received) < size:
        data = conn.recv(size - len(received))
        if not data:
            raise OSError("the server hung up before its header ended")
        received += data
    return received


def store(conn, path, size, md5):
    """Stores what comes, and gives it its name if its md5 is right. Tells whether it is."""
    part = f"{path}.part"
    try:
        received = receive_file(conn, part, size)
        if received == md5:
            os.replace(part, path)
        else:
            print(f"error: the md5 is {received}, not {md5}: nothing is stored", file=sys.stderr)
        return received == md5
    finally:
        if os.path.exists(part):
            os.remove(part)


def receive_file(conn, path, size):
    """Receives the size bytes of a file, not one more, and tells their md5."""
    md5 = hashlib.md5()
    left = size
    with open(path, "wb") as file:
        #~ write
        #~| pass
        while left > 0:
            data = conn.recv(min(left, BUFFER))
            if not data:
                raise OSError(f"the server hung up {left} bytes before the end of the file")
            file.write(data)
            md5.update(data)
            left -= len(data)
        #~ end
    return md5.hexdigest()


try:
    main()
except KeyboardInterrupt:
    pass
