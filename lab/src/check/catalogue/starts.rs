//! The first thing that is asked of a program of one's own: that it comes into being.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::check::catalogue::clients::client::launch;
use crate::check::catalogue::service::Service;
use crate::check::engine::context::Context;
use crate::check::engine::program::Program;
use crate::check::engine::trial::Result;
use crate::check::{Check, Deed, Grade, Words};
use crate::pairs::{Side, Transport};

/// The check of the exercises' first stage. No target has it: every other check tells the same of a program
/// that does not start.
pub(crate) fn starts() -> &'static Check {
    static STARTS: LazyLock<Check> = LazyLock::new(|| {
        Check {
        name: "starts",
        grade: Grade::Protocol,
        needs: None,
        sentence: "The program is started; a server listens on its port, a client comes to its server, or to its prompt."
            .to_owned(),
        hint: Words::Same(
            "The port is the first argument of a server; a client has the host before it.".to_owned(),
        ),
        run: Deed::Function(start),
    }
    });
    &STARTS
}

fn start(context: &Context) -> Result {
    match (context.side(), context.pair().transport) {
        (Side::Server, _) => Service::started(context).map(drop),
        (Side::Client, Transport::Tcp) => {
            let listener = context.listen()?;
            let mut program = launch(context, &[], listener.address())?;
            comes(context, &mut program, || Ok(listener.poll()?.is_some()))
        }
        (Side::Client, Transport::Udp) => {
            let mut server = context.bind()?;
            let mut program = launch(context, &[], server.local()?)?;
            match context.dialect().client.asks.prompt() {
                Some(prompt) => program.expect_screen(prompt),
                None => comes(context, &mut program, || {
                    Ok(server.receive_within(Duration::from_millis(10))?.is_some())
                }),
            }
        }
    }
}

/// Waits until the client has come to its server. One that ends before is not waited for.
fn comes(
    context: &Context,
    program: &mut Program,
    mut has_come: impl FnMut() -> Result<bool>,
) -> Result {
    let limit = context.limit();
    loop {
        // One that comes and ends at once has come.
        let ended = program.ends_within(Duration::from_millis(2))?;
        if has_come()? {
            return Ok(());
        }
        if ended {
            let status = program.expect_end()?;
            return Err(context.cannot_judge(format!(
                "the program ended with {status} before it came to its server"
            )));
        }
        if Instant::now() > limit {
            return Err(context.cannot_judge("the program did not come to its server".to_owned()));
        }
    }
}
