//! The README in English and the one in Chinese say the same: by their tables, commands and links.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::fs;

use lab::run::executables::workspace;
use regex_lite::Regex;

/// What is alike in both, in the order of the text.
#[derive(Debug, PartialEq, Eq)]
struct Skeleton {
    /// Of each heading its depth.
    headings: Vec<usize>,
    /// Of each cell of a table what no translation changes: code, numbers, capitals such as TCP.
    cells: Vec<Vec<String>>,
    /// The lines of code, without comments.
    code: Vec<String>,
    /// Where links and pictures lead.
    links: Vec<String>,
    /// The pieces of code in the text, in any order.
    in_text: Vec<String>,
}

fn skeleton(file: &str) -> Skeleton {
    let text = fs::read_to_string(workspace().join(file)).unwrap();
    let comment = Regex::new(" +# .*$").unwrap();
    let link = Regex::new(r"\]\(([^)]+)\)").unwrap();
    let kept = Regex::new(r"`[^`]+`|\[[^\]]*\]\([^)]*\)|[A-Z][A-Z_-]+|[0-9]+").unwrap();
    let code_in_text = Regex::new("`[^`]+`").unwrap();
    let mut skeleton = Skeleton {
        headings: Vec::new(),
        cells: Vec::new(),
        code: Vec::new(),
        links: Vec::new(),
        in_text: Vec::new(),
    };
    let (mut in_code, mut prose) = (false, String::new());
    for line in text.lines() {
        let others = ["README.md", "README.zh-CN.md"];
        let links = link.captures_iter(line).map(|found| found[1].to_owned());
        skeleton
            .links
            .extend(links.filter(|to| !others.contains(&to.as_str())));
        let all = |pattern: &Regex| {
            pattern
                .find_iter(line)
                .map(|found| found.as_str().to_owned())
                .collect()
        };
        if line.starts_with("```") {
            in_code = !in_code;
        } else if in_code {
            skeleton.code.push(comment.replace(line, "").into_owned());
        } else if line.starts_with('|') {
            // A sentence may name them in another order.
            let mut cells: Vec<String> = all(&kept);
            cells.sort();
            skeleton.cells.push(cells);
            skeleton
                .cells
                .push(vec![line.matches('|').count().to_string()]);
        } else if line.starts_with('#') {
            skeleton.headings.push(line.find(' ').unwrap());
        } else {
            // A piece of code may begin in one line and end in the next.
            prose = prose + line + " ";
        }
    }
    let code = code_in_text.find_iter(&prose);
    skeleton.in_text = code.map(|found| found.as_str().to_owned()).collect();
    skeleton.in_text.sort();
    skeleton
}

#[test]
fn the_readme_in_chinese_has_the_tables_commands_and_links_of_the_one_in_english() {
    let (english, chinese) = (skeleton("README.md"), skeleton("README.zh-CN.md"));
    assert!(english.cells.len() > 60 && english.code.len() > 10 && english.links.len() > 8);
    assert_eq!(chinese.headings, english.headings);
    assert_eq!(chinese.cells, english.cells);
    assert_eq!(chinese.code, english.code);
    assert_eq!(chinese.links, english.links);
    assert_eq!(chinese.in_text, english.in_text);
}

/// Each leads to the other.
#[test]
fn each_readme_names_the_other() {
    for (file, other) in [
        ("README.md", "(README.zh-CN.md)"),
        ("README.zh-CN.md", "(README.md)"),
    ] {
        let text = fs::read_to_string(workspace().join(file)).unwrap();
        assert!(text.contains(other), "{file}");
    }
}
