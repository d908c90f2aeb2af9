//! Many clients at once and in a row, and one who is still there when the server starts again.

use crate::check::Check;
use crate::check::Grade::Robust;
use crate::check::catalogue::every_server::{RESTART, restart_beside};
use crate::check::catalogue::exchange::{crowd, expect_all_closed};
use crate::check::catalogue::files::lesson::{ALL, KNOWN, Lesson, started};
use crate::check::engine::context::Context;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Stop, Verdict};

pub(in crate::check::catalogue) const CHECKS: &[Check] = &[
    Check {
        name: "many-at-once",
        grade: Robust,
        targets: ALL,
        sentence: "200 clients connect at once and stay; each is served.",
        hint: "The backlog of listen holds who is not accepted yet; with 5 places the rest is turned away and tries again after 1, 3, 7 seconds. And each connection needs a thread.",
        run: many_at_once,
    },
    #[cfg(unix)]
    Check {
        name: "descriptors-run-out",
        grade: Robust,
        targets: ALL,
        sentence: "With 40 descriptors to its name the server gets 60 clients; no processor time is burnt, and when they have left the next is served.",
        hint: "Without a free descriptor accept fails at once and the connection stays in the queue: a loop around it spins. Keep one descriptor in reserve to accept and close the client, or wait before the next accept.",
        run: descriptors_run_out,
    },
    Check {
        name: "many-in-a-row",
        grade: Robust,
        targets: ALL,
        sentence: "2,000 clients come one after another; each is served, and no processor time is burnt afterwards.",
        hint: "Close each connection and each file when its time is over, whatever happened: an unclosed one is a descriptor lost, and a process has 1,024 of them as a rule.",
        run: many_in_a_row,
    },
    Check {
        targets: ALL,
        run: restart,
        ..RESTART
    },
];

/// What client `number` transfers: a file that is known, or one of its own.
fn transfer(lesson: &Lesson, client: &mut Stream, number: usize) -> Verdict {
    if lesson.downloads() {
        // A newline ends it at once; without one, a server may wait for the rest of the command.
        client.send(format!("get {KNOWN}\n").as_bytes())?;
        return lesson.expect_known(client);
    }
    let (name, bytes) = upload(number);
    client.send(&lesson.upload_of(&name, bytes.as_bytes())?)
}

/// The name and the text of the file that client `number` uploads.
fn upload(number: usize) -> (String, String) {
    (format!("{number}.txt"), format!("file {number}\n"))
}

/// Waits until what client `number` transferred is there.
fn expect_transferred(lesson: &Lesson, number: usize) -> Verdict {
    if lesson.downloads() {
        return Ok(());
    }
    let (name, bytes) = upload(number);
    lesson.await_file(&name, bytes.as_bytes())
}

fn many_at_once(context: &mut Context) -> Verdict {
    let lesson = &Lesson::new(context)?;
    let server = &lesson.start()?;
    let held = crowd(|number| {
        let mut client = server.connect()?;
        transfer(lesson, &mut client, number)?;
        Ok(client)
    })?;
    // Not in their threads: 200 that look for their files again and again keep the server from work.
    (0..held.len()).try_for_each(|number| expect_transferred(lesson, number))
}

#[cfg(unix)]
fn descriptors_run_out(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = started(lesson.launch().limit("-n 40"))?;
    let mut first = server.connect()?;
    lesson.exchange(&mut first)?;
    // The system shakes hands for them, whether the server accepts or not.
    let mut crowd: Vec<Stream> = (0..60).map_while(|_| server.connect().ok()).collect();
    server.expect_idle()?;
    crowd.push(first);
    expect_all_closed(&mut crowd)?;
    lesson.goes_on(&mut server)
}

fn many_in_a_row(context: &mut Context) -> Verdict {
    const CLIENTS: usize = 2000;
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    for number in 0..CLIENTS {
        let visit = || {
            let mut client = server.connect()?;
            transfer(&lesson, &mut client, number)?;
            // To wait for every upload would take as long as all the rest. The lesson's backlog is 5.
            if number % 4 == 0 {
                expect_transferred(&lesson, number)?;
            }
            client.close();
            Ok(())
        };
        visit().map_err(|stop: Stop| {
            stop.while_(&format!("client {} of {CLIENTS} is served", number + 1))
        })?;
    }
    for number in 0..CLIENTS {
        expect_transferred(&lesson, number)?;
    }
    lesson.goes_on(&mut server)
}

fn restart(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let first = lesson.start()?;
    let mut client = first.connect()?;
    lesson.exchange(&mut client)?;
    restart_beside(&client, first, lesson.launch())
}
