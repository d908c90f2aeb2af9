//! The time limits of the file clients: programs 13, 14 and 15.

use std::time::{Duration, Instant};

use crate::check::Check;
use crate::check::Grade::Robust;
use crate::check::catalogue::SHORT_TIMEOUT;
use crate::check::catalogue::clients::tcp_client::{
    TcpClient, UPLOAD, answer, expect_nothing_stored, large, receive_header, which_confirms, write,
};
use crate::check::engine::context::Context;
use crate::check::engine::trial::Verdict;

pub(in crate::check::catalogue) const CHECKS: &[Check] = &[
    Check {
        name: "silent-server",
        grade: Robust,
        targets: &[
            "ftp-simple/client",
            "ftp-simple/upload-client",
            "ftp-class/client",
        ],
        sentence: "The server receives and never answers; the client gives up after its time limit (ours: --timeout 2; others: 30 s plus --patience), says in one line on stderr which server stalled, and ends with status 1.",
        hint: "recv waits for ever. settimeout on the connection, and catch socket.timeout: a server that hangs must not hang its clients.",
        run: silent_server,
    },
    Check {
        name: "stalls-in-mid-file",
        grade: Robust,
        targets: &["ftp-simple/client", "ftp-class/client"],
        sentence: "The server stops in the middle of a file and stays connected; the client gives up after its time limit (ours: --timeout 2; others: 30 s plus --patience), says so in one line on stderr, ends with status 1, and stores nothing.",
        hint: "The time limit must hold for each recv of the file too. What has come is no file: leave nothing of it.",
        run: stalls_in_mid_file,
    },
    Check {
        name: "stops-reading",
        grade: Robust,
        targets: &["ftp-simple/upload-client", "ftp-class/client"],
        sentence: "The server reads the header of a file of 64 MiB and no more; the client gives up after its time limit (ours: --timeout 2; others: 30 s plus --patience), says so in one line on stderr, and ends with status 1.",
        hint: "send waits too, when the buffers of both sides are full. settimeout bounds it as it bounds recv.",
        run: stops_reading,
    },
];

/// How long our programs wait unless they are told otherwise.
const LIMIT: Duration = Duration::from_secs(30);

fn silent_server(context: &mut Context) -> Verdict {
    let begun = Instant::now();
    let mut client = TcpClient::start_with(context, SHORT_TIMEOUT)?;
    client.ask()?;
    let verdict = gives_up(context, &mut client, begun);
    which_confirms(context.number(), verdict)
}

fn stalls_in_mid_file(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start_with(context, SHORT_TIMEOUT)?;
    client.ask()?;
    let answer = answer(context.number());
    let begun = Instant::now();
    client.stream.send(&answer[..answer.len() - 1])?;
    gives_up(context, &mut client, begun)?;
    expect_nothing_stored(context)
}

fn stops_reading(context: &mut Context) -> Verdict {
    let puts = context.number() == 15;
    let file = if puts {
        context.make_folder("share")?.join("up.bin")
    } else {
        context.folder().join(UPLOAD)
    };
    write(&file, large())?;
    let begun = Instant::now();
    let mut client = TcpClient::start_with(context, SHORT_TIMEOUT)?;
    if puts {
        client.ask_line("put up.bin")?;
    }
    receive_header(&mut client.stream)?;
    gives_up(context, &mut client, begun)
}

/// Waits until the client gives up its server, which has stalled since `begun` at the earliest, and has
/// stalled now.
fn gives_up(context: &Context, client: &mut TcpClient, begun: Instant) -> Verdict {
    let stalled = Instant::now();
    client
        .program
        .expect_error_within(context.time_limit(LIMIT), client.address)?;
    context.expect_in_time(begun, stalled)
}
