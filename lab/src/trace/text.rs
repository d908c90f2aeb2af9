//! A sequence diagram on a terminal.

use std::fmt::Write;

use anstyle::{AnsiColor, Color, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::diagram::{Row, Topic};
use super::event::Trace;
use crate::pairs::Side;

/// The narrowest diagram, in columns.
pub(super) const NARROWEST: usize = 60;

fn style(topic: Topic) -> Style {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(Color::Ansi(colour)));
    match topic {
        Topic::Screen => Style::new().bold(),
        Topic::Stderr | Topic::End => Style::new().dimmed(),
        Topic::Keyboard => colour(AnsiColor::Green),
        Topic::Call => colour(AnsiColor::Cyan),
        Topic::Packet => colour(AnsiColor::Yellow),
    }
}

/// The whole diagram, `width` columns wide, with colours that `anstream` takes out where there are none.
#[must_use]
pub(super) fn draw(trace: &Trace, rows: &[Row], width: usize) -> String {
    let mut text = heading(&trace.program, &trace.server, &trace.client, width);
    for row in rows {
        text.push_str(&draw_row(row, width));
    }
    for note in &trace.notes {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{note}");
    }
    text
}

/// The first lines: what is seen, and who stands at which lifeline.
#[must_use]
pub(super) fn heading(program: &str, server: &str, client: &str, width: usize) -> String {
    let bold = Style::new().bold();
    let gap = width.saturating_sub(server.width() + client.width() + 2);
    format!("{bold}{program}{bold:#}\n {server}{:gap$}{client}\n", "")
}

/// One row, which may take several lines.
#[must_use]
pub(super) fn draw_row(row: &Row, width: usize) -> String {
    let width = width.max(NARROWEST);
    let inner = width - 4; // between the lifelines
    let style = style(row.topic);
    let mut text = String::new();
    let mut line = |left: &str, content: &str, fill: char, right: &str| {
        let fill: String =
            std::iter::repeat_n(fill, inner.saturating_sub(content.width())).collect();
        let _ = writeln!(text, " {left}{style}{content}{fill}{style:#}{right}");
    };
    if row.topic == Topic::Packet {
        let label = format!(" {} ", row.head);
        let side = inner.saturating_sub(label.width() + 2) / 2;
        let rest = inner.saturating_sub(label.width() + 2 + side);
        let dashes = |count| "─".repeat(count);
        let arrow = match row.side {
            Side::Client => format!("◄{}{label}{}─", dashes(side), dashes(rest)),
            Side::Server => format!("─{}{label}{}►", dashes(side), dashes(rest)),
        };
        line("│", &arrow, ' ', "│");
        // The bytes stand in the middle, or as far left as their length demands.
        let room = inner.saturating_sub(4);
        let lines: Vec<String> = row
            .below
            .iter()
            .flat_map(|below| wrap(below, room, 2))
            .collect();
        let widest = lines.iter().map(|line| line.width()).max().unwrap_or(0);
        let left = " ".repeat(inner.saturating_sub(widest) / 2);
        for below in lines {
            line("│", &format!("{left}{below}"), ' ', "│");
        }
        return text;
    }
    let lead = row.lead();
    // A block is two thirds as wide as the picture: which side it belongs to is seen at a glance.
    let block = (inner * 2 / 3).max(40);
    let lines = wrap(&format!("{lead}{}", row.head), block, lead.width());
    let left = match row.side {
        Side::Server => String::from(" "),
        Side::Client => " ".repeat(inner - block - 1),
    };
    for content in lines {
        line("│", &format!("{left}{content}"), ' ', "│");
    }
    text
}

/// Breaks `text` into lines of at most `width` columns, at blanks where there are some; the second
/// and later lines are indented.
pub(super) fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut columns = 0;
    for word in text.split_inclusive(' ') {
        if columns > indent && columns + word.trim_end().width() > width {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            columns = indent;
        }
        for letter in word.chars() {
            let wide = letter.width().unwrap_or(0);
            if columns + wide > width && letter != ' ' {
                lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
                columns = indent;
            }
            line.push(letter);
            columns += wide;
        }
    }
    lines.push(line);
    lines
        .iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_and_no_line_is_too_wide() {
        let text = "sendto(5, '请输入你:请输入你:请输入你:请输入你:', 60, 0) = 60 and-a-word-that-is-longer-than-the-line";
        for width in [20, 33, 80] {
            let lines = wrap(text, width, 4);
            assert!(lines.iter().all(|line| line.width() <= width), "{lines:?}");
            let letters = |text: &str| text.replace(' ', "");
            assert_eq!(letters(&lines.concat()), letters(text));
        }
    }

    #[test]
    fn every_line_of_a_row_ends_at_the_second_lifeline() {
        let row = |side, topic| Row {
            side,
            topic,
            step: Some(3),
            head: "请输入你:".repeat(20),
            below: vec!["68 65 6c 6c 6f".to_owned(), "x".repeat(300)],
        };
        for topic in [Topic::Screen, Topic::Call, Topic::Keyboard] {
            for side in [Side::Server, Side::Client] {
                let drawn = draw_row(&row(side, topic), 80);
                let plain = anstream::adapter::strip_str(&drawn).to_string();
                assert!(
                    plain
                        .lines()
                        .all(|line| line.width() == 79 && line.ends_with('│')),
                    "{plain}"
                );
            }
        }
        let mut packet = row(Side::Client, Topic::Packet);
        packet.head = "SYN".to_owned();
        let drawn = anstream::adapter::strip_str(&draw_row(&packet, 80)).to_string();
        assert!(drawn.lines().all(|line| line.width() == 79), "{drawn}");
        assert!(drawn.contains("◄"), "{drawn}");
    }
}
