//! Links of a README to files of the repository: to pages where there are some, and plain words elsewhere.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;
use regex_lite::{Captures, Regex};

/// The files of the repository that are pages of the book, and which.
const PAGES: &[(&str, &str)] = &[
    ("README.md", "index.md"),
    ("README.zh-CN.md", "zh-CN.md"),
    ("lab/README.md", "tool.md"),
    ("common/src/socket_functions.rs", "socket-functions.md"),
    ("echo-tcp/README.md", "echo-tcp.md"),
    ("echo-udp/README.md", "echo-udp.md"),
    ("ntp/README.md", "ntp.md"),
    ("qq-chat/README.md", "qq-chat.md"),
    ("ftp-simple/README.md", "ftp-simple.md"),
    ("ftp-class/README.md", "ftp-class.md"),
    ("socketserver-demo/README.md", "socketserver-demo.md"),
];

/// The text of a file, its links those between pages. `file` is the file, from the workspace's folder.
pub(super) fn between_pages(text: &str, file: &str) -> Result<String> {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let link = Regex::new(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")?;
    let linked = link.replace_all(text, |found: &Captures| {
        let (picture, words, target) = (&found[1], &found[2], &found[3]);
        if target.contains("://") || target.starts_with('#') {
            return found[0].to_owned();
        }
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        let path = tidy(&folder.join(path));
        let page = PAGES.iter().find(|(file, _)| Path::new(file) == path);
        match page {
            Some((_, page)) if anchor.is_empty() => format!("[{words}]({page})"),
            Some((_, page)) => format!("[{words}]({page}#{anchor})"),
            // Pictures keep their place.
            None if picture == "!" => format!("![{words}]({})", path.display()),
            None => words.to_owned(),
        }
    });
    Ok(linked.into_owned())
}

/// A path without `..`.
fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                tidied.pop();
            }
            Component::CurDir => {}
            part => tidied.push(part),
        }
    }
    tidied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_a_page_or_is_plain_words() {
        let text = "[a](../ntp/README.md#x) [b](../common/src/net.rs) [c](https://x.org) [d](#e) ![f](g.svg)";
        assert_eq!(
            between_pages(text, "echo-udp/README.md").unwrap(),
            "[a](ntp.md#x) b [c](https://x.org) [d](#e) ![f](echo-udp/g.svg)"
        );
    }
}
