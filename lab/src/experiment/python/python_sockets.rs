//! What Python's `socket.socket()` takes and gives.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::experiment::report::{Steps, Verdict};
use crate::experiment::{Experiment, interpreter};

/// IPv4 and stream by default, bytes only.
pub struct PythonSockets;

/// What the installed Python says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Seen {
    /// The family of `socket.socket()`.
    pub family: String,
    /// Its type.
    pub r#type: String,
    /// Its protocol.
    pub protocol: i32,
    /// The exception of `send('text')`.
    pub send_text: String,
    /// The type of what `recv` returns.
    pub recv_returns: String,
    /// The exception of `sendto(b'…')` without an address.
    pub sendto_without_address: String,
    /// The size of `struct.pack('i', …)` in bytes.
    pub packed_i_bytes: usize,
}

const SCRIPT: &str = "
import json, socket, struct
def name(error):
    return type(error).__name__
new = socket.socket()
one, other = socket.socketpair()
try:
    one.send('text'); text = 'no exception'
except Exception as error:
    text = name(error)
one.send(b'bytes')
received = other.recv(1024)
udp = socket.socket(type=socket.SOCK_DGRAM)
try:
    udp.sendto(b'bytes'); without = 'no exception'
except Exception as error:
    without = name(error)
print(json.dumps({
    'family': socket.AddressFamily(new.family).name,
    'type': socket.SocketKind(new.type).name,
    'protocol': new.proto,
    'send_text': text,
    'recv_returns': type(received).__name__,
    'sendto_without_address': without,
    'packed_i_bytes': len(struct.pack('i', 94)),
}))
";

impl Experiment for PythonSockets {
    const NAME: &'static str = "python-sockets";
    const CLAIM: &'static str =
        "in Python AF_INET and SOCK_STREAM are the default, and only bytes can be sent";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("let Python make a socket without arguments, and send text, bytes, nothing");
        interpreter::ask(SCRIPT, &[])
    }

    fn verdict(seen: &Seen) -> Verdict {
        let defaults = seen.family == "AF_INET" && seen.r#type == "SOCK_STREAM";
        Verdict::decide(
            defaults && seen.send_text == "TypeError" && seen.recv_returns == "bytes",
            "text must be encoded before it is sent and decoded after it is received; and sendto \
             needs the address, as its second argument",
            "this Python has other defaults",
        )
    }
}
