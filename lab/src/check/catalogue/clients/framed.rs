//! Frames that a server sends to programs 4, 13, 14 and 20: a length, a JSON header, a body. In
//! pieces, and with headers that lie.

use crate::check::Check;
use crate::check::Grade::{Protocol, Robust};
use crate::check::catalogue::clients::tcp_client::{MD5, TcpClient, UPLOAD, expect_nothing_stored};
use crate::check::catalogue::exchange::after;
use crate::check::catalogue::wire::frame;
use crate::check::engine::context::Context;
use crate::check::engine::trial::Verdict;

const JSON: &[&str] = &[
    "echo-tcp/framed-client",
    "ftp-simple/client",
    "ftp-simple/upload-client",
    "socketserver-demo/framed-client",
];

/// The same, and program 15, whose header is not JSON.
const FRAMED: &[&str] = &[
    "echo-tcp/framed-client",
    "ftp-simple/client",
    "ftp-simple/upload-client",
    "ftp-class/client",
    "socketserver-demo/framed-client",
];

pub(in crate::check::catalogue) const CHECKS: &[Check] = &[
    Check {
        name: "empty-body",
        grade: Protocol,
        targets: &["echo-tcp/framed-client", "socketserver-demo/framed-client"],
        sentence: "The server sends a frame whose body is empty; the client takes it for an empty message.",
        hint: "A size of 0 is a size: there is no body to receive, and recv(0) or a recv that waits for one is wrong. Program 4 prints nothing then, program 20 an empty line.",
        run: empty_body,
    },
    Check {
        name: "non-ascii-body",
        grade: Protocol,
        targets: &["socketserver-demo/framed-client"],
        sentence: "The server sends a frame with text beyond ASCII; the client shows the text.",
        hint: "The size in the header counts bytes, not characters: take it of the encoded text, and decode what came when all of it is there.",
        run: non_ascii_body,
    },
    Check {
        name: "large-body",
        grade: Robust,
        targets: &["echo-tcp/framed-client", "socketserver-demo/framed-client"],
        sentence: "The server sends a body of 2,500 bytes, 700 at a time; the client waits for all of them. Program 4 prints them in pieces of 1024, 1024 and 452 bytes, program 20 at once.",
        hint: "recv(1024) returns what has come: 700 bytes here. To count 1024 off for each call loses the rest of the body. Count what was received.",
        run: large_body,
    },
    Check {
        name: "more-than-announced",
        grade: Robust,
        targets: &["echo-tcp/framed-client"],
        sentence: "More bytes come than the header announced; the client prints those that were announced, and ends.",
        hint: "The size in the header says where the message ends, not the connection's end. Ask recv for no more than what is left of the body.",
        run: more_than_announced,
    },
    Check {
        name: "duplicate-keys",
        grade: Robust,
        targets: JSON,
        sentence: "A header names its size twice, first a wrong one; the client takes the last, as JSON libraries do.",
        hint: "Two programs that take different ones of two sizes disagree where the next message begins. Let a JSON library read the header: the last value counts.",
        run: header_duplicate_key,
    },
    Check {
        name: "length-negative",
        grade: Robust,
        targets: FRAMED,
        sentence: "A header's length is -1, or -2147483648; the client says in one line on stderr what is wrong, and ends with status 1. It stores nothing.",
        hint: "struct.unpack('i') gives a signed number, and recv(-1) is an error of the program. Look at the length before it is used.",
        run: |context| {
            refuses(context, |_| {
                [(-1_i32).to_le_bytes(), i32::MIN.to_le_bytes()]
                    .map(Vec::from)
                    .into()
            })
        },
    },
    Check {
        name: "length-too-large",
        grade: Robust,
        targets: FRAMED,
        sentence: "A header's length is 2147483647, or 65537, more than 64 KiB; the client does not wait for so much, says in one line on stderr what is wrong, and ends with status 1.",
        hint: "Four bytes from a stranger must not make a program allocate or wait for 2 GiB. No header is so long: refuse more than 64 KiB.",
        run: |context| {
            refuses(context, |_| {
                [i32::MAX.to_le_bytes(), 65_537_i32.to_le_bytes()]
                    .map(Vec::from)
                    .into()
            })
        },
    },
    Check {
        name: "length-zero",
        grade: Robust,
        targets: JSON,
        sentence: "A header's length is 0; the client says in one line on stderr that this is no header, and ends with status 1.",
        hint: "Nothing is not JSON: json.loads(b'') raises JSONDecodeError, a kind of ValueError. Catch it.",
        run: |context| refuses(context, |_| vec![frame("", b"")]),
    },
    Check {
        name: "header-not-json",
        grade: Robust,
        targets: JSON,
        sentence: "A header is not JSON: it is cut off, is not UTF-8, or is a pickle; the client says so in one line on stderr, and ends with status 1.",
        hint: "json.loads raises ValueError (JSONDecodeError, UnicodeDecodeError). Catch it, and end the conversation: where the next message begins is unknown. Never load a pickle that somebody sent: it runs code.",
        run: |context| {
            refuses(context, |number| {
                let valid = with_size(number, "3");
                vec![
                    frame(&valid[..valid.len() - 1], b""),
                    frame(b"{\"\xff\": 3}", b""),
                    frame("size=3", b""),
                    frame("\x1b[2J{", b""),
                    // pickle.dumps({'size': 3})
                    frame(
                        b"\x80\x04\x95\r\0\0\0\0\0\0\0}\x94\x8c\x04size\x94K\x03s.",
                        b"",
                    ),
                ]
            })
        },
    },
    Check {
        name: "header-not-an-object",
        grade: Robust,
        targets: JSON,
        sentence: "A header is JSON, but a list, a number, a text or null; the client says so in one line on stderr, and ends with status 1.",
        hint: "json.loads gives whatever the JSON is: header['size'] on a list is a TypeError. Look whether it is a dict.",
        run: |context| {
            refuses(context, |_| {
                ["[3]", "3", "\"size\"", "null"]
                    .map(|json| frame(json, b""))
                    .into()
            })
        },
    },
    Check {
        name: "size-missing",
        grade: Robust,
        targets: JSON,
        sentence: "A header lacks the size, or a file's md5; the client says so in one line on stderr, and ends with status 1. It may go on where a file's name is missing.",
        hint: "header['size'] raises KeyError when a peer left it out, and a stack trace tells nobody which. Look, and name the missing key.",
        run: |context| {
            refuses(context, |number| {
                let mut headers = vec![frame("{}", b"")];
                headers.extend(needed_keys(number).iter().map(|key| without(number, key)));
                headers
            })?;
            bears(context, |number| {
                let name = file_name(number);
                name.map(|(key, _)| without(number, key))
                    .into_iter()
                    .collect()
            })
        },
    },
    Check {
        name: "size-of-wrong-type",
        grade: Robust,
        targets: JSON,
        sentence: "A header's size is a text, a list, null or true, or a file's md5 is no text; the client says so in one line on stderr, and ends with status 1. It may go on where a file's name is no text.",
        hint: "JSON has types, and a peer chooses them: compare the type before counting with the value. In Python True is an int: isinstance(size, int) and not isinstance(size, bool).",
        run: |context| {
            refuses(context, |number| {
                let sizes = [r#""3""#, "[3]", "null", "true"];
                let mut headers = sizes
                    .map(|size| frame(with_size(number, size), b"abc"))
                    .to_vec();
                if file_name(number).is_some() {
                    headers.extend(no_text(number, MD5));
                }
                headers
            })?;
            bears(context, |number| {
                let name = file_name(number);
                name.map_or_else(Vec::new, |(_, name)| no_text(number, name))
            })
        },
    },
    Check {
        name: "size-negative",
        grade: Robust,
        targets: JSON,
        sentence: "A header announces a body of -1 bytes; the client says so in one line on stderr, and ends with status 1.",
        hint: "While the size is below what came, receive: with a negative size that loop does nothing, and an empty file is stored. Refuse a size below 0.",
        run: |context| refuses(context, |number| vec![frame(with_size(number, "-1"), b"")]),
    },
    Check {
        name: "size-fractional",
        grade: Robust,
        targets: JSON,
        sentence: "A header announces a body of 1.5 bytes; the client says so in one line on stderr, and ends with status 1.",
        hint: "JSON numbers may have fractions, and a loop that counts to 1.5 reads 2 bytes. Refuse what is not a whole number.",
        run: |context| {
            refuses(context, |number| {
                vec![frame(with_size(number, "1.5"), b"ab")]
            })
        },
    },
    Check {
        name: "size-huge",
        grade: Robust,
        targets: JSON,
        sentence: "A header announces a body of 2^63 bytes, or of 10^30; the client does not wait for so much, says so in one line on stderr, and ends with status 1.",
        hint: "No file and no message is so large. Refuse what does not fit into 63 bits, before allocating or receiving.",
        run: |context| {
            refuses(context, |number| {
                ["9223372036854775808", "1000000000000000000000000000000"]
                    .map(|size| frame(with_size(number, size), b"abc"))
                    .into()
            })
        },
    },
    Check {
        name: "header-nested",
        grade: Robust,
        targets: JSON,
        sentence: "A header is JSON nested 30,000 deep; the client says in one line on stderr that it does not take it, and ends with status 1.",
        hint: "A parser that calls itself for each level needs stack for each: Python raises RecursionError, other programs crash. Catch it as any other bad header.",
        run: |context| {
            refuses(context, |number| {
                let deep = format!("{}3{}", "[".repeat(30_000), "]".repeat(30_000));
                vec![frame(with_size(number, &deep), b"abc")]
            })
        },
    },
];

/// The keys that a client of program `number` cannot do without: first that of the body's size.
fn needed_keys(number: u8) -> &'static [&'static str] {
    match number {
        4 => &["size"],
        13 => &["filesize", "filemd5"],
        14 => &["file_size", "md5"],
        _ => &["data_size"],
    }
}

/// The key under which a header of program `number` has the size of the body.
fn size_key(number: u8) -> &'static str {
    needed_keys(number)[0]
}

/// The key and the value of a file's name. The client knows it without the header.
fn file_name(number: u8) -> Option<(&'static str, &'static str)> {
    match number {
        13 => Some(("filename", "a.txt")),
        14 => Some(("file_name", UPLOAD)),
        _ => None,
    }
}

/// A frame of program `number` without the key.
fn without(number: u8, key: &str) -> Vec<u8> {
    frame(with_size(number, "3").replace(key, "other"), body(number))
}

/// Frames of program `number` that have something else where the header has this text.
fn no_text(number: u8, text: &str) -> Vec<Vec<u8>> {
    let header = with_size(number, "3");
    ["5", "null", "[]"]
        .map(|json| frame(header.replace(&format!("\"{text}\""), json), body(number)))
        .into()
}

/// A header of the server of program `number`, its size as this JSON.
fn with_size(number: u8, size: &str) -> String {
    match number {
        13 => format!(r#"{{"filename": "a.txt", "filemd5": "{MD5}", "filesize": {size}}}"#),
        14 => format!(r#"{{"file_name": "{UPLOAD}", "file_size": {size}, "md5": "{MD5}"}}"#),
        _ => format!(r#"{{"{}": {size}}}"#, size_key(number)),
    }
}

/// What follows a header of program `number` with a size of 3.
fn body(number: u8) -> &'static [u8] {
    if number == 14 { b"" } else { b"abc" }
}

/// Waits until the screen shows the body `abc`, or the transfer of that file.
fn shows_abc(client: &mut TcpClient, number: u8) -> Verdict {
    match number {
        4 => client.program.expect_screen("b'abc'\n")?,
        13 => {
            client.program.await_screen("'filesize': 3}\n")?;
            client.program.await_screen("\n执行结束\n")?;
        }
        20 => client.program.expect_screen("abc\n")?,
        _ => {}
    }
    client.expect_to_go_on()
}

/// A new client for each of the answers: it must end with an error that names its server, and
/// store nothing. The connection stays open: nothing but the answer tells it.
pub(super) fn refuses(context: &Context, answers: fn(u8) -> Vec<Vec<u8>>) -> Verdict {
    for answer in answers(context.number()) {
        let mut client = TcpClient::start(context)?;
        client.ask()?;
        client.stream.send(&answer)?;
        client.expect_error().map_err(after(&answer))?;
        // An error that quotes the header must not let a terminal obey it.
        client.program.expect_harmless_screen(&["\r"])?;
        expect_nothing_stored(context)?;
    }
    Ok(())
}

/// A new client for each of the answers, which it may refuse as above or take for good.
fn bears(context: &Context, answers: fn(u8) -> Vec<Vec<u8>>) -> Verdict {
    for answer in answers(context.number()) {
        let mut client = TcpClient::start(context)?;
        client.ask()?;
        client.stream.send(&answer)?;
        client.program.end_input();
        let status = client.program.expect_end()?;
        let errors = client.program.process().stderr().text();
        if !matches!(status.code(), Some(0 | 1)) || errors.lines().count() > 1 {
            let stop = context.fail(
                "the client goes on, or ends with status 1 and one line on stderr",
                format!("{status}; stderr: {errors:?}"),
            );
            return Err(after(&answer)(stop));
        }
    }
    Ok(())
}

fn empty_body(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    client.send_answer(&frame(with_size(context.number(), "0"), b""))?;
    if context.number() == 20 {
        client.program.expect_screen("\n")?;
    }
    client.expect_to_go_on()
}

fn non_ascii_body(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    client.send_answer(&frame(r#"{"data_size": 12}"#, "你好 ÄÖ!".as_bytes()))?;
    client.program.expect_screen("你好 ÄÖ!\n")?;
    client.expect_to_go_on()
}

fn header_duplicate_key(context: &mut Context) -> Verdict {
    let number = context.number();
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    let key = format!(r#""{}": "#, size_key(number));
    let twice = with_size(number, "3").replace(&key, &format!("{key}1, {key}"));
    client.send_answer(&frame(&twice, body(number)))?;
    shows_abc(&mut client, number)
}

fn more_than_announced(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.send_answer(&frame(r#"{"size": 3}"#, b"abc and more"))?;
    client.program.expect_screen("b'abc'\n")?;
    client.program.expect_success()
}

fn large_body(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    let body: String = ('a'..='z').cycle().take(2500).collect();
    client
        .stream
        .send(&frame(with_size(context.number(), "2500"), b""))?;
    client.stream.send_in_pieces(body.as_bytes(), 700)?;
    client.send_answer(b"")?;
    if context.number() == 20 {
        client.program.expect_screen(&format!("{body}\n"))?;
    } else {
        for piece in [&body[..1024], &body[1024..2048], &body[2048..]] {
            client.program.expect_screen(&format!("b'{piece}'\n"))?;
        }
    }
    client.expect_to_go_on()
}
