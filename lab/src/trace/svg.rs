//! A sequence diagram as a picture: SVG with its own styles, in light and dark.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::diagram::{Row, Topic};
use super::event::Trace;
use crate::pairs::Side;

/// Everything is measured in columns of a font whose letters are as wide as this, in pixels.
const COLUMN: f64 = 7.8;
/// A line's height in pixels.
const LINE: f64 = 18.0;
/// The width of the picture in columns.
const COLUMNS: usize = 112;
/// Where the lifelines are, in columns.
const LIFELINES: (f64, f64) = (2.0, 110.0);
/// How wide a text may be, in columns.
const WIDEST: usize = 74;

/// Colours with a contrast of at least 4.5 to their background (WCAG AA).
const STYLE: &str = "\
.trace{--ink:#1f2328;--paper:#ffffff;--line:#8c959f;--call:#0550ae;--packet:#953800;--typed:#116329;--dim:#57606a;--lit:#fff3c4}
@media(prefers-color-scheme:dark){.trace{--ink:#e6edf3;--paper:#0d1117;--line:#6e7681;--call:#79c0ff;--packet:#ffa657;--typed:#7ee787;--dim:#9198a1;--lit:#3b2e00}}
.trace{background:var(--paper);font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'Noto Sans Mono CJK SC',monospace}
.trace text{fill:var(--ink);white-space:pre}.trace .call text{fill:var(--call)}.trace .packet text{fill:var(--packet)}
.trace .keyboard text{fill:var(--typed)}.trace .stderr text,.trace .end text{fill:var(--dim)}.trace .screen text{font-weight:600}
.trace line{stroke:var(--line)}.trace .packet line{stroke:var(--packet);stroke-width:1.5}.trace .packet path{fill:var(--packet)}
.trace .back{fill:transparent}.trace .lit .back{fill:var(--lit)}
";

/// The picture.
#[must_use]
pub(super) fn draw(trace: &Trace, rows: &[Row]) -> String {
    let mut body = String::new();
    let mut y = 3.0 * LINE;
    for (number, row) in rows.iter().enumerate() {
        y += draw_row(&mut body, number, row, y);
    }
    for note in &trace.notes {
        for line in chunks(note, COLUMNS - 4) {
            text(&mut body, LIFELINES.0, y + LINE, &line);
            y += LINE;
        }
    }
    let width = column(to_f64(COLUMNS));
    let height = y + LINE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"trace\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"{}\">\n<style>{STYLE}</style>\n<rect width=\"100%\" height=\"100%\" style=\"fill:var(--paper)\"/>\n",
        escape(&format!(
            "What happened between the {} and the {} of {}",
            trace.server, trace.client, trace.program
        ))
    );
    for x in [LIFELINES.0, LIFELINES.1] {
        let x = column(x);
        // Writing to a String cannot fail.
        let _ = writeln!(
            svg,
            "<line x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{y:.1}\"/>",
            2.4 * LINE
        );
    }
    text(&mut svg, 1.0, LINE, &trace.program);
    text(&mut svg, 1.0, 2.0 * LINE, &trace.server);
    let right = LIFELINES.1 + 1.0 - to_f64(trace.client.width());
    text(&mut svg, right, 2.0 * LINE, &trace.client);
    svg + &body + "</svg>\n"
}

/// Draws one row and tells how high it is.
fn draw_row(svg: &mut String, number: usize, row: &Row, y: f64) -> f64 {
    let lines: Vec<String> = if row.topic == Topic::Packet {
        row.below
            .iter()
            .flat_map(|below| chunks(below, WIDEST))
            .collect()
    } else {
        chunks(&(row.lead() + &row.head), WIDEST)
    };
    let arrow = if row.topic == Topic::Packet {
        1.5 * LINE
    } else {
        0.0
    };
    let height = arrow + LINE * to_f64(lines.len());
    let step = row
        .step
        .map(|step| format!(" data-step=\"{}-{step}\"", row.side.name()))
        .unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = write!(
        svg,
        "<g id=\"row-{number}\" class=\"{} {}\"{step}>",
        row.topic.class(),
        row.side.name()
    );
    let _ = write!(
        svg,
        "<rect class=\"back\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"/>",
        column(LIFELINES.0 + 0.5),
        y + 0.25 * LINE,
        column(LIFELINES.1 - LIFELINES.0 - 1.0)
    );
    if row.topic == Topic::Packet {
        let (from, to) = match row.side {
            Side::Server => (LIFELINES.0, LIFELINES.1),
            Side::Client => (LIFELINES.1, LIFELINES.0),
        };
        let (from, to, at) = (column(from), column(to), y + 1.4 * LINE);
        let back = if to > from { -9.0 } else { 9.0 };
        let _ = write!(
            svg,
            "<line x1=\"{from:.1}\" y1=\"{at:.1}\" x2=\"{to:.1}\" y2=\"{at:.1}\"/><path d=\"M{to:.1} {at:.1}l{back} -4.5v9z\"/>"
        );
        let middle = f64::midpoint(LIFELINES.0, LIFELINES.1) - to_f64(row.head.width()) / 2.0;
        text(svg, middle, y + LINE, &row.head);
    }
    let widest = lines.iter().map(|line| line.width()).max().unwrap_or(0);
    let left = match (row.topic, row.side) {
        (Topic::Packet, _) => f64::midpoint(LIFELINES.0, LIFELINES.1) - to_f64(widest) / 2.0,
        (_, Side::Server) => LIFELINES.0 + 1.0,
        (_, Side::Client) => LIFELINES.1 - 1.0 - to_f64(widest),
    };
    for (at, line) in lines.iter().enumerate() {
        text(svg, left, y + arrow + LINE * (to_f64(at) + 1.0), line);
    }
    svg.push_str("</g>\n");
    height
}

fn text(svg: &mut String, x: f64, y: f64, text: &str) {
    // `textLength` keeps the columns where a font is wider.
    let length = column(to_f64(text.width()));
    // Writing to a String cannot fail.
    let _ = write!(
        svg,
        "<text x=\"{:.1}\" y=\"{y:.1}\" textLength=\"{length:.1}\" lengthAdjust=\"spacingAndGlyphs\">{}</text>",
        column(x),
        escape(text)
    );
}

fn column(columns: f64) -> f64 {
    columns * COLUMN
}

fn to_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

/// What has a meaning in XML, escaped; what XML cannot have is left out by the drawing before.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Lines of at most `width` columns.
fn chunks(text: &str, width: usize) -> Vec<String> {
    super::text::wrap(text, width, 4)
}
