//! One conversion of a format, `%^-10a`: what its flags, width and modifier make of the value
//! of its directive.

use std::borrow::Cow;

use super::directive::{self, Case, Value};
use super::local_time::LocalTime;
use super::{Answer, decimal_digits, expand};

/// glibc keeps a width in an `int`, and takes the largest for all above.
const WIDEST: usize = i32::MAX as usize;

/// What the place to the left of a number is filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pad {
    /// `_`
    Spaces,
    /// `0`
    Zeros,
    /// `-`: the number gets no more digits than it needs. A width still adds spaces.
    Nothing,
}

/// A conversion as the format has it.
pub(super) struct Conversion<'f> {
    /// All of it, from the `%` on: what is shown when glibc does not know it.
    text: &'f str,
    pad: Option<Pad>,
    upper_case: bool,
    change_case: bool,
    width: usize,
    modifier: Option<char>,
    /// Nothing where the format ends before it.
    directive: Option<char>,
}

impl<'f> Conversion<'f> {
    /// Splits `format`, which begins with `%`, after that conversion.
    pub(super) fn split_from(format: &'f str) -> (Self, &'f str) {
        let mut conversion = Conversion {
            text: format,
            pad: None,
            upper_case: false,
            change_case: false,
            width: 0,
            modifier: None,
            directive: None,
        };
        let mut rest = format[1..].chars();
        let mut next = rest.next();
        loop {
            match next {
                Some('_') => conversion.pad = Some(Pad::Spaces),
                Some('0') => conversion.pad = Some(Pad::Zeros),
                Some('-') => conversion.pad = Some(Pad::Nothing),
                Some('^') => conversion.upper_case = true,
                Some('#') => conversion.change_case = true,
                _ => break,
            }
            next = rest.next();
        }
        while let Some(digit) = next.and_then(|character| character.to_digit(10)) {
            let width = conversion.width.saturating_mul(10) + digit as usize;
            conversion.width = width.min(WIDEST);
            next = rest.next();
        }
        if let Some('E' | 'O') = next {
            conversion.modifier = next;
            next = rest.next();
        }
        conversion.directive = next;

        let rest = rest.as_str();
        conversion.text = &format[..format.len() - rest.len()];
        (conversion, rest)
    }

    /// Appends what the conversion gives at that time.
    pub(super) fn write(&self, at: &LocalTime, answer: &mut Answer) {
        let value = self
            .directive
            .filter(|&directive| directive::takes(directive, self.modifier))
            .and_then(|directive| directive::value(directive, at));
        match value {
            Some(Value::Number { value, digits, pad }) => {
                self.write_number(value, digits, pad, answer);
            }
            // Flags and width count twice here: for the sign, and for the number.
            Some(Value::Offset(seconds)) => {
                self.write_text(if seconds < 0 { "-" } else { "+" }, answer);
                let minutes = seconds.abs() / 60;
                let hhmm = minutes / 60 * 100 + minutes % 60;
                self.write_number(hhmm, 4, Pad::Zeros, answer);
            }
            Some(Value::Text(text, case)) => self.write_text(&self.in_case(&text, case), answer),
            Some(Value::Composite(format)) => {
                let text = expand(format, at).text;
                self.write_text(&self.in_case(&text, Case::Upper), answer);
            }
            None => {
                // glibc looks at `#` before it refuses `%Eb`, so even that gets upper case.
                let case = match self.directive {
                    Some('b' | 'h') => Case::Name,
                    _ => Case::Upper,
                };
                self.write_text(&self.in_case(self.text, case), answer);
            }
        }
    }

    /// A number of at least that many digits, filled on the left with `pad` unless a flag of
    /// the conversion says otherwise.
    fn write_number(&self, value: i64, digits: usize, pad: Pad, answer: &mut Answer) {
        let number = value.unsigned_abs();
        let sign = if value < 0 { "-" } else { "" };
        let length = sign.len() + decimal_digits(number);
        let missing = digits.max(self.width).saturating_sub(length);
        match self.pad.unwrap_or(pad) {
            Pad::Spaces => answer.fill(' ', missing),
            Pad::Zeros => {
                answer.push(sign);
                answer.fill('0', missing);
                return answer.push_number(number);
            }
            Pad::Nothing => answer.fill(' ', self.width.saturating_sub(length)),
        }
        answer.push(sign);
        answer.push_number(number);
    }

    fn write_text(&self, text: &str, answer: &mut Answer) {
        let fill = if self.pad == Some(Pad::Zeros) {
            '0'
        } else {
            ' '
        };
        answer.fill(fill, self.width.saturating_sub(text.chars().count()));
        answer.push(text);
    }

    /// The text as the flags `^` and `#` want it.
    fn in_case<'t>(&self, text: &'t str, case: Case) -> Cow<'t, str> {
        match case {
            Case::Mark if self.change_case => text.to_lowercase().into(),
            Case::Name if self.change_case => upper_case(text).into(),
            Case::Lower => text.into(),
            _ if self.upper_case => upper_case(text).into(),
            _ => text.into(),
        }
    }
}

/// Character by character, as C's `towupper` does: one whose upper case is several (`ß`) stays.
/// glibc differs for Greek letters with a subscript iota (`ᾳ`, for which it takes the title
/// case), and for letters that are newer than its copy of Unicode.
fn upper_case(text: &str) -> String {
    text.chars()
        .map(|character| {
            let mut upper = character.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(upper), None) => upper,
                _ => character,
            }
        })
        .collect()
}
