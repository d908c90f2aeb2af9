//! The samples as a picture of text: a row for each query.
//!
//! ```text
//! seconds -0.000104 … +0.000137
//!    1 ·····├──────●──────┤·····
//! ```
//!
//! `●` is the offset, `├──┤` half of the delay to both sides (the truth is in there, if the server's clock is right), `·` the
//! error to both sides (it is in there, if the server tells the truth about its clock).

use super::answer::Sample;

/// How wide the rows are, in characters, without their numbers.
const WIDTH: usize = 60;

/// The picture, line by line. None of fewer than two samples.
#[must_use]
pub fn plot(samples: &[Sample]) -> Vec<String> {
    if samples.len() < 2 {
        return Vec::new();
    }
    let ends = |sample: &Sample, way: f64| sample.offset.seconds() + way * sample.error;
    let low = samples
        .iter()
        .map(|sample| ends(sample, -1.0))
        .fold(f64::INFINITY, f64::min);
    let high = samples
        .iter()
        .map(|sample| ends(sample, 1.0))
        .fold(f64::NEG_INFINITY, f64::max);
    let column = |seconds: f64| {
        if high <= low {
            return WIDTH / 2;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "columns are few, and none is below 0"
        )]
        let column = ((seconds - low) / (high - low) * (WIDTH - 1) as f64 + 0.5) as usize;
        column.min(WIDTH - 1)
    };
    let row = |(index, sample): (usize, &Sample)| {
        let offset = sample.offset.seconds();
        let half = sample.delay.seconds() / 2.0;
        let mut row = vec![' '; WIDTH];
        row[column(ends(sample, -1.0))..=column(ends(sample, 1.0))].fill('·');
        let (left, right) = (column(offset - half), column(offset + half));
        row[left..=right].fill('─');
        (row[left], row[right]) = ('├', '┤');
        row[column(offset)] = '●';
        let row: String = row.into_iter().collect();
        format!("{:>4} {}", index + 1, row.trim_end())
    };
    let scale = format!("seconds {low:+.6} … {high:+.6}");
    [scale]
        .into_iter()
        .chain(samples.iter().enumerate().map(row))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sntp::timestamp::Span;

    fn sample(offset: f64, delay: f64, error: f64) -> Sample {
        Sample {
            offset: Span::of_seconds(offset),
            delay: Span::of_seconds(delay),
            error,
            stratum: 1,
            leap: 0,
            reference: "LOCL".to_owned(),
        }
    }

    #[test]
    fn each_sample_is_a_row_with_its_error_and_its_delay() {
        let rows = plot(&[
            sample(0.0, 0.5, 0.5),
            sample(0.5, 0.25, 0.25),
            sample(0.25, 0.0, 0.0),
        ]);
        assert_eq!(
            rows,
            [
                "seconds -0.500000 … +0.750000".to_owned(),
                format!(
                    "   1 {}├{}●{}┤{}",
                    "·".repeat(12),
                    "─".repeat(11),
                    "─".repeat(10),
                    "·".repeat(12)
                ),
                format!(
                    "   2 {}{}├{}●{}┤{}",
                    " ".repeat(35),
                    "·".repeat(6),
                    "─".repeat(5),
                    "─".repeat(5),
                    "·".repeat(6)
                ),
                format!("   3 {}●", " ".repeat(35)),
            ]
        );
    }

    #[test]
    fn of_one_sample_there_is_no_picture_and_equal_ones_stand_in_the_middle() {
        assert!(plot(&[sample(0.0, 0.0, 0.0)]).is_empty());
        let rows = plot(&[sample(1.0, 0.0, 0.0), sample(1.0, 0.0, 0.0)]);
        assert_eq!(rows[1], format!("   1 {}●", " ".repeat(30)));
    }
}
