//! A server in Rust with nothing but std, as one writes it who has not seen ours.

use std::io::{Read, Write};
use std::net::TcpListener;

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).unwrap_or_default();
    let listener = TcpListener::bind(format!("127.0.0.1:{port}"))?;
    let mut buffer = [0; 4096];
    loop {
        let (mut client, _) = listener.accept()?;
        while let Ok(size @ 1..) = client.read(&mut buffer) {
            println!("received {:?}", String::from_utf8_lossy(&buffer[..size]));
            if client.write_all(&buffer[..size].to_ascii_uppercase()).is_err() {
                break;
            }
        }
    }
}
