//! Headers that lie to a server: their lengths, their JSON, the sizes in them.
//!
//! Both JSON programs get the same headers, each with its own keys; what is refused ends that one
//! connection, and stores nothing.

use std::path::Path;

use crate::check::Check;
use crate::check::Grade::Robust;
use crate::check::catalogue::exchange::goes_on;
use crate::check::catalogue::wire::frame;
use crate::check::catalogue::{files, framed_echo};
use crate::check::engine::context::Context;
use crate::check::engine::trial::Verdict;

/// Those to which headers are sent.
const ALL: &[&str] = &[
    "ftp-simple/upload-server",
    "ftp-class/server",
    "socketserver-demo/framed-server",
];

/// Those whose headers are JSON.
const JSON: &[&str] = &[
    "ftp-simple/upload-server",
    "socketserver-demo/framed-server",
];

/// What every refusal of a header has in common.
const REFUSE: &str = "Whoever connects can send this. Catch what parsing raises, close this one connection, store nothing, and go on with the others.";

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "length-negative",
        grade: Robust,
        targets: ALL,
        sentence: "Clients announce a header of -1 and of -2^31 bytes; the connection is closed, the next client is served, and no processor time is burnt.",
        hint: "The length is signed: check it before reading. recv(-1) raises; a loop that reads until nothing is missing never begins, or never ends.",
        run: |context| refuses_lengths(context, &[-1, i32::MIN]),
    },
    Check {
        name: "length-zero",
        grade: Robust,
        targets: ALL,
        sentence: "A client announces a header of 0 bytes; the connection is closed, the next client is served, and no processor time is burnt.",
        hint: REFUSE,
        run: |context| refuses_lengths(context, &[0]),
    },
    Check {
        name: "length-too-large",
        grade: Robust,
        targets: ALL,
        sentence: "Clients announce a header of 64 KiB and one byte, and of 2^31-1 bytes; the connection is closed at once, the next client is served, and no processor time is burnt.",
        hint: "Four bytes from a stranger decide how much memory you take: set a limit (64 KiB) and refuse what is above it before you read or allocate.",
        run: |context| refuses_lengths(context, &[65_537, i32::MAX]),
    },
    Check {
        name: "header-not-json",
        grade: Robust,
        targets: JSON,
        sentence: "Clients send headers that are not JSON, not UTF-8, or nested 30,000 deep; the connection is closed, nothing is stored, the next client is served, and no processor time is burnt.",
        hint: REFUSE,
        run: header_not_json,
    },
    Check {
        name: "header-not-an-object",
        grade: Robust,
        targets: JSON,
        sentence: "Clients send headers that are JSON but a list, a number, a string, null; the connection is closed, the next client is served, and no processor time is burnt.",
        hint: "json.loads returns whatever the peer wrote. Check isinstance(header, dict) before asking it for a key.",
        run: header_not_an_object,
    },
    Check {
        name: "size-missing",
        grade: Robust,
        targets: JSON,
        sentence: "Clients send headers without a size, or, where a file is announced, without a name; the connection is closed, the next client is served, and no processor time is burnt.",
        hint: "header[\"file_size\"] raises a KeyError when it is missing; header.get gives None, and None > 0 raises. Check before use, and close the connection.",
        run: size_missing,
    },
    Check {
        name: "size-of-wrong-type",
        grade: Robust,
        targets: JSON,
        sentence: "Clients send sizes that are a string, null, true, a list, an object, and names that are no text; the connection is closed, the next client is served, and no processor time is burnt.",
        hint: "JSON has types of its own: check that the size is an int (and not a bool, which is one to isinstance), the name a str.",
        run: size_of_wrong_type,
    },
    Check {
        name: "size-negative",
        grade: Robust,
        targets: JSON,
        sentence: "A client announces a body of -1 bytes; the connection is closed, nothing is stored, the next client is served, and no processor time is burnt.",
        hint: "A size below zero passes `while received < size` unnoticed: it leaves an empty file, or two sides with different ideas of where they are. Refuse it.",
        run: |context| refuses_sizes(context, &["-1"]),
    },
    Check {
        name: "size-fractional",
        grade: Robust,
        targets: JSON,
        sentence: "A client announces a body of 3.5 bytes; the connection is closed, nothing is stored, the next client is served, and no processor time is burnt.",
        hint: "recv(3.5) raises a TypeError, and a loop that counts to 3.5 receives 4. Accept whole numbers only.",
        run: |context| refuses_sizes(context, &["3.5"]),
    },
    Check {
        name: "size-huge",
        grade: Robust,
        targets: JSON,
        sentence: "Clients announce bodies of 2^63, 10^30 and 1e400 bytes; the connection is closed, the next client is served, and no processor time is burnt.",
        hint: "Set a limit for a message that is kept in memory; no file has 2^63 bytes. Refuse what cannot be, before you wait for it.",
        run: |context| {
            refuses_sizes(
                context,
                &[
                    "9223372036854775808",
                    "1000000000000000000000000000000",
                    "1e400",
                ],
            )
        },
    },
    Check {
        name: "pickle-as-header",
        grade: Robust,
        targets: &["socketserver-demo/framed-server"],
        sentence: "A client sends a pickle as header that would create a file when loaded; it is not created, the connection is closed, the next client is served, and no processor time is burnt.",
        hint: "pickle.loads runs what the pickle says: whoever sends one owns your machine. Use a format that only describes data: JSON, or struct.",
        run: pickle_as_header,
    },
];

/// Each header with its length before it.
pub(super) fn framed_each(headers: &[impl AsRef<[u8]>]) -> Vec<Vec<u8>> {
    headers.iter().map(|header| frame(header, b"")).collect()
}

/// Sends each of `beginnings` on a connection of its own; each must be closed and nothing stored;
/// then the next client is served, and the server idle.
fn refuses(context: &Context, beginnings: &[Vec<u8>]) -> Verdict {
    if is_framed_echo(context) {
        framed_echo::refuses(context, beginnings)
    } else {
        files::headers::refuses(context, beginnings)
    }
}

fn is_framed_echo(context: &Context) -> bool {
    context.number() == 20
}

fn refuses_lengths(context: &Context, lengths: &[i32]) -> Verdict {
    let lengths: Vec<_> = lengths
        .iter()
        .map(|length| length.to_le_bytes().to_vec())
        .collect();
    refuses(context, &lengths)
}

fn refuses_headers(context: &Context, headers: &[impl AsRef<[u8]>]) -> Verdict {
    refuses(context, &framed_each(headers))
}

/// The key under which a header has the size of the body.
fn size_key(context: &Context) -> &'static str {
    if is_framed_echo(context) {
        "data_size"
    } else {
        "file_size"
    }
}

/// The program's header, with this JSON for the size.
fn with_size(context: &Context, size: &str) -> String {
    let key = size_key(context);
    if is_framed_echo(context) {
        format!(r#"{{"{key}": {size}}}"#)
    } else {
        format!(r#"{{"file_name": "a.txt", "{key}": {size}}}"#)
    }
}

fn refuses_sizes(context: &Context, sizes: &[&str]) -> Verdict {
    let headers: Vec<_> = sizes.iter().map(|size| with_size(context, size)).collect();
    refuses_headers(context, &headers)
}

fn header_not_json(context: &mut Context) -> Verdict {
    let cut = format!(r#"{{"{}": "#, size_key(context));
    let deep = b"[".repeat(30_000);
    let headers: [&[u8]; 5] = [b"hello", cut.as_bytes(), b"\xff\xfe{}", b"\0", &deep];
    refuses_headers(context, &headers)
}

fn header_not_an_object(context: &mut Context) -> Verdict {
    let key = size_key(context);
    let (string, list) = (format!(r#""{key}""#), format!(r#"[{{"{key}": 0}}]"#));
    refuses_headers(context, &["[]", "5", &string, "null", &list])
}

fn size_missing(context: &mut Context) -> Verdict {
    let mut headers = vec!["{}", r#"{"file_name": "a.txt", "size": 5}"#];
    if !is_framed_echo(context) {
        headers.push(r#"{"file_size": 5}"#);
    }
    refuses_headers(context, &headers)
}

fn size_of_wrong_type(context: &mut Context) -> Verdict {
    let sizes = [r#""5""#, "null", "true", "[5]", "{}"];
    let mut headers: Vec<_> = sizes
        .into_iter()
        .map(|size| with_size(context, size))
        .collect();
    if !is_framed_echo(context) {
        let names = ["5", "null"];
        headers.extend(names.map(|name| format!(r#"{{"file_name": {name}, "file_size": 5}}"#)));
    }
    refuses_headers(context, &headers)
}

fn pickle_as_header(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    let mark = context.folder().join("pickled");
    let mut client = server.connect()?;
    client.send(&frame(pickle_that_makes(&mark), b""))?;
    let ended = client.expect_closed();
    if mark.exists() {
        return Err(context.fail(
            "nothing that a pickle says is run",
            "the file that it wanted is there",
        ));
    }
    ended?;
    goes_on(context, &mut server)
}

/// What pickle.loads does with it: os.system("touch ...").
pub(super) fn pickle_that_makes(file: &Path) -> String {
    format!("cos\nsystem\n(S'touch {}'\ntR.", file.display())
}
