//! How a skeleton is made of a solution: by marks, which are comments of their own line.
//!
//! | mark | what it does |
//! |---|---|
//! | `//~ uncomment` … `//~ end` | in the skeleton these lines are comments |
//! | `//~ write` … `//~ end` | in the skeleton these lines are missing |
//! | `//~\| TEXT` | stands in the skeleton only, as TEXT |
//!
//! In Python `#~` stands for `//~`. A part to be written may lie in one that is to be uncommented.

use anyhow::{Context, Result, bail, ensure};

/// What a line of a solution is.
enum Line<'a> {
    Uncomment,
    Write,
    End,
    SkeletonOnly(&'a str),
    Plain,
}

/// How a line begins a comment, and what the line is.
fn line(text: &str) -> Result<(&'static str, Line<'_>)> {
    let trimmed = text.trim_start();
    let marks = [("//", "//~"), ("#", "#~")];
    for (comment, mark) in marks {
        if let Some(rest) = trimmed.strip_prefix(mark) {
            let line = match rest.trim() {
                "uncomment" => Line::Uncomment,
                "write" => Line::Write,
                "end" => Line::End,
                rest => {
                    let rest = rest.strip_prefix('|');
                    let text = rest.with_context(|| format!("the mark {trimmed:?}"))?;
                    Line::SkeletonOnly(text.strip_prefix(' ').unwrap_or(text))
                }
            };
            return Ok((comment, line));
        }
    }
    Ok(("", Line::Plain))
}

/// The solution without its marks.
pub(super) fn solution(marked: &str) -> Result<String> {
    let mut solution = String::new();
    for text in marked.lines() {
        if matches!(line(text)?.1, Line::Plain) {
            solution += text;
            solution.push('\n');
        }
    }
    Ok(solution)
}

/// What a line of the skeleton says that goes with the comment signs.
const AWAY: &str = "this line away";

/// The skeleton.
pub(super) fn of(marked: &str) -> Result<String> {
    made(marked, true)
}

/// The skeleton when its comment signs have been taken away, and the line that says so; nothing else was done.
pub(super) fn uncommented(marked: &str) -> Result<String> {
    made(marked, false)
}

fn made(marked: &str, comments: bool) -> Result<String> {
    /// A part that has begun.
    enum Part {
        /// To be uncommented: how a comment begins, and how far the part is indented.
        Comments(&'static str, usize),
        Missing,
    }
    let mut skeleton = String::new();
    let mut parts: Vec<Part> = Vec::new();
    for (number, text) in marked.lines().enumerate() {
        let (comment, line) = line(text)?;
        let indent = text.len() - text.trim_start().len();
        let shown = match line {
            Line::Uncomment => {
                ensure!(
                    parts.is_empty(),
                    "line {}: a mark within another",
                    number + 1
                );
                parts.push(Part::Comments(comment, indent));
                continue;
            }
            Line::Write => {
                ensure!(
                    !matches!(parts.last(), Some(Part::Missing)),
                    "line {}: `write` within `write`",
                    number + 1
                );
                parts.push(Part::Missing);
                continue;
            }
            Line::End => {
                ensure!(parts.pop().is_some(), "line {}: no part ends", number + 1);
                continue;
            }
            Line::SkeletonOnly(rest) if rest.contains(AWAY) && !comments => continue,
            Line::SkeletonOnly(rest) => format!("{:indent$}{rest}", ""),
            Line::Plain if matches!(parts.last(), Some(Part::Missing)) => continue,
            Line::Plain => text.to_owned(),
        };
        if let Some(&Part::Comments(comment, indent)) = parts.first()
            && comments
            && !shown.is_empty()
        {
            // A line may be indented less than its mark, and its text stays whole.
            let own = shown.len() - shown.trim_start_matches([' ', '\t']).len();
            let (before, rest) = shown.split_at(indent.min(own));
            skeleton.extend([before, comment, " ", rest, "\n"]);
        } else {
            skeleton.extend([&shown, "\n"]);
        }
    }
    if !parts.is_empty() {
        bail!("a part does not end");
    }
    Ok(skeleton)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKED: &str = "\
fn main() {
    //~ uncomment
    // (1) socket
    let a = {
        b()
    };

    //~ write
    c();
    //~| // TODO
    //~ end
    //~ end
    //~ write
    //~| todo!() // take the // above and this line away
    d();
    //~ end
}
";

    #[test]
    fn a_solution_has_no_marks_and_a_skeleton_has_what_they_say() {
        assert_eq!(
            solution(MARKED).unwrap(),
            "fn main() {\n    // (1) socket\n    let a = {\n        b()\n    };\n\n    c();\n    d();\n}\n"
        );
        assert_eq!(
            uncommented(MARKED).unwrap(),
            "fn main() {\n    // (1) socket\n    let a = {\n        b()\n    };\n\n    // TODO\n}\n"
        );
        assert_eq!(
            of(MARKED).unwrap(),
            "fn main() {\n    // // (1) socket\n    // let a = {\n    //     b()\n    // };\n\n    // // TODO\n    todo!() // take the // above and this line away\n}\n"
        );
    }

    #[test]
    fn a_line_that_is_indented_less_than_its_mark_stays_whole() {
        let marked = "    //~ uncomment\nlet a = 1;\n  é();\n    //~ end\n";
        assert_eq!(of(marked).unwrap(), "// let a = 1;\n  // é();\n");
    }

    #[test]
    fn marks_that_do_not_fit_are_told() {
        for wrong in [
            "//~ write",
            "//~ end",
            "//~ wirte\n//~ end",
            "#~ uncomment\n#~ uncomment",
        ] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
