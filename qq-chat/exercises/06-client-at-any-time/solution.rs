//! Writes to a person of the contact list, and shows what comes from there, whenever it comes.

use std::io::{self, Write};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Mutex;
use std::thread;

/// The prompt at which the person is: a message that arrives shows it again, below itself.
static PROMPT: Mutex<&str> = Mutex::new("");

fn main() -> io::Result<()> {
    let place = given::server_address(8080);
    // The contact list: whom one can write to, and where.
    let friends = [
        ("pony", place),
        ("jack", place),
        ("charles", place),
        ("nick", place),
    ];
    //~ write
    //~| // TODO: one socket for all friends (2), and a thread that receives from it (5).
    //~| let mut buffer = [0; 65535];
    // (2) socket: one for all friends, who are at one place
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    let receiving = socket.try_clone()?;
    thread::spawn(move || {
        if let Err(error) = receive(&receiving, place) {
            eprintln!("cannot receive any more: {error}");
        }
    });
    //~ end
    loop {
        // (1) input: whom
        println!("QQ名单列表:");
        for (name, _) in &friends {
            println!("{name}");
        }
        //~ write
        //~| // TODO: `show_prompt`, here and below, remembers for the thread which prompt it is.
        //~| let Some(name) = given::prompt("请输入聊天对象:>>")? else {
        show_prompt("请输入聊天对象:>>")?;
        let Some(name) = given::prompt("")? else {
            //~ end
            return Ok(());
        };
        // A name that is not in the list: the list again.
        let chosen = friends.iter().find(|(friend, _)| *friend == name.trim());
        let Some(&(_, server)) = chosen else {
            continue;
        };
        //~ write
        //~| // (2) socket
        //~| let socket = UdpSocket::bind("0.0.0.0:0")?;
        show_prompt("请输入消息,回车发送:")?;
        //~ end
        loop {
            // (3) input: what; `quit` goes back to the list, an empty line asks again
            //~ write
            //~| let Some(line) = given::prompt("请输入消息,回车发送:")? else {
            let Some(line) = given::prompt("")? else {
                //~ end
                return Ok(());
            };
            let text = match line.trim() {
                "quit" => break,
                //~ write
                //~| "" => continue,
                "" => {
                    show_prompt("请输入消息,回车发送:")?;
                    continue;
                }
                //~ end
                text => text,
            };
            // (4) sendto
            socket.send_to(text.as_bytes(), server)?;
            //~ write
            //~| // (5) recvfrom: only `server` is believed
            //~| let size = loop {
            //~|     let (size, peer) = socket.recv_from(&mut buffer)?;
            //~|     if peer == server {
            //~|         break size;
            //~|     }
            //~| };
            //~| show(&buffer[..size], server);
            //~ end
        }
        // (6) close: `socket` ends with its scope
    }
}
//~ write

/// Shows each message of `server`, and below it the prompt at which the person is.
fn receive(socket: &UdpSocket, server: SocketAddr) -> io::Result<()> {
    let mut buffer = [0; 65535];
    loop {
        // (5) recvfrom: only `server` is believed
        let (size, peer) = socket.recv_from(&mut buffer)?;
        if peer == server {
            show(&buffer[..size], server);
            show_prompt(prompt())?;
        }
    }
}
//~ end

/// Shows a prompt and remembers it.
fn show_prompt(text: &'static str) -> io::Result<()> {
    // No thread panics while it holds the lock, so that `lock` cannot fail.
    *PROMPT.lock().unwrap() = text;
    print!("{text}");
    io::stdout().flush()
}

/// The prompt that was shown last.
fn prompt() -> &'static str {
    *PROMPT.lock().unwrap()
}

/// Prints a message on a red background.
fn show(message: &[u8], peer: SocketAddr) {
    let (ip, port) = (peer.ip(), peer.port());
    let text = given::harmless(&String::from_utf8_lossy(message));
    println!("来自[{ip}:{port}]的一条消息:\x1b[41m{text}\x1b[0m");
}
