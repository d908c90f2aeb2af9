//! What each directive stands for at a given time, before flags and width.

use jiff::Zoned;

use super::conversion::Pad;

const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The value of a directive.
pub(super) enum Value {
    /// A number of at least so many digits, filled with `pad` unless a flag says otherwise.
    Number { value: i64, digits: usize, pad: Pad },
    /// The offset from UTC in whole minutes, east is positive.
    Offset { minutes: i64 },
    /// A text, and what the flags `^` and `#` do to it.
    Text(String, Case),
    /// Short for this format.
    Composite(&'static str),
}

/// What the flags `^` and `#` do to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    /// `^` makes it upper case, `#` nothing.
    Upper,
    /// Both make it upper case: names of days and months.
    Name,
    /// `^` makes it upper case, `#` lower case, and `#` wins: `AM`, and time zones.
    Mark,
    /// It is lower case and stays so: `%P`.
    Lower,
}

/// Whether glibc takes the directive with that modifier; the C locale makes nothing of it.
pub(super) fn takes(directive: char, modifier: Option<char>) -> bool {
    match modifier {
        Some('E') => "%CPRTXYZcnprstuxyz".contains(directive),
        Some('O') => !"ADFXYacx".contains(directive),
        _ => true,
    }
}

/// What the directive stands for, or nothing where glibc does not know it.
pub(super) fn value(directive: char, at: &Zoned) -> Option<Value> {
    let year = i64::from(at.year());
    let hour = i64::from(at.hour());
    let weekday = at.weekday();
    let since_sunday = i64::from(weekday.to_sunday_zero_offset());
    let since_monday = i64::from(weekday.to_monday_zero_offset());
    let day_of_year = i64::from(at.day_of_year());
    let day_name = || DAYS[usize::from(weekday.to_sunday_zero_offset().unsigned_abs())];
    let month_name = || MONTHS[usize::from(at.month().unsigned_abs()) - 1];
    let half = if hour < 12 { "AM" } else { "PM" };
    let hour_of_12 = (hour + 11) % 12 + 1;

    Some(match directive {
        'a' => name(&day_name()[..3]),
        'A' => name(day_name()),
        'b' | 'h' => name(&month_name()[..3]),
        'B' => name(month_name()),
        'c' => Value::Composite("%a %b %e %H:%M:%S %Y"),
        'C' => number(1, year.div_euclid(100)),
        'd' => number(2, at.day()),
        'D' | 'x' => Value::Composite("%m/%d/%y"),
        'e' => spaced(at.day().into()),
        'F' => Value::Composite("%Y-%m-%d"),
        'g' => number(2, at.date().iso_week_date().year().rem_euclid(100)),
        'G' => number(1, at.date().iso_week_date().year()),
        'H' => number(2, hour),
        'I' => number(2, hour_of_12),
        'j' => number(3, day_of_year),
        'k' => spaced(hour),
        'l' => spaced(hour_of_12),
        'm' => number(2, at.month()),
        'M' => number(2, at.minute()),
        'n' => Value::Text("\n".to_owned(), Case::Upper),
        'p' => Value::Text(half.to_owned(), Case::Mark),
        'P' => Value::Text(half.to_lowercase(), Case::Lower),
        'r' => Value::Composite("%I:%M:%S %p"),
        'R' => Value::Composite("%H:%M"),
        's' => Value::Text(second_since_1970(at).to_string(), Case::Upper),
        'S' => number(2, at.second()),
        't' => Value::Text("\t".to_owned(), Case::Upper),
        'T' | 'X' => Value::Composite("%H:%M:%S"),
        'u' => number(1, since_monday + 1),
        'U' => number(2, (day_of_year + 6 - since_sunday) / 7),
        'V' => number(2, at.date().iso_week_date().week()),
        'w' => number(1, since_sunday),
        'W' => number(2, (day_of_year + 6 - since_monday) / 7),
        'y' => number(2, year.rem_euclid(100)),
        'Y' => number(1, year),
        'z' => Value::Offset {
            minutes: i64::from(at.offset().seconds() / 60),
        },
        'Z' => Value::Text(zone_name(at), Case::Mark),
        '%' => Value::Text("%".to_owned(), Case::Upper),
        _ => return None,
    })
}

fn name(name: &str) -> Value {
    Value::Text(name.to_owned(), Case::Name)
}

fn number(digits: usize, value: impl Into<i64>) -> Value {
    Value::Number {
        value: value.into(),
        digits,
        pad: Pad::Zeros,
    }
}

fn spaced(value: i64) -> Value {
    Value::Number {
        value,
        digits: 2,
        pad: Pad::Spaces,
    }
}

/// Seconds, rounded down: jiff's own `as_second` rounds towards 1970.
fn second_since_1970(at: &Zoned) -> i128 {
    at.timestamp().as_nanosecond().div_euclid(1_000_000_000)
}

/// The name that the zone has at that time; none where there is no zone (see
/// [`time_zone`](super::time_zone)).
fn zone_name(at: &Zoned) -> String {
    let zone = at.time_zone();
    if zone.is_unknown() {
        return String::new();
    }
    zone.to_offset_info(at.timestamp())
        .abbreviation()
        .to_owned()
}
