//! Files that change while, or before, they are served.

use std::fs::{self, File};
use std::io::{self, Write};

use crate::check::Check;
use crate::check::Grade::Robust;
use crate::check::catalogue::files::lesson::{DOWNLOADS, Lesson};
use crate::check::catalogue::wire::{expect_body, md5, noise};
use crate::check::engine::context::Context;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Stop, Verdict};

pub(in crate::check::catalogue) const CHECKS: &[Check] = &[
    Check {
        name: "fresh-md5",
        grade: Robust,
        targets: DOWNLOADS,
        sentence: "A file is changed between two downloads, with the same size and the same time of modification; the second has the new md5 and the new bytes.",
        hint: "An md5 that was computed once belongs to the bytes of that moment. A name, a size and a time do not tell whether they are still the same.",
        run: fresh_md5,
    },
    Check {
        name: "file-grows",
        grade: Robust,
        targets: DOWNLOADS,
        sentence: "A file grows while it is sent; exactly the announced bytes arrive, and the next answer follows in step.",
        hint: "Send as many bytes as the header announced, not to the end of the file: the client counts, and takes what is too much for the next header.",
        run: file_grows,
    },
    Check {
        name: "file-shrinks",
        grade: Robust,
        targets: DOWNLOADS,
        sentence: "A file is cut while it is sent; the connection is closed, so that the client does not wait for ever, and the server goes on.",
        hint: "read returns b'' at the end of the file, whatever was announced: a loop that counts to the announced size spins there. Close the connection: nothing else tells the client.",
        run: file_shrinks,
    },
];

/// Larger than what the buffers of both sides hold.
const LARGE: usize = 32 << 20;

fn change<T>(result: io::Result<T>) -> Verdict<T> {
    result.map_err(|error| Stop::NotJudged(format!("cannot change a file: {error}")))
}

fn fresh_md5(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let path = lesson.shared().join("a.txt");
    let server = lesson.start()?;
    let mut client = server.connect()?;
    let mut first = None;
    for bytes in [b"first ", b"second", b"third "] {
        change(fs::write(&path, bytes))?;
        let file = change(File::options().write(true).open(&path))?;
        let modified = change(file.metadata().and_then(|metadata| metadata.modified()))?;
        change(file.set_modified(*first.get_or_insert(modified)))?;
        for _ in 0..2 {
            lesson.download(&mut client, "a.txt", bytes)?;
        }
    }
    Ok(())
}

/// A client has asked for a large file, and has received its header.
fn asks_for_a_large_file(lesson: &Lesson, client: &mut Stream) -> Verdict<Vec<u8>> {
    let bytes = noise(LARGE);
    lesson.share("large.bin", &bytes)?;
    lesson.ask(client, "large.bin")?;
    client.expect(&lesson.header("large.bin", &md5(&bytes), LARGE as u64)?)?;
    Ok(bytes)
}

fn file_grows(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let server = lesson.start()?;
    let mut client = server.connect()?;
    let bytes = asks_for_a_large_file(&lesson, &mut client)?;
    let path = lesson.shared().join("large.bin");
    let mut file = change(File::options().append(true).open(path))?;
    change(file.write_all(&[b'x'; 1000]))?;
    expect_body(&mut client, &bytes)?;
    lesson
        .exchange(&mut client)
        .map_err(|stop| stop.while_("the next answer follows in step"))
}

fn file_shrinks(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    let mut client = server.connect()?;
    asks_for_a_large_file(&lesson, &mut client)?;
    let path = lesson.shared().join("large.bin");
    let file = change(File::options().write(true).open(path))?;
    change(file.set_len(0))?;
    client.receive_at_most(LARGE)?;
    lesson.goes_on(&mut server)
}
