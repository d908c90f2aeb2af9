//! The time server.

use std::time::{Duration, Instant, SystemTime};

use common::notation;
use ntp::{local_time_at, strftime};

use crate::check::engine::context::Context;
use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::trial::{Result, Stop};

/// How late a program's clock may be. C's `time()`, which Python's `localtime()` asks, moves with the
/// kernel's timer: every 10 ms or more often on Linux, every 16 ms on Windows.
const TICK: Duration = Duration::from_millis(20);

/// Asks for the time, which must be what the reference makes of it in this second.
fn expect_time(context: &Context, client: &mut Datagrams, format: &str) -> Result {
    let reference = |late: Duration| {
        strftime(format, &local_time_at(SystemTime::now() - late))
            .map_err(|error| Stop::NotJudged(error.to_string()))
    };
    let asked_with = if format == DEFAULT { "" } else { format };
    // The second may change meanwhile; on a busy machine more than once.
    for _ in 0..5 {
        let asked = Instant::now();
        let before = reference(TICK)?;
        client.send(asked_with.as_bytes())?;
        let answer = client.receive()?;
        let after = reference(Duration::ZERO)?;
        if [&before, &after]
            .iter()
            .any(|time| time.as_bytes() == answer)
        {
            return Ok(());
        }
        if asked.elapsed() < Duration::from_secs(1) {
            return Err(context.fail(
                format!("for the format {format:?} the answer {after:?}"),
                notation::bytes(&answer),
            ));
        }
    }
    Err(Stop::NotJudged(
        "this machine is too busy to compare seconds".to_owned(),
    ))
}

/// What an empty datagram asks for.
pub(super) const DEFAULT: &str = "%Y-%m-%d %X";

/// Asks for the time in each of `formats`.
pub(super) fn times(context: &Context, formats: &[&str]) -> Result {
    let server = context.server()?;
    let mut client = server.datagrams()?;
    for format in formats {
        expect_time(context, &mut client, format)?;
    }
    Ok(())
}

pub(super) const FORMATS: &[&str] = &[
    "%Y-%m-%d %H:%M:%S",
    "%a %A %b %B %h",
    "%c|%x|%X",
    "%d/%m/%y %I:%M %p",
    "%e %j %k %l %P",
    "%U %W %G-W%V-%u %g %w",
    "%C %D %F %R %T %r",
    "%s",
    "%Z %z",
];

pub(super) const FLAGS: &[&str] = &[
    "%-d.%-m.",
    "%_H",
    "%010Y",
    "%^a %^B",
    "%#Z",
    "%5d|%-5d|%_5d",
    "%Od %Ey",
];

pub(super) const PASSED_THROUGH: &[&str] = &[
    "%Y年%m月%d日",
    "100%% sure",
    "%Q %f %:z",
    "a%nb%tc",
    "no directive",
    "%",
];

#[cfg(unix)]
pub(super) fn time_zone(context: &Context) -> Result {
    let server = context.launch().env("TZ", "EAST-5:45").server()?;
    let mut client = server.datagrams()?;
    client.send(b"%z %Z")?;
    client.expect(b"+0545 EAST")
}

pub(super) fn screen(context: &Context) -> Result {
    let mut server = context.server()?;
    let mut client = server.datagrams()?;
    expect_time(context, &mut client, "%Y 年")?;
    expect_time(context, &mut client, DEFAULT)?;
    server
        .program()?
        .expect_screen("收到客户端的命令是 %Y 年\n收到客户端的命令是 \n")
}

/// Sends each of `requests`; a line of text must answer, and then a good request be served.
pub(super) fn says_what_is_wrong(context: &Context, requests: &[&[u8]]) -> Result {
    let server = context.server()?;
    let mut client = server.datagrams()?;
    for request in requests {
        client.send(request)?;
        let answer = client.receive()?;
        let is_line = str::from_utf8(&answer)
            .is_ok_and(|text| !text.is_empty() && !text.contains(|c: char| c.is_control()));
        if !is_line {
            return Err(context.fail(
                "a line of text that says what is wrong",
                notation::bytes(&answer),
            ));
        }
    }
    expect_time(context, &mut client, "%Y")
        .map_err(|stop| stop.while_("the next request is served"))
}

pub(super) fn control_characters(context: &Context) -> Result {
    let mut server = context.server()?;
    let client = server.datagrams()?;
    client.send(b"%Y \x07\r\x1b[2J\x1b]0;mine\x07")?;
    client.send(b"and the end")?;
    server.expect_harmless_screen("and the end", &[])
}

pub(super) fn expanding_format(context: &Context) -> Result {
    let server = context.server()?;
    let mut client = server.datagrams()?;
    for format in ["%2000000000Y".to_owned(), "%c".repeat(20_000)] {
        client.send(format.as_bytes())?;
        client.receive()?;
    }
    expect_time(context, &mut client, "%Y")
        .map_err(|stop| stop.while_("the next request is served"))
}
