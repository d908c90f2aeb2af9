//! Headers that lie in ways that only a file server knows; [`headers`](crate::check::catalogue::headers)
//! has the others.

use crate::check::Check;
use crate::check::Grade::Robust;
use crate::check::catalogue::exchange::after;
use crate::check::catalogue::files::lesson::{Lesson, UPLOADS};
use crate::check::catalogue::headers::{framed_each, pickle_that_makes};
use crate::check::catalogue::wire::{bincode, frame, md5};
use crate::check::engine::context::Context;
use crate::check::engine::trial::Verdict;

const JSON: &[&str] = &["ftp-simple/upload-server"];
const BINCODE: &[&str] = &["ftp-class/server"];

pub(in crate::check::catalogue) const CHECKS: &[Check] = &[
    Check {
        name: "header-not-bincode",
        grade: Robust,
        targets: BINCODE,
        sentence: "Clients send headers that are random bytes, too short, too long, with a name that claims 2^63 bytes or is not UTF-8; the connection is closed, nothing is stored, the next client is served, and no processor time is burnt.",
        hint: "A length inside the header is a stranger's word too: compare it with the bytes that are there before you cut or allocate, and refuse what is left over.",
        run: header_not_bincode,
    },
    Check {
        name: "pickle-as-header",
        grade: Robust,
        targets: UPLOADS,
        sentence: "A client sends a pickle as header that would create a file when loaded; it is not created, the connection is closed, the next client is served, and no processor time is burnt.",
        hint: "pickle.loads runs what the pickle says: whoever sends one owns your machine. Use a format that only describes data: JSON, or struct.",
        run: pickle_as_header,
    },
    Check {
        name: "size-huge",
        grade: Robust,
        targets: BINCODE,
        sentence: "Clients announce files of 2^63 bytes and of 2^64-1; the connection is closed, the next client is served, and no processor time is burnt.",
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
/// nothing stored; then the next client is served, and the server idle.
pub(in crate::check::catalogue) fn refuses(context: &Context, headers: &[Vec<u8>]) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    for header in headers {
        let mut client = server.connect()?;
        if context.number() == 15 {
            client.send(b"put a.txt\n")?;
        }
        client.send_to_whoever_listens(header);
        client.expect_closed().map_err(after(header))?;
    }
    lesson.await_names(&[])?;
    lesson.goes_on(&mut server)
}

fn header_not_bincode(context: &mut Context) -> Verdict {
    let good = bincode(b"a.txt", &md5(b""), 0);
    let mut claims = good.clone();
    claims[..8].copy_from_slice(&(1_u64 << 63).to_le_bytes());
    let headers = [
        b"hello".to_vec(),
        good[..good.len() - 1].to_vec(),
        [&good[..], b"\0"].concat(),
        claims,
        bincode(b"caf\xe9", &md5(b""), 0),
    ];
    refuses(context, &framed_each(&headers))
}

fn pickle_as_header(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    let before = lesson.outside();
    let mark = lesson.folder().join("pickled");
    let pickle = pickle_that_makes(&mark);
    let mut client = server.connect()?;
    if context.number() == 15 {
        client.send(b"put a.txt\n")?;
        // A server that takes a segment for a command would throw the header away with it.
        client.wait_until_fetched()?;
    }
    client.send_to_whoever_listens(&frame(pickle, b""));
    let ended = client.expect_closed();
    lesson
        .expect_outside(&before)
        .map_err(|stop| stop.while_("nothing that a pickle says is run"))?;
    ended?;
    lesson.await_names(&[])?;
    lesson.goes_on(&mut server)
}

fn size_huge(context: &mut Context) -> Verdict {
    let huge = [1 << 63, u64::MAX].map(|size| bincode(b"a.txt", &md5(b""), size));
    refuses(context, &framed_each(&huge))
}

fn duplicate_keys(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let server = lesson.start()?;
    let mut client = server.connect()?;
    let header = br#"{"file_name": "b", "file_size": 2, "more": [1, {"a": null}], "file_size": 5}"#;
    client.send(&frame(header, b"hello"))?;
    lesson.expect_stored(&mut client, "b", b"hello")?;
    lesson.exchange(&mut client)
}
