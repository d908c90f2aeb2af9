"""What must hold of the modules names, partial_file, digest and transfer; run by files.rs, which sets the search path."""

import hashlib
import os
import socket
import stat
import tempfile
import threading
import time

from common.files import digest, hashing, names, partial_file, transfer

HELLO = "5d41402abc4b2a76b9719d911017c592"
WORLD = "7d793037a0760186574b0282f2f435e7"

SHORT_REST = 0.04
"""In seconds: longer than the kernel's tick of 10 ms at most."""


class Stream:
    """A connection with so many bytes on their way, closed after them."""

    def __init__(self, data):
        self.data = data

    def recv(self, size):
        """At most two bytes, as a slow network may."""
        piece, self.data = self.data[: min(size, 2)], self.data[min(size, 2) :]
        return piece


def refused(call, *args):
    """The error that a call ends with."""
    try:
        call(*args)
    except Exception as error:
        return error
    raise AssertionError("not refused")


def write(path, text):
    """Makes a file."""
    with open(path, "w") as file:
        file.write(text)


def read(path):
    """A file's bytes."""
    with open(path, "rb") as file:
        return file.read()


def partial_files(folder):
    """A file appears with the last step, whole, or not at all."""
    path = os.path.join(folder, "a.txt")
    with partial_file.PartialFile(folder) as file:
        file.write(b"hello")
        assert not os.path.exists(path)
        file.persist("a.txt")
    assert read(path) == b"hello"
    with partial_file.PartialFile(folder) as file:
        file.write(b"new")
        file.persist("a.txt")
    assert read(path) == b"new"
    with partial_file.PartialFile(folder) as file:
        file.write(b"dropped")
    assert os.listdir(folder) == ["a.txt"]

    os.umask(0o027)
    longest = "n" * names.MAX_BYTES
    for _ in range(2):
        with partial_file.PartialFile(folder) as file:
            file.persist(longest)
    if os.name == "posix":
        assert stat.S_IMODE(os.stat(os.path.join(folder, longest)).st_mode) == 0o640
    os.umask(0o022)

    os.mkdir(os.path.join(folder, "sub"))
    with partial_file.PartialFile(folder) as file:
        assert isinstance(refused(file.persist, "sub"), OSError)
    assert sorted(os.listdir(folder)) == sorted(["a.txt", longest, "sub"])

    missing = os.path.join(folder, "made", "when missing")
    with partial_file.PartialFile(missing) as file:
        file.persist("a.txt")
    abandoned = partial_file.PartialFile(missing)
    abandoned.write(b"the program ends here")
    partial_file.discard_unfinished()
    assert os.listdir(missing) == ["a.txt"]


def transfers(folder):
    """Only what is announced is taken, and only what is right is stored."""
    path = os.path.join(folder, "a.txt")
    stream = Stream(b"hello, next")
    assert transfer.receive_file(stream, folder, "a.txt", 5, HELLO.upper()) == HELLO
    assert stream.data == b", next"
    assert read(path) == b"hello"

    stream = Stream(b"world, next")
    error = refused(transfer.receive_file, stream, folder, "a.txt", 5, HELLO)
    assert isinstance(error, transfer.NotStored) and stream.data == b", next"
    stream = Stream(b"hello, next")
    error = refused(transfer.receive_file, stream, folder, "../a.txt", 5)
    assert isinstance(error, transfer.NotStored) and stream.data == b", next"
    stream = Stream(b"hello, next")
    error = refused(transfer.receive_file, stream, path, "a.txt", 5)
    assert isinstance(error, transfer.NotStored) and stream.data == b", next"
    error = refused(transfer.receive_file, Stream(b"hell"), folder, "a.txt", 5)
    assert str(error) == "peer closed after 4 of 5 bytes of a.txt"
    assert not isinstance(error, transfer.NotStored)
    assert os.listdir(folder) == ["a.txt"] and read(path) == b"hello"

    opened = names.open_local(path)
    assert transfer.md5_of(opened) == HELLO
    shorter = opened._replace(size=6)
    assert str(refused(transfer.md5_of, shorter)) == f"cannot read {path}: unexpected end of file"
    opened.file.close()


def large_transfers(folder):
    """What another thread hashes has the same md5, and a transfer that fails leaves no thread behind."""
    data = bytes(range(256)) * 4096
    md5 = hashlib.md5(data).hexdigest()
    near, far = socket.socketpair()
    path = os.path.join(folder, "sent")
    with open(path, "wb") as file:
        file.write(data)
    opened = names.open_local(path)
    sent = []
    sender = threading.Thread(target=lambda: sent.append(transfer.send_file_hashing(near, opened)))
    sender.start()
    assert transfer.receive_file(far, folder, "received", len(data), md5) == md5
    sender.join()
    opened.file.close()
    assert sent == [md5]
    assert read(os.path.join(folder, "received")) == data

    threads = threading.active_count()
    near.sendall(b"too little")
    near.close()
    error = refused(transfer.receive_file, far, folder, "cut", len(data))
    assert "peer closed after 10 of" in str(error), error
    far.close()
    assert threading.active_count() == threads

    for pieces in ([], [b"hello"], [data[:1000]] * 9, [data, b"", data]):
        for size in (0, hashing.BUFFER + 1):
            with hashing.Hashing(size) as beside:
                assert (threading.active_count() > threads) == (size > hashing.BUFFER)
                for piece in pieces:
                    beside.update(piece)
            assert beside.hexdigest() == hashlib.md5(b"".join(pieces)).hexdigest()


def remembered_digests(folder):
    """An md5 counts while nothing has happened to the file, whatever its names."""
    path = os.path.join(folder, "a.txt")

    def ask(memory, path=path):
        opened = names.open_local(path)
        with opened.file:
            return memory.md5_of(opened)

    def remembers(memory):
        status = os.stat(path)
        known = memory.files.get((status.st_dev, status.st_ino))
        return known is not None and known.state == (status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    def wait_until_rested():
        while time.time() - os.stat(path).st_ctime < 2 * SHORT_REST:
            time.sleep(SHORT_REST / 4)

    write(path, "hello")
    memory = digest.Memory(digest.REST)
    assert ask(memory) == HELLO and not remembers(memory)

    def set_back(path):
        status = os.stat(path)
        write(path, "world")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    def replace(path):
        write(path + ".new", "world")
        os.replace(path + ".new", path)

    for change in (lambda path: write(path, "world"), replace, set_back):
        write(path, "hello")
        wait_until_rested()
        memory = digest.Memory(SHORT_REST)
        assert ask(memory) == HELLO and remembers(memory)
        memory.files[next(iter(memory.files))].md5 = "remembered"
        assert ask(memory) == "remembered"
        change(path)
        assert ask(memory) == WORLD
        wait_until_rested()
        assert ask(memory) == WORLD

    write(path, "hello")
    os.link(path, os.path.join(folder, "b.txt"))
    wait_until_rested()
    memory = digest.Memory(SHORT_REST)
    memory.files = {(0, inode): None for inode in range(digest.MOST_FILES)}
    assert ask(memory) == HELLO and len(memory.files) == 1
    memory.files[next(iter(memory.files))].md5 = "remembered"
    assert ask(memory, os.path.join(folder, "b.txt")) == "remembered"


def shared_files(folder):
    """Links are followed inside the folder only, and only regular files are opened."""
    share = os.path.join(folder, "share")
    os.mkdir(share)
    os.mkdir(os.path.join(share, "sub"))
    write(os.path.join(folder, "secret"), "secret")
    write(os.path.join(share, "a.txt"), "hello")
    if os.name == "posix":
        for link, target in (("inside", "a.txt"), ("outside", "../secret"), ("gone", "nowhere"), ("loop", "loop")):
            os.symlink(target, os.path.join(share, link))
        os.mkfifo(os.path.join(share, "fifo"))
        assert isinstance(refused(names.open_shared, share, "fifo"), names.NoSuchFile)
        assert isinstance(refused(names.open_shared, share, "gone"), names.NoSuchFile)
        assert "leads out" in str(refused(names.open_shared, share, "outside"))
        assert isinstance(refused(names.open_shared, share, "loop"), names.OpenError)
        assert names.list_shared(share) == ["a.txt", "inside"]
    opened = names.open_shared(share, "a.txt")
    assert opened.size == 5 and opened.file.read() == b"hello"
    opened.file.close()
    assert isinstance(refused(names.open_shared, share, "sub"), names.OpenError)
    assert isinstance(refused(names.open_shared, share, "../secret"), names.NameRefused)
    assert isinstance(refused(names.open_shared, os.path.join(folder, "nowhere"), "a.txt"), names.OpenError)


for kind in ("nameless", "named"):
    if kind == "named":
        partial_file._open_nameless = lambda folder: None  # as where there is no O_TMPFILE
    for check in (partial_files, transfers, large_transfers):
        with tempfile.TemporaryDirectory() as temporary:
            check(temporary)
with tempfile.TemporaryDirectory() as temporary:
    shared_files(temporary)
if os.name == "posix":
    with tempfile.TemporaryDirectory() as temporary:
        remembered_digests(temporary)
print("ok")
