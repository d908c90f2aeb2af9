//! Downloads files, each into the name that was asked for, if its md5 is right.
//!
//!     cargo run -p ftp-simple --bin client
//!
//! Python: ftp-simple/python/client.py

use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Parser;
use common::files::progress::{Progress, star_line};
use common::files::transfer::{self, Announced, ReceiveError};
use common::files::{TIMEOUT, commands::words, names};
use common::flags::{TcpClient, Timeout};
use common::header::{self, Fields};
use common::{console, net, notation};

const START: &str = "cargo run -p ftp-simple --bin server";

/// The longest list of files that is accepted, in bytes.
const MAX_LIST: usize = 16 * 1024 * 1024;

/// Downloads files: get NAME, ls, quit
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: TcpClient<9001>,
    #[command(flatten)]
    timeout: Timeout<TIMEOUT>,
    /// Where the files are stored [default: ftp-simple/download]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

fn main() -> common::Result {
    let args = Args::parse();
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/download");
    let download = args.dir.unwrap_or_else(|| default.into());
    // (1) socket, connect
    let (mut conn, server) = net::connect_tcp_within(&args.net, args.timeout.limit(), START)?;
    while let Some(line) = console::prompt("请输入命令: ")? {
        match console::strip(&line) {
            "" => {}
            "quit" => break,
            command => {
                let done = ask(&mut conn, command, &download);
                done.with_context(|| format!("server {server}"))?;
            }
        }
    }
    Ok(())
}

fn ask(conn: &mut TcpStream, command: &str, download: &Path) -> Result<()> {
    let (verb, name) = words(command);
    if verb == "get"
        && let Err(error) = names::check(name)
    {
        console::warn(error); // the server would refuse it as well
        return Ok(());
    }
    // (2) sendall: the command
    conn.write_all(format!("{command}\n").as_bytes())
        .context("it has closed the connection")?;
    // (3) recv: header length, header
    let fields = receive_header(conn)?;
    if fields.contains_key("error") {
        let error = header::string(&fields, "error")?;
        console::warn(format_args!("the server refuses: {error}"));
    } else if fields.contains_key("listsize") {
        let size = header::size(&fields, "listsize")?;
        let list = header::read_body(conn, size, MAX_LIST)?;
        console::print_text(console::decode_printable(&list))?;
    } else {
        // (4) recv: the file
        receive_file(conn, &fields, name, download)?;
    }
    Ok(())
}

fn receive_header(conn: &mut TcpStream) -> Result<Fields> {
    let Some(length) = header::read_length(conn)? else {
        bail!("it closed instead of answering, as the lesson's own does when it refuses a command");
    };
    console::print_line(format_args!("报头长度 {length}"))?;
    let fields = header::parse_json(&header::read_header(conn, length)?)?;
    console::print_line(format_args!("报头字典 {}", notation::dict(&fields)))?;
    Ok(fields)
}

fn receive_file(conn: &mut TcpStream, fields: &Fields, name: &str, download: &Path) -> Result<()> {
    let size = header::size(fields, "filesize")?;
    let md5 = Some(header::string(fields, "filemd5")?);
    let progress = Progress::new(name, size);
    let announced = Announced { name, size, md5 };
    let received = transfer::receive_file(conn, announced, download, &progress);
    let seconds = progress.seconds();
    drop(progress); // the bar makes room for the lesson's line
    if let Err(ReceiveError::NotStored(why)) = received {
        console::warn(why);
        return Ok(());
    }
    received?;
    if size > 0 {
        console::print_text(star_line(size, size, seconds))?;
    }
    Ok(console::print_line("\n执行结束")?)
}
