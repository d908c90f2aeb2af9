//! Stores the files that clients send, and tells each client the md5 of what has arrived.
//!
//!     cargo run -p ftp-simple --bin upload-server
//!
//! Python: ftp-simple/python/upload_server.py

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use common::files::transfer::{self, Announced, ReceiveError};
use common::files::{BACKLOG, TIMEOUT, progress::Progress};
use common::flags::{TcpServer, Timeout};
use common::header::{self, HeaderError};
use common::{console, net};
use serde_json::json;

/// Stores the files that clients send
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: TcpServer<8080, BACKLOG>,
    #[command(flatten)]
    timeout: Timeout<TIMEOUT>,
    /// Where the files are stored [default: ftp-simple/upload]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

fn main() -> common::Result {
    let args = Args::parse();
    let limit = args.timeout.limit();
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/upload");
    let upload = args.dir.unwrap_or_else(|| default.into());
    // (1) socket, setsockopt SO_REUSEADDR, bind, listen
    let mut listener = net::listener(&args.net)?;
    loop {
        // (2) accept; each client has a thread of its own
        let (conn, peer) = listener.accept()?;
        let upload = upload.clone();
        net::converse_in_thread(conn, peer, move |conn| {
            conn.set_read_timeout(limit)?;
            conn.set_write_timeout(limit)?;
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
                let refusal = json!({"error": error.to_string()});
                let _ = conn.write_all(&header::pack_json(&refusal, b"")?);
                net::hang_up(conn);
                return Err(error.into());
            }
        };
        let (name, md5) = (name.as_str(), None);
        let announced = Announced { name, size, md5 };
        // (4) recv: the file
        let answer = match transfer::receive_file(&mut conn, announced, upload, &Progress::hidden())
        {
            Ok(md5) => json!({"file_name": name, "file_size": size, "md5": md5}),
            Err(ReceiveError::NotStored(why)) => {
                console::warn(format_args!("{peer}: {why}"));
                json!({"error": why.to_string()})
            }
            Err(error) => return Err(error.into()),
        };
        // (5) sendall: what was stored
        conn.write_all(&header::pack_json(&answer, b"")?)
            .context("cannot send the answer")?;
    }
}

/// The name and the size in bytes of the file that follows; `None` when the client has closed.
fn receive_header(mut conn: &TcpStream) -> Result<Option<(String, u64)>, HeaderError> {
    let Some(fields) = header::read_json(&mut conn)? else {
        return Ok(None);
    };
    let name = header::string(&fields, "file_name")?.to_owned();
    // The lesson's client writes `file_siz`.
    let misspelt = !fields.contains_key("file_size") && fields.contains_key("file_siz");
    let size = header::size(&fields, if misspelt { "file_siz" } else { "file_size" })?;
    Ok(Some((name, size)))
}
