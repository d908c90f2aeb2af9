//! What every TCP server that stays must bear: programs 1, 2, 16, 18 and 20.

use crate::check::Check;
use crate::check::Grade::{Protocol, Robust};
use crate::check::catalogue::exchange::{
    crowd, exchange, expect_all_closed, goes_on, said_and_answered, serves_a_client,
};
use crate::check::engine::context::Context;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::Verdict;

const ALL: &[&str] = &[
    "echo-tcp/server",
    "echo-tcp/phone-server",
    "socketserver-demo/server",
    "socketserver-demo/text-server",
    "socketserver-demo/framed-server",
];
const CONCURRENT: &[&str] = &[
    "socketserver-demo/server",
    "socketserver-demo/text-server",
    "socketserver-demo/framed-server",
];

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "next-client",
        grade: Protocol,
        targets: &[
            "echo-tcp/server",
            "socketserver-demo/server",
            "socketserver-demo/text-server",
            "socketserver-demo/framed-server",
        ],
        sentence: "Ten clients come one after another, each says goodbye; each is served.",
        hint: "A hang-up ends one conversation, not the server: close the connection and accept the next.",
        run: next_client,
    },
    Check {
        name: "leaves-at-once",
        grade: Robust,
        targets: ALL,
        sentence: "Clients connect and close without a word; the next client is served, and no processor time is burnt.",
        hint: "At a hang-up recv returns b'' at once, as often as it is called. Taken for a message it makes the loop spin at 100 %: break when nothing came.",
        run: leaves_at_once,
    },
    Check {
        name: "leaves-by-reset",
        grade: Robust,
        targets: ALL,
        sentence: "Clients say hello and reset the connection before the answer; the next client is served, and no processor time is burnt.",
        hint: "recv and send may fail with ConnectionResetError or BrokenPipeError at any time. Catch OSError around one conversation, never around the whole server only.",
        run: leaves_by_reset,
    },
    Check {
        name: "half-close",
        grade: Robust,
        targets: ALL,
        sentence: "A client is answered, then ends its sending side; the server closes the connection.",
        hint: "A client that shuts down its sending side is done and waits for the end: when recv returns b'', close. A socket left open is a descriptor lost.",
        run: half_close,
    },
    Check {
        name: "leaves-unread",
        grade: Robust,
        targets: ALL,
        sentence: "A client sends many messages, reads hardly an answer, and resets the connection; the next client is served, and no processor time is burnt.",
        hint: "Sending to a client that is gone raises BrokenPipeError or ConnectionResetError: catch both (OSError), around one conversation.",
        run: leaves_unread,
    },
    Check {
        name: "silent-clients",
        grade: Robust,
        targets: CONCURRENT,
        sentence: "Ten clients connect and say nothing; another is served beside them.",
        hint: "Every connection needs a thread of its own, from the moment of accept: a read before the thread starts lets one silent client block all.",
        run: silent_clients,
    },
    Check {
        name: "slow-reader",
        grade: Robust,
        targets: CONCURRENT,
        sentence: "A client sends and sends but reads nothing, until the server can take no more; another is served beside it.",
        hint: "send blocks when the client does not read. That may block this client's own thread, and no lock or loop that others need.",
        run: slow_reader,
    },
    Check {
        name: "many-in-a-row",
        grade: Robust,
        targets: ALL,
        sentence: "2,000 clients come one after another; each is served, and no processor time is burnt afterwards.",
        hint: "Close each connection when its client has left, whatever happened: an unclosed one is a descriptor lost, and a process has 1,024 of them as a rule.",
        run: many_in_a_row,
    },
    Check {
        name: "many-at-once",
        grade: Robust,
        targets: CONCURRENT,
        sentence: "200 clients connect at once and stay; each is served.",
        hint: "The backlog of listen holds who is not accepted yet; with 5 places the rest is turned away and tries again after 1, 3, 7 seconds. socketserver's is request_queue_size, 5 by default.",
        run: many_at_once,
    },
    #[cfg(unix)]
    Check {
        name: "descriptors-run-out",
        grade: Robust,
        targets: CONCURRENT,
        sentence: "With 40 descriptors to its name the server gets 60 clients; those who are in stay served, no processor time is burnt, and when they have left the next is served.",
        hint: "Without a free descriptor accept fails at once and the connection stays in the queue: a loop around it spins. Keep one descriptor in reserve to accept and close the client, or wait before the next accept.",
        run: descriptors_run_out,
    },
];

fn next_client(context: &mut Context) -> Verdict {
    let server = context.server()?;
    for _ in 0..10 {
        serves_a_client(context, &server)?;
    }
    Ok(())
}

fn leaves_at_once(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    for _ in 0..3 {
        server.connect()?.close();
    }
    goes_on(context, &mut server)
}

fn leaves_by_reset(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    let (said, _) = said_and_answered(context.number())?;
    for _ in 0..5 {
        let mut client = server.connect()?;
        client.send(&said)?;
        client.reset();
    }
    goes_on(context, &mut server)
}

fn half_close(context: &mut Context) -> Verdict {
    let server = context.server()?;
    let mut client = server.connect()?;
    exchange(context, &mut client)?;
    client.finish_sending();
    client.expect_closed()
}

fn leaves_unread(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    let (said, _) = said_and_answered(context.number())?;
    let mut client = server.connect()?;
    // Little enough that the server takes all of it although nobody reads.
    client.send(&said.repeat(64 * 1024 / said.len()))?;
    client.receive_some()?;
    client.reset();
    goes_on(context, &mut server)
}

fn silent_clients(context: &mut Context) -> Verdict {
    let server = context.server()?;
    let silent: Verdict<Vec<Stream>> = (0..10).map(|_| server.connect()).collect();
    let silent = silent?;
    serves_a_client(context, &server)?;
    drop(silent);
    Ok(())
}

fn slow_reader(context: &mut Context) -> Verdict {
    let server = context.server()?;
    let (said, _) = said_and_answered(context.number())?;
    let mut slow = server.connect()?;
    slow.send_until_stuck(&said.repeat(10_000))?;
    serves_a_client(context, &server)?;
    slow.reset();
    Ok(())
}

fn many_in_a_row(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    for number in 0..2000 {
        let mut client = server.connect()?;
        exchange(context, &mut client)
            .map_err(|stop| stop.while_(&format!("client {} of 2,000 is served", number + 1)))?;
        if number % 2 == 0 {
            client.close();
        }
    }
    goes_on(context, &mut server)
}

fn many_at_once(context: &mut Context) -> Verdict {
    let server = context.server()?;
    let client = |_| {
        let mut client = server.connect()?;
        exchange(context, &mut client)?;
        Ok(client)
    };
    crowd(client).map(drop)
}

#[cfg(unix)]
fn descriptors_run_out(context: &mut Context) -> Verdict {
    let mut server = context.launch().limit("-n 40").server()?;
    let mut first = server.connect()?;
    exchange(context, &mut first)?;
    // The system shakes hands for them, whether the server accepts or not.
    let mut crowd: Vec<Stream> = (0..60).map_while(|_| server.connect().ok()).collect();
    server.expect_idle()?;
    exchange(context, &mut first)
        .map_err(|stop| stop.while_("a client that is in stays served"))?;
    crowd.push(first);
    expect_all_closed(&mut crowd)?;
    goes_on(context, &mut server)
}
