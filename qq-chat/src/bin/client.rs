//! Writes to a person of the contact list and shows each answer, in turns.
//!
//!     cargo run -p qq-chat --bin client
//!
//! `--contacts FILE` takes another list; its form is told in `qq-chat/src/contacts.rs`. It waits
//! for ever: a person is typing at the other end. `--timeout` limits that.
//!
//! Python: qq-chat/python/client.py

use std::net::UdpSocket;
use std::path::PathBuf;

use clap::Parser;
use common::flags::{FOR_EVER, UdpClient};
use common::net::{self, OrSay};
use common::{Result, console};
use qq_chat::{contacts, message};
use socket2::{Domain, Socket, Type};

const START: &str = "cargo run -p qq-chat --bin server";

/// Writes to a person of the contact list; --host and --port tell where the four friends are
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: UdpClient<8080, FOR_EVER>,
    /// The contact list, JSON: {"name": "host:port"} [default: the four friends]
    #[arg(long, value_name = "FILE")]
    contacts: Option<PathBuf>,
}

fn main() -> Result {
    let args = Args::parse();
    let list = match &args.contacts {
        Some(file) => contacts::read(file)?,
        None => contacts::friends_at(&args.net.address.host, args.net.address.port),
    };
    let mut buffer = net::datagram_buffer();
    let limit = args.net.timeout.limit();
    loop {
        // (1) input: whom
        console::print_line("QQ名单列表:")?;
        for contact in &list {
            console::print_line(console::escape_to_one_line(&contact.name))?;
        }
        let Some(name) = console::prompt("请输入聊天对象:>>")? else {
            return Ok(());
        };
        let name = console::strip(&name);
        let Some(contact) = list.iter().find(|contact| contact.name == name) else {
            continue;
        };
        // (2) socket: IPv4 or IPv6, as the contact has it
        let server = contact.address()?;
        let socket = UdpSocket::from(Socket::new(Domain::for_address(server), Type::DGRAM, None)?);
        loop {
            // (3) input: what
            let Some(line) = console::prompt("请输入消息,回车发送:")? else {
                return Ok(());
            };
            let text = match console::strip(&line) {
                "quit" => break,
                "" => continue,
                text => text,
            };
            // (4) sendto
            socket
                .send_to(text.as_bytes(), server)
                .or_say("cannot send to", server)?;
            // (5) recvfrom
            let (size, peer) = net::receive_answer(&socket, &mut buffer, server, limit, START)?;
            console::print_line(message::line(peer, &buffer[..size], message::RED))?;
        }
        // (6) close: `socket` ends here
    }
}
