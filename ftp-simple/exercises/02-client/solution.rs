//! Downloads files, each into the name that was asked for, if its md5 is right.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use md5::{Digest, Md5};
use serde::Deserialize;

/// The longest header that is accepted, in bytes.
const MAX_HEADER: usize = 64 * 1024;

/// What the server says before the file, or in its place.
#[derive(Deserialize)]
#[serde(untagged)]
enum Header {
    File {
        filename: String,
        filemd5: String,
        filesize: u64,
    },
    Refusal {
        error: String,
    },
}

fn main() -> ExitCode {
    let server = given::server_address(9001);
    let download = given::client_folder("download");
    match run(server, &download) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => given::fail(format_args!("server {server}"), error),
    }
}

/// Asks for commands until `quit`, or the end of the input.
fn run(server: SocketAddr, download: &Path) -> io::Result<()> {
    fs::create_dir_all(download)?;
    //~ uncomment
    // (1) socket, connect
    let mut conn = TcpStream::connect(server)?;
    while let Some(line) = given::prompt("请输入命令: ")? {
        match line.trim() {
            "" => {}
            "quit" => break,
            command => ask(&mut conn, command, download)?,
        }
    }
    Ok(())
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
}

/// Sends a command, and stores the file that answers it.
fn ask(conn: &mut TcpStream, command: &str, download: &Path) -> io::Result<()> {
    // The file is stored under the name that was asked for, so that one must not be a path.
    let name = command.split_once(' ').map_or("", |(_, name)| name);
    if matches!(name, "" | "." | "..") || name.contains(['/', '\\']) {
        eprintln!("error: not a command with a plain name: {command}");
        return Ok(());
    }
    // (2) sendall: the command
    //~ write
    conn.write_all(format!("{command}\n").as_bytes())?;
    //~ end
    // (3) recv: header length, header
    match receive_header(conn)? {
        Header::Refusal { error } => eprintln!("error: {}", given::harmless(&error)),
        Header::File {
            filemd5, filesize, ..
        } => {
            let begun = Instant::now();
            // (4) recv: the file
            let stored = store(conn, &download.join(name), filesize, &filemd5)?;
            if stored && filesize > 0 {
                print!("100%[{}-]", "*".repeat(100));
                print!("共计用时:{:.3}s", begun.elapsed().as_secs_f64());
            }
            println!("\n执行结束");
        }
    }
    Ok(())
}

/// Receives and prints the header: its length in 4 bytes (signed, little-endian), then the JSON.
fn receive_header(conn: &mut TcpStream) -> io::Result<Header> {
    //~ write
    //~| let length = 0;
    //~| let bytes = vec![0; length];
    let mut length = [0; 4];
    conn.read_exact(&mut length)?;
    let length = i32::from_le_bytes(length);
    let Ok(length @ 1..=MAX_HEADER) = usize::try_from(length) else {
        return Err(io::Error::other(format!("no header has {length} bytes")));
    };
    let mut bytes = vec![0; length];
    conn.read_exact(&mut bytes)?;
    //~ end
    let header = serde_json::from_slice(&bytes)?;
    println!("报头长度 {length}");
    match &header {
        Header::Refusal { error } => {
            println!("报头字典 {{'error': '{}'}}", given::harmless(error));
        }
        Header::File {
            filename,
            filemd5,
            filesize,
        } => {
            let filename = given::harmless(filename);
            let fields = format!("'filename': '{filename}', 'filemd5': '{filemd5}'");
            println!("报头字典 {{{fields}, 'filesize': {filesize}}}");
        }
    }
    Ok(header)
}

/// Stores what comes, and gives it its name if its md5 is right. Tells whether it is.
fn store(conn: &mut TcpStream, path: &Path, size: u64, md5: &str) -> io::Result<bool> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let stored = receive_file(conn, part.as_ref(), size).and_then(|received| {
        if received == md5 {
            fs::rename(&part, path)?;
        } else {
            eprintln!("error: the md5 is {received}, not {md5}: nothing is stored");
        }
        Ok(received == md5)
    });
    if !matches!(stored, Ok(true)) {
        let _ = fs::remove_file(&part);
    }
    stored
}

/// Receives the `size` bytes of a file, not one more, and tells their md5.
fn receive_file(conn: &mut TcpStream, path: &Path, size: u64) -> io::Result<String> {
    let mut file = File::create(path)?;
    let mut md5 = Md5::new();
    let mut buffer = [0; 64 * 1024];
    let mut left = size;
    //~ write
    while left > 0 {
        let most = left.min(buffer.len() as u64) as usize;
        let got = conn.read(&mut buffer[..most])?;
        if got == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        file.write_all(&buffer[..got])?;
        md5.update(&buffer[..got]);
        left -= got as u64;
    }
    //~ end
    Ok(format!("{:x}", md5.finalize()))
}
