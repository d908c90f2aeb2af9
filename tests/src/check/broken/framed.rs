//! The conversation of a tiny server for program 20: header, JSON, text.

use std::io::{self, Write};
use std::net::TcpStream;

use common::console;
use common::header::{self, HeaderError};
use serde_json::json;

use super::{BrokenArgs, Fault};

pub(super) const FAULTS: &[Fault] = &[];

/// The largest message that is taken, in bytes.
const MOST: usize = 16 << 20;

/// One client, until it leaves.
pub(super) fn converse(
    args: &BrokenArgs,
    mut conn: &TcpStream,
    rounds: &mut u32,
) -> io::Result<()> {
    let bad = |error: HeaderError| io::Error::other(error);
    while let Some(fields) = header::read_json(&mut conn).map_err(bad)? {
        *rounds += 1;
        let size = header::size(&fields, "data_size").map_err(bad)?;
        let body = header::read_body(&mut conn, size, MOST).map_err(bad)?;
        console::say(format_args!("收到客户端消息 {}", args.text(&body)))?;
        let answer = String::from_utf8_lossy(&body).to_uppercase();
        let frame = header::pack_json(&json!({"data_size": answer.len()}), answer.as_bytes());
        conn.write_all(&frame.map_err(bad)?)?;
    }
    Ok(())
}
