//! Serves the files of a folder. Each goes out behind a header that tells where it ends.
//!
//!     cargo run -p ftp-simple --bin server
//!
//! Python: ftp-simple/python/server.py

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Parser;
use common::commands::{CommandError, Commands, words};
use common::flags::{TcpServer, Timeout};
use common::names::OpenFile;
use common::progress::Progress;
use common::{console, header, names, net, transfer};
use serde_json::{Value, json};

/// The longest command, in bytes.
const MAX_COMMAND: usize = 8192;

/// Serves the files of a folder
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: TcpServer<9001, 128>,
    #[command(flatten)]
    timeout: Timeout<30>,
    /// The shared folder [default: ftp-simple/share]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

fn main() -> common::Result {
    let args = Args::parse();
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/share");
    let share = args.dir.unwrap_or_else(|| default.into());
    names::check_folder(&share)?;
    let limit = args.timeout.limit();
    // (1) socket, setsockopt SO_REUSEADDR, bind, listen
    let mut listener = net::listener(&args.net)?;
    loop {
        console::print_line("FTP服务器开始运行啦!")?;
        // (2) accept; each client has a thread of its own
        let (conn, peer) = listener.accept()?;
        let share = share.clone();
        net::converse_in_thread(conn, peer, move |conn| {
            net::limit_stalls(conn, limit)?;
            converse(conn, peer, &share)
        });
    }
}

fn converse(conn: &TcpStream, peer: SocketAddr, share: &Path) -> Result<()> {
    let mut commands = Commands::or_pauses(conn, MAX_COMMAND);
    loop {
        // (3) recv: a command
        match commands.next_command() {
            Ok(Some(command)) => answer(conn, peer, share, &command)?,
            Ok(None) => return Ok(()),
            Err(error) => {
                if matches!(error, CommandError::TooLong(_)) {
                    send(conn, &json!({"error": error.to_string()}), b"")?;
                    net::hang_up(conn);
                }
                return Err(error.into());
            }
        }
    }
}

fn answer(conn: &TcpStream, peer: SocketAddr, share: &Path, command: &[u8]) -> Result<()> {
    let (header, body, file) = prepare(share, command).unwrap_or_else(|error| {
        console::warn(format_args!("{peer}: {error:#}"));
        (json!({"error": format!("{error:#}")}), String::new(), None)
    });
    // (5) sendall: header length, header
    send(conn, &header, body.as_bytes())?;
    if let Some((name, file)) = file {
        // (6) sendfile: the file
        transfer::send_file(conn, &file, &name, &Progress::hidden())?;
    }
    Ok(())
}

/// What answers a command: the header, the body, and the name and the file.
type Answer = (Value, String, Option<(String, OpenFile)>);

fn prepare(share: &Path, command: &[u8]) -> Result<Answer> {
    let command = str::from_utf8(command).map_err(|_| anyhow!("bad command: it is not UTF-8"))?;
    match words(command) {
        ("get", name) => {
            // (4) open the file, md5
            let file = names::open_shared(share, name)?;
            let md5 = transfer::md5_of(&file).with_context(|| format!("cannot read {name}"))?;
            let header = json!({"filename": name, "filemd5": md5, "filesize": file.size});
            Ok((header, String::new(), Some((name.to_owned(), file))))
        }
        ("ls", "") => {
            let names = names::list_shared(share)?;
            let list: String = names.iter().flat_map(|name| [name, "\n"]).collect();
            Ok((json!({"listsize": list.len()}), list, None))
        }
        _ => bail!("unknown command: use get NAME, or ls"),
    }
}

fn send(conn: &TcpStream, header: &Value, body: &[u8]) -> Result<()> {
    let frame = header::pack_json(header, body)?;
    net::send_unless_stalled(conn, &frame).context("cannot send the answer")
}
