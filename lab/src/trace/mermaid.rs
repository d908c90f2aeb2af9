//! A sequence diagram in the language of Mermaid, for pages that draw it.

use std::fmt::Write;

use super::diagram::{Row, Topic};
use super::event::Trace;
use crate::pairs::Side;

/// The diagram's text.
#[must_use]
pub(super) fn draw(trace: &Trace, rows: &[Row]) -> String {
    let mut text = format!(
        "sequenceDiagram\n    participant S as {}\n    participant C as {}\n",
        escape(&trace.server),
        escape(&trace.client)
    );
    for row in rows {
        let (own, other) = match row.side {
            Side::Server => ("S", "C"),
            Side::Client => ("C", "S"),
        };
        let below: Vec<String> = row.below.iter().map(|line| escape(line)).collect();
        let below = below
            .iter()
            .fold(String::new(), |all, line| all + "<br/>" + line);
        // Writing to a String cannot fail.
        let _ = match row.topic {
            Topic::Packet => writeln!(text, "    {own}->>{other}: {}{below}", escape(&row.head)),
            _ => writeln!(
                text,
                "    Note over {own}: {}{}",
                row.lead(),
                escape(&row.head)
            ),
        };
    }
    for note in &trace.notes {
        let _ = writeln!(text, "    %% {note}");
    }
    text
}

/// What ends a line or has a meaning in Mermaid, as its entities.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '#' | ';' | '<' | '>' | '"' | '&' => {
                let _ = write!(escaped, "#{};", u32::from(letter));
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}
