//! Writes to a person of the contact list and shows each answer, in turns.

use std::io;
use std::net::{SocketAddr, UdpSocket};

fn main() -> io::Result<()> {
    let place = given::server_address(8080);
    // The contact list: whom one can write to, and where.
    let friends = [
        ("pony", place),
        ("jack", place),
        ("charles", place),
        ("nick", place),
    ];
    let mut buffer = [0; 65535];
    //~ uncomment
    loop {
        // (1) input: whom
        println!("QQ名单列表:");
        for (name, _) in &friends {
            println!("{name}");
        }
        let Some(name) = given::prompt("请输入聊天对象:>>")? else {
            return Ok(());
        };
        // A name that is not in the list: the list again.
        //~ write
        //~| let server = place;
        let chosen = friends.iter().find(|(friend, _)| *friend == name.trim());
        let Some(&(_, server)) = chosen else {
            continue;
        };
        //~ end
        // (2) socket
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        loop {
            // (3) input: what; `quit` goes back to the list, an empty line asks again
            let Some(line) = given::prompt("请输入消息,回车发送:")? else {
                return Ok(());
            };
            //~ write
            //~| let text = line.as_str();
            let text = match line.trim() {
                "quit" => break,
                "" => continue,
                text => text,
            };
            //~ end
            // (4) sendto
            //~ write
            socket.send_to(text.as_bytes(), server)?;
            //~ end
            // (5) recvfrom: only `server` is believed
            //~ write
            //~| let size = 0;
            let size = loop {
                let (size, peer) = socket.recv_from(&mut buffer)?;
                if peer == server {
                    break size;
                }
            };
            //~ end
            show(&buffer[..size], server);
        }
        // (6) close: `socket` ends here
    }
    //~ end
    //~ write
    //~| todo!("(1) input: take the // from the lines above, and this line away")
    //~ end
}

/// Prints a message on a red background.
fn show(message: &[u8], peer: SocketAddr) {
    let (ip, port) = (peer.ip(), peer.port());
    let text = given::harmless(&String::from_utf8_lossy(message));
    println!("来自[{ip}:{port}]的一条消息:\x1b[41m{text}\x1b[0m");
}
