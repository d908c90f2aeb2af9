//! Headers that lie: lengths, JSON, bincode, sizes.

use common::header;
use serde_json::{Value, json};

use super::lesson::{Lesson, UPLOADS};
use super::wire::{bincode, framed, md5};
use crate::check::Check;
use crate::check::Grade::Robust;
use crate::check::context::Context;
use crate::check::trial::{Stop, Verdict};

const JSON: &[&str] = &["ftp-simple/upload-server"];
const BINCODE: &[&str] = &["ftp-class/server"];

/// What every refusal of a header has in common.
const REFUSE: &str = "Whoever connects can send this. Catch what parsing raises, close this one connection, store nothing, and go on with the others.";

pub(in crate::check::checks) const CHECKS: &[Check] = &[
    Check {
        name: "length-negative",
        grade: Robust,
        targets: UPLOADS,
        sentence: "Clients announce a header of -1 and of -2^31 bytes; the connection is closed, and the next client is served.",
        hint: "The length is signed: check it before reading. recv(-1) raises; a loop that reads until nothing is missing never begins, or never ends.",
        run: length_negative,
    },
    Check {
        name: "length-zero",
        grade: Robust,
        targets: UPLOADS,
        sentence: "A client announces a header of 0 bytes; the connection is closed, and the next client is served.",
        hint: REFUSE,
        run: length_zero,
    },
    Check {
        name: "length-too-large",
        grade: Robust,
        targets: UPLOADS,
        sentence: "Clients announce a header of 64 KiB and one byte, and of 2^31-1 bytes; the connection is closed at once, and the next client is served.",
        hint: "Four bytes from a stranger decide how much memory you take: set a limit (64 KiB) and refuse what is above it before you read or allocate.",
        run: length_too_large,
    },
    Check {
        name: "header-not-json",
        grade: Robust,
        targets: JSON,
        sentence: "Clients send headers that are not JSON, not UTF-8, or nested 30,000 deep; the connection is closed, nothing is stored, and the next client is served.",
        hint: REFUSE,
        run: header_not_json,
    },
    Check {
        name: "header-not-an-object",
        grade: Robust,
        targets: JSON,
        sentence: "Clients send headers that are JSON but a list, a number, a string, null; the connection is closed, and the next client is served.",
        hint: "json.loads returns whatever the peer wrote. Check isinstance(header, dict) before asking it for a key.",
        run: header_not_an_object,
    },
    Check {
        name: "header-not-bincode",
        grade: Robust,
        targets: BINCODE,
        sentence: "Clients send headers that are random bytes, too short, too long, with a name that claims 2^63 bytes or is not UTF-8; the connection is closed, nothing is stored, and the next client is served.",
        hint: "A length inside the header is a stranger's word too: compare it with the bytes that are there before you cut or allocate, and refuse what is left over.",
        run: header_not_bincode,
    },
    Check {
        name: "pickle-as-header",
        grade: Robust,
        targets: UPLOADS,
        sentence: "A client sends a pickle as header that would create a file when loaded; it is not created, the connection is closed, and the next client is served.",
        hint: "pickle.loads runs what the pickle says: whoever sends one owns your machine. Use a format that only describes data: JSON, or struct.",
        run: pickle_as_header,
    },
    Check {
        name: "size-missing",
        grade: Robust,
        targets: JSON,
        sentence: "Clients send headers without a size, or without a name; the connection is closed, and the next client is served.",
        hint: "header[\"file_size\"] raises a KeyError when it is missing. Check before use, and close the connection.",
        run: size_missing,
    },
    Check {
        name: "size-of-wrong-type",
        grade: Robust,
        targets: JSON,
        sentence: "Clients send sizes that are a string, null, true, a list, and names that are none; the connection is closed, and the next client is served.",
        hint: "JSON has types of its own: check that the size is an int (and not a bool, which is one to isinstance), the name a str.",
        run: size_of_wrong_type,
    },
    Check {
        name: "size-negative",
        grade: Robust,
        targets: JSON,
        sentence: "A client announces -1 bytes; the connection is closed, nothing is stored, and the next client is served.",
        hint: "A size below zero passes `while received < size` unnoticed and leaves an empty file. Refuse it.",
        run: size_negative,
    },
    Check {
        name: "size-fractional",
        grade: Robust,
        targets: JSON,
        sentence: "A client announces 3.5 bytes; the connection is closed, nothing is stored, and the next client is served.",
        hint: "recv(3.5) raises a TypeError, and a loop that counts to 3.5 receives 4. Accept whole numbers only.",
        run: size_fractional,
    },
    Check {
        name: "size-huge",
        grade: Robust,
        targets: UPLOADS,
        sentence: "Clients announce 2^63 bytes and more; the connection is closed, and the next client is served.",
        hint: "No file has 2^63 bytes: refuse what cannot be, before you wait for it.",
        run: size_huge,
    },
    Check {
        name: "duplicate-keys",
        grade: Robust,
        targets: JSON,
        sentence: "A client sends a header with file_size twice and a key that nobody knows; the last size counts, as json.loads has it, and the file is stored.",
        hint: "Two programs that choose different values of a doubled key disagree about where the file ends. json.loads takes the last.",
        run: duplicate_keys,
    },
];

/// Sends each of `headers`, length and all, on a connection of its own. Each must be closed and
/// nothing stored, and then the next client is served.
fn refuses(context: &Context, headers: &[Vec<u8>]) -> Verdict {
    let lesson = Lesson::new(context)?;
    let server = lesson.start()?;
    for header in headers {
        let mut client = server.connect()?;
        if context.number() == 15 {
            client.send(b"put a.txt\n")?;
        }
        client.send_to_whoever_listens(header);
        client
            .expect_closed()
            .map_err(|stop| stop.while_("after a bad header"))?;
    }
    lesson.await_names(&[])?;
    lesson.serves_the_next(&server)
}

fn refuses_framed(context: &Context, headers: &[&[u8]]) -> Verdict {
    let frames: Verdict<Vec<_>> = headers.iter().map(|header| framed(header)).collect();
    refuses(context, &frames?)
}

fn length_negative(context: &mut Context) -> Verdict {
    refuses(
        context,
        &[-1, i32::MIN].map(|length| length.to_le_bytes().to_vec()),
    )
}

fn length_zero(context: &mut Context) -> Verdict {
    refuses_framed(context, &[b""])
}

fn length_too_large(context: &mut Context) -> Verdict {
    refuses(
        context,
        &[65_537, i32::MAX].map(|length| length.to_le_bytes().to_vec()),
    )
}

fn header_not_json(context: &mut Context) -> Verdict {
    let deep = b"[".repeat(30_000);
    refuses_framed(
        context,
        &[b"hello", b"{\"file_name\": ", b"\xff\xfe{}", b"\0", &deep],
    )
}

fn header_not_an_object(context: &mut Context) -> Verdict {
    refuses_framed(
        context,
        &[
            b"[]",
            b"5",
            b"\"file_name\"",
            b"null",
            b"[{\"file_size\": 0}]",
        ],
    )
}

fn header_not_bincode(context: &mut Context) -> Verdict {
    let good = bincode(b"a.txt", &md5(b""), 0);
    let mut claims = good.clone();
    claims[..8].copy_from_slice(&(1_u64 << 63).to_le_bytes());
    refuses_framed(
        context,
        &[
            b"hello",
            &good[..good.len() - 1],
            &[&good[..], b"\0"].concat(),
            &claims,
            &bincode(b"caf\xe9", &md5(b""), 0),
        ],
    )
}

fn pickle_as_header(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let server = lesson.start()?;
    let before = lesson.outside();
    let mark = lesson.folder().join("pickled");
    // What pickle.loads does with it: os.system("touch ...").
    let pickle = format!("cos\nsystem\n(S'touch {}'\ntR.", mark.display());
    let mut client = server.connect()?;
    if context.number() == 15 {
        client.send(b"put a.txt\n")?;
        // A server that takes a segment for a command would throw the header away with it.
        client.wait_until_fetched();
    }
    client.send_to_whoever_listens(&framed(pickle.as_bytes())?);
    let ended = client.expect_closed();
    lesson
        .expect_outside(&before)
        .map_err(|stop| stop.while_("nothing that a pickle says is run"))?;
    ended?;
    lesson.await_names(&[])?;
    lesson.serves_the_next(&server)
}

/// Headers with a field less, or others than they should be.
fn refuses_fields(context: &Context, headers: &[Value]) -> Verdict {
    let texts: Vec<_> = headers.iter().map(Value::to_string).collect();
    let headers: Vec<_> = texts.iter().map(String::as_bytes).collect();
    refuses_framed(context, &headers)
}

fn size_missing(context: &mut Context) -> Verdict {
    refuses_fields(
        context,
        &[
            json!({}),
            json!({"file_name": "a.txt", "size": 5}),
            json!({"file_size": 5}),
        ],
    )
}

fn size_of_wrong_type(context: &mut Context) -> Verdict {
    let sizes = [json!("5"), json!(null), json!(true), json!([5]), json!({})];
    let mut headers: Vec<_> = sizes
        .into_iter()
        .map(|size| json!({"file_name": "a.txt", "file_size": size}))
        .collect();
    headers.push(json!({"file_name": 5, "file_size": 5}));
    headers.push(json!({"file_name": null, "file_size": 5}));
    refuses_fields(context, &headers)
}

fn size_negative(context: &mut Context) -> Verdict {
    refuses_fields(context, &[json!({"file_name": "a.txt", "file_size": -1})])
}

fn size_fractional(context: &mut Context) -> Verdict {
    refuses_fields(context, &[json!({"file_name": "a.txt", "file_size": 3.5})])
}

fn size_huge(context: &mut Context) -> Verdict {
    if context.number() == 15 {
        return refuses_framed(
            context,
            &[1 << 63, u64::MAX]
                .map(|size| bincode(b"a.txt", &md5(b""), size))
                .each_ref()
                .map(Vec::as_slice),
        );
    }
    refuses_framed(
        context,
        &[
            br#"{"file_name": "a.txt", "file_size": 9223372036854775808}"#,
            br#"{"file_name": "a.txt", "file_size": 1000000000000000000000000000000}"#,
            br#"{"file_name": "a.txt", "file_size": 1e400}"#,
        ],
    )
}

fn duplicate_keys(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let server = lesson.start()?;
    let mut client = server.connect()?;
    let header = br#"{"file_name": "b", "file_size": 2, "more": [1, {"a": null}], "file_size": 5}"#;
    let upload = header::pack(header, b"hello");
    client.send(&upload.map_err(|error| Stop::NotJudged(error.to_string()))?)?;
    lesson.expect_stored(&mut client, "b", b"hello")?;
    lesson.exchange(&mut client)
}
