//! The rows of a sequence diagram: what every drawing of a trace shows, before it has a width.

use common::console;

use super::event::{Event, Trace, What};
use crate::hexdump;
use crate::pairs::Side;

/// What a row is about; drawings give each a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Something was printed.
    Screen,
    /// Something was printed on stderr.
    Stderr,
    /// Something was typed.
    Keyboard,
    /// A system call.
    Call,
    /// A packet: its arrow leads away from the row's side.
    Packet,
    /// The program's end.
    End,
}

impl Topic {
    /// The class of its row in a page.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Screen => "screen",
            Self::Stderr => "stderr",
            Self::Keyboard => "keyboard",
            Self::Call => "call",
            Self::Packet => "packet",
            Self::End => "end",
        }
    }
}

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    /// On which side; of a packet, who sent it.
    pub side: Side,
    /// What it is about.
    pub topic: Topic,
    /// The step that did it.
    pub step: Option<u32>,
    /// What it says.
    pub head: String,
    /// Lines below: a packet's bytes, and what they mean.
    pub below: Vec<String>,
}

/// What to show.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// How many bytes of a packet are shown.
    pub bytes: usize,
    /// Whether each call is shown, or several alike in one row.
    pub all_calls: bool,
}

impl Default for Choice {
    fn default() -> Self {
        Self {
            bytes: 64,
            all_calls: false,
        }
    }
}

/// The rows of a trace.
#[must_use]
pub fn rows(trace: &Trace, choice: Choice) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    // When the last packet was on the wire.
    let mut last = None;
    // The row that stands for the limits set on each side since its last other row.
    let mut folded: [Option<(usize, usize)>; 2] = [None, None];
    for event in &trace.events {
        let folded = &mut folded[usize::from(event.side == Side::Client)];
        let mut row = row(event, choice);
        if let What::Packet(_) = event.what {
            let waited =
                event.nanoseconds - last.replace(event.nanoseconds).unwrap_or(event.nanoseconds);
            if waited >= WORTH_TELLING {
                row.head = format!("{} · {} ms later", row.head, waited / 1_000_000);
            }
        }
        if choice.all_calls || !is_limit(event) {
            if row.topic != Topic::Packet {
                *folded = None;
            }
            rows.push(row);
            continue;
        }
        match folded {
            Some((at, count)) => {
                *count += 1;
                rows[*at].head = format!("{count} × setsockopt, getsockopt: the time limits");
            }
            None => {
                row.head = "setsockopt: the time limit".to_owned();
                *folded = Some((rows.len(), 1));
                rows.push(row);
            }
        }
    }
    rows
}

/// So long a silence on the wire is told, in nanoseconds: a delayed acknowledgement takes 40 ms.
const WORTH_TELLING: u64 = 30_000_000;

/// Whether an event is about the time limits of a socket, which programs set before each call.
fn is_limit(event: &Event) -> bool {
    matches!(&event.what, What::Call(call) if call.name.ends_with("sockopt") && call.arguments.contains("TIMEO"))
}

/// One event as a row.
#[must_use]
pub fn row(event: &Event, choice: Choice) -> Row {
    let mut below = Vec::new();
    let (topic, head) = match &event.what {
        What::Printed {
            text,
            stderr: false,
        } => (Topic::Screen, shown(text)),
        What::Printed { text, stderr: true } => (Topic::Stderr, shown(text)),
        What::Typed { text } if text.is_empty() => (Topic::Keyboard, "end of input".to_owned()),
        What::Typed { text } => (Topic::Keyboard, shown(text)),
        What::Ended { how } => (Topic::End, how.clone()),
        What::Call(call) => (
            Topic::Call,
            format!(
                "{}({}) = {}",
                call.name,
                cut(&call.arguments, 2 * choice.bytes),
                call.result
            ),
        ),
        What::Packet(packet) => {
            below.extend(
                packet
                    .decoded
                    .iter()
                    .map(|line| cut(line, 4 * choice.bytes)),
            );
            // Of a body that goes on the beginning was shown.
            let goes_on = packet.decoded.len() == 1 && packet.decoded[0].starts_with("body: ");
            let most = if goes_on {
                choice.bytes / 4
            } else {
                choice.bytes
            };
            let shown = &packet.payload[..packet.length.min(most)];
            below.extend(hexdump::rows(shown));
            if let Ok(text) = str::from_utf8(shown)
                && !text.is_ascii()
            {
                below.push(console::escape_to_one_line(text).into_owned());
            }
            if packet.length > most {
                below.push(format!("… {} more bytes", packet.length - most));
            }
            let head = match packet.length {
                0 if packet.label() != "datagram" => packet.label().to_owned(),
                1 => format!("{} · 1 byte", packet.label()),
                length => format!("{} · {length} bytes", packet.label()),
            };
            (Topic::Packet, head)
        }
    };
    Row {
        side: event.side,
        topic,
        step: event.step,
        head,
        below,
    }
}

/// What a program printed, or was typed, in one row: line ends are shown where they are not at the end.
fn shown(text: &str) -> String {
    let text = text.strip_suffix('\n').unwrap_or(text);
    console::escape_to_one_line(text).into_owned()
}

/// At most `most` characters, and a sign that there were more.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most.max(64)) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}
