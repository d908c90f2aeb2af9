//! The time in the format that a peer asks for: Python's `time.strftime(format,
//! time.localtime())`, as Linux gives it in the C locale.
//!
//! Python hands the format to the C library, so the rules are glibc's. A conversion is written
//!
//! ```text
//! % [flags] [width] [modifier] directive        %-d   %010Y   %^a   %Od   %_5e
//! ```
//!
//! | directive | gives | for 2024-03-09 07:05:02 in Berlin |
//! |---|---|---|
//! | `%a` `%A` | day of the week, short and long | `Sat` `Saturday` |
//! | `%b` `%h` `%B` | month, short (twice) and long | `Mar` `Mar` `March` |
//! | `%c` | date and time, `%a %b %e %H:%M:%S %Y` | `Sat Mar  9 07:05:02 2024` |
//! | `%C` | century | `20` |
//! | `%d` `%e` | day of the month, with a zero and with a space | `09` `␣9` |
//! | `%D` `%x` | date, `%m/%d/%y` | `03/09/24` |
//! | `%F` | date, `%Y-%m-%d` | `2024-03-09` |
//! | `%g` `%G` | year of the ISO week, two digits and all | `24` `2024` |
//! | `%H` `%k` | hour of 24, with a zero and with a space | `07` `␣7` |
//! | `%I` `%l` | hour of 12, with a zero and with a space | `07` `␣7` |
//! | `%j` | day of the year | `069` |
//! | `%m` | month | `03` |
//! | `%M` | minute | `05` |
//! | `%n` `%t` `%%` | a newline, a tab, a percent sign | |
//! | `%p` `%P` | half of the day | `AM` `am` |
//! | `%r` | time, `%I:%M:%S %p` | `07:05:02 AM` |
//! | `%R` | time, `%H:%M` | `07:05` |
//! | `%s` | seconds since 1970-01-01 00:00 UTC | `1709964302` |
//! | `%S` | second | `02` |
//! | `%T` `%X` | time, `%H:%M:%S` | `07:05:02` |
//! | `%u` `%w` | day of the week, Monday is 1 to Sunday is 7; Sunday is 0 to Saturday is 6 | `6` `6` |
//! | `%U` `%W` | week of the year, from its first Sunday; from its first Monday | `09` `10` |
//! | `%V` | ISO week of the year | `10` |
//! | `%y` `%Y` | year, two digits and all | `24` `2024` |
//! | `%z` | offset from UTC, hours and minutes | `+0100` |
//! | `%Z` | name of the time zone | `CET` |
//!
//! | flag | meaning |
//! |---|---|
//! | `_` `0` `-` | pad with spaces, with zeros; no padding of numbers. The last one counts |
//! | `^` | upper case |
//! | `#` | the other case: names of days and months become upper, `%p` and `%Z` lower |
//!
//! A width pads on the left, text with spaces unless the flag is `0`. The modifiers `E` and `O`
//! ask for a locale's own eras and digits; the C locale has none, so they change nothing where
//! glibc allows them. Whatever glibc does not know is passed through as it stands (`%Q`, `%f`,
//! `%N`, `%:z`, `%EH`, a lone `%` at the end), padded and upper-cased like any text.
//!
//! Two rules are Python's. A NUL in the format is an error. And a result that does not fit the
//! buffer that Python finally tries is the empty string: the buffer has 1024 characters, doubled
//! until it is at least 256 times as long as the format. Such a result is counted here and not
//! built, so `%999999999Y` costs nothing.
//!
//! The tests compare with the installed Python; 3.8.18, 3.11.7, 3.12.1 and 3.13.0 on glibc 2.36
//! gave the same.
//!
//! jiff has a `strftime` too, and its lenient mode is nearly glibc's. But it ignores the width of
//! dates, names and offsets (`%12F`, `%010Z`, `%10z`), passes the modifiers through (`%Od`), and
//! knows directives that glibc does not (`%f`, `%Q`, `%:z`). Its time zones refuse what glibc takes
//! (`XXX167:59:59`), and pass over the leap seconds of the files under `right/`. So the calendar is
//! jiff's; the text is made here, and the time zones are looked up here.
//!
//! The real protocol, with binary timestamps, is [`sntp`].
//!
//! Sources: <https://docs.python.org/3/library/time.html#time.strftime>, CPython's
//! `Modules/timemodule.c`, strftime(3) and glibc's `time/strftime_l.c`, POSIX.1-2017 `strftime`.

mod conversion;
mod directive;
mod local_time;
mod posix_zone;
pub mod sntp;
#[cfg(unix)]
mod zone_file;

use std::fmt::Write;
use std::iter;

use thiserror::Error;

use conversion::Conversion;
pub use local_time::{LocalTime, TimeZone, local_time, local_time_at, time_zone};

use common::net::MAX_DATAGRAM;

/// Why a format has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StrftimeError {
    /// C ends a string at a NUL, so Python refuses one within a format.
    #[error("a time format must not contain a NUL character")]
    Nul,
    /// Python would build the text, and fail to send it.
    #[error("the formatted time would not fit a datagram of {MAX_DATAGRAM} bytes")]
    TooLong,
}

/// Formats `at` as Python's `time.strftime` does.
///
/// The result has at most 65,507 bytes, and building it takes memory in proportion to that and
/// to the format, whatever widths the format asks for.
///
/// ```
/// use ntp::{StrftimeError, strftime, time_zone};
///
/// let at = time_zone(Some("Europe/Berlin")).local_time(1_709_964_302);
/// assert_eq!(strftime("%Y-%m-%d %X", &at)?, "2024-03-09 07:05:02");
/// assert_eq!(strftime("%-d. %^b, %Q", &at)?, "9. MAR, %Q");
/// assert_eq!(strftime("%H\0", &at), Err(StrftimeError::Nul));
/// # Ok::<(), StrftimeError>(())
/// ```
pub fn strftime(format: &str, at: &LocalTime) -> Result<String, StrftimeError> {
    if format.contains('\0') {
        return Err(StrftimeError::Nul);
    }
    let answer = expand(format, at);
    if answer.characters >= python_buffer(format) {
        Ok(String::new())
    } else if answer.text.len() > MAX_DATAGRAM {
        Err(StrftimeError::TooLong)
    } else {
        Ok(answer.text)
    }
}

/// Replaces each conversion of `format`.
fn expand(format: &str, at: &LocalTime) -> Answer {
    let mut answer = Answer {
        text: String::with_capacity(2 * format.len()),
        characters: 0,
    };
    let mut rest = format;
    while let Some((plain, _)) = rest.split_once('%') {
        answer.push(plain);
        let conversion;
        (conversion, rest) = Conversion::split_from(&rest[plain.len()..]);
        conversion.write(at, &mut answer);
    }
    answer.push(rest);
    answer
}

/// How many characters Python's last buffer has, one of them for the NUL at the end.
fn python_buffer(format: &str) -> usize {
    let enough = format.chars().count().saturating_mul(256);
    let mut buffer: usize = 1024;
    while buffer < enough {
        buffer = buffer.saturating_mul(2);
    }
    buffer
}

/// How many digits the number has, written in decimal.
fn decimal_digits(number: u64) -> usize {
    number
        .checked_ilog10()
        .map_or(1, |power| power as usize + 1)
}

/// The text so far. Past the largest datagram it is counted and no longer kept.
struct Answer {
    text: String,
    characters: usize,
}

impl Answer {
    fn push(&mut self, text: &str) {
        self.characters = self.characters.saturating_add(text.chars().count());
        if self.text.len() <= MAX_DATAGRAM {
            self.text.push_str(text);
        }
    }

    fn push_number(&mut self, number: u64) {
        self.characters = self.characters.saturating_add(decimal_digits(number));
        if self.text.len() <= MAX_DATAGRAM {
            let _ = write!(self.text, "{number}"); // writing to a String cannot fail
        }
    }

    fn fill(&mut self, character: char, count: usize) {
        self.characters = self.characters.saturating_add(count);
        let room = (MAX_DATAGRAM + 1).saturating_sub(self.text.len());
        self.text.extend(iter::repeat_n(character, count.min(room)));
    }
}
