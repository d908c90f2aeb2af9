"""Tells its time to whoever asks in NTP's own format: 48 bytes, binary."""

import socket
import struct
import sys
import time

# The 48 bytes: leap, version and mode in one, stratum, poll, precision; root delay, root dispersion, reference id;
# and the timestamps reference, origin, receive, transmit.
PACKET = struct.Struct("!BBbbII4sQQQQ")

# From 1900, when NTP begins to count, to 1970, when Unix does, in seconds.
UNIX = 2_208_988_800


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 1123
    #~ uncomment
    # (1) socket, bind
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", port))
    while True:
        # (2) recvfrom: T2 is now
        question, peer = sock.recvfrom(65535)
        received = now()
        # (3) unpack: what is no question has no answer
        if len(question) < PACKET.size:
            continue
        first, _, poll, *_, nonce = PACKET.unpack_from(question)
        version, mode = first >> 3 & 7, first & 7
        #~ write
        if mode != 3 or not 1 <= version <= 4:
            continue
        #~ end
        # (4) pack: version and poll as they came, the nonce bit for bit; T3 is now
        #~ write
        #~| answer = b""
        answer = PACKET.pack(version << 3 | 4, 1, poll, -20, 0, 0, b"LOCL", 0, nonce, received, now())
        #~ end
        # (5) sendto
        try:
            sock.sendto(answer, peer)
        except OSError as error:
            print(f"cannot answer {peer}: {error}", file=sys.stderr)
        print(f"[{peer[0]}:{peer[1]}] asks in version {version}", flush=True)
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket, bind: take the # from the lines above, and this line away")
    #~ end


def now():
    """The time as NTP counts it, in 2^-32 s since 1900; in 2036 the count begins again at 0."""
    #~ write
    #~| return 0
    seconds, nanoseconds = divmod(time.time_ns(), 10**9)
    return ((seconds + UNIX << 32) + (nanoseconds << 32) // 10**9) % 2**64
    #~ end


try:
    main()
except KeyboardInterrupt:
    pass
