"""Serves the files of a folder, from their beginning or from where a download broke off."""

import hashlib
import json
import os
import socket
import struct
import sys

MAX_COMMAND = 8192
"""The longest command, in bytes."""

BUFFER = 64 * 1024


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9001
    share = sys.argv[2] if len(sys.argv) > 2 else "share"
    # (1) socket, setsockopt SO_REUSEADDR, bind, listen
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        print("FTP服务器开始运行啦!", flush=True)
        # (2) accept
        conn, peer = listener.accept()
        with conn:
            try:
                serve(conn, share)
            except OSError as error:
                print(f"lost the connection to {peer}: {error}", file=sys.stderr)


def serve(conn, share):
    """Answers the commands of one client until it hangs up."""
    while True:
        # (3) recv: a command; the client sends the next one when it has its answer
        command = conn.recv(MAX_COMMAND)
        if not command:
            return
        verb, _, name = command.decode("utf-8", "replace").strip().partition(" ")
        if verb == "get":
            get(conn, share, name, 0)
        #~ write
        #~| # TODO: resume FROM NAME; resume() takes it apart
        elif verb == "resume":
            resume(conn, share, name)
        #~ end
        else:
            refuse(conn, "unknown command")


def resume(conn, share, words):
    """Takes FROM NAME apart, and sends the rest of the file."""
    #~ write
    #~| # TODO
    start, _, name = words.partition(" ")
    try:
        start = int(start)
    except ValueError:
        start = -1
    if start < 0:
        refuse(conn, "bad offset")
    else:
        get(conn, share, name, start)
    #~ end


def get(conn, share, name, start):
    """Sends a file of the folder, without its first start bytes."""
    # (4) open the file, md5
    file = open_shared(share, name)
    if file is None:
        refuse(conn, "no such file")
        return
    with file:
        md5, size = md5_of(file)
        #~ write
        #~| # TODO: refuse when the file is not so long
        if start > size:
            refuse(conn, "the file is shorter")
            return
        #~ end
        # (5) sendall: header length, header
        conn.sendall(frame({"filename": name, "filemd5": md5, "filesize": size}))
        # (6) sendfile: the file
        #~ write
        #~| # TODO: from start
        #~| conn.sendfile(file)
        conn.sendfile(file, start)
        #~ end


def open_shared(share, name):
    """Opens the file that has this name in the folder. None if the folder has no such file."""
    # A name that is a path leads elsewhere.
    plain = name not in ("", ".", "..") and "/" not in name and "\\" not in name
    path = os.path.join(share, name)
    # The file itself: no folder, and no link, which may lead elsewhere.
    if not plain or os.path.islink(path) or not os.path.isfile(path):
        return None
    try:
        return open(path, "rb")
    except OSError:
        return None


def md5_of(file):
    """The md5 and the size of a file, which is read to its end and set back to its beginning."""
    md5 = hashlib.md5()
    while block := file.read(BUFFER):
        md5.update(block)
    size = file.tell()
    file.seek(0)
    return md5.hexdigest(), size


def refuse(conn, why):
    """Answers that there is nothing to send, and why."""
    conn.sendall(frame({"error": why}))


def frame(fields):
    """A header as it goes over the wire: its length in 4 bytes (signed, little-endian), then itself, JSON."""
    header = json.dumps(fields).encode()
    return struct.pack("<i", len(header)) + header


try:
    main()
except KeyboardInterrupt:
    pass
