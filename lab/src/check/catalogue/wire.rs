//! What goes over the wire: frames, headers, the bytes of files.

use common::header;
use md5::{Digest, Md5};
use serde_json::Value;

use crate::check::engine::hexdump;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Stop, Verdict};

/// Receives the bytes of a file.
pub(super) fn expect_body(client: &mut Stream, bytes: &[u8]) -> Verdict {
    let mut offset = 0;
    for part in bytes.chunks(256 * 1024) {
        client
            .expect(part)
            .map_err(|stop| stop.while_(&format!("the file's bytes from {offset} on")))?;
        offset += part.len();
    }
    Ok(())
}

/// Sends the bytes of a file, patiently.
pub(super) fn send_body(client: &mut Stream, bytes: &[u8]) -> Verdict {
    bytes
        .chunks(256 * 1024)
        .try_for_each(|part| client.send(part))
}

/// The md5 of nothing.
pub(super) const MD5_OF_NOTHING: &str = "d41d8cd98f00b204e9800998ecf8427e";

/// A header's length, the header, the body.
pub(super) fn frame(header: impl AsRef<[u8]>, body: &[u8]) -> Vec<u8> {
    let header = header.as_ref();
    // No check sends a header of 2 GiB.
    let length = i32::try_from(header.len()).unwrap_or(i32::MAX);
    [&length.to_le_bytes(), header, body].concat()
}

/// The same, with the header as json.dumps writes it.
pub(super) fn json_frame(header: &Value, body: &[u8]) -> Verdict<Vec<u8>> {
    header::pack_json(header, body).map_err(|error| Stop::NotJudged(error.to_string()))
}

/// The header of program 15: bincode of a name, an md5 and a size.
pub(super) fn bincode(name: &[u8], md5: &str, size: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in [name, md5.as_bytes()] {
        bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        bytes.extend_from_slice(text);
    }
    bytes.extend_from_slice(&size.to_le_bytes());
    bytes
}

/// 32 hexadecimal digits.
pub(super) fn md5(bytes: &[u8]) -> String {
    hexdump::digits(&Md5::digest(bytes))
}

/// Bytes without a pattern, the same each time (xorshift).
pub(super) fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}
