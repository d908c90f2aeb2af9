//! How the two ends of a pair speak: what goes over the wire, and what their screens show.
//!
//! The checks play the other end of any pair by its dialect, and know by it which of them a program
//! is for. What is the same in every language is data here; the values stand in `dialects`.

use std::net::SocketAddr;

use common::notation;

#[derive(Debug)]
pub(crate) struct Dialect {
    /// What the client asks: its own message, or what is typed at its prompt. Empty where the server
    /// speaks first, files are uploaded, or a question is a packet that is never the same.
    pub(crate) question: &'static str,
    /// What the server answers to a message.
    pub(crate) answer: Answer,
    /// What stands before a message, or a file, to the server.
    pub(crate) asks_in: Header,
    /// What stands before an answer, or a file, to the client.
    pub(crate) answers_in: Header,
    pub(crate) server: Server,
    pub(crate) client: Client,
    /// How files are transferred, if they are.
    pub(crate) files: Option<Files>,
}

/// What a server answers to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Same,
    /// The same bytes, a to z in upper case: `bytes.upper()`.
    UpperBytes,
    /// The text in upper case: `str.upper()`.
    UpperText,
    /// This, whatever was said.
    Always(&'static str),
    /// The time in the format that was sent. A format without a directive comes back as it is.
    Time,
    /// The time in the packets of SNTP.
    Sntp,
    /// What happens in a room, in the datagrams of the live chat.
    Live,
    /// What a person types.
    Typed,
    /// The file that was asked for, or what became of the one that was sent.
    File,
    Silence,
}

impl Answer {
    /// What answers `said`, where that alone decides it.
    pub(crate) fn to(self, said: &[u8]) -> Vec<u8> {
        match self {
            Self::Same | Self::Time | Self::Typed => said.to_vec(),
            Self::UpperBytes => said.to_ascii_uppercase(),
            Self::UpperText => String::from_utf8_lossy(said).to_uppercase().into(),
            Self::Always(text) => text.into(),
            Self::Sntp | Self::Live | Self::File | Self::Silence => Vec::new(),
        }
    }
}

/// What stands before a message: nothing, or the length of a header and the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    /// Nothing. A datagram has its boundaries; on a stream nothing says where a message ends.
    None,
    /// A JSON object with these keys.
    Json(&'static [Key]),
    /// A name, an md5 and a size in bincode. A screen shows them as a dict with these keys.
    Bincode(&'static [Key]),
}

/// A key of a header, by what is under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Name(&'static str),
    Md5(&'static str),
    /// How many bytes follow the header.
    Size(&'static str),
}

impl Header {
    /// Its keys, in their order.
    pub(crate) fn keys(&self) -> &'static [Key] {
        match self {
            Self::None => &[],
            Self::Json(keys) | Self::Bincode(keys) => keys,
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        matches!(self, Self::Json(_))
    }

    pub(crate) fn is_bincode(&self) -> bool {
        matches!(self, Self::Bincode(_))
    }

    /// The key of the size.
    pub(crate) fn size_key(&self) -> &'static str {
        let size = |key: &Key| match *key {
            Key::Size(key) => Some(key),
            _ => None,
        };
        self.keys().iter().find_map(size).unwrap_or_default()
    }

    /// The key of the file's name, if it has one.
    pub(crate) fn name_key(&self) -> Option<&'static str> {
        self.keys().iter().find_map(|key| match *key {
            Key::Name(key) => Some(key),
            _ => None,
        })
    }

    /// The key of the md5, if it has one.
    pub(crate) fn md5_key(&self) -> Option<&'static str> {
        self.keys().iter().find_map(|key| match *key {
            Key::Md5(key) => Some(key),
            _ => None,
        })
    }

    /// The header as `json.dumps` writes it. All three stand in it as they are: `size` may be any JSON,
    /// and who wants escapes in `name` writes them.
    pub(crate) fn json(&self, name: &str, md5: &str, size: &str) -> String {
        format!("{{{}}}", self.pairs('"', name, md5, size))
    }

    /// The header as Python shows a dict.
    pub(crate) fn dict(&self, name: &str, md5: &str, size: usize) -> String {
        format!("{{{}}}", self.pairs('\'', name, md5, &size.to_string()))
    }

    fn pairs(&self, quote: char, name: &str, md5: &str, size: &str) -> String {
        let pair = |key: &Key| match *key {
            Key::Name(key) => format!("{quote}{key}{quote}: {quote}{name}{quote}"),
            Key::Md5(key) => format!("{quote}{key}{quote}: {quote}{md5}{quote}"),
            Key::Size(key) => format!("{quote}{key}{quote}: {size}"),
        };
        self.keys().iter().map(pair).collect::<Vec<_>>().join(", ")
    }
}

#[derive(Debug)]
pub(crate) struct Server {
    /// What its screen shows when it is ready.
    pub(crate) opening: &'static str,
    /// Whether it shows that again for each client, or each message.
    pub(crate) opens_each_round: bool,
    /// What its screen shows of a message: see [`fill`].
    pub(crate) shows: &'static str,
    /// Whom the lesson's server serves, and when it ends.
    pub(crate) serves: Serves,
    /// Whether the lesson's server is stuck for ever with a client that has left. What comes after is
    /// then more than the lesson asks.
    pub(crate) stuck_by_hang_up: bool,
}

/// Whom a server serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Serves {
    /// One client, or a few datagrams; then it ends.
    Once,
    InTurn,
    SideBySide,
}

#[derive(Debug)]
pub(crate) struct Client {
    /// What it shows before all else, and what is typed there to come to the first prompt.
    pub(crate) welcome: Option<(&'static str, &'static str)>,
    /// How it comes to ask.
    pub(crate) asks: Asks,
    /// What its screen shows of an answer: see [`fill`].
    pub(crate) shows: &'static str,
}

/// How a client comes to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    /// By itself, and ends.
    Once,
    /// By itself, again and again; ours after each `--interval`.
    Again,
    /// What a person types at this prompt, without or with the blanks around it.
    AtPrompt {
        prompt: &'static str,
        /// Whether blanks around the line are taken off.
        strips: bool,
        /// Whether an empty line is a message; otherwise the prompt comes again.
        sends_empty: bool,
    },
}

impl Asks {
    /// What the screen shows where something can be typed.
    pub(crate) fn prompt(&self) -> Option<&'static str> {
        match self {
            Self::AtPrompt { prompt, .. } => Some(prompt),
            _ => None,
        }
    }
}

/// How files are transferred.
#[derive(Debug)]
pub(crate) struct Files {
    /// What ends the commands `get` and, beside it, `put` on the wire. Without commands there are
    /// uploads only.
    pub(crate) command_end: Option<&'static str>,
    /// Whether the server stores files.
    pub(crate) puts: bool,
    /// Whether the lesson's server tells what became of a command: of an upload by its header, of what
    /// it refuses by a header of length 0. Otherwise it is silent, or closes the connection.
    pub(crate) confirms: bool,
    /// What `{dir}` is for the server, in the check's folder.
    pub(crate) server_dir: &'static str,
    /// What `{dir}` is for a client that downloads, in the check's folder.
    pub(crate) client_dir: &'static str,
    /// What the client's screen shows of a download, if there are downloads.
    pub(crate) download: Option<Transfer>,
}

impl Files {
    /// Whether the server sends files.
    pub(crate) fn gets(&self) -> bool {
        self.download.is_some()
    }
}

/// What a screen shows of a transfer.
#[derive(Debug)]
pub(crate) struct Transfer {
    /// Of the header; `{length}` stands for its length, `{dict}` for it as Python shows it.
    pub(crate) header: &'static str,
    /// The last line of progress, as a regular expression; `{size}` stands for the file's size.
    pub(crate) last: &'static str,
    pub(crate) end: &'static str,
}

/// What a screen shows of a message from `peer`. In `template` stands `{text}` for the text, `{bytes}` for the
/// same as a bytes object, `{peer}` for the address as Python shows it, `{ip}:{port}` for it as others do.
pub(crate) fn fill(template: &str, message: &[u8], peer: SocketAddr) -> String {
    template
        .replace("{peer}", &notation::address(peer))
        .replace("{ip}", &peer.ip().to_string())
        .replace("{port}", &peer.port().to_string())
        .replace("{bytes}", &notation::bytes(message))
        .replace("{text}", &String::from_utf8_lossy(message))
}

/// The colours in `template`: the only escape sequences that its program may send to a terminal.
pub(crate) fn colours(template: &'static str) -> Vec<&'static str> {
    let starts = template.match_indices('\x1b').map(|(start, _)| start);
    starts
        .filter_map(|start| Some(&template[start..=start + template[start..].find('m')?]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_written_as_json_and_as_a_dict() {
        let header = Header::Json(&[Key::Name("file"), Key::Size("bytes")]);
        assert_eq!(header.json("a", "", "3"), r#"{"file": "a", "bytes": 3}"#);
        assert_eq!(header.dict("a", "", 3), "{'file': 'a', 'bytes': 3}");
    }

    #[test]
    fn a_line_is_filled_in_and_its_colours_are_known() {
        let template = "[{ip}:{port}] {peer} \x1b[44m{text}\x1b[0m {bytes}";
        assert_eq!(
            fill(template, b"a\xff", ([127, 0, 0, 1], 80).into()),
            "[127.0.0.1:80] ('127.0.0.1', 80) \x1b[44ma\u{fffd}\x1b[0m b'a\\xff'"
        );
        assert_eq!(colours(template), ["\x1b[44m", "\x1b[0m"]);
    }
}
