//! Stores the files that clients send, and tells each client the md5 of what has arrived.
//!
//!     cargo run -p ftp-simple --bin upload-server
//!
//! Python: ftp-simple/python/upload_server.py

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use common::flags::{TcpServer, Timeout};
use common::header::HeaderError;
use common::progress::Progress;
use common::transfer::Announced;
use common::{console, header, net, transfer};
use serde_json::{Value, json};

/// Stores the files that clients send
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: TcpServer<8080, 128>,
    #[command(flatten)]
    timeout: Timeout<30>,
    /// Where the files are stored [default: ftp-simple/upload]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

fn main() -> common::Result {
    let args = Args::parse();
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/upload");
    let upload = args.dir.unwrap_or_else(|| default.into());
    let limit = args.timeout.limit();
    // (1) socket, setsockopt SO_REUSEADDR, bind, listen
    let mut listener = net::listener(&args.net)?;
    loop {
        // (2) accept; each client has a thread of its own
        let (conn, peer) = listener.accept()?;
        let upload = upload.clone();
        net::converse_in_thread(conn, peer, move |conn| {
            net::limit_stalls(conn, limit)?;
            converse(conn, peer, &upload)
        });
    }
}

fn converse(mut conn: &TcpStream, peer: SocketAddr, upload: &Path) -> Result<()> {
    loop {
        // (3) recv: header length, header
        let (name, size) = match receive_header(conn) {
            Ok(Some(announced)) => announced,
            Ok(None) => return Ok(()),
            Err(error) => {
                // Nobody knows where the next message would begin.
                let _ = send(conn, &json!({"error": error.to_string()}));
                net::hang_up(conn);
                return Err(error.into());
            }
        };
        let announced = Announced {
            name: &name,
            size,
            md5: None,
        };
        // (4) recv: the file
        let stored = transfer::receive_file(&mut conn, announced, upload, &Progress::hidden());
        let answer = match stored {
            Ok(md5) => json!({"file_name": name, "file_size": size, "md5": md5}),
            Err(error) if error.leaves_stream_in_step() => {
                console::warn(format_args!("{peer}: {error}"));
                json!({"error": error.to_string()})
            }
            Err(error) => return Err(error.into()),
        };
        // (5) sendall: what was stored
        send(conn, &answer)?;
    }
}

/// The name and the size in bytes of the file that follows; `None` when the client has closed.
fn receive_header(mut conn: &TcpStream) -> Result<Option<(String, u64)>, HeaderError> {
    let Some(header) = header::read_json(&mut conn)? else {
        return Ok(None);
    };
    let name = header::string(&header, "file_name")?.to_owned();
    // The lesson's client writes `file_siz`.
    let misspelt = !header.contains_key("file_size") && header.contains_key("file_siz");
    let size = header::size(&header, if misspelt { "file_siz" } else { "file_size" })?;
    Ok(Some((name, size)))
}

fn send(conn: &TcpStream, answer: &Value) -> Result<()> {
    let frame = header::pack_json(answer, b"")?;
    net::send_unless_stalled(conn, &frame).context("cannot send the answer")
}
