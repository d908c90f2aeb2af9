"""File transfer written as a class: the server, which lists its files too."""

import hashlib
import os
import socket
import struct
import sys

MAX_COMMAND = 4096
"""The longest command, in bytes."""

MAX_HEADER = 64 * 1024
"""The longest header that is accepted, in bytes."""

MAX_SIZE = 1 << 40
"""The largest file that is accepted: 1 TiB."""

BUFFER = 64 * 1024


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    server = FtpServer(sys.argv[2] if len(sys.argv) > 2 else ".")
    # (1) socket, setsockopt SO_REUSEADDR, bind, listen
    listener = socket.create_server(("127.0.0.1", port))
    print("starting...", flush=True)
    while True:
        # (2) accept
        conn, peer = listener.accept()
        print(peer, flush=True)
        # The stream keeps what came behind a command for whoever reads next.
        with conn, conn.makefile("rb") as stream:
            try:
                server.converse(conn, stream)
            except (OSError, ValueError) as error:
                print(f"hung up on {peer}: {error}", file=sys.stderr)


class FtpServer:
    """Serves the files of one folder and stores uploads in another."""

    def __init__(self, folder):
        self.share = os.path.join(folder, "share")
        self.upload = os.path.join(folder, "upload")
        os.makedirs(self.upload, exist_ok=True)

    def converse(self, conn, stream):
        """The conversation with one client, until it hangs up."""
        while True:
            # (3) recv: a command, up to its newline
            line = stream.readline(MAX_COMMAND)
            if not line.endswith(b"\n"):
                return  # it has hung up, or says more than a command may have
            verb, _, name = line.decode("utf-8", "replace").strip().partition(" ")
            if verb == "get":
                self.get(conn, name)
            elif verb == "put":
                self.put(conn, stream)
            #~ write
            #~| # TODO: ls, which has no name behind it
            elif (verb, name) == ("ls", ""):
                self.ls(conn)
            #~ end
            else:
                print(f"unknown command {verb!r}", file=sys.stderr)

    def get(self, conn, name):
        """Sends a file of share."""
        # (4) open the file, md5
        file = open_file(self.share, name)
        if file is None:
            conn.sendall(bytes(4))  # a length of 0: there is no such file
            return
        with file:
            header = header_of(name, file)
            # (5) sendall: header length, header
            conn.sendall(pack(header))
            # (6) sendfile: the file
            conn.sendfile(file)

    def put(self, conn, stream):
        """Stores a file in upload."""
        # (7) recv: header length, header
        header = receive_header(stream)
        print(header, flush=True)
        if not is_plain(header["filename"]):
            raise ValueError("a file name that leads elsewhere")
        # (8) recv: the file
        if not self.store(stream, header):
            conn.sendall(bytes(4))  # a length of 0: nothing was stored
            return
        # (9) sendall: what was stored
        conn.sendall(pack(header))

    def ls(self, conn):
        """Lists the files of share that get would send: the list's length, then a line for each."""
        #~ write
        #~| # TODO: the names in their order, a newline after each; before all the length
        lines = b""
        for name in sorted(os.listdir(self.share)):
            file = open_file(self.share, name)
            if file is not None:
                file.close()
                lines += f"{name}\n".encode()
        conn.sendall(struct.pack("<i", len(lines)) + lines)
        #~ end

    def store(self, stream, header):
        """Receives a file, and gives it its name if its md5 is right. Tells whether it is."""
        path = os.path.join(self.upload, header["filename"])
        part = f"{path}.part"
        try:
            md5 = receive_file(stream, part, header["file_size"])
            if md5 == header["md5"]:
                os.replace(part, path)
            return md5 == header["md5"]
        finally:
            if os.path.exists(part):
                os.remove(part)


def header_of(name, file):
    """The header of a file, which is read to its end and set back to its beginning."""
    md5 = hashlib.md5()
    while block := file.read(BUFFER):
        md5.update(block)
    size = file.tell()
    file.seek(0)
    return {"filename": name, "md5": md5.hexdigest(), "file_size": size}


def pack(header):
    """A header as it goes over the wire: its length in 4 bytes (signed, little-endian), then its bytes."""
    name, md5 = header["filename"].encode(), header["md5"].encode()
    packed = struct.pack("<Q", len(name)) + name
    packed += struct.pack("<Q", len(md5)) + md5
    packed += struct.pack("<Q", header["file_size"])
    return struct.pack("<i", len(packed)) + packed


def receive_header(stream):
    """Receives a header's length and the header."""
    data = stream.read(4)
    if len(data) < 4:
        raise OSError("it has hung up instead of sending a header")
    (length,) = struct.unpack("<i", data)
    if not 0 < length <= MAX_HEADER:
        raise ValueError(f"no header has {length} bytes")
    data = stream.read(length)
    # All but the name has its fixed length: three numbers of 8 bytes, and an md5 of 32.
    name_length = length - 8 - 8 - 32 - 8
    if len(data) < length or name_length < 0:
        raise ValueError("a header that is cut off")
    name_said, name, md5_said, md5, size = struct.unpack(f"<Q{name_length}sQ32sQ", data)
    if (name_said, md5_said) != (name_length, 32) or size > MAX_SIZE:
        raise ValueError("a header with wrong lengths, or a size that cannot be")
    return {"filename": name.decode(), "md5": md5.decode(), "file_size": size}


def is_plain(name):
    """Whether a name is one component of a path, and harmless on a screen."""
    return name not in ("", ".", "..") and "/" not in name and "\\" not in name and name.isprintable()


def open_file(folder, name):
    """Opens the file that has this name in the folder. None if there is none."""
    path = os.path.join(folder, name)
    # The file itself: no folder, and no link, which may lead elsewhere.
    if not is_plain(name) or os.path.islink(path) or not os.path.isfile(path):
        return None
    try:
        return open(path, "rb")
    except OSError:
        return None


def receive_file(stream, path, size):
    """Receives the size bytes of a file, not one more, and tells their md5."""
    md5 = hashlib.md5()
    left = size
    with open(path, "wb") as file:
        while left > 0:
            data = stream.read(min(left, BUFFER))
            if not data:
                raise OSError("the client hung up before the end of its file")
            file.write(data)
            md5.update(data)
            left -= len(data)
    return md5.hexdigest()


try:
    main()
except KeyboardInterrupt:
    pass
