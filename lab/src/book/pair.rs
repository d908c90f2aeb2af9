//! The page of a pair: Rust beside Python by step, and for each pairing the screens and what passed
//! between them.

use anyhow::Result;
use maud::{Markup, html};

use super::Page;
use super::recordings::Recording;
use crate::highlight::Line;
use crate::pairs::{Pair, Side};
use crate::show::{self, Cell};
use crate::trace::diagram::{self, Choice, Row, Topic};
use crate::trace::event::{Trace, What};

/// How many bytes of a packet a page shows: there are eighty traces, and `trace` shows more.
const BYTES: usize = 32;

/// The page.
pub(super) fn page(program: &Pair, recordings: &[&Recording]) -> Result<Page> {
    let mut text = format!(
        "# {} {}\n\n{}. Port {} ({}).\n\n",
        program.number,
        program.name(),
        capitalised(program.about),
        program.port,
        program.transport.name().to_uppercase()
    );
    text.push_str("A step under the pointer or the keyboard (Tab) lights up in the sources, on the screens and between them.\n\n");
    for side in [Side::Server, Side::Client] {
        text = text + "## The " + side.name() + " by step\n\n";
        text.push_str(&fragment(&sources(program, side)?));
    }
    text.push_str("## What happens\n\n");
    for (at, recording) in recordings.iter().enumerate() {
        text.push_str(&fragment(&pairing(recording, at == 0)));
    }
    Ok(Page {
        file: file(program),
        title: format!("{} {}", program.number, program.name()),
        text,
    })
}

/// Its file: below the page of its lab.
pub(super) fn file(program: &Pair) -> String {
    let name = program.name().replace('/', "-");
    format!("{}/{:02}-{name}.md", program.package, program.number)
}

/// HTML for Markdown, in which an empty line would end it.
pub(super) fn fragment(markup: &Markup) -> String {
    let mut text = String::new();
    for line in markup.0.split('\n') {
        if line.trim().is_empty() {
            text.push_str("&#10;");
        } else {
            text = text + "\n" + line;
        }
    }
    text.trim_start().to_owned() + "\n\n"
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn sources(program: &Pair, side: Side) -> Result<Markup> {
    let rows = show::rows(program, side)?;
    Ok(html! {
        div class="steps" {
            @for row in &rows {
                div class="row" data-step=[row.step.map(|step| format!("{}-{step}", side.name()))] tabindex=[row.step.map(|_| "0")] {
                    @if let Some(step) = row.step {
                        p class="title" { b { "(" (step) ") " } (row.title) }
                    }
                    (cell(&row.rust))
                    (cell(&row.python))
                }
            }
        }
    })
}

fn cell(cell: &Cell) -> Markup {
    html! {
        @if let Some((path, first)) = &cell.from {
            figure class="source" {
                figcaption { (path.display()) ":" (first) }
                pre { code { (lines(&cell.lines)) } }
            }
        } @else {
            div class="source" {}
        }
    }
}

/// Lines of a source, in colour.
pub(super) fn lines(lines: &[Line]) -> Markup {
    html! {
        @for line in lines {
            span class="line" {
                @for (text, class) in spans(line) {
                    @if let Some(class) = class { span class=(class) { (text) } } @else { (text) }
                }
                "\n"
            }
        }
    }
}

/// A line's parts, what is plain among them.
fn spans(line: &Line) -> Vec<(&str, Option<&'static str>)> {
    let mut spans = Vec::new();
    let mut at = 0;
    for (range, kind) in &line.parts {
        spans.push((&line.text[at..range.start], None));
        spans.push((&line.text[range.clone()], Some(kind.class())));
        at = range.end;
    }
    spans.push((&line.text[at..], None));
    spans.retain(|(text, _)| !text.is_empty());
    spans
}

fn pairing(recording: &Recording, first: bool) -> Markup {
    let trace = &recording.trace;
    let choice = Choice {
        bytes: BYTES,
        ..Choice::default()
    };
    let rows = diagram::rows(trace, choice);
    html! {
        details class="pairing" name="pairing" open[first] {
            summary { (trace.server) ", " (trace.client) }
            div class="screens" {
                @for side in [Side::Server, Side::Client] {
                    figure {
                        figcaption { "The screen of the " (side.name()) }
                        pre { (screen(trace, side)) }
                    }
                }
            }
            ol class="trace" aria-label={ "What happened between the " (trace.server) " and the " (trace.client) } {
                @for row in &rows { (event(row)) }
            }
            @for note in &trace.notes { p { (note) } }
        }
    }
}

/// What a person saw and typed.
fn screen(trace: &Trace, side: Side) -> Markup {
    html! {
        @for event in trace.events.iter().filter(|event| event.side == side) {
            @let step = event.step.map(|step| format!("{}-{step}", side.name()));
            @match &event.what {
                What::Printed { text, stderr } => span class=[stderr.then_some("stderr")] data-step=[step] { (common::console::escape_controls(text)) },
                What::Typed { text } => span class="typed" data-step=[step] { (common::console::escape_controls(text)) },
                _ => {},
            }
        }
    }
}

fn event(row: &Row) -> Markup {
    let step = row.step.map(|step| format!("{}-{step}", row.side.name()));
    html! {
        li class={ (row.topic.class()) " " (row.side.name()) } data-step=[step] {
            @if let Some(step) = row.step { b { "(" (step) ") " } }
            @if row.topic == Topic::Packet {
                span class="arrow" { span { (row.head) } }
                @if !row.below.is_empty() { pre { (row.below.join("\n")) } }
            } @else {
                (row.topic.verb()) code { (row.head) }
            }
        }
    }
}
