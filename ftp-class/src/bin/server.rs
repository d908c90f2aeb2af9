//! File transfer written as classes: the server.
//!
//!     cargo run -p ftp-class --bin server
//!
//! Python: ftp-class/python/server.py

use std::path::PathBuf;

use clap::Parser;
use common::files::{BACKLOG, TIMEOUT};
use common::flags::{TcpServer, Timeout};
use common::net;
use ftp_class::{FOLDER, FtpServer};

/// Serves files to download, stores those that clients upload
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: TcpServer<8080, BACKLOG>,
    #[command(flatten)]
    timeout: Timeout<TIMEOUT>,
    /// The folder with share and upload in it [default: ftp-class]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

fn main() -> common::Result {
    let args = Args::parse();
    let folder = args.dir.unwrap_or_else(|| FOLDER.into());
    let server = FtpServer::new(&folder, args.timeout.limit())?;
    // (1) socket, setsockopt SO_REUSEADDR, bind, listen
    let listener = net::listener(&args.net)?;
    Ok(server.run(listener)?)
}
