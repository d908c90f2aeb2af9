//! Serves the files of a folder, from their beginning or from where a download broke off.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use md5::{Digest, Md5};
use serde_json::Value;

/// The longest command, in bytes.
const MAX_COMMAND: usize = 8192;

fn main() -> io::Result<()> {
    let address = given::listen_address(9001);
    let share = given::server_folder("share");
    // (1) socket, setsockopt SO_REUSEADDR, bind, listen
    let listener = TcpListener::bind(address)?;
    loop {
        println!("FTP服务器开始运行啦!");
        // (2) accept
        let (conn, peer) = listener.accept()?;
        if let Err(error) = serve(conn, &share) {
            eprintln!("lost the connection to {peer}: {error}");
        }
    }
}

/// Answers the commands of one client until it hangs up.
fn serve(mut conn: TcpStream, share: &Path) -> io::Result<()> {
    let mut buffer = [0; MAX_COMMAND];
    loop {
        // (3) recv: a command; the client sends the next one when it has its answer
        let size = conn.read(&mut buffer)?;
        if size == 0 {
            return Ok(());
        }
        let command = String::from_utf8_lossy(&buffer[..size]);
        let command = command.trim();
        let (verb, name) = command.split_once(' ').unwrap_or((command, ""));
        match verb {
            "get" => get(&mut conn, share, name, 0)?,
            //~ write
            //~| // TODO: `resume FROM NAME`; `resume` takes it apart
            "resume" => resume(&mut conn, share, name)?,
            //~ end
            _ => refuse(&mut conn, "unknown command")?,
        }
    }
}

/// Takes `FROM NAME` apart, and sends the rest of the file.
fn resume(conn: &mut TcpStream, share: &Path, words: &str) -> io::Result<()> {
    //~ write
    //~| // TODO
    //~| Ok(())
    let (start, name) = words.split_once(' ').unwrap_or((words, ""));
    match start.parse() {
        Ok(start) => get(conn, share, name, start),
        Err(_) => refuse(conn, "bad offset"),
    }
    //~ end
}

/// Sends a file of the folder, without its first `start` bytes.
fn get(conn: &mut TcpStream, share: &Path, name: &str, start: u64) -> io::Result<()> {
    // (4) open the file, md5
    let Some(mut file) = open_shared(share, name) else {
        return refuse(conn, "no such file");
    };
    let (md5, size) = md5_of(&mut file)?;
    //~ write
    //~| // TODO: go to `start`, if the file is long enough
    if start > size {
        return refuse(conn, "the file is shorter");
    }
    file.seek(SeekFrom::Start(start))?;
    //~ end
    // (5) sendall: header length, header
    let name = json_text(name);
    let header = format!(r#"{{"filename": {name}, "filemd5": "{md5}", "filesize": {size}}}"#);
    conn.write_all(&frame(&header))?;
    // (6) sendfile: the file
    io::copy(&mut file, conn)?;
    Ok(())
}

/// Opens the file that has this name in the folder. `None` if the folder has no such file.
fn open_shared(share: &Path, name: &str) -> Option<File> {
    // A name that is a path leads elsewhere.
    let plain = !matches!(name, "" | "." | "..") && !name.contains(['/', '\\']);
    let path = share.join(name);
    // The file itself: no folder, and no link, which may lead elsewhere.
    let is_file = |path: &Path| path.symlink_metadata().is_ok_and(|it| it.is_file());
    if !plain || !is_file(&path) {
        return None;
    }
    File::open(path).ok()
}

/// The md5 and the size of a file, which is read to its end and set back to its beginning.
fn md5_of(file: &mut File) -> io::Result<(String, u64)> {
    let mut md5 = Md5::new();
    let size = io::copy(file, &mut md5)?;
    file.rewind()?;
    Ok((format!("{:x}", md5.finalize()), size))
}

/// Answers that there is nothing to send, and why.
fn refuse(conn: &mut TcpStream, why: &str) -> io::Result<()> {
    conn.write_all(&frame(&format!(r#"{{"error": "{why}"}}"#)))
}

/// A header as it goes over the wire: its length in 4 bytes (signed, little-endian), then itself.
fn frame(header: &str) -> Vec<u8> {
    let length = header.len() as i32;
    [&length.to_le_bytes(), header.as_bytes()].concat()
}

/// The text as Python's `json.dumps` writes it: in quotes, and in ASCII.
fn json_text(text: &str) -> String {
    let ascii = |unit: u16| match u8::try_from(unit) {
        Ok(byte @ b' '..=b'~') => char::from(byte).to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    let quoted = Value::from(text).to_string();
    quoted.encode_utf16().map(ascii).collect()
}
