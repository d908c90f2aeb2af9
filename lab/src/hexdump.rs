//! Bytes as a hex dump with offsets, as `hexdump -C` shows them.

use std::fmt::Write;

/// How many bytes stand in a row.
const ROW: usize = 16;

/// How many columns the digits of a row take.
const WIDTH: usize = 48;

/// How many rows are shown of the beginning, and how many of the end when there are more.
const ROWS: (usize, usize) = (6, 2);

/// The dump of `bytes`, which are the first of `total`. Long ones lose their middle.
pub(crate) fn dump(bytes: &[u8], total: u64) -> String {
    let rows = bytes.chunks(ROW).count();
    let mut text = String::new();
    for (number, row) in bytes.chunks(ROW).enumerate() {
        if rows <= ROWS.0 + ROWS.1 || number < ROWS.0 || number >= rows - ROWS.1 {
            write_row(&mut text, number, row);
        } else if number == ROWS.0 {
            text.push_str("          ...\n");
        }
    }
    let more = total.saturating_sub(bytes.len() as u64);
    if more > 0 {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "          ... and {more} bytes more");
    }
    text
}

/// Two hexadecimal digits a byte.
pub(crate) fn digits(bytes: &[u8]) -> String {
    let mut digits = String::new();
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

fn write_row(text: &mut String, number: usize, bytes: &[u8]) {
    let _ = writeln!(text, "{:08x}  {}", number * ROW, row(bytes, WIDTH));
}

/// Bytes in rows of 16, as digits and as text.
pub(crate) fn rows(bytes: &[u8]) -> impl Iterator<Item = String> {
    let width = if bytes.len() < ROW { 0 } else { WIDTH };
    bytes.chunks(ROW).map(move |bytes| row(bytes, width))
}

fn row(bytes: &[u8], width: usize) -> String {
    let mut hex = String::new();
    for (column, byte) in bytes.iter().enumerate() {
        let gap = if column == ROW / 2 { " " } else { "" };
        let _ = write!(hex, "{gap}{byte:02x} ");
    }
    let shown: String = bytes
        .iter()
        .map(|&byte| match byte {
            b' '..=b'~' => char::from(byte),
            _ => '.',
        })
        .collect();
    format!("{:<width$} |{shown}|", hex.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_has_offsets_bytes_and_text() {
        assert_eq!(
            dump(b"hello\x1b[2J, wide world", 24),
            "\
00000000  68 65 6c 6c 6f 1b 5b 32  4a 2c 20 77 69 64 65 20 |hello.[2J, wide |
00000010  77 6f 72 6c 64                                   |world|
          ... and 3 bytes more
"
        );
    }

    #[test]
    fn a_long_dump_loses_its_middle() {
        let text = dump(&[0; 4096], 4096);
        assert_eq!(text.lines().count(), 9);
        assert!(text.contains("..."));
    }
}
