//! File transfer written as classes: the client.
//!
//!     cargo run -p ftp-class --bin client
//!
//! Python: ftp-class/python/client.py

use std::path::PathBuf;

use clap::Parser;
use common::files::TIMEOUT;
use common::flags::{TcpClient, Timeout};
use common::net;
use ftp_class::{FOLDER, FtpClient};

const START: &str = "cargo run -p ftp-class --bin server";

/// Downloads and uploads files: get NAME, put NAME
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: TcpClient<8080>,
    #[command(flatten)]
    timeout: Timeout<TIMEOUT>,
    /// The folder with share and download in it [default: ftp-class]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

fn main() -> common::Result {
    let args = Args::parse();
    let folder = args.dir.unwrap_or_else(|| FOLDER.into());
    // (1) socket, connect
    let (conn, server) = net::connect_tcp_within(&args.net, args.timeout.limit(), START)?;
    Ok(FtpClient::new(conn, server, &folder).run()?)
}
