//! The time server: program 11.

use std::time::{Duration, Instant, SystemTime};

use common::notation;
use ntp::{local_time_at, strftime};

use crate::check::Check;
use crate::check::Grade::{Protocol, Robust};
use crate::check::engine::context::Context;
use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::trial::{Stop, Verdict};

const TARGET: &[&str] = &["ntp/server"];

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "default-format",
        grade: Protocol,
        targets: TARGET,
        sentence: "A client sends an empty datagram; the answer is the local time as %Y-%m-%d %X.",
        hint: "An empty datagram arrives, with no data: `if not data` then the default format.",
        run: default_format,
    },
    Check {
        name: "formats",
        grade: Protocol,
        targets: TARGET,
        sentence: "A client sends formats one after another, with common and rare directives; each answer is what time.strftime gives for that second.",
        hint: "The answer is time.strftime(format, time.localtime()) as C's strftime on Linux has it, in the C locale.",
        run: formats,
    },
    Check {
        name: "flags",
        grade: Protocol,
        targets: TARGET,
        sentence: "A client sends directives with flags and widths, such as %-d, %_H, %010Y, %^a; each answer is what time.strftime gives on Linux.",
        hint: "glibc knows - _ 0 ^ # and a width between the percent sign and the letter; time.strftime passes them on to it.",
        run: flags,
    },
    Check {
        name: "passed-through",
        grade: Protocol,
        targets: TARGET,
        sentence: "A client sends text around its directives, Chinese too, a doubled percent sign, and directives that do not exist; all of it comes back as strftime has it.",
        hint: "What is no directive stands for itself; %% is a percent sign. Encode the answer as UTF-8.",
        run: passed_through,
    },
    #[cfg(unix)]
    Check {
        name: "time-zone",
        grade: Protocol,
        targets: TARGET,
        sentence: "The server runs with TZ set to 5 h 45 min east; %z and %Z tell so.",
        hint: "The lesson's time is local time, time.localtime(), which follows TZ; not UTC.",
        run: time_zone,
    },
    Check {
        name: "screen",
        grade: Protocol,
        targets: TARGET,
        sentence: "A client sends `%Y 年`, then an empty datagram; the screen shows the lesson's line for each, the second with nothing after its blank.",
        hint: "print(a, b) puts a blank between the two, also where the second is empty.",
        run: screen,
    },
    Check {
        name: "several-clients",
        grade: Protocol,
        targets: TARGET,
        sentence: "Three clients ask before the first reads its answer; each gets its own.",
        hint: "Send each answer to the address that came with its datagram.",
        run: several_clients,
    },
    Check {
        name: "invalid-utf8",
        grade: Robust,
        targets: TARGET,
        sentence: "A client sends bytes that are not UTF-8; a line of text answers, and the next request is served.",
        hint: "decode() raises UnicodeDecodeError, and one datagram from anybody ends the server. Catch it and answer what is wrong.",
        run: invalid_utf8,
    },
    Check {
        name: "nul",
        grade: Robust,
        targets: TARGET,
        sentence: "A client sends a format with a NUL in it; a line of text answers, and the next request is served.",
        hint: "Older Pythons' time.strftime raises ValueError (embedded null byte), and one datagram from anybody ends the server; newer ones send the NUL back. Look for it before strftime, and answer what is wrong.",
        run: nul,
    },
    Check {
        name: "control-characters",
        grade: Robust,
        targets: TARGET,
        sentence: "A client sends a format with bell, carriage return and a sequence that clears the terminal; the screen shows them escaped.",
        hint: "A terminal obeys escape sequences, whoever wrote them. Escape control characters before printing what a peer sent.",
        run: control_characters,
    },
    Check {
        name: "largest-datagram",
        grade: Robust,
        targets: TARGET,
        sentence: "A client sends a format of 65,507 bytes without a directive; it comes back whole.",
        hint: "recvfrom(1024) throws away what is longer, without a word on Linux: receive with a buffer of 65,535 bytes.",
        run: largest_datagram,
    },
    Check {
        name: "expanding-format",
        grade: Robust,
        targets: TARGET,
        sentence: "A client asks for a width of two thousand million, and for 20,000 times %c: more than a datagram holds; something answers, in time, and the next request is served.",
        hint: "A short format can ask for a long text. Bound it, catch what sendto raises when the answer does not fit a datagram, and go on.",
        run: expanding_format,
    },
];

/// How late a program's clock may be. C's `time()`, which Python's `localtime()` asks, moves with the
/// kernel's timer: every 10 ms or more often on Linux, every 16 ms on Windows.
const TICK: Duration = Duration::from_millis(20);

/// Asks for the time, which must be what the reference makes of it in this second.
fn expect_time(context: &Context, client: &mut Datagrams, format: &str) -> Verdict {
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
const DEFAULT: &str = "%Y-%m-%d %X";

fn times(context: &Context, formats: &[&str]) -> Verdict {
    let server = context.server()?;
    let mut client = server.datagrams()?;
    for format in formats {
        expect_time(context, &mut client, format)?;
    }
    Ok(())
}

fn default_format(context: &mut Context) -> Verdict {
    times(context, &[DEFAULT])
}

fn formats(context: &mut Context) -> Verdict {
    times(
        context,
        &[
            "%Y-%m-%d %H:%M:%S",
            "%a %A %b %B %h",
            "%c|%x|%X",
            "%d/%m/%y %I:%M %p",
            "%e %j %k %l %P",
            "%U %W %G-W%V-%u %g %w",
            "%C %D %F %R %T %r",
            "%s",
            "%Z %z",
        ],
    )
}

fn flags(context: &mut Context) -> Verdict {
    times(
        context,
        &[
            "%-d.%-m.",
            "%_H",
            "%010Y",
            "%^a %^B",
            "%#Z",
            "%5d|%-5d|%_5d",
            "%Od %Ey",
        ],
    )
}

fn passed_through(context: &mut Context) -> Verdict {
    times(
        context,
        &[
            "%Y年%m月%d日",
            "100%% sure",
            "%Q %f %:z",
            "a%nb%tc",
            "no directive",
            "%",
        ],
    )
}

#[cfg(unix)]
fn time_zone(context: &mut Context) -> Verdict {
    let server = context.launch().env("TZ", "EAST-5:45").server()?;
    let mut client = server.datagrams()?;
    client.send(b"%z %Z")?;
    client.expect(b"+0545 EAST")
}

fn screen(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    let mut client = server.datagrams()?;
    expect_time(context, &mut client, "%Y 年")?;
    expect_time(context, &mut client, DEFAULT)?;
    server
        .program()?
        .expect_screen("收到客户端的命令是 %Y 年\n收到客户端的命令是 \n")
}

fn several_clients(context: &mut Context) -> Verdict {
    let server = context.server()?;
    let mut clients = [
        server.datagrams()?,
        server.datagrams()?,
        server.datagrams()?,
    ];
    let texts = ["one", "two", "three"];
    for (client, text) in clients.iter().zip(texts) {
        client.send(text.as_bytes())?;
    }
    for (client, text) in clients.iter_mut().zip(texts) {
        client.expect(text.as_bytes())?;
    }
    Ok(())
}

/// Sends each of `requests`; a line of text must answer, and then a good request be served.
fn says_what_is_wrong(context: &Context, requests: &[&[u8]]) -> Verdict {
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

fn invalid_utf8(context: &mut Context) -> Verdict {
    says_what_is_wrong(context, &[b"%Y \xff\xfe", b"\xe5\xb9"])
}

fn nul(context: &mut Context) -> Verdict {
    says_what_is_wrong(context, &[b"%Y\0", b"\0"])
}

fn control_characters(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    let client = server.datagrams()?;
    client.send(b"%Y \x07\r\x1b[2J\x1b]0;mine\x07")?;
    client.send(b"and the end")?;
    server.expect_harmless_screen("and the end", &[])
}

fn largest_datagram(context: &mut Context) -> Verdict {
    let server = context.server()?;
    let mut client = server.datagrams()?;
    let format = b"x".repeat(65_507);
    client.send(&format)?;
    client.expect(&format)
}

fn expanding_format(context: &mut Context) -> Verdict {
    let server = context.server()?;
    let mut client = server.datagrams()?;
    for format in ["%2000000000Y".to_owned(), "%c".repeat(20_000)] {
        client.send(format.as_bytes())?;
        client.receive()?;
    }
    expect_time(context, &mut client, "%Y")
        .map_err(|stop| stop.while_("the next request is served"))
}
