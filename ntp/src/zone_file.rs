//! A file of the time zone database (TZif, RFC 9636), looked up as glibc does in `time/tzfile.c`.
//!
//! | bytes | what |
//! |---|---|
//! | 44 | header: `TZif`, version, 15 that are reserved, the number of entries of each table below |
//! | | the tables, with times of 4 bytes; for readers of version 1 |
//! | | header and tables again, with times of 8 bytes, from version 2 on |
//! | | a newline, the rule for the time after the last change as [`PosixZone`] has it, a newline |

use super::local_time::Clock;
use super::posix_zone::PosixZone;

/// When the clocks of a place were changed, and to what.
pub(super) struct ZoneFile {
    /// From which second on which of the `kinds` holds, in ascending order.
    changes: Vec<(i64, usize)>,
    /// Never empty.
    kinds: Vec<Kind>,
    /// From which second on how many leap seconds are counted. Only the files under `right/` have
    /// these: with them the system's clock counts leap seconds too.
    leap_seconds: Vec<(i64, i64)>,
    /// What holds from the last change on.
    afterwards: Option<PosixZone>,
}

/// One of the times that a place has or had: an offset under a name.
struct Kind {
    offset: i64,
    is_daylight: bool,
    name: String,
}

impl ZoneFile {
    /// `None` where glibc refuses the file.
    pub(super) fn parse(mut bytes: &[u8]) -> Option<Self> {
        let mut header = Header::take_from(&mut bytes)?;
        let mut width = 4;
        if header.version != 0 {
            let [isut, isstd, leap, time, kind, char] = header.counts;
            let skipped = time * 5 + kind * 6 + char + leap * 8 + isstd + isut;
            bytes = bytes.get(skipped..)?;
            header = Header::take_from(&mut bytes)?;
            width = 8;
        }
        let [isut, isstd, leap, time, kind, char] = header.counts;
        let times = bytes.split_off(..time * width)?.chunks_exact(width);
        let indices = bytes.split_off(..time)?;
        let kinds = bytes.split_off(..kind * 6)?.chunks_exact(6);
        let names = bytes.split_off(..char)?;
        let leap_seconds = bytes.split_off(..leap * (width + 4))?;
        bytes.split_off(..isstd + isut)?;

        let file = Self {
            changes: times
                .map(signed)
                .zip(indices.iter().map(|&index| index.into()))
                .collect(),
            kinds: kinds
                .map(|kind| Kind::parse(kind, names))
                .collect::<Option<_>>()?,
            leap_seconds: leap_seconds
                .chunks_exact(width + 4)
                .map(|entry| (signed(&entry[..width]), signed(&entry[width..])))
                .collect(),
            afterwards: footer(bytes).map(PosixZone::parse),
        };
        let known = |&(_, index): &(i64, usize)| index < file.kinds.len();
        (!file.kinds.is_empty() && file.changes.iter().all(known)).then_some(file)
    }

    /// What the clocks show in that second.
    pub(super) fn clock(&self, second: i64) -> Clock<'_> {
        let before = self.changes.partition_point(|&(from, _)| from <= second);
        let kind = match before.checked_sub(1) {
            None => self
                .kinds
                .iter()
                .find(|kind| !kind.is_daylight)
                .unwrap_or(&self.kinds[0]),
            Some(last) => &self.kinds[self.changes[last].1],
        };
        let clock = match &self.afterwards {
            Some(rule) if before > 0 && before == self.changes.len() => rule.clock(second),
            _ => Clock::new(kind.offset, &kind.name),
        };
        self.with_leap_seconds(clock, second)
    }

    fn with_leap_seconds<'z>(&self, mut clock: Clock<'z>, second: i64) -> Clock<'z> {
        let past = self
            .leap_seconds
            .partition_point(|&(from, _)| from <= second);
        let (past, _) = self.leap_seconds.split_at(past);
        if let [earlier @ .., (from, count)] = past {
            let before = earlier.last().map_or(0, |&(_, count)| count);
            clock.leap_seconds = *count;
            clock.is_leap_second = second == *from && *count > before;
        }
        clock
    }
}

struct Header {
    version: u8,
    /// How many UT and standard indicators, leap seconds, changes, kinds, and bytes of names.
    counts: [usize; 6],
}

impl Header {
    fn take_from(bytes: &mut &[u8]) -> Option<Self> {
        let header = bytes.split_off(..44)?.strip_prefix(b"TZif")?;
        let mut counts = [0; 6];
        for (count, bytes) in counts.iter_mut().zip(header[16..].chunks_exact(4)) {
            // None of the sums of these tables' sizes can overflow.
            *count = u16::try_from(signed(bytes)).ok()?.into();
        }
        Some(Self {
            version: header[0],
            counts,
        })
    }
}

impl Kind {
    fn parse(entry: &[u8], names: &[u8]) -> Option<Self> {
        let name = names.get(usize::from(entry[5])..)?;
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        Some(Self {
            offset: signed(&entry[..4]),
            is_daylight: match entry[4] {
                0 => false,
                1 => true,
                _ => return None,
            },
            name: String::from_utf8_lossy(name).into_owned(),
        })
    }
}

/// A big-endian number of 4 or 8 bytes.
fn signed(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|byte| *byte >= 0x80);
    bytes
        .iter()
        .fold(if negative { -1 } else { 0 }, |number, byte| {
            number << 8 | i64::from(*byte)
        })
}

/// The rule between the newlines, if there is one.
fn footer(bytes: &[u8]) -> Option<&str> {
    let rule = bytes.strip_prefix(b"\n")?.strip_suffix(b"\n")?;
    str::from_utf8(rule).ok().filter(|rule| !rule.is_empty())
}
