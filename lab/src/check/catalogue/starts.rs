//! The first thing that is asked of a program of one's own: that it comes into being.

use std::sync::LazyLock;

use crate::check::catalogue::clients::client::Client;
use crate::check::catalogue::service::Service;
use crate::check::engine::context::Context;
use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::stream::Stream;
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
        (Side::Client, Transport::Tcp) => Client::<Stream>::start(context).map(drop),
        (Side::Client, Transport::Udp) => {
            let mut client = Client::<Datagrams>::start(context)?;
            match context.dialect().client.asks.prompt() {
                Some(prompt) => client.program.expect_screen(prompt),
                None => client.server.receive().map(drop),
            }
        }
    }
}
