//! How Python writes values: what `repr` gives, and so what `print` shows of bytes, of the strings in
//! a dict, and of addresses.

use std::fmt::Write;
use std::io;
use std::net::{SocketAddr, UdpSocket};

use serde_json::{Map, Value};
use socket2::{Domain, Type};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// A bytes object: `b'hi\xe4'`.
///
/// ```
/// assert_eq!(common::notation::bytes("hä\n'".as_bytes()), r#"b"h\xc3\xa4\n'""#);
/// ```
#[must_use]
pub fn bytes(bytes: &[u8]) -> String {
    let quote = quote_for(bytes.contains(&b'\''), bytes.contains(&b'"'));
    let mut out = String::with_capacity(bytes.len() + 3);
    out.push('b');
    out.push(quote);
    for &byte in bytes {
        let c = char::from(byte);
        if c == ' ' || c.is_ascii_graphic() || matches!(c, '\t' | '\n' | '\r') {
            push_plain(&mut out, c, quote);
        } else {
            push_hex(&mut out, 'x', 2, byte.into());
        }
    }
    out.push(quote);
    out
}

/// A str object: `'it'`, or `"it's"`; what cannot be printed is escaped.
///
/// ```
/// assert_eq!(common::notation::string("文\u{1b}"), r"'文\x1b'");
/// ```
#[must_use]
pub fn string(text: &str) -> String {
    let quote = quote_for(text.contains('\''), text.contains('"'));
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        let code = u32::from(c);
        if is_printable(c) || matches!(c, '\t' | '\n' | '\r') {
            push_plain(&mut out, c, quote);
        } else if code < 0x100 {
            push_hex(&mut out, 'x', 2, code);
        } else if code < 0x1_0000 {
            push_hex(&mut out, 'u', 4, code);
        } else {
            push_hex(&mut out, 'U', 8, code);
        }
    }
    out.push(quote);
    out
}

/// A dict with the keys and values of a JSON object: `{'filename': 'a.txt', 'filesize': 3}`.
#[must_use]
pub fn dict(fields: &Map<String, Value>) -> String {
    let items: Vec<_> = fields
        .iter()
        .map(|(key, item)| format!("{}: {}", string(key), value(item)))
        .collect();
    format!("{{{}}}", items.join(", "))
}

/// What `json.loads` makes of a JSON value, as Python prints it.
#[must_use]
pub fn value(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => self::number(number.as_str()),
        Value::String(text) => string(text),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(self::value).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => dict(fields),
    }
}

/// An address as the socket functions return it: `('127.0.0.1', 8080)`, and for IPv6 with flow
/// label and scope `('::1', 8080, 0, 0)`.
#[must_use]
pub fn address(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) => format!("('{}', {})", v4.ip(), v4.port()),
        SocketAddr::V6(v6) => {
            format!(
                "('{}', {}, {}, {})",
                v6.ip(),
                v6.port(),
                v6.flowinfo(),
                v6.scope_id()
            )
        }
    }
}

/// A bound UDP socket as Python 3.11 and later show it: `<socket.socket fd=3, family=2, type=2,
/// proto=0, laddr=('127.0.0.1', 8080)>`. Earlier ones name family and type:
/// `family=AddressFamily.AF_INET, type=SocketKind.SOCK_DGRAM`.
pub fn udp_socket(socket: &UdpSocket) -> io::Result<String> {
    let own = socket.local_addr()?;
    Ok(format!(
        "<socket.socket fd={}, family={}, type={}, proto=0, laddr={}>",
        descriptor(socket),
        i32::from(Domain::for_address(own)),
        i32::from(Type::DGRAM),
        address(own)
    ))
}

#[cfg(unix)]
fn descriptor(socket: &UdpSocket) -> std::os::fd::RawFd {
    std::os::fd::AsRawFd::as_raw_fd(socket)
}

#[cfg(windows)]
fn descriptor(socket: &UdpSocket) -> std::os::windows::io::RawSocket {
    std::os::windows::io::AsRawSocket::as_raw_socket(socket)
}

/// What Python prints of a number in JSON: an int as it stands there, or the float that is nearest.
pub(crate) fn number(json: &str) -> String {
    if json == "-0" {
        return "0".to_owned();
    }
    let is_int = !json.contains(['.', 'e', 'E']);
    match json.parse() {
        Ok(float) if !is_int => self::float(float),
        _ => json.to_owned(),
    }
}

/// `float.__repr__`: the shortest digits that give the same number back, with an exponent below
/// 1e-4 and from 1e16 on; `inf` where it is too large.
pub(crate) fn float(float: f64) -> String {
    let scientific = format!("{float:e}");
    // `{:e}` always writes an exponent.
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if float != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let plain = float.to_string();
    if plain.contains('.') || float.is_infinite() {
        plain
    } else {
        plain + ".0"
    }
}

/// Python quotes with `'`, unless the text has one and no `"`.
fn quote_for(has_single: bool, has_double: bool) -> char {
    if has_single && !has_double { '"' } else { '\'' }
}

fn push_plain(out: &mut String, c: char, quote: char) {
    match c {
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\\' => out.push_str("\\\\"),
        _ if c == quote => {
            out.push('\\');
            out.push(c);
        }
        _ => out.push(c),
    }
}

fn push_hex(out: &mut String, letter: char, width: usize, code: u32) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\\{letter}{code:0width$x}");
}

/// `str.isprintable`: neither in a category "Other" nor a separator, but for the blank itself.
fn is_printable(c: char) -> bool {
    use GeneralCategory as Category;
    c == ' '
        || !matches!(
            c.general_category(),
            Category::Control
                | Category::Format
                | Category::Surrogate
                | Category::PrivateUse
                | Category::Unassigned
                | Category::LineSeparator
                | Category::ParagraphSeparator
                | Category::SpaceSeparator
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_tuple_of_two_or_for_ipv6_of_four() {
        assert_eq!(
            address("127.0.0.1:8080".parse().unwrap()),
            "('127.0.0.1', 8080)"
        );
        assert_eq!(
            address("[::1]:8080".parse().unwrap()),
            "('::1', 8080, 0, 0)"
        );
    }
}
