//! The framed echo: program 20.

use crate::check::Check;
use crate::check::Grade::{Protocol, Robust};
use crate::check::catalogue::exchange::{after, exchange, frame, goes_on, in_turns};
use crate::check::catalogue::wire;
use crate::check::engine::context::Context;
use crate::check::engine::server::Server;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::Verdict;

const TARGET: &[&str] = &["socketserver-demo/framed-server"];

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "session",
        grade: Protocol,
        targets: TARGET,
        sentence: "A client sends three frames, each after the answer to the one before; each answer is a frame with the text upper-cased: 4 bytes of length, little-endian, the JSON {\"data_size\": N} exactly as json.dumps writes it, N bytes.",
        hint: "The order on the wire: struct.pack('i', len(header)), the header, the body. data_size counts the body's bytes, not its characters.",
        run: session,
    },
    Check {
        name: "screen",
        grade: Protocol,
        targets: TARGET,
        sentence: "A client sends `hello world!` and another text; the screen shows the lesson's line for each.",
        hint: "stdout is the transcript: print exactly what the lesson prints, flush it, and send everything else to stderr.",
        run: screen,
    },
    Check {
        name: "non-ascii",
        grade: Protocol,
        targets: TARGET,
        sentence: "A client sends `straße 你好 é`, whose capitals are the same in every version of Unicode; the answer is what str.upper makes of it, and its data_size counts bytes.",
        hint: "Here text is upper-cased, not bytes: ß becomes SS. Encode the answer first, then count its bytes for data_size.",
        run: non_ascii,
    },
    Check {
        name: "empty-message",
        grade: Protocol,
        targets: TARGET,
        sentence: "A client sends a frame of 0 bytes; the answer is a frame of 0 bytes, and the conversation goes on.",
        hint: "A message may be empty: data_size 0 means that the next frame follows at once. Only a closed connection ends the conversation.",
        run: empty_message,
    },
    Check {
        name: "glued-frames",
        grade: Protocol,
        targets: TARGET,
        sentence: "A client sends three frames in one segment; each is answered.",
        hint: "Read exactly as many bytes as the header says: what follows belongs to the next frame.",
        run: glued_frames,
    },
    Check {
        name: "kilobyte",
        grade: Protocol,
        targets: TARGET,
        sentence: "A client sends a frame of 1,024 bytes, as many as the lesson receives at a time; it comes back whole.",
        hint: "Receive until all that data_size announces has come, and count what recv returns.",
        run: kilobyte,
    },
    Check {
        name: "side-by-side",
        grade: Protocol,
        targets: TARGET,
        sentence: "Three clients are connected at once and talk in turns; each is answered at once.",
        hint: "Give each connection a thread (ThreadingTCPServer, not TCPServer), and no state that connections share.",
        run: side_by_side,
    },
    Check {
        name: "byte-by-byte",
        grade: Robust,
        targets: TARGET,
        sentence: "A client sends its frame one byte at a time; it is answered like any other.",
        hint: "recv(4) returns up to 4 bytes, sometimes one. Read in a loop until all bytes of the length, the header, the body have come.",
        run: byte_by_byte,
    },
    Check {
        name: "large-message",
        grade: Robust,
        targets: TARGET,
        sentence: "A client sends a frame of 1 MiB; it comes back whole.",
        hint: "recv(n) may return less than n and send may take less than it was given: loop until all has come, and use sendall.",
        run: large_message,
    },
    Check {
        name: "one-write-a-frame",
        grade: Robust,
        targets: TARGET,
        sentence: "A client makes ten exchanges; each answer arrives as one piece, not as length, header and body one by one.",
        hint: "Three small writes wait for each other's acknowledgement, 40 ms each time (Nagle's algorithm against delayed acknowledgement). Join the three and send once.",
        run: one_write_a_frame,
    },
    Check {
        name: "invalid-utf8",
        grade: Robust,
        targets: TARGET,
        sentence: "A client sends a body that is not UTF-8; it is answered as text with U+FFFD in place of what is none, and the conversation goes on.",
        hint: "decode() raises at the first bad byte, and the conversation is over. decode(errors=\"replace\") puts U+FFFD there.",
        run: invalid_utf8,
    },
    Check {
        name: "control-characters",
        grade: Robust,
        targets: TARGET,
        sentence: "A client sends NUL, bell, and a sequence that clears the terminal; they come back as they are, and the screen shows them escaped.",
        hint: "A terminal obeys escape sequences, whoever wrote them. Escape control characters before printing what a peer sent.",
        run: control_characters,
    },
    Check {
        name: "duplicate-keys",
        grade: Robust,
        targets: TARGET,
        sentence: "A client sends a header with data_size twice and a key that nobody knows; the last size counts, as json.loads has it, and the answer comes.",
        hint: "Two programs that choose different values of a doubled key disagree about where the frame ends. json.loads takes the last.",
        run: duplicate_keys,
    },
    Check {
        name: "leaves-in-mid-frame",
        grade: Robust,
        targets: TARGET,
        sentence: "Clients leave in the middle of the length, of the header and of the body, with a goodbye and by reset; the next client is served, and no processor time is burnt.",
        hint: "recv returns b'' when the peer has gone: a loop that waits for the rest spins for ever. Nothing came means stop.",
        run: leaves_in_mid_frame,
    },
];

fn says(context: &Context, texts: &[&str]) -> Verdict<Server> {
    let server = context.server()?;
    let mut client = server.connect()?;
    for text in texts {
        client.send(&frame(text)?)?;
        client.expect(&frame(&text.to_uppercase())?)?;
    }
    Ok(server)
}

fn session(context: &mut Context) -> Verdict {
    says(context, &["hello world!", "x", " three words here "]).map(drop)
}

fn screen(context: &mut Context) -> Verdict {
    let mut server = says(context, &["hello world!", "again"])?;
    server.program()?;
    server.expect_screen("收到客户端消息 hello world!\n收到客户端消息 again\n")
}

fn non_ascii(context: &mut Context) -> Verdict {
    says(context, &["straße 你好 é"]).map(drop)
}

fn empty_message(context: &mut Context) -> Verdict {
    says(context, &["", "hello"]).map(drop)
}

fn glued_frames(context: &mut Context) -> Verdict {
    let server = context.server()?;
    let mut client = server.connect()?;
    client.send(&[frame("one")?, frame("two")?, frame("three")?].concat())?;
    client.expect(&[frame("ONE")?, frame("TWO")?, frame("THREE")?].concat())
}

fn side_by_side(context: &mut Context) -> Verdict {
    let server = context.server()?;
    in_turns(&server, |client| exchange(context, client))
}

fn byte_by_byte(context: &mut Context) -> Verdict {
    let server = context.server()?;
    let mut client = server.connect()?;
    client.send_in_pieces(&frame("hello")?, 1)?;
    client.expect(&frame("HELLO")?)
}

fn kilobyte(context: &mut Context) -> Verdict {
    says(context, &[&"0123456789abcdef".repeat(64)]).map(drop)
}

fn large_message(context: &mut Context) -> Verdict {
    let text = "0123456789abcdef".repeat(1 << 16);
    says(context, &[&text]).map(drop)
}

fn one_write_a_frame(context: &mut Context) -> Verdict {
    let server = context.server()?;
    let mut client = server.connect()?;
    let whole = frame("HELLO")?;
    for _ in 0..10 {
        client.send(&frame("hello")?)?;
        let first = client.receive_some()?;
        if first.len() < whole.len() {
            return Err(context.fail(
                format!("the answer's {} bytes as one piece", whole.len()),
                format!("{} of them came first", first.len()),
            ));
        }
    }
    Ok(())
}

fn invalid_utf8(context: &mut Context) -> Verdict {
    let server = context.server()?;
    let mut client = server.connect()?;
    client.send(&wire::frame(r#"{"data_size": 5}"#, b"caf\xe9!"))?;
    client.expect(&frame("CAF\u{fffd}!")?)?;
    exchange(context, &mut client)
}

fn control_characters(context: &mut Context) -> Verdict {
    let mut server = says(
        context,
        &["a\0b\x07c\rd", "\x1b[2J\x1b]0;MINE\x07", "\u{9b}M", "done"],
    )?;
    server.expect_harmless_screen("done", &[])
}

/// Sends each of `beginnings` on a connection of its own; each must be closed, the next client
/// served, and the server idle.
pub(super) fn refuses(context: &Context, beginnings: &[Vec<u8>]) -> Verdict {
    let mut server = context.server()?;
    for bytes in beginnings {
        let mut client = server.connect()?;
        client.send(bytes)?;
        client.expect_closed().map_err(after(bytes))?;
    }
    goes_on(context, &mut server)
}

fn duplicate_keys(context: &mut Context) -> Verdict {
    let server = context.server()?;
    let mut client = server.connect()?;
    let header = r#"{"data_size": 2, "more": [1, {"a": null}], "data_size": 5}"#;
    client.send(&wire::frame(header, b"hello"))?;
    client.expect(&frame("HELLO")?)?;
    exchange(context, &mut client)
}

fn leaves_in_mid_frame(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    let whole = frame("hello world!")?;
    for size in [2, 10, whole.len() - 5] {
        for leave in [Stream::close, Stream::reset] {
            let mut client = server.connect()?;
            client.send(&whole[..size])?;
            leave(client);
        }
    }
    goes_on(context, &mut server)
}
