//! Serves the files of a folder. Each goes out behind a header that tells where it ends.
//!
//!     cargo run -p ftp-simple --bin server
//!
//! Python: ftp-simple/python/server.py

use std::fmt::Display;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Parser;
use common::files::commands::{CommandError, Commands, words};
use common::files::names::{self, OpenFile};
use common::files::{BACKLOG, TIMEOUT, progress::Progress, transfer};
use common::flags::{TcpServer, Timeout};
use common::{console, header, net};
use serde_json::json;

/// The longest command, in bytes.
const MAX_COMMAND: usize = 8192;

/// Serves the files of a folder
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: TcpServer<9001, BACKLOG>,
    #[command(flatten)]
    timeout: Timeout<TIMEOUT>,
    /// The shared folder [default: ftp-simple/share]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

fn main() -> common::Result {
    let args = Args::parse();
    let limit = args.timeout.limit();
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/share");
    let share = args.dir.unwrap_or_else(|| default.into());
    names::check_folder(&share)?;
    // (1) socket, setsockopt SO_REUSEADDR, bind, listen
    let mut listener = net::listener(&args.net)?;
    loop {
        console::print_line("FTP服务器开始运行啦!")?;
        // (2) accept; each client has a thread of its own
        let (conn, peer) = listener.accept()?;
        let share = share.clone();
        net::converse_in_thread(conn, peer, move |conn| {
            conn.set_read_timeout(limit)?;
            conn.set_write_timeout(limit)?;
            converse(conn, peer, &share)
        });
    }
}

fn converse(mut conn: &TcpStream, peer: SocketAddr, share: &Path) -> Result<()> {
    let mut commands = Commands::ended_by_newline_or_pause(conn, MAX_COMMAND);
    loop {
        // (3) recv: a command
        let command = match commands.next_command() {
            Ok(Some(command)) => command,
            Ok(None) => return Ok(()),
            Err(error @ CommandError::TooLong(_)) => {
                conn.write_all(&refusal(&error)?)?;
                net::hang_up(conn);
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        };
        // (4) open the file, md5
        let (frame, file) = match prepare(&command, share) {
            Ok(answer) => answer,
            Err(error) => {
                console::warn(format_args!("{peer}: {error:#}"));
                (refusal(format_args!("{error:#}"))?, None)
            }
        };
        // (5) sendall: header length, header; for ls the list too, which may be as long as a file
        transfer::send_unless_stalled(conn, &frame).context("cannot send the answer")?;
        if let Some(file) = file {
            // (6) sendfile: the file
            transfer::send_file(conn, &file, &Progress::hidden())?;
        }
    }
}

/// What answers a command: a header in a frame, for `ls` with the list, and the file of `get`.
fn prepare(command: &[u8], share: &Path) -> Result<(Vec<u8>, Option<OpenFile>)> {
    let command = str::from_utf8(command).map_err(|_| anyhow!("bad command: it is not UTF-8"))?;
    match words(command) {
        ("get", name) => {
            let file = names::open_shared(share, name)?;
            let md5 = transfer::md5_of(&file).with_context(|| format!("cannot read {name}"))?;
            let header = json!({"filename": name, "filemd5": md5, "filesize": file.size});
            Ok((header::pack_json(&header, b"")?, Some(file)))
        }
        ("ls", "") => {
            let names = names::list_shared(share)?;
            let list: String = names.iter().flat_map(|name| [name, "\n"]).collect();
            let header = json!({"listsize": list.len()});
            Ok((header::pack_json(&header, list.as_bytes())?, None))
        }
        _ => bail!("unknown command: use get NAME, or ls"),
    }
}

fn refusal(why: impl Display) -> Result<Vec<u8>> {
    Ok(header::pack_json(&json!({"error": why.to_string()}), b"")?)
}
