//! `cargo lab book`: one site of everything here, which needs no network.
//!
//! | module | subject |
//! |---|---|
//! | `recordings` | the traces of all pairs and pairings, and the experiments' reports, made when the programs have changed |
//! | `pair` | the page of a pair: its sources by step, its screens and its packets |
//! | `pages` | all other pages |
//! | `links` | links from one README to another, which become links between pages |
//!
//! mdBook makes the site: its search, its themes, its keyboard, its page for printing.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use clap::Args;
use mdbook_driver::MDBook;
use mdbook_driver::config::Config;

use crate::pairs::labs;
use crate::run::executables;
use crate::run::interrupt::Folder;

mod links;
mod pages;
mod pair;
mod recordings;

/// Where to make the book
#[derive(Args, Debug)]
pub struct BookArgs {
    /// The folder for the site [default: target/book]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Open it in a browser
    #[arg(long)]
    open: bool,
    /// Record again what has been recorded
    #[arg(long)]
    record: bool,
}

/// Where the pictures of the READMEs are, besides the traces of the labs.
const PICTURES: &str = "lab/book";

/// How mdBook is to make it.
const CONFIG: &str = r#"
[book]
title = "Network programming: Rust beside Python · 网络编程"
description = "Twenty client/server pairs: their sources, their bytes, their tests"
language = "en"
src = "src"
[build]
create-missing = false
[output.html]
default-theme = "light"
preferred-dark-theme = "navy"
no-section-label = true
additional-css = ["book.css"]
additional-js = ["book.js"]
[output.html.fold]
enable = true
[output.html.search]
limit-results = 40
# The page that lists them has their names and claims; their sources would be a third of the index.
[output.html.search.chapter]
experiments = { enable = false }
"#;

/// A page: its file below `src`, and its text in Markdown.
#[derive(Debug)]
struct Page {
    file: String,
    title: String,
    text: String,
}

/// Some pages under a heading of the table of contents.
#[derive(Debug)]
struct Part {
    title: &'static str,
    pages: Vec<Page>,
}

/// Runs the command.
pub fn run(args: &BookArgs) -> Result<ExitCode> {
    let out = match &args.out {
        Some(out) => std::path::absolute(out)?,
        None => executables::workspace().join("target").join("book"),
    };
    let recordings = recordings::make(args.record)?;
    let folder = Folder::new("book-")?;
    write_sources(folder.path(), &recordings)?;
    let mut config: Config = CONFIG.parse()?;
    config.build.build_dir.clone_from(&out);
    let book = MDBook::load_with_config(folder.path(), config)?;
    book.build()?;
    let index = out.join("index.html");
    common::console::print_line(format_args!("{}", index.display()))?;
    if args.open {
        open(&index)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes what mdBook makes the site from.
fn write_sources(folder: &Path, recordings: &recordings::Recordings) -> Result<()> {
    fs::write(folder.join("book.css"), include_str!("book.css"))?;
    fs::write(folder.join("book.js"), include_str!("book.js"))?;
    let source = folder.join("src");
    let parts = pages::all(recordings)?;
    let mut summary = String::from("# Contents\n\n");
    for part in &parts {
        if !part.title.is_empty() {
            summary = summary + "\n# " + part.title + "\n\n";
        }
        for page in &part.pages {
            let path = source.join(&page.file);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&path, &page.text)?;
            // Pages below another one are in a folder of its name.
            let depth = page.file.matches('/').count();
            let indent = "  ".repeat(depth);
            let dash = if part.title.is_empty() { "" } else { "- " };
            // Writing to a String cannot fail.
            let _ = writeln!(summary, "{indent}{dash}[{}]({})", page.title, page.file);
        }
    }
    fs::write(source.join("SUMMARY.md"), summary)?;
    for picture in pictures()? {
        let copy = source.join(&picture);
        if let Some(parent) = copy.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(executables::workspace().join(&picture), copy)?;
    }
    Ok(())
}

/// The pictures of the READMEs, by their paths in the workspace.
fn pictures() -> Result<Vec<String>> {
    let mut pictures = Vec::new();
    for folder in labs().into_iter().chain([PICTURES]) {
        for entry in fs::read_dir(executables::workspace().join(folder))? {
            let path = entry?.path();
            let is_picture = path
                .extension()
                .is_some_and(|ending| ending == "svg" || ending == "png");
            let name = path.file_name().unwrap_or_default().display();
            pictures.extend(is_picture.then(|| format!("{folder}/{name}")));
        }
    }
    Ok(pictures)
}

/// Has the system open a page.
fn open(page: &Path) -> Result<()> {
    let opener = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let mut command = Command::new(opener);
    command
        .arg(page)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
        .spawn()
        .with_context(|| format!("cannot run {opener}: open {} in a browser", page.display()))?;
    Ok(())
}
