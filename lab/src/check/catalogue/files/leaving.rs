//! Clients that leave too early, or stay and do nothing.

use std::time::Instant;

use crate::check::Check;
use crate::check::Grade::Robust;
use crate::check::catalogue::SHORT_TIMEOUT;
use crate::check::catalogue::exchange::in_turns;
use crate::check::catalogue::files::lesson::{ALL, DOWNLOADS, Lesson, UPLOADS};
use crate::check::catalogue::wire::{md5, noise};
use crate::check::engine::context::Context;
use crate::check::engine::server::Server;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Stop, Verdict};
use crate::host::sockets::{self, State};

pub(in crate::check::catalogue) const CHECKS: &[Check] = &[
    Check {
        name: "side-by-side",
        grade: Robust,
        targets: ALL,
        sentence: "Three clients are connected at once and transfer files in turns; each is served at once.",
        hint: "A server that serves one client after another keeps all waiting for the slowest. Give each connection a thread.",
        run: side_by_side,
    },
    Check {
        name: "leaves-at-once",
        grade: Robust,
        targets: ALL,
        sentence: "Clients connect and leave without a word, with a goodbye and by reset; the next client is served, and no processor time is burnt.",
        hint: "At a hang-up recv returns b'' at once, as often as it is called. Taken for a message it makes the loop spin at 100 %: break when nothing came.",
        run: leaves_at_once,
    },
    Check {
        name: "leaves-in-mid-command",
        grade: Robust,
        targets: &["ftp-class/server"],
        sentence: "Clients leave in the middle of a command; the next client is served, and no processor time is burnt.",
        hint: "Waiting for the newline ends when nothing more comes: recv returns b'' then.",
        run: leaves_in_mid_command,
    },
    Check {
        name: "leaves-in-mid-header",
        grade: Robust,
        targets: UPLOADS,
        sentence: "Clients leave in the middle of a header's length and of the header; the next client is served, and no processor time is burnt.",
        hint: "recv may return less than 4 bytes, and b'' when the peer has gone: struct.unpack raises on both. Nothing came means stop.",
        run: leaves_in_mid_header,
    },
    Check {
        name: "leaves-in-mid-upload",
        grade: Robust,
        targets: UPLOADS,
        sentence: "Clients leave in the middle of a file, with a goodbye and by reset; nothing of it is left in the folder, the next client is served, and no processor time is burnt.",
        hint: "`while received < size` never ends when recv returns b'': stop, and remove what came. Half a file under its name is taken for the whole.",
        run: leaves_in_mid_upload,
    },
    Check {
        name: "leaves-in-mid-download",
        grade: Robust,
        targets: DOWNLOADS,
        sentence: "Clients leave in the middle of a file that they asked for, with a goodbye and by reset; the next client is served, and no processor time is burnt.",
        hint: "send to a client that has gone raises BrokenPipeError or ConnectionResetError: catch both (OSError) around one conversation.",
        run: leaves_in_mid_download,
    },
    Check {
        name: "smaller-than-announced",
        grade: Robust,
        targets: UPLOADS,
        sentence: "Clients announce more than they send (up to 2^63-1 bytes), and say goodbye; nothing is stored, the connection is closed, the next client is served, and no processor time is burnt.",
        hint: "The announced size is a promise. Compare it with what came before the file gets its name.",
        run: smaller_than_announced,
    },
    Check {
        name: "silent-clients",
        grade: Robust,
        targets: ALL,
        sentence: "Ten clients connect and say nothing; another is served beside them.",
        hint: "Every connection needs a thread of its own, from the moment of accept: a read before the thread starts lets one silent client block all.",
        run: silent_clients,
    },
    Check {
        name: "slow-reader",
        grade: Robust,
        targets: DOWNLOADS,
        sentence: "A client asks for a large file, and stops reading in its middle; another is served beside it (and with a time limit the server gives the first one up: ours after --timeout 2).",
        hint: "send blocks when the client does not read. That may block this client's own thread, and no lock that others need.",
        run: slow_reader,
    },
    Check {
        name: "slow-sender",
        grade: Robust,
        targets: UPLOADS,
        sentence: "A client stops in the middle of its upload; another is served beside it (and with a time limit the server gives the first one up: ours after --timeout 2).",
        hint: "recv blocks when the client does not send. That may block this client's own thread, and no lock that others need.",
        run: slow_sender,
    },
];

/// The two ways to go.
const LEAVE: [fn(Stream); 2] = [Stream::close, Stream::reset];

fn side_by_side(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let server = lesson.start()?;
    in_turns(&server, |client| lesson.exchange(client))
}

fn leaves_at_once(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    for leave in [LEAVE, LEAVE].concat() {
        leave(server.connect()?);
    }
    lesson.goes_on(&mut server)
}

/// Each of `beginnings` is all that a client says before it leaves.
fn leaves_after(lesson: &Lesson, server: &Server, beginnings: &[&[u8]]) -> Verdict {
    for beginning in beginnings {
        for leave in LEAVE {
            let mut client = server.connect()?;
            client.send(beginning)?;
            leave(client);
        }
    }
    if lesson.uploads() {
        lesson.await_names(&[])?;
    }
    Ok(())
}

fn leaves_in_mid_command(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    leaves_after(&lesson, &server, &[b"g", b"get kno", b"put a.txt"])?;
    lesson.goes_on(&mut server)
}

fn leaves_in_mid_header(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    let whole = lesson.announcement("a.txt", &md5(b"hello"), 5)?;
    let command = whole.len() - lesson.header("a.txt", &md5(b"hello"), 5)?.len();
    leaves_after(
        &lesson,
        &server,
        &[
            &whole[..command + 2],
            &whole[..command + 4],
            &whole[..whole.len() - 3],
        ],
    )?;
    lesson.goes_on(&mut server)
}

fn leaves_in_mid_upload(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    let whole = lesson.upload_of("a.bin", &noise(300_000))?;
    leaves_after(&lesson, &server, &[&whole[..200], &whole[..200_000]])?;
    lesson.goes_on(&mut server)?;
    // Whatever was slow to go has had its time.
    lesson.await_names(&[])
}

fn leaves_in_mid_download(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    lesson.share("large.bin", &noise(8 << 20))?;
    let mut server = lesson.start()?;
    for leave in LEAVE {
        let mut client = server.connect()?;
        lesson.ask(&mut client, "large.bin")?;
        client.receive(1000)?;
        leave(client);
    }
    lesson.goes_on(&mut server)
}

fn smaller_than_announced(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    for size in [6, 1 << 40, i64::MAX as u64] {
        let mut client = server.connect()?;
        let announcement = lesson.announcement("a.txt", &md5(b"hello!"), size)?;
        client.send(&[&announcement[..], b"hello"].concat())?;
        client.finish_sending();
        client.expect_closed()?;
        lesson.await_names(&[])?;
    }
    lesson.goes_on(&mut server)
}

fn silent_clients(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let server = lesson.start()?;
    let silent: Verdict<Vec<Stream>> = (0..10).map(|_| server.connect()).collect();
    lesson.serves_the_next(&server)?;
    silent.map(drop)
}

fn slow_reader(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    lesson.share("large.bin", &noise(32 << 20))?;
    let server = super::lesson::started(lesson.launch().flags(SHORT_TIMEOUT))?;
    let mut slow = server.connect()?;
    let begun = Instant::now();
    lesson.ask(&mut slow, "large.bin")?;
    slow.receive(1000)?;
    lesson.serves_the_next(&server)?;
    if !context.is_ours() {
        return Ok(());
    }
    let stalled = Instant::now();
    let client = slow.local()?;
    let state = || {
        sockets::tcp_state(server.address(), client)
            .map_err(|error| Stop::Skipped(error.to_string()))
    };
    lesson.wait_until("the server gives up after its --timeout", || {
        match state() {
            Ok(State::Established) => Err("the connection is still open".to_owned()),
            _ => Ok(()),
        }
    })?;
    context.expect_in_time(begun, stalled)
}

fn slow_sender(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let server = super::lesson::started(lesson.launch().flags(SHORT_TIMEOUT))?;
    let mut slow = server.connect()?;
    let whole = lesson.upload_of("a.bin", &noise(300_000))?;
    let begun = Instant::now();
    slow.send(&whole[..200_000])?;
    // So that the server is in the middle of it when the next one comes.
    slow.wait_until_fetched()?;
    lesson.serves_the_next(&server)?;
    if !context.is_ours() {
        return Ok(());
    }
    let stalled = Instant::now();
    slow.expect_closed()
        .map_err(|stop| stop.while_("the server gives up after its --timeout"))?;
    context.expect_in_time(begun, stalled)?;
    lesson.await_names(&[])
}
