//! Judges an exercise, stage by stage, and says on at most a screen what came of it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::LazyLock;

use anstyle::{AnsiColor, Style};
use common::console;
use unicode_width::UnicodeWidthChar;

use crate::check::engine::judge::{self, Outcome};
use crate::check::engine::launch::ELSEWHERE;
use crate::check::engine::subject::Subject;
use crate::check::engine::trial::{Manner, Pace, Stop};
use crate::check::{Grade, Words, paragraph};
use crate::course::exercise::{Exercise, Stage};
use crate::pairs::Language;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// What came of a stage.
#[derive(Debug)]
pub(crate) struct Judged<'a> {
    pub(crate) stage: &'a Stage,
    /// One for each check, in their order; none of a stage that was not come to.
    pub(crate) outcomes: Vec<Outcome>,
}

impl Judged<'_> {
    /// Whether all checks passed. One that cannot be done on this machine is no fault of the program.
    pub(crate) fn passed(&self) -> bool {
        !self.outcomes.is_empty() && self.failure().is_none()
    }

    /// The first check that did not pass.
    pub(crate) fn failure(&self) -> Option<&Outcome> {
        let stopped = |outcome: &&Outcome| outcome.failed() || outcome.not_judged().is_some();
        self.outcomes.iter().find(stopped)
    }
}

/// Judges the stages in their order, and tells each as it ends. `go_on` is asked after each whether the next is to be
/// judged.
pub(crate) fn stages<'a>(
    exercise: &'a Exercise,
    subject: &Subject,
    pace: Pace,
    mut go_on: impl FnMut(&Judged) -> bool,
    mut told: impl FnMut(&Judged),
) -> Vec<Judged<'a>> {
    let workers = if subject.takes_a_port() { 4 } else { 1 };
    let mut judged: Vec<Judged> = Vec::new();
    let mut is_over = false;
    for stage in &exercise.stages {
        let outcomes = if is_over {
            Vec::new()
        } else {
            let plan = vec![(exercise.target, stage.checks.clone())];
            let mut judgements = judge::run(&plan, subject, pace, workers, |_| ());
            judgements.swap_remove(0).outcomes
        };
        let one = Judged { stage, outcomes };
        told(&one);
        is_over = is_over || !go_on(&one);
        judged.push(one);
    }
    judged
}

/// Writes the line of a stage.
pub(crate) fn line(out: &mut impl Write, judged: &Judged) -> io::Result<()> {
    let (mark, colour) = match judged.outcomes[..] {
        [] => ("·", None),
        _ if judged.passed() => ("✓", Some(AnsiColor::Green)),
        _ => ("✗", Some(AnsiColor::Red)),
    };
    let style = Style::new().fg_color(colour.map(Into::into));
    writeln!(out, "  {style}{mark}{style:#} {}", judged.stage.title)
}

/// Writes why a check did not pass: what was done, what came against what was to come, one hint.
pub(crate) fn failure(
    out: &mut impl Write,
    outcome: &Outcome,
    language: Option<Language>,
) -> io::Result<()> {
    writeln!(out)?;
    writeln!(out, "{BOLD}{}{BOLD:#}", outcome.check.name)?;
    paragraph(out, "", &outcome.check.sentence, 2)?;
    match &outcome.verdict {
        Err(Stop::Failed {
            expected,
            happened,
            manner,
        }) => {
            if let Manner::Differs { expected, received } | Manner::Cut { expected, received } =
                manner
            {
                for line in marked(expected, received) {
                    writeln!(out, "  {line}")?;
                }
            } else {
                paragraph(out, "expected  ", &beginning(expected), 2)?;
                paragraph(out, "happened  ", &beginning(happened), 2)?;
            }
        }
        Err(Stop::NotJudged(why)) => paragraph(out, "happened  ", &beginning(why), 2)?,
        _ => {}
    }
    for line in last_words(outcome) {
        writeln!(out, "  {DIM}stderr    {line}{DIM:#}")?;
    }
    paragraph(out, "hint      ", hint(outcome, language), 2)
}

/// The first characters of what may be long.
fn beginning(text: &str) -> String {
    const MOST: usize = 240;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}

/// What the program said on stderr at its end, if it crashed, or ended before it was judged: the line that says why.
fn last_words(outcome: &Outcome) -> Vec<String> {
    const LINES: usize = 2;
    /// The screen, less what stands before.
    const COLUMNS: usize = 67;
    let ended = kind(outcome) == Some("ended");
    let mut all = outcome.found.iter();
    let Some(found) = all.find(|found| is_crash(&found.errors) || ended) else {
        return Vec::new();
    };
    let lines: Vec<_> = found.errors.lines().collect();
    // Rust's panic begins with its place; Python's trace ends with the exception.
    let panicked = lines.iter().position(|line| line.contains("panicked at"));
    let from = panicked.unwrap_or(lines.len().saturating_sub(LINES));
    let shown = lines[from..].iter().take(LINES);
    shown
        .map(|line| {
            let line = line.trim().trim_end_matches("...");
            match line.char_indices().nth(COLUMNS) {
                Some((end, _)) => format!("{}…", &line[..end]),
                None => line.to_owned(),
            }
        })
        .collect()
}

/// Whether a program's last words are those of one that crashed.
fn is_crash(errors: &str) -> bool {
    let last = errors.lines().last().unwrap_or_default();
    errors.contains("Traceback") || errors.contains("panicked at") || last.contains("Error")
}

/// The hint that helps most with this failure.
pub(crate) fn hint(outcome: &Outcome, language: Option<Language>) -> &'static str {
    static HINTS: LazyLock<BTreeMap<String, Words>> = LazyLock::new(|| {
        // A test sees to it that all are there.
        toml::from_str(include_str!("../../course/hints.toml")).unwrap_or_default()
    });
    let by_kind = kind(outcome).and_then(|kind| HINTS.get(kind));
    by_kind.map_or(outcome.hint, |words| words.to(language))
}

/// The kind of a failure, where it says more than the check. What a hostile peer does, the check knows best.
fn kind(outcome: &Outcome) -> Option<&'static str> {
    if outcome.found.iter().any(|found| is_crash(&found.errors)) {
        return Some("crash");
    }
    match &outcome.verdict {
        Err(Stop::NotJudged(why)) if why.contains(ELSEWHERE) => Some("wrong-port"),
        Err(Stop::NotJudged(why)) if why.contains("ended with") => Some("ended"),
        _ if outcome.check.grade == Grade::Robust || outcome.check.is_of_an_exercise() => None,
        Err(Stop::Failed { manner, .. }) => match manner {
            Manner::Silence => Some("silence"),
            Manner::Closed => Some("closed"),
            Manner::Reset => Some("reset"),
            Manner::TooMuch => Some("too-much"),
            Manner::Cut { .. } => Some("shorter"),
            Manner::Differs { .. } | Manner::Otherwise => None,
        },
        _ => None,
    }
}

/// What was to come above what came, from somewhat before the first difference, and a mark below that.
fn marked(expected: &[u8], received: &[u8]) -> [String; 3] {
    const BEFORE: usize = 24;
    const COLUMNS: usize = 60;
    let pair = [expected, received].map(symbols);
    let same = pair[0].iter().zip(&pair[1]).take_while(|(a, b)| a == b);
    let at = same.count();
    // A byte that is no text takes four columns: it is columns that count.
    let mut before = 0;
    let own = pair[0][..at].iter().rev().take_while(|symbol| {
        before += width(symbol);
        before <= BEFORE
    });
    let from = at - own.count();
    let show = |symbols: &[String]| {
        let mut text = if from > 0 {
            "…".to_owned()
        } else {
            String::new()
        };
        let mut columns = text.chars().count();
        for symbol in symbols.iter().skip(from) {
            columns += width(symbol);
            if columns > COLUMNS {
                text.push('…');
                break;
            }
            text += symbol;
        }
        text
    };
    let before: usize = pair[0][from..at].iter().map(|symbol| width(symbol)).sum();
    let column = before + usize::from(from > 0);
    let received = match show(&pair[1]) {
        nothing if nothing.is_empty() => "(nothing)".to_owned(),
        shown => shown,
    };
    [
        format!("expected  {}", show(&pair[0])),
        format!("received  {received}"),
        format!("          {}^ here they differ", " ".repeat(column)),
    ]
}

/// Text as its characters, other bytes as they are escaped.
fn symbols(bytes: &[u8]) -> Vec<String> {
    match str::from_utf8(bytes) {
        Ok(text) => text
            .chars()
            .map(|c| match c {
                '\n' => "\\n".to_owned(),
                '\t' => "\\t".to_owned(),
                c => console::escape_controls(&c.to_string()).into_owned(),
            })
            .collect(),
        Err(_) => bytes
            .iter()
            .map(|byte| byte.escape_ascii().to_string())
            .collect(),
    }
}

fn width(symbol: &str) -> usize {
    symbol.chars().filter_map(UnicodeWidthChar::width).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_below_the_first_difference() {
        let lines = marked("你好 HELLO".as_bytes(), "你好 HeLLO".as_bytes());
        assert_eq!(lines[0], "expected  你好 HELLO");
        assert_eq!(lines[2].find('^'), Some(10 + 6));
        let zeros = "\\x00".repeat(6);
        let lines = marked(&[0xa4; 40], &[&[0xa4; 40][..], b"x"].concat());
        let before = zeros.replace("00", "a4");
        assert_eq!(lines[0], format!("expected  …{before}"));
        assert_eq!(lines[1], format!("received  …{before}x"));
        assert_eq!(lines[2].find('^'), Some(10 + 25));
        let [one, other] = [1, 2].map(|byte| [&[0; 40][..], &[byte, 0xff]].concat());
        let lines = marked(&one, &other);
        assert_eq!(lines[0], format!("expected  …{zeros}\\x01\\xff"));
        assert_eq!(lines[1], format!("received  …{zeros}\\x02\\xff"));
        assert_eq!(lines[2].find('^'), Some(10 + 25));
        assert_eq!(marked(b"a\n", b"")[1], "received  (nothing)");
    }

    #[test]
    fn every_kind_has_its_hint() {
        let hints: BTreeMap<String, Words> =
            toml::from_str(include_str!("../../course/hints.toml")).unwrap();
        for kind in [
            "silence",
            "closed",
            "reset",
            "shorter",
            "too-much",
            "wrong-port",
            "crash",
            "ended",
        ] {
            assert!(hints.contains_key(kind), "{kind}");
        }
    }
}
