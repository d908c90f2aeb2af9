//! All pages of the book.

use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result};
use maud::{Markup, html};
use serde_json::Value;

use super::links::between_pages;
use super::pair::{self, fragment};
use super::recordings::{Recording, Recordings};
use super::{Page, Part};
use crate::check::engine::target::Target;
use crate::check::{self, Check, Words, faults};
use crate::highlight::highlight;
use crate::pairs::{Language, PAIRS, labs};
use crate::run::executables;

/// The pages, in their order.
pub(super) fn all(recordings: &Recordings) -> Result<Vec<Part>> {
    let mut programs = Vec::new();
    for package in labs() {
        programs.push(readme(
            &format!("{package}/README.md"),
            &format!("{package}.md"),
            package,
        )?);
        for program in PAIRS.iter().filter(|program| program.package == package) {
            let of: Vec<&Recording> = recordings
                .traces
                .iter()
                .filter(|recording| recording.program.number == program.number)
                .collect();
            programs.push(pair::page(program, &of)?);
        }
    }
    let mut front = vec![readme(
        "README.md",
        "index.md",
        "Network programming: Rust beside Python",
    )?];
    front.push(readme(
        "README.zh-CN.md",
        "zh-CN.md",
        "中文说明 (README in Chinese)",
    )?);
    front.push(file(
        "lab/book/glossary.md",
        "glossary.md",
        "Glossary 词汇表",
    )?);
    Ok(vec![
        Part {
            title: "",
            pages: front,
        },
        Part {
            title: "Programs 程序",
            pages: programs,
        },
        Part {
            title: "Experiments 实验",
            pages: experiments(&recordings.experiments)?,
        },
        Part {
            title: "The lab 工具",
            pages: vec![
                readme("lab/README.md", "tool.md", "cargo lab 工具")?,
                benchmark()?,
                checks(),
                faults()?,
                socket_functions()?,
            ],
        },
    ])
}

fn read(path: &str) -> Result<String> {
    let path = executables::workspace().join(path);
    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// A file of the repository as a page.
fn file(path: &str, file: &str, title: &str) -> Result<Page> {
    Ok(Page {
        file: file.to_owned(),
        title: title.to_owned(),
        text: between_pages(&read(path)?, path)?,
    })
}

/// A README as a page, with links to the pages of its programs.
fn readme(path: &str, name: &str, title: &str) -> Result<Page> {
    let mut page = file(path, name, title)?;
    let programs: Vec<_> = PAIRS
        .iter()
        .filter(|program| name == format!("{}.md", program.package))
        .collect();
    if !programs.is_empty() {
        page.text.push_str("\n\n## Its programs, step by step\n\n");
        for program in programs {
            let _ = writeln!(
                page.text,
                "- [{} {}]({}): {}",
                program.number,
                program.name(),
                pair::file(program),
                program.about
            );
        }
    }
    Ok(page)
}

/// The module documentation of the socket functions.
fn socket_functions() -> Result<Page> {
    let path = "common/src/socket_functions.rs";
    let source = read(path)?;
    let mut text = String::from("# The functions of a socket 套接字函数\n\n");
    let mut in_code = false;
    for line in source.lines().map_while(|line| line.strip_prefix("//!")) {
        let line = line.strip_prefix(' ').unwrap_or(line);
        if let Some(language) = line.strip_prefix("```") {
            in_code = !in_code;
            let language = if in_code && language.is_empty() {
                "rust"
            } else {
                language
            };
            let _ = writeln!(text, "```{language}");
        } else if in_code && (line.starts_with("# ") || line == "#") {
            // A line for the compiler alone.
        } else if !in_code && line.starts_with("# ") {
            let _ = writeln!(text, "#{line}");
        } else {
            let _ = writeln!(text, "{line}");
        }
    }
    Ok(Page {
        file: "socket-functions.md".to_owned(),
        title: "Socket functions 套接字函数".to_owned(),
        text: between_pages(&text, path)?,
    })
}

/// Every check, with the programs that it judges.
fn checks() -> Page {
    let mut text = String::from(
        "# The checks 检查\n\nWhat `cargo lab check` does with a program, and why. A check that several programs share stands here once.\n\n",
    );
    let mut told: Vec<(&Check, Vec<String>)> = Vec::new();
    for target in Target::all() {
        for check in check::checks_of(&target) {
            match told
                .iter_mut()
                .find(|(other, _)| std::ptr::eq(*other, check))
            {
                Some((_, targets)) => targets.push(target.name()),
                None => told.push((check, vec![target.name()])),
            }
        }
    }
    for (check, targets) in told {
        let _ = writeln!(text, "## {}\n", check.name);
        let fields = html! {
            p { (inline(&check.sentence)) }
            @match &check.hint {
                Words::Same(hint) => p { b { "Hint: " } (inline(hint)) }
                Words::Each { rust, python } => {
                    p { b { "Hint, in Python: " } (inline(python)) }
                    p { b { "In Rust: " } (inline(rust)) }
                }
            }
            p class="targets" { (check.grade.name()) ": " (targets.join(", ")) }
        };
        text.push_str(&fragment(&fields));
    }
    Page {
        file: "checks.md".to_owned(),
        title: "Checks 检查".to_owned(),
        text,
    }
}

/// The results of the benchmark in the tool's manual, as bars: a row of the table each.
fn benchmark() -> Result<Page> {
    let manual = read("lab/README.md")?;
    let results = manual.split("### Results").nth(1).unwrap_or_default();
    let results = results.split("\n## ").next().unwrap_or_default();
    let mut text = String::from(
        "# The benchmark 性能测试\n\nThe medians of [the manual's table](tool.md#results), which tells when and where they were measured, and how far they spread. \
         `bare` is the same system calls and nothing else. The longest bar of a row is its largest figure: of times and memory a short bar is good, of frames a second a long one.\n\n",
    );
    for line in results.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, row, unit, bare, rust, python, ..] = cells[..] else {
            continue;
        };
        let figure = |cell: &str| cell.split(' ').next()?.parse::<f64>().ok();
        let figures = [("bare", bare), ("Rust", rust), ("Python", python)]
            .map(|(who, cell)| Some((who, figure(cell)?)));
        let figures: Vec<(&str, f64)> = figures.into_iter().flatten().collect();
        let most = figures
            .iter()
            .map(|(_, figure)| *figure)
            .fold(0.0, f64::max);
        if most > 0.0 {
            text.push_str(&fragment(&html! {
                figure class="bars" {
                    figcaption { (row) ", " (unit) }
                    @for (who, figure) in figures {
                        div { span { (who) " " (figure) } span class={ "bar " (who) } style={ "width:" (format!("{:.1}", 60.0 * figure / most)) "%" } {} }
                    }
                }
            }));
        }
    }
    Ok(Page {
        file: "benchmark.md".to_owned(),
        title: "Benchmark 性能测试".to_owned(),
        text,
    })
}

/// A sentence, in which code stands between backticks.
fn inline(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// Every mistake that the checks are proved with, as a diff of our own program.
fn faults() -> Result<Page> {
    let mut text = String::from(
        "# Mistakes, and what sees them 常见错误\n\nEach is a small change of one of our Python programs, as people make it, and the check that catches it.\n\n",
    );
    let mut file = "";
    let mut faults = faults::all()?;
    faults.sort_by(|one, other| one.changes[0].file.cmp(&other.changes[0].file));
    for fault in &faults {
        let in_file = fault.changes[0].file.to_str().unwrap_or_default();
        if in_file != file {
            file = in_file;
            let _ = writeln!(text, "## {file}\n");
        }
        let _ = writeln!(text, "### {}\n", fault.title);
        let fields = html! {
            p { (inline(&fault.wrong)) " " (inline(fault.why.to(Some(Language::Python)))) }
            pre class="diff" {
                @for change in &fault.changes {
                    @for line in change.old.lines() { del { "- " (line) } "\n" }
                    @for line in change.new.lines() { ins { "+ " (line) } "\n" }
                }
            }
            p class="targets" { "The check " code { (fault.caught_by) } " of " (fault.targets.join(", ")) " catches it." }
        };
        text.push_str(&fragment(&fields));
    }
    Ok(Page {
        file: "mistakes.md".to_owned(),
        title: "Mistakes 常见错误".to_owned(),
        text,
    })
}

/// A page for each experiment, and one that lists them.
fn experiments(reports: &[Value]) -> Result<Vec<Page>> {
    let mut list = String::from(
        "# The experiments 实验\n\nEvery claim of the lessons, tried on the machine that made this book.\n\n| experiment | claim | here |\n|---|---|---|\n",
    );
    let mut pages = Vec::new();
    for report in reports {
        let of = |key: &str| report.get(key).and_then(Value::as_str).unwrap_or_default();
        let (name, claim) = (of("name"), of("claim"));
        let verdict = of("verdict").replace('-', " ");
        let file = format!("experiments/{name}.md");
        let _ = writeln!(list, "| [{name}]({file}) | {claim} | {verdict} |");
        let mut text = format!("# {name}\n\n> {claim}\n\n");
        for lesson in report
            .get("lessons")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let of = |key: &str| lesson.get(key).and_then(Value::as_str).unwrap_or_default();
            let _ = writeln!(text, "- lesson {}: {}", of("document"), of("says"));
        }
        let _ = writeln!(
            text,
            "\n**{verdict}**: {}\n\n## What was done\n",
            of("because")
        );
        for step in report
            .get("steps")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            text.push_str(&fragment(
                &html! { p class="done" { (step.as_str().unwrap_or_default()) } },
            ));
        }
        if let Some(seen) = report.get("seen").filter(|seen| !seen.is_null()) {
            let _ = writeln!(text, "## What was seen\n");
            let seen = serde_json::to_string_pretty(seen)?;
            text.push_str(&fragment(&html! { pre { code { (seen) } } }));
        }
        if let Some(source) = source_of(name) {
            let _ = writeln!(text, "## The code\n\n`{source}`\n");
            let lines = highlight(&read(&source)?, Language::Rust);
            text.push_str(&fragment(
                &html! { figure class="source" { pre { code { (pair::lines(&lines)) } } } },
            ));
        }
        pages.push(Page {
            file,
            title: name.to_owned(),
            text,
        });
    }
    let mut all = vec![Page {
        file: "experiments.md".to_owned(),
        title: "All experiments 所有实验".to_owned(),
        text: list,
    }];
    all.extend(pages);
    Ok(all)
}

/// The file of an experiment: it is named as the experiment.
fn source_of(name: &str) -> Option<String> {
    let file = format!("{}.rs", name.replace('-', "_"));
    ["tcp", "udp", "sockets", "python", "socketserver"]
        .iter()
        .map(|folder| format!("lab/src/experiment/{folder}/{file}"))
        .find(|path| executables::workspace().join(path).is_file())
}
