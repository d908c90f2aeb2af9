//! What every server must do, whatever it serves.

use crate::check::Check;
use crate::check::Grade::Robust;
use crate::check::catalogue::exchange::exchange;
use crate::check::engine::context::Context;
use crate::check::engine::launch::Launch;
use crate::check::engine::server::Server;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::Verdict;

#[cfg(unix)]
const SERVERS: &[&str] = &[
    "echo-tcp/server",
    "echo-tcp/phone-server",
    "echo-tcp/oneshot-server",
    "echo-tcp/framed-server",
    "echo-udp/server",
    "echo-udp/talk-server",
    "echo-udp/hello-server",
    "echo-udp/ack-server",
    "echo-udp/boundaries-server",
    "echo-udp/oneshot-server",
    "ntp/server",
    "qq-chat/server",
    "ftp-simple/server",
    "ftp-simple/upload-server",
    "ftp-class/server",
    "socketserver-demo/server",
    "socketserver-demo/udp-server",
    "socketserver-demo/text-server",
    "socketserver-demo/udp-text-server",
    "socketserver-demo/framed-server",
];

/// Which TCP servers it concerns, and how one gets its client, is said where it is used.
pub(super) const RESTART: Check = Check {
    name: "restart",
    grade: Robust,
    targets: &[],
    sentence: "The server ends, or is killed, with a client connected, and is started again at once; it gets its port back.",
    hint: "The old connection keeps the port busy (FIN_WAIT, TIME_WAIT: a minute). Set SO_REUSEADDR before bind; socketserver has allow_reuse_address for it.",
    run: restart,
};

pub(super) const CHECKS: &[Check] = &[
    Check {
        targets: &[
            "echo-tcp/server",
            "echo-tcp/phone-server",
            "echo-tcp/oneshot-server",
            "echo-tcp/framed-server",
            "socketserver-demo/server",
            "socketserver-demo/text-server",
            "socketserver-demo/framed-server",
        ],
        ..RESTART
    },
    #[cfg(unix)]
    Check {
        name: "ctrl-c",
        grade: Robust,
        targets: SERVERS,
        sentence: "A server that waits is sent what Ctrl-C sends, SIGINT; it ends, without a stack trace.",
        hint: "A person stops a server with Ctrl-C, and a page of traceback says that it crashed. Catch KeyboardInterrupt around the main loop and end.",
        run: ctrl_c,
    },
];

#[cfg(unix)]
fn ctrl_c(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    let program = server.program()?;
    program.process().interrupt();
    program.expect_end()?;
    program.expect_no_stack_trace()
}

fn restart(context: &mut Context) -> Verdict {
    let first = context.server()?;
    let mut client = first.connect()?;
    if context.number() == 4 {
        // It speaks first.
        client.receive_to_end(1024)?;
    } else {
        exchange(context, &mut client)?;
    }
    restart_beside(&client, first, context.launch())
}

/// Kills `first` and starts another server at the same port. The client has not closed its side, so
/// the system keeps the old connection.
pub(super) fn restart_beside(_client: &Stream, mut first: Server, second: Launch) -> Verdict {
    let port = first.address().port();
    first.program()?.kill()?;
    second.port(port).again().server()?;
    Ok(())
}
