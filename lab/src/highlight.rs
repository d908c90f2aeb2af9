//! Sources in colour: which words of a line are of which kind.

use std::ops::Range;
use std::str::FromStr;
use std::sync::OnceLock;

use anstyle::{AnsiColor, Color, Style};
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

use crate::pairs::Language;

/// What a word is, for a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A remark.
    Comment,
    /// A text.
    String,
    /// A number.
    Number,
    /// A word of the language.
    Keyword,
    /// A function's name.
    Function,
    /// A type's name.
    Type,
}

impl Kind {
    /// Its class in a page.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::String => "string",
            Self::Number => "number",
            Self::Keyword => "keyword",
            Self::Function => "function",
            Self::Type => "type",
        }
    }

    /// Its colour on a terminal, which has its own idea of what each looks like.
    #[must_use]
    pub fn style(self) -> Style {
        let colour = match self {
            Self::Comment => return Style::new().dimmed(),
            Self::String => AnsiColor::Green,
            Self::Number => AnsiColor::Yellow,
            Self::Keyword => AnsiColor::Magenta,
            Self::Function => AnsiColor::Blue,
            Self::Type => AnsiColor::Cyan,
        };
        Style::new().fg_color(Some(Color::Ansi(colour)))
    }
}

/// The scopes of a grammar (`keyword.control.rust`) that a kind is made of; the first that fits counts.
const SCOPES: &[(&str, Kind)] = &[
    ("comment", Kind::Comment),
    ("string", Kind::String),
    ("constant.character", Kind::String),
    ("constant.numeric", Kind::Number),
    ("constant.language", Kind::Keyword),
    ("keyword.operator", Kind::Keyword),
    ("keyword", Kind::Keyword),
    ("storage", Kind::Keyword),
    ("variable.language", Kind::Keyword),
    ("entity.name.function", Kind::Function),
    ("support.function", Kind::Function),
    ("variable.function", Kind::Function),
    ("entity.name", Kind::Type),
    ("support.type", Kind::Type),
];

/// A line and what its parts are; what is not named is plain.
#[derive(Clone, Debug)]
pub struct Line {
    /// The text, without its end.
    pub text: String,
    /// Parts of it, by bytes, ascending, none over another.
    pub parts: Vec<(Range<usize>, Kind)>,
}

/// The lines of a whole file: a text over several lines is known only from its beginning.
#[must_use]
pub fn highlight(text: &str, language: Language) -> Vec<Line> {
    static SYNTAXES: OnceLock<SyntaxSet> = OnceLock::new();
    let syntaxes = SYNTAXES.get_or_init(SyntaxSet::load_defaults_newlines);
    let syntax = syntaxes.find_syntax_by_name(language.name());
    let mut state = ParseState::new(syntax.unwrap_or_else(|| syntaxes.find_syntax_plain_text()));
    let mut stack = ScopeStack::new();
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        let text = line.trim_end_matches('\n').to_owned();
        let mut parts: Vec<(Range<usize>, Kind)> = Vec::new();
        let changes = state.parse_line(line, syntaxes).unwrap_or_default();
        let mut from = 0;
        for (at, change) in changes
            .into_iter()
            .chain(Some((line.len(), syntect::parsing::ScopeStackOp::Noop)))
        {
            let to = at.min(text.len());
            if from < to
                && let Some(kind) = kind(&stack)
            {
                match parts.last_mut() {
                    Some((before, same)) if before.end == from && *same == kind => before.end = to,
                    _ => parts.push((from..to, kind)),
                }
            }
            from = to.max(from);
            // A grammar's own mistake colours a word wrongly, and no more.
            let _ = stack.apply(&change);
        }
        lines.push(Line { text, parts });
    }
    lines
}

/// What the innermost scope that says something says.
fn kind(stack: &ScopeStack) -> Option<Kind> {
    static KINDS: OnceLock<Vec<(Scope, Kind)>> = OnceLock::new();
    let kinds = KINDS.get_or_init(|| {
        let parsed = |&(name, kind): &(&str, Kind)| Some((Scope::from_str(name).ok()?, kind));
        SCOPES.iter().filter_map(parsed).collect()
    });
    let named = |scope: &Scope| {
        kinds
            .iter()
            .find(|(prefix, _)| prefix.is_prefix_of(*scope))
            .map(|(_, kind)| *kind)
    };
    stack.as_slice().iter().rev().find_map(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, language: Language) -> Vec<(String, Kind)> {
        let lines = highlight(text, language);
        let of = |line: &Line| {
            let part =
                |(range, kind): &(Range<usize>, Kind)| (line.text[range.clone()].to_owned(), *kind);
            line.parts.iter().map(part).collect::<Vec<_>>()
        };
        lines.iter().flat_map(of).collect()
    }

    #[test]
    fn both_languages_have_their_words_in_colour() {
        let rust = parts("let x = 5; // (1) socket\n", Language::Rust);
        assert!(
            rust.contains(&("let".to_owned(), Kind::Keyword)),
            "{rust:?}"
        );
        assert!(
            rust.contains(&("// (1) socket".to_owned(), Kind::Comment)),
            "{rust:?}"
        );
        let python = parts("\"\"\"a\nb\"\"\"\nx = f'c'\n", Language::Python);
        assert_eq!(
            python[0],
            ("\"\"\"a".to_owned(), Kind::Comment),
            "{python:?}"
        );
        assert!(
            python
                .iter()
                .any(|(text, kind)| text.contains('c') && *kind == Kind::String),
            "{python:?}"
        );
    }
}
