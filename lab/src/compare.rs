//! `cargo lab compare`: all pairings of Rust and Python, side by side.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use clap::Args;
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, Color, Table};
use similar::{ChangeTag, TextDiff};

use crate::pairs::{self, Language, Pair};
use crate::run::executables;
use crate::run::session::{self, Transcripts, Typing};
use crate::run::workers;
use common::console::escape_to_one_line;

/// What to compare
#[derive(Args, Debug)]
pub struct CompareArgs {
    /// Programs by number, package or name (see `cargo lab list`) [default: all]
    #[arg(value_name = "PROGRAM")]
    programs: Vec<String>,
    /// Print what came on both screens, too, line by line as it was typed and printed
    #[arg(long, requires = "programs")]
    show: bool,
}

/// A server's language and a client's.
pub(crate) type Pairing = (Language, Language);

/// What came of one program's session in one pairing.
#[derive(Debug)]
pub struct Comparison {
    /// The pair.
    pub pair: &'static Pair,
    /// Who was the server, and who the client.
    pub pairing: Pairing,
    /// What both printed, or why they could not be started.
    pub transcripts: Result<Transcripts>,
}

impl Comparison {
    /// What differs from the lesson's transcript, as a diff; empty when nothing does.
    #[must_use]
    pub fn differences(&self) -> Vec<Difference> {
        let transcripts = match &self.transcripts {
            Ok(transcripts) => transcripts,
            Err(error) => return vec![Difference::Complaint(format!("{error:#}"))],
        };
        let session = (self.pair.session)();
        let sides = [
            ("server", session.server.transcript, &transcripts.server),
            ("client", session.client.transcript, &transcripts.client),
        ];
        let texts = sides
            .into_iter()
            .filter(|(_, expected, printed)| expected != *printed)
            .map(|(side, expected, printed)| Difference::Text {
                side,
                expected,
                printed: printed.clone(),
            });
        let complaints = transcripts
            .complaints
            .iter()
            .cloned()
            .map(Difference::Complaint);
        texts.chain(complaints).collect()
    }
}

/// One thing that is not as it should be.
#[derive(Debug)]
pub enum Difference {
    /// A transcript.
    Text {
        /// `server` or `client`.
        side: &'static str,
        /// The lesson's transcript.
        expected: String,
        /// What was printed.
        printed: String,
    },
    /// Anything else, in words.
    Complaint(String),
}

/// Runs the sessions of `programs` in each pairing of `languages`, several at a time, and calls
/// `done` after each.
pub fn compare(
    programs: &[&'static Pair],
    languages: &[Language],
    typing: Typing,
    done: impl Fn(&Comparison) + Sync,
) -> Result<Vec<Comparison>> {
    executables::build_all(programs)?;
    let jobs = pairings(programs, languages);
    Ok(workers::in_parallel(
        workers::usual(),
        &jobs,
        |&(pair, pairing)| {
            let (server, client) = pairing;
            let comparison = Comparison {
                pair,
                pairing,
                transcripts: session::run(pair, server, client, typing),
            };
            done(&comparison);
            comparison
        },
    ))
}

/// Each program with each pairing of the languages, in their order.
pub(crate) fn pairings(
    programs: &[&'static Pair],
    languages: &[Language],
) -> Vec<(&'static Pair, Pairing)> {
    let mut all = Vec::new();
    for &program in programs {
        for &server in languages {
            all.extend(languages.iter().map(|&client| (program, (server, client))));
        }
    }
    all
}

/// Runs the command: prints the table, then each difference.
pub fn run(args: &CompareArgs) -> Result<ExitCode> {
    let programs = pairs::select(&args.programs)?;
    let mut languages = vec![Language::Rust];
    if executables::python().is_some() {
        languages.push(Language::Python);
    } else {
        common::console::warn(
            "Python 3.8 or later is missing: only the Rust programs run (set PYTHON to name it)",
        );
    }
    if !cfg!(target_os = "linux") {
        common::console::log(
            "which port a client has is known on Linux alone: here it must be the same throughout",
        );
    }
    let typing = if args.show {
        Typing::AtPrompts
    } else {
        Typing::Ahead
    };
    let comparisons = compare(&programs, &languages, typing, |_| tick())?;
    if std::io::stderr().is_terminal() {
        common::console::log("");
    }

    let mut out = anstream::stdout().lock();
    if args.show {
        for comparison in &comparisons {
            write_screens(&mut out, comparison)?;
        }
    }
    writeln!(out, "{}", table(&programs, &languages, &comparisons))?;
    let mut failed = 0;
    for comparison in &comparisons {
        let differences = comparison.differences();
        failed += usize::from(!differences.is_empty());
        for difference in &differences {
            write_difference(&mut out, comparison, difference)?;
        }
    }
    let total = comparisons.len();
    if failed == 0 {
        writeln!(
            out,
            "\n{total} of {total} pairings talk, and print what the lessons print."
        )?;
        Ok(ExitCode::SUCCESS)
    } else {
        writeln!(out, "\n{failed} of {total} pairings differ.")?;
        Ok(ExitCode::FAILURE)
    }
}

/// A dot on a terminal for each session that has ended.
fn tick() {
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        // Without a screen there is nobody to show progress to.
        let _ = stderr.write_all(b".");
    }
}

fn table(programs: &[&Pair], languages: &[Language], comparisons: &[Comparison]) -> Table {
    let pairings = || {
        languages
            .iter()
            .flat_map(|&server| languages.iter().map(move |&client| (server, client)))
    };
    let colours = std::io::stdout().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut table = Table::new();
    table.load_style(NOTHING);
    let mut header = vec![Cell::new("#"), Cell::new("server → client")];
    header.extend(
        pairings()
            .map(|(server, client)| Cell::new(format!("{} → {}", server.name(), client.name()))),
    );
    table.set_header(header);
    for program in programs {
        let mut row = vec![Cell::new(program.number), Cell::new(program.name())];
        for pairing in pairings() {
            let same = comparisons
                .iter()
                .find(|c| c.pair.number == program.number && c.pairing == pairing)
                .is_some_and(|c| c.differences().is_empty());
            let cell = Cell::new(if same { "same" } else { "DIFFERS" });
            row.push(match (colours, same) {
                (false, _) => cell,
                (true, true) => cell.fg(Color::Green),
                (true, false) => cell.fg(Color::Red),
            });
        }
        table.add_row(row);
    }
    table
}

/// What came on both screens, in its order: the server's on the left, the client's on the right.
fn write_screens(out: &mut impl Write, comparison: &Comparison) -> std::io::Result<()> {
    let bold = Style::new().bold();
    let (server, client) = comparison.pairing;
    let name = comparison.pair.name();
    writeln!(
        out,
        "{bold}{name}: the server in {}, the client in {}{bold:#}",
        server.name(),
        client.name()
    )?;
    let screens = comparison
        .transcripts
        .iter()
        .flat_map(|transcripts| &transcripts.screens);
    for moment in screens {
        let green = Style::new().fg_color(Some(AnsiColor::Green.into()));
        let (style, verb) = if moment.typed {
            (green, "reads ")
        } else {
            (Style::new(), "prints")
        };
        let side = moment.side.name();
        let lines = match moment.text.as_str() {
            "" => "end of input",
            text => text.strip_suffix('\n').unwrap_or(text),
        };
        for line in lines.split('\n') {
            let line = escape_to_one_line(line);
            writeln!(out, "  {side} {verb}  {style}{line}{style:#}")?;
        }
    }
    writeln!(out)
}

fn write_difference(
    out: &mut impl Write,
    comparison: &Comparison,
    difference: &Difference,
) -> std::io::Result<()> {
    let bold = Style::new().bold();
    let (server, client) = comparison.pairing;
    write!(
        out,
        "\n{bold}{}, server in {}, client in {}: ",
        comparison.pair.name(),
        server.name(),
        client.name()
    )?;
    match difference {
        Difference::Complaint(complaint) => {
            writeln!(
                out,
                "{}{bold:#}",
                common::console::escape_controls(complaint)
            )
        }
        Difference::Text {
            side,
            expected,
            printed,
        } => {
            writeln!(
                out,
                "the {side}'s transcript{bold:#} (- the lesson's, + printed)"
            )?;
            for change in
                TextDiff::from_lines(expected.as_str(), printed.as_str()).iter_all_changes()
            {
                let (sign, colour) = match change.tag() {
                    ChangeTag::Delete => ('-', Some(AnsiColor::Red)),
                    ChangeTag::Insert => ('+', Some(AnsiColor::Green)),
                    ChangeTag::Equal => (' ', None),
                };
                let style = Style::new().fg_color(colour.map(Into::into));
                let line = change.value().trim_end_matches('\n');
                writeln!(
                    out,
                    "{style}{sign} {}{style:#}",
                    common::console::escape_to_one_line(line)
                )?;
            }
            Ok(())
        }
    }
}
