//! Talks with everybody in the room. You may type at any time, and others may at any time be read.
//!
//!     cargo run -p qq-chat --bin live-client -- --name anna
//!
//! One thread waits for the keyboard, the other for the socket: neither waits for the other. `/who` tells who is here,
//! `/quit` ends.
//!
//! Python: qq-chat/python/live_client.py

use std::net::{SocketAddr, UdpSocket};
use std::ops::ControlFlow;
use std::process;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use clap::Parser;
use common::exit::Exit;
use common::net::{self, NetError, OrSay};
use common::{Result, console, flags};
use qq_chat::live::screen::{self, End, Screen};
use qq_chat::live::shared::Shared;
use qq_chat::live::talk::{self, Over};

const START: &str = "cargo run -p qq-chat --bin live-server";

/// How long the socket is waited for before the clock is looked at.
const TICK: Duration = Duration::from_millis(50);

/// Talks with everybody in the room
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpClient<8080, 10>,
    /// What you want to be called
    #[arg(long, value_name = "NAME", value_parser = talk::name)]
    name: String,
}

fn main() -> Result {
    let args = Args::parse();
    let limit = args.net.timeout.limit();
    // (1) socket
    let (socket, server) = net::udp_client(&args.net)?;
    let socket = Arc::new(socket);
    let shared = Arc::new(Shared::new(args.name, limit, Instant::now()));
    let (keyboard, screen) = screen::open()?;
    let is_plain = matches!(screen, Screen::Plain);
    // (2) thread: one for the socket, this one for the keyboard
    let listening = {
        let (socket, shared) = (Arc::clone(&socket), Arc::clone(&shared));
        thread::spawn(move || listen(&socket, server, &shared, screen, limit))
    };
    send(&socket, server, &shared);
    let typed = {
        let (socket, shared) = (Arc::clone(&socket), Arc::clone(&shared));
        move |line: &str| {
            if is_plain {
                shared.wait_for_room();
            }
            // (3) input
            shared.talk().type_line(line, Instant::now());
            send(&socket, server, &shared);
            if shared.talk().leaves() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
    };
    if keyboard.read(typed)? == End::Interrupt {
        if let Some(goodbye) = shared.talk().goodbye() {
            let _ = socket.send_to(&goodbye, server);
        }
        return screen::die_by_interrupt();
    }
    shared.talk().leave(Instant::now());
    send(&socket, server, &shared);
    // What was typed is still on its way.
    let _ = listening.join();
    Ok(())
}

/// Sends what is due.
fn send(socket: &UdpSocket, server: SocketAddr, shared: &Shared) {
    let outgoing = shared.talk().outgoing(Instant::now());
    for datagram in outgoing {
        // (4) sendto
        socket
            .send_to(&datagram, server)
            .or_warn("cannot send to", server);
    }
}

/// The thread of the socket: until the talk is over, well or badly.
fn listen(
    socket: &UdpSocket,
    server: SocketAddr,
    shared: &Shared,
    mut screen: Screen,
    limit: Option<Duration>,
) {
    let talked = talk(socket, server, shared, &mut screen, limit);
    if let Err(error) = talked {
        // The other thread waits for the keyboard, and would not hear of it.
        screen.restore();
        console::log(format_args!("Error: {error:?}"));
        process::exit(1);
    }
}

fn talk(
    socket: &UdpSocket,
    server: SocketAddr,
    shared: &Shared,
    screen: &mut Screen,
    limit: Option<Duration>,
) -> std::result::Result<(), Exit> {
    let mut buffer = net::datagram_buffer();
    socket.set_read_timeout(Some(TICK))?;
    loop {
        // (5) recvfrom: from the server that was asked, and from nobody else
        match socket.recv_from(&mut buffer) {
            Ok((size, peer)) if net::answers_for(peer, server) => {
                shared.talk().receive(&buffer[..size], Instant::now());
            }
            Ok(_) => {}
            Err(error) if net::is_timeout(&error) || net::is_passing(&error) => {}
            Err(error) => Err(error).or_say("cannot receive from", server)?,
        }
        shared.talk().look_at_clock(Instant::now());
        send(socket, server, shared);
        // (6) print
        let (lines, over) = shared.news();
        for line in lines {
            screen.show(&line)?;
        }
        match over {
            None => {}
            Some(Over::Left) => return Ok(()),
            Some(Over::NoAnswer) => {
                return Err(NetError::NoAnswer {
                    address: server,
                    limit: limit.unwrap_or_default(),
                    start: START.to_owned(),
                }
                .into());
            }
            Some(Over::Refused(refusal)) => return Err(anyhow!("{server}: {refusal}").into()),
        }
    }
}
