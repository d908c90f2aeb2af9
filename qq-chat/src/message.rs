//! The line that shows a message: who sent it, and the text on a coloured background.

use std::env;
use std::net::SocketAddr;

use common::console;

/// SGR 41, a red background: the client shows answers on it.
pub const RED: &str = "\x1b[41m";
/// SGR 44, a blue background: the server shows messages on it.
pub const BLUE: &str = "\x1b[44m";
/// SGR 0, back to the terminal's own colours.
const RESET: &str = "\x1b[0m";

/// `来自[ip:port]的一条消息:` and the text on `background`; without colours when the variable
/// `NO_COLOR` is set and not empty (<https://no-color.org>).
///
/// The colours are ours. Escapes in the peer's text are shown, not obeyed.
#[must_use]
pub fn line(peer: SocketAddr, text: &[u8], background: &str) -> String {
    let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let (on, off) = if plain { ("", "") } else { (background, RESET) };
    let (ip, port, text) = (peer.ip(), peer.port(), console::decode_printable(text));
    format!("来自[{ip}:{port}]的一条消息:{on}{text}{off}")
}
