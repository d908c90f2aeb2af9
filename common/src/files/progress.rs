//! How far a transfer is: a bar on the terminal, and the lessons' lines.
//!
//! The bar is on stderr, and only if that is a terminal; it is gone when the transfer is over. The
//! lesson's line goes to stdout, once per file.
//!
//! Python: `common/python/common/files/progress.py`

use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

/// The state of one transfer. When it is dropped, the bar disappears.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    started: Instant,
}

impl Progress {
    /// Shows a bar for a file of `size` bytes.
    #[must_use]
    pub fn new(name: &str, size: u64) -> Self {
        let bar = ProgressBar::new(size);
        let style = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        Self {
            bar,
            started: Instant::now(),
        }
    }

    /// Shows nothing: for servers, which serve several clients at once.
    #[must_use]
    pub fn hidden() -> Self {
        Self {
            bar: ProgressBar::hidden(),
            started: Instant::now(),
        }
    }

    /// `bytes` more have come, or gone.
    pub fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// The time since the beginning, in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The line of the ftp-simple lesson: a star for each whole percent, a dot for the others.
///
/// ```
/// let line = common::files::progress::star_line(3, 4, 0.5);
/// assert_eq!(line, format!("\r 75%[{}-{}]共计用时:0.500s", "*".repeat(75), ".".repeat(25)));
/// ```
#[must_use]
pub fn star_line(done: u64, total: u64, seconds: f64) -> String {
    #[allow(clippy::cast_precision_loss)] // Python's `/` loses as much
    let percent = done as f64 / total as f64 * 100.0;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // from 0 to 100
    let stars = percent.min(100.0) as usize;
    let dots = 100 - stars;
    format!(
        "\r{percent:3.0}%[{}-{}]共计用时:{seconds:.3}s",
        "*".repeat(stars),
        ".".repeat(dots)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_all_stars() {
        let line = star_line(5, 5, 1.23456);
        assert_eq!(line, format!("\r100%[{}-]共计用时:1.235s", "*".repeat(100)));
    }

    #[test]
    fn the_first_line_is_all_dots() {
        let line = star_line(1, 1000, 0.0);
        assert_eq!(line, format!("\r  0%[-{}]共计用时:0.000s", ".".repeat(100)));
    }
}
