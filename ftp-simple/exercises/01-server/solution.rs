//! Serves the files of a folder. Each goes out behind a header that tells where it ends.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use md5::{Digest, Md5};
use serde_json::Value;

/// The longest command, in bytes.
const MAX_COMMAND: usize = 8192;

fn main() -> io::Result<()> {
    let address = given::listen_address(9001);
    let share = given::server_folder("share");
    //~ uncomment
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
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
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
            "get" => get(&mut conn, share, name)?,
            _ => refuse(&mut conn, "unknown command")?,
        }
    }
}

/// Sends a file of the folder.
fn get(conn: &mut TcpStream, share: &Path, name: &str) -> io::Result<()> {
    // (4) open the file, md5
    let Some(mut file) = open_shared(share, name) else {
        return refuse(conn, "no such file");
    };
    let (md5, size) = md5_of(&mut file)?;
    // (5) sendall: header length, header
    //~ write
    let name = json_text(name);
    let header = format!(r#"{{"filename": {name}, "filemd5": "{md5}", "filesize": {size}}}"#);
    conn.write_all(&frame(&header))?;
    //~ end
    // (6) sendfile: the file
    //~ write
    io::copy(&mut file, conn)?;
    //~ end
    Ok(())
}

/// Opens the file that has this name in the folder. `None` if the folder has no such file.
fn open_shared(share: &Path, name: &str) -> Option<File> {
    // A name that is a path leads elsewhere.
    //~ write
    //~| let plain = true;
    let plain = !matches!(name, "" | "." | "..") && !name.contains(['/', '\\']);
    //~ end
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
    //~ write
    //~| Vec::new()
    let length = header.len() as i32;
    [&length.to_le_bytes(), header.as_bytes()].concat()
    //~ end
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
