//! What every server must do, whatever it serves.

use std::thread;
use std::time::Duration;

use super::exchange::exchange;
use crate::check::Check;
use crate::check::Grade::Robust;
use crate::check::context::Context;
use crate::check::trial::Verdict;

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

const TCP_SERVERS: &[&str] = &[
    "echo-tcp/server",
    "echo-tcp/phone-server",
    "echo-tcp/oneshot-server",
    "echo-tcp/framed-server",
    "ftp-simple/server",
    "ftp-simple/upload-server",
    "ftp-class/server",
    "socketserver-demo/server",
    "socketserver-demo/text-server",
    "socketserver-demo/framed-server",
];

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "restart",
        grade: Robust,
        targets: TCP_SERVERS,
        sentence: "The server ends, or is killed, with a client connected, and is started again at once; it gets its port back.",
        hint: "The old connection keeps the port busy (FIN_WAIT, TIME_WAIT: a minute). Set SO_REUSEADDR before bind; socketserver has allow_reuse_address for it.",
        run: restart,
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
    let mut server = context.server()?;
    let mut client = server.connect()?;
    match context.number() {
        1 | 2 | 16 | 18 | 20 => exchange(context, &mut client)?,
        4 => drop(client.receive_to_end(1024)?),
        // Nothing tells when these have accepted; one that has not is not caught.
        _ => thread::sleep(Duration::from_millis(200)),
    }
    let port = server.address().port();
    server.program()?.kill()?;
    // The client has not closed its side, so the system keeps the old connection.
    context.launch().port(port).again().server()?;
    drop(client);
    Ok(())
}
