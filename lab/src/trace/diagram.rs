//! The rows of a sequence diagram: what every drawing of a trace shows, before it has a width.

use common::console;

use super::event::{Event, Packet, Trace, What};
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

impl Topic {
    /// What the program does, where what it says does not tell.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Self::Screen => "prints ",
            Self::Stderr => "stderr ",
            Self::Keyboard => "reads  ",
            Self::Call | Self::Packet | Self::End => "",
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

impl Row {
    /// What stands before what it says: the step that did it, and what it is about.
    #[must_use]
    pub fn lead(&self) -> String {
        let step = self.step.map(|step| format!("({step}) "));
        step.unwrap_or_default() + self.topic.verb()
    }
}

/// What to show.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// How many bytes of a packet are shown.
    pub bytes: usize,
    /// Whether each call and each packet is shown, or what repeats itself is one row.
    pub all: bool,
}

impl Default for Choice {
    fn default() -> Self {
        Self {
            bytes: 64,
            all: false,
        }
    }
}

/// The rows of a trace.
#[must_use]
pub fn rows(trace: &Trace, choice: Choice) -> Vec<Row> {
    let mut drawing = Drawing::default();
    for event in &trace.events {
        drawing.add(event, choice);
    }
    drawing.rows
}

/// Of a body so many segments are shown, and the others counted.
const SHOWN_OF_A_BODY: usize = 3;

/// Rows as they are drawn, and what the next one may be part of.
#[derive(Default)]
struct Drawing {
    rows: Vec<Row>,
    /// When the last packet was on the wire.
    last_packet: Option<u64>,
    /// The row that stands for the time limits set on each side since its last other row, and how many.
    limits: [Option<(usize, usize)>; 2],
    /// The body that is under way: its sender, and how many segments of it came.
    body: Option<(Side, usize)>,
    /// The row that stands for the rest of it: its place, and how many packets and calls it is.
    rest: Option<(usize, usize, usize)>,
}

impl Drawing {
    fn add(&mut self, event: &Event, choice: Choice) {
        let side = usize::from(event.side == Side::Client);
        let mut row = row(event, choice);
        if row.topic == Topic::Packet {
            let last = self.last_packet.replace(event.nanoseconds);
            let waited = event.nanoseconds - last.unwrap_or(event.nanoseconds);
            if waited >= WORTH_TELLING {
                row.head = format!("{} · {} ms later", row.head, waited / 1_000_000);
            }
        }
        if !choice.all && (self.is_of_a_long_body(event) || self.is_one_limit_more(event, side)) {
            return;
        }
        if row.topic != Topic::Packet {
            self.limits[side] = None;
        }
        if is_limit(event) && !choice.all {
            row.head = String::from("setsockopt: the time limit");
            self.limits[side] = Some((self.rows.len(), 1));
        }
        self.rows.push(row);
    }

    /// Counts a call about a time limit with the one before it on its side.
    fn is_one_limit_more(&mut self, event: &Event, side: usize) -> bool {
        match &mut self.limits[side] {
            Some((at, count)) if is_limit(event) => {
                *count += 1;
                self.rows[*at].head = format!("{count} × setsockopt, getsockopt: the time limits");
                true
            }
            _ => false,
        }
    }

    /// Counts what belongs to the middle of a long body: its segments, their acknowledgements, and the
    /// calls that move it.
    fn is_of_a_long_body(&mut self, event: &Event) -> bool {
        match &event.what {
            What::Packet(packet) if goes_on(packet) => {
                let came = match self.body {
                    Some((side, came)) if side == event.side => came + 1,
                    _ => 1,
                };
                self.body = Some((event.side, came));
                // Its end is shown.
                if came <= SHOWN_OF_A_BODY || ends(packet) {
                    self.rest = None;
                    return false;
                }
                self.count(event.side, 1, 0);
                true
            }
            What::Packet(packet) if is_acknowledgement(packet) => {
                self.rest.is_some_and(|(at, _, _)| {
                    let sender = self.rows[at].side;
                    self.count(sender, 1, 0);
                    true
                })
            }
            What::Call(call) => {
                let moves = ["send", "recv", "read", "write"];
                let counts =
                    moves.iter().any(|begin| call.name.starts_with(begin)) || is_limit(event);
                let middle = counts && self.rest.is_some();
                if let (true, Some((at, _, _))) = (middle, self.rest) {
                    let sender = self.rows[at].side;
                    self.count(sender, 0, 1);
                }
                middle
            }
            What::Printed { .. } => self.rest.is_some(),
            _ => {
                self.body = None;
                self.rest = None;
                false
            }
        }
    }

    /// Counts packets and calls in the row that stands for the middle of a body.
    fn count(&mut self, sender: Side, packets: usize, calls: usize) {
        let (at, before, calls_before) = self.rest.unwrap_or((self.rows.len(), 0, 0));
        let (packets, calls) = (before + packets, calls_before + calls);
        if at == self.rows.len() {
            self.rows.push(Row {
                side: sender,
                topic: Topic::Packet,
                step: None,
                head: String::new(),
                below: Vec::new(),
            });
        }
        self.rows[at].head =
            format!("… {packets} packets more, with their acknowledgements, by {calls} calls …");
        self.rest = Some((at, packets, calls));
    }
}

/// Whether a packet has nothing new: a bare acknowledgement, or what was sent before.
fn is_acknowledgement(packet: &Packet) -> bool {
    packet.length == 0 && packet.label() == "ACK" || packet.decoded == ["sent again"]
}

/// Whether a packet carries nothing but the middle of a body.
fn goes_on(packet: &Packet) -> bool {
    packet.decoded.len() == 1 && packet.decoded[0].starts_with("body: ")
}

/// Whether the body ends in it: `body: 5 bytes, 30 of 30 now`.
fn ends(packet: &Packet) -> bool {
    let counts = packet.decoded[0]
        .rsplit_once(", ")
        .and_then(|(_, counts)| counts.strip_suffix(" now"));
    counts
        .and_then(|counts| counts.split_once(" of "))
        .is_some_and(|(now, all)| now == all)
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
            let most = if goes_on(packet) {
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
