//! Uploads that meet: another upload, an older file, a full disk, the server's end.

use std::fs;

use crate::check::Check;
use crate::check::Grade::Robust;
use crate::check::catalogue::files::lesson::{Lesson, UPLOADS, started};
use crate::check::catalogue::wire::{md5, noise, send_body};
use crate::check::engine::context::Context;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Stop, Verdict};

pub(in crate::check::catalogue) const CHECKS: &[Check] = &[
    Check {
        name: "wrong-md5",
        grade: Robust,
        targets: &["ftp-class/server"],
        sentence: "A client announces another md5 than its bytes have; nothing is stored, the answer is a header of length 0, and the conversation goes on.",
        hint: "Compute the md5 of what came, and compare, before the file gets its name: that is what the md5 in the header is for.",
        run: wrong_md5,
    },
    Check {
        name: "existing-name-kept",
        grade: Robust,
        targets: UPLOADS,
        sentence: "A client leaves in the middle of an upload to the name of a file that is there; the old file stays as it was.",
        hint: "open(name, \"wb\") empties the old file before the first new byte has come. Write to a temporary file, and os.replace when all is there.",
        run: existing_name_kept,
    },
    Check {
        name: "same-name-at-once",
        grade: Robust,
        targets: UPLOADS,
        sentence: "Two clients upload under one name at once, piece by piece in turns; what is stored is one of the two files, whole.",
        hint: "A temporary name that both uploads derive from the file's name is one file that both write. Let the system choose it: tempfile.NamedTemporaryFile.",
        run: same_name_at_once,
    },
    Check {
        name: "killed-in-mid-upload",
        grade: Robust,
        targets: UPLOADS,
        sentence: "The server is killed (kill -9) in the middle of an upload; there is no file under the upload's name, and an older file is as it was.",
        hint: "No program cleans up after kill -9. So the name must come last: write to a temporary file, and os.replace when all is there.",
        run: killed_in_mid_upload,
    },
    #[cfg(unix)]
    Check {
        name: "full-disk",
        grade: Robust,
        targets: UPLOADS,
        sentence: "A client uploads 8 MiB to a server that may write only 1 MiB (ulimit -f); nothing is stored and nothing left, and a small upload is stored.",
        hint: "write raises an OSError when the disk is full. Catch it, remove what was written, read the rest of the upload so that the conversation stays in step, and tell the client.",
        run: full_disk,
    },
];

fn wrong_md5(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let server = lesson.start()?;
    let mut client = server.connect()?;
    let announcement = lesson.announcement("a.txt", &md5(b"HELLO"), 5)?;
    client.send(&[&announcement[..], b"hello"].concat())?;
    let goes_on = lesson.expect_not_stored(&mut client)?;
    lesson.await_names(&[])?;
    if !goes_on {
        return Err(context.fail("a header of length 0", "the connection was closed"));
    }
    lesson.exchange(&mut client)
}

/// An older file is there, and an upload to its name is half done.
fn half_done(lesson: &Lesson, client: &mut Stream, old: &[u8]) -> Verdict {
    fs::write(lesson.uploaded().join("a.bin"), old)
        .map_err(|error| Stop::NotJudged(format!("cannot write a.bin: {error}")))?;
    let whole = lesson.upload_of("a.bin", &noise(300_000))?;
    client.send(&whole[..200_000])?;
    // So that the server has begun to write before whatever comes next.
    client.wait_until_fetched().map(drop)
}

fn existing_name_kept(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let server = lesson.start()?;
    let mut client = server.connect()?;
    half_done(&lesson, &mut client, b"the old file\n")?;
    client.finish_sending();
    let ended = client.expect_closed();
    lesson.await_file("a.bin", b"the old file\n")?;
    ended?;
    lesson.await_names(&["a.bin"])
}

fn same_name_at_once(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let server = lesson.start()?;
    let files = [vec![b'a'; 400_000], vec![b'b'; 400_000]];
    let mut clients = [server.connect()?, server.connect()?];
    for (client, bytes) in clients.iter_mut().zip(&files) {
        client.send(&lesson.announcement("same.bin", &md5(bytes), bytes.len() as u64)?)?;
    }
    // A server that serves one after another fetches the second's when the first has left.
    let mut fetches = [true; 2];
    for (round, start) in (0..400_000).step_by(50_000).enumerate() {
        // Each is the last to write as often as the other.
        for number in [round % 2, 1 - round % 2] {
            clients[number].send(&files[number][start..start + 50_000])?;
            fetches[number] = fetches[number] && clients[number].wait_until_fetched()?;
        }
    }
    for client in &mut clients {
        client.finish_sending();
        client.expect_closed()?;
    }
    // A server may close the connection before it gives the file its name.
    lesson.wait_until("one of the two files, whole: 400,000 times a, or b", || {
        let stored = fs::read(lesson.uploaded().join("same.bin")).unwrap_or_default();
        if files.contains(&stored) {
            return Ok(());
        }
        Err(format!("{} bytes that are neither", stored.len()))
    })?;
    lesson.await_names(&["same.bin"])
}

fn killed_in_mid_upload(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    let mut client = server.connect()?;
    let mut other = server.connect()?;
    half_done(&lesson, &mut client, b"the old file\n")?;
    let whole = lesson.upload_of("b.bin", &noise(300_000))?;
    other.send(&whole[..200_000])?;
    other.wait_until_fetched()?;
    server.program()?.kill()?;
    if lesson.uploaded().join("b.bin").exists() {
        return Err(context.fail(
            "no file under the name of an upload that was not complete",
            "b.bin is there",
        ));
    }
    lesson.await_file("a.bin", b"the old file\n")
}

#[cfg(unix)]
fn full_disk(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    // 512 bytes each.
    let server = started(lesson.launch().limit("-f 2048"))?;
    let mut client = server.connect()?;
    let bytes = noise(8 << 20);
    client.send(&lesson.announcement("large.bin", &md5(&bytes), bytes.len() as u64)?)?;
    // A server may hang up before it has read all of it.
    client.send_to_whoever_listens(&bytes);
    let goes_on = lesson.expect_not_stored(&mut client)?;
    lesson.await_names(&[])?;
    if goes_on {
        lesson
            .exchange(&mut client)
            .map_err(|stop| stop.while_("the conversation goes on"))?;
    }
    let mut next = server.connect()?;
    let small = noise(100_000);
    next.send(&lesson.announcement("small.bin", &md5(&small), small.len() as u64)?)?;
    send_body(&mut next, &small)?;
    lesson.expect_stored(&mut next, "small.bin", &small)
}
