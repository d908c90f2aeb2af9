//! What each directive stands for at a given time, before flags and width.

use super::conversion::Pad;
use super::local_time::LocalTime;

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
    /// The offset from UTC in seconds, east is positive.
    Offset(i64),
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
pub(super) fn value(directive: char, local: &LocalTime) -> Option<Value> {
    let at = local.date_time;
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
        's' => Value::Text(local.second_since_1970.to_string(), Case::Upper),
        'S' => number(2, at.second() + i8::from(local.is_leap_second)),
        't' => Value::Text("\t".to_owned(), Case::Upper),
        'T' | 'X' => Value::Composite("%H:%M:%S"),
        'u' => number(1, since_monday + 1),
        'U' => number(2, (day_of_year + 6 - since_sunday) / 7),
        'V' => number(2, at.date().iso_week_date().week()),
        'w' => number(1, since_sunday),
        'W' => number(2, (day_of_year + 6 - since_monday) / 7),
        'y' => number(2, year.rem_euclid(100)),
        'Y' => number(1, year),
        'z' => Value::Offset(local.offset),
        'Z' => Value::Text(local.zone.clone(), Case::Mark),
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
