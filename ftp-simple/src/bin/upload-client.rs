//! Uploads files and compares the md5 of what left with the md5 of what arrived.
//!
//!     cargo run -p ftp-simple --bin upload-client -- FILE...
//!
//! Python: ftp-simple/python/upload_client.py

use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use clap::{CommandFactory, Parser};
use common::files::{TIMEOUT, names, progress::Progress, transfer};
use common::flags::{TcpClient, Timeout};
use common::{console, header, net};
use serde_json::json;

const START: &str = "cargo run -p ftp-simple --bin upload-server";

/// Uploads files
#[derive(Parser)]
#[command(name = "upload-client")]
struct Args {
    /// What to send
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The name on the server, for a single FILE [default: its own]
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    net: TcpClient<8080>,
    #[command(flatten)]
    timeout: Timeout<TIMEOUT>,
}

fn main() -> common::Result<ExitCode> {
    let args = Args::parse();
    if args.name.is_some() && args.files.len() > 1 {
        let conflict = clap::error::ErrorKind::ArgumentConflict;
        Args::command()
            .error(conflict, "--name is for a single FILE")
            .exit();
    }
    // (1) socket, connect
    let (conn, server) = net::connect_tcp_within(&args.net, args.timeout.limit(), START)?;
    let mut status = ExitCode::SUCCESS;
    for path in &args.files {
        let outcome = upload(&conn, path, args.name.as_deref());
        if let Outcome::Refused(why) = outcome.with_context(|| format!("server {server}"))? {
            console::log(format_args!("Error: {why}"));
            status = ExitCode::FAILURE; // the other files may fare better
        }
    }
    Ok(status)
}

enum Outcome {
    Confirmed,
    Refused(String),
}

fn upload(mut conn: &TcpStream, path: &Path, name: Option<&str>) -> Result<Outcome> {
    let own_name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.unwrap_or(&own_name);
    if let Err(error) = names::check(name) {
        return Ok(Outcome::Refused(error.to_string()));
    }
    // (2) open the file
    let file = match names::open_local(path) {
        Ok(file) => file,
        Err(error) => return Ok(Outcome::Refused(error.to_string())),
    };
    let fields = json!({"file_name": name, "file_size": file.size});
    // (3) sendall: header length, header
    conn.write_all(&header::pack_json(&fields, b"")?)
        .context("cannot send the header")?;
    let progress = Progress::new(name, file.size);
    // (4) sendall: the file
    let md5 = transfer::send_file_hashing(conn, &file, &progress)?;
    drop(progress); // the bar disappears
    // (5) recv: what was stored
    let answer = header::read_json(&mut conn)
        .with_context(|| format!("the upload of {name} is unconfirmed"))?;
    let Some(answer) = answer else {
        bail!("the upload of {name} is unconfirmed: it closed without an answer");
    };
    if answer.contains_key("error") {
        let why = header::string(&answer, "error")?;
        let refusal = format!("the server refuses {name}: {why}");
        return Ok(Outcome::Refused(refusal));
    }
    let stored_size = header::size(&answer, "file_size")?;
    let stored_md5 = header::string(&answer, "md5")?;
    ensure!(
        stored_size == file.size && stored_md5 == md5,
        "it stored {name} with {stored_size} bytes and md5 {stored_md5}, sent were {} and {md5}",
        file.size,
    );
    Ok(Outcome::Confirmed)
}
