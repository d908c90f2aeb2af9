//! A zone that `TZ` itself describes: `CET-1CEST,M3.5.0,M10.5.0/3`, POSIX.1-2017 chapter 8.3, read as
//! glibc does in `time/tzset.c`.
//!
//! glibc refuses nothing: where it understands no more, what it has read so far counts. `XYZ99` is
//! 24 hours from UTC, `XYZ3ABC!` has daylight saving time all the year round.

use jiff::civil::Date;

use super::local_time::Clock;

const DAY: i64 = 24 * 60 * 60;

/// Standard time and daylight saving time.
#[derive(Debug)]
pub(super) struct PosixZone {
    standard: Season,
    daylight: Season,
}

/// One of the two, and when in each year the clocks leave it.
#[derive(Debug, Clone, Default)]
struct Season {
    name: String,
    /// In seconds, east of UTC is positive.
    offset: i64,
    last_day: Day,
    /// In seconds since that day's midnight, by the clocks of this season.
    ends_at: i64,
}

/// A day of every year.
#[derive(Debug, Clone, Copy)]
enum Day {
    /// `59`: counted from 0, with the 29th of February.
    Counted(i64),
    /// `J60`: counted from 1, without the 29th of February.
    Julian(i64),
    /// `M3.5.0`: the month, which one of its weeks (5 is the last), and the weekday, Sunday is 0.
    Weekday { month: i8, week: i64, weekday: i64 },
}

impl Default for Day {
    fn default() -> Self {
        Self::Counted(0)
    }
}

impl PosixZone {
    /// UTC under that name, which may be empty.
    pub(super) fn utc(name: &str) -> Self {
        let season = Season {
            name: name.to_owned(),
            ..Season::default()
        };
        Self {
            standard: season.clone(),
            daylight: season,
        }
    }

    /// Reads as much of `text` as can be understood.
    pub(super) fn parse(text: &str) -> Self {
        let mut zone = Self::utc("");
        zone.read(text);
        zone
    }

    /// Whether that names daylight saving time without saying when it begins and ends.
    pub(super) fn lacks_rule(text: &str) -> bool {
        let mut zone = Self::utc("");
        matches!(zone.read_names(text), Some("" | ",")) && !zone.daylight.name.is_empty()
    }

    /// `None` ends the reading early.
    fn read(&mut self, text: &str) -> Option<()> {
        let mut rest = self.read_names(text)?;
        if self.daylight.name.is_empty() && rest.is_empty() {
            self.daylight = self.standard.clone();
            return None;
        }
        self.standard.read_end(&mut rest, "M3.2.0")?;
        self.daylight.read_end(&mut rest, "M11.1.0")
    }

    /// The names and offsets; gives what follows them, or nothing where standard time is incomplete.
    fn read_names<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let mut rest = text;
        take_name(&mut rest)?.clone_into(&mut self.standard.name);
        if !rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-')) {
            return None;
        }
        self.standard.offset = take_offset(&mut rest)?;
        if let Some(name) = take_name(&mut rest) {
            name.clone_into(&mut self.daylight.name);
            let offset = take_offset(&mut rest);
            self.daylight.offset = offset.unwrap_or(self.standard.offset + 60 * 60);
        }
        Some(rest)
    }

    /// What the clocks show in that second.
    pub(super) fn clock(&self, second: i64) -> Clock<'_> {
        let year = Clock::UTC.date_time(second).year();
        let [begins, ends] = [&self.standard, &self.daylight].map(|season| season.end_in(year));
        let is_daylight = if begins > ends {
            // In the south daylight saving time begins in one year and ends in the next.
            second < ends || second >= begins
        } else {
            (begins..ends).contains(&second)
        };
        let season = if is_daylight {
            &self.daylight
        } else {
            &self.standard
        };
        Clock::new(season.offset, &season.name)
    }
}

impl Season {
    /// Reads `,M3.5.0/2`; nothing more to read stands for `default`. Without a rule that can be
    /// understood, the season ends at the midnight that begins the year.
    fn read_end<'t>(&mut self, text: &mut &'t str, mut default: &'t str) -> Option<()> {
        let mut rest = text.strip_prefix(',').unwrap_or(text);
        let day = if rest.is_empty() {
            &mut default
        } else {
            &mut rest
        };
        take_day(day, &mut self.last_day)?;
        self.ends_at = match rest.as_bytes() {
            [] | [b',', ..] => 2 * 60 * 60,
            [b'/', _, ..] => {
                rest = &rest[1..];
                let after_sign = rest.strip_prefix('-');
                rest = after_sign.unwrap_or(rest);
                let [hours, minutes, seconds] = take_time(&mut rest).unwrap_or([2, 0, 0]);
                let time = hours * 60 * 60 + minutes * 60 + seconds;
                if after_sign.is_some() { -time } else { time }
            }
            _ => return None,
        };
        *text = rest;
        Some(())
    }

    /// The second of that year in which the season ends. Up to 1970 it ends in 1970: glibc applies
    /// no rule before.
    fn end_in(&self, year: i16) -> i64 {
        let new_year = match Date::new(year, 1, 1) {
            Ok(date) if year > 1970 => days_between(Date::constant(1970, 1, 1), date),
            _ => 0,
        };
        let day = new_year + self.last_day.in_year(year);
        day * DAY - self.offset + self.ends_at
    }
}

impl Day {
    /// How many days after the first of January.
    fn in_year(self, year: i16) -> i64 {
        match self {
            Self::Counted(day) => day,
            Self::Julian(day) => {
                let is_leap = Date::new(year, 2, 29).is_ok();
                day - 1 + i64::from(day >= 60 && is_leap)
            }
            Self::Weekday {
                month,
                week,
                weekday,
            } => {
                let Ok(first) = Date::new(year, month, 1) else {
                    return 0;
                };
                let first_weekday = i64::from(first.weekday().to_sunday_zero_offset());
                let mut day = (weekday - first_weekday).rem_euclid(7) + 7 * (week - 1);
                while day >= i64::from(first.days_in_month()) {
                    day -= 7;
                }
                i64::from(first.day_of_year()) - 1 + day
            }
        }
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_secs() / DAY
}

/// Three letters or more, or within `<` and `>` also digits and signs.
fn take_name<'t>(text: &mut &'t str) -> Option<&'t str> {
    let (name, rest) = split_at_other(text, |c| c.is_ascii_alphabetic());
    let (name, rest) = if name.len() >= 3 {
        (name, rest)
    } else {
        let quoted = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-');
        let (name, rest) = split_at_other(text.strip_prefix('<')?, quoted);
        (name, rest.strip_prefix('>').filter(|_| name.len() >= 3)?)
    };
    *text = rest;
    Some(name)
}

/// `-3:30`, where east of UTC is negative; 24 hours at most. The sign is taken even without a number.
fn take_offset(text: &mut &str) -> Option<i64> {
    let is_east = text.starts_with('-');
    *text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let [hours, minutes, seconds] = take_time(text)?;
    let offset = hours.min(24) * 60 * 60 + minutes.min(59) * 60 + seconds.min(59);
    Some(if is_east { offset } else { -offset })
}

/// `hours[:minutes[:seconds]]`
fn take_time(text: &mut &str) -> Option<[i64; 3]> {
    let mut parts = [take_number(text)?, 0, 0];
    for part in &mut parts[1..] {
        let Some(mut rest) = text.strip_prefix(':') else {
            break;
        };
        let Some(number) = take_number(&mut rest) else {
            break;
        };
        (*part, *text) = (number, rest);
    }
    Some(parts)
}

/// A day, read into `day`; one that begins like a day and is none leaves the first half of it there.
fn take_day(text: &mut &str, day: &mut Day) -> Option<()> {
    let mut rest = *text;
    if let Some(julian) = rest.strip_prefix('J') {
        rest = julian;
        *day = Day::Julian(0);
        let number = take_day_of_year(&mut rest).filter(|number| *number > 0)?;
        *day = Day::Julian(number);
    } else if let Some(month) = rest.strip_prefix('M') {
        rest = month;
        let month = take_number(&mut rest)?;
        rest = rest.strip_prefix('.')?;
        let week = take_number(&mut rest)?;
        rest = rest.strip_prefix('.')?;
        let weekday = take_number(&mut rest)?;
        let is_day = (1..=12).contains(&month) && (1..=5).contains(&week) && weekday <= 6;
        *day = Day::Weekday {
            month: i8::try_from(month).ok().filter(|_| is_day)?,
            week,
            weekday,
        };
    } else {
        *day = Day::Counted(take_day_of_year(&mut rest)?);
    }
    *text = rest;
    Some(())
}

/// A number up to 365, without blanks or a sign.
fn take_day_of_year(text: &mut &str) -> Option<i64> {
    text.starts_with(|c: char| c.is_ascii_digit())
        .then(|| take_number(text))?
        .filter(|day| *day <= 365)
}

/// A number as C's `sscanf` reads it for `%hu`: after blanks, with a sign, and modulo 65536.
fn take_number(text: &mut &str) -> Option<i64> {
    let number = text.trim_ascii_start();
    let unsigned = number.strip_prefix(['+', '-']).unwrap_or(number);
    let (digits, rest) = split_at_other(unsigned, |c| c.is_ascii_digit());
    if digits.is_empty() {
        return None;
    }
    let value = digits.bytes().fold(0_u16, |value, digit| {
        value.wrapping_mul(10).wrapping_add(u16::from(digit - b'0'))
    });
    *text = rest;
    Some(if number.starts_with('-') {
        value.wrapping_neg().into()
    } else {
        value.into()
    })
}

/// Splits `text` before the first character that is not `wanted`.
fn split_at_other(text: &str, wanted: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !wanted(c)).unwrap_or(text.len()))
}
