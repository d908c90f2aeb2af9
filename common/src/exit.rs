//! How a program ends when something failed: one line on stderr, status 1.

use std::fmt;

use crate::console;

/// What `main` returns. `Err` makes Rust print `Error: …` on stderr and end with status 1.
pub type Result<T = ()> = std::result::Result<T, Exit>;

/// Any error, shown to a person as one line that names each cause after a colon.
///
/// Rust prints the error that `main` returns by its `Debug` form, and `anyhow`'s has several
/// lines. A student wants one, and what a peer sent must not reach the terminal unescaped.
pub struct Exit(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Exit {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Debug for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&console::escape_to_one_line(&format!("{:#}", self.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_and_carries_no_terminal_escape() {
        let error = anyhow::anyhow!("bad name \"\x1b[2J\nx\"").context("cannot store the file");
        let shown = format!("{:?}", Exit::from(error));
        assert_eq!(shown, "cannot store the file: bad name \"\\x1b[2J\\nx\"");
    }
}
