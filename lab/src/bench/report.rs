//! What a row found, as a table for a person and as JSON for a program.

use anyhow::Result;
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Table};
use serde::Serialize;
use serde_json::{Value, json};

use crate::bench::machine::Machine;
use crate::bench::measure::Figure;

/// The side that a row is about.
pub(crate) const RUST: &str = "Rust";
/// Its counterpart.
pub(crate) const PYTHON: &str = "Python";
/// The same system calls and nothing else.
pub(crate) const BARE: &str = "bare";

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// `exchange/ntp`.
    pub(crate) name: String,
    /// What is measured.
    pub(crate) what: String,
    /// The unit of all its numbers.
    pub(crate) unit: &'static str,
    /// All contenders. Those called bare, Rust and Python have columns.
    pub(crate) figures: Vec<Figure>,
    /// What the Rust side must reach.
    pub(crate) target: Target,
    /// What else is worth knowing.
    pub(crate) notes: Vec<String>,
}

/// What a row must reach.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// The Rust figure is at most so many times that of another side.
    AtMostTimes(f64, &'static str),
    /// The Rust figure is at least so many times that of another side.
    AtLeastTimes(f64, &'static str),
    /// The Rust figure is below so much.
    Below(f64),
}

/// Whether a row's target is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Standing {
    Reached,
    Missed,
    /// It could not be measured: a figure's failure, or a note, says why.
    NotMeasured,
}

impl Row {
    /// The figure of a side, if it was measured.
    pub(crate) fn median(&self, side: &str) -> Option<f64> {
        self.figures
            .iter()
            .find(|figure| figure.side == side)
            .and_then(Figure::median)
    }

    /// How many times the figure of `side` the Rust figure is.
    pub(crate) fn ratio_to(&self, side: &str) -> Option<f64> {
        Some(self.median(RUST)? / self.median(side)?)
    }

    /// The most, or the least, that the Rust figure may be, in the row's unit.
    pub(crate) fn limit(&self) -> Option<f64> {
        match self.target {
            Target::AtMostTimes(times, side) | Target::AtLeastTimes(times, side) => {
                Some(times * self.median(side)?)
            }
            Target::Below(limit) => Some(limit),
        }
    }

    /// Whether the target is reached.
    pub(crate) fn standing(&self) -> Standing {
        let (Some(rust), Some(limit)) = (self.median(RUST), self.limit()) else {
            return Standing::NotMeasured;
        };
        let reached = match self.target {
            Target::AtMostTimes(..) => rust <= limit,
            Target::AtLeastTimes(..) => rust >= limit,
            Target::Below(_) => rust < limit,
        };
        if reached {
            Standing::Reached
        } else {
            Standing::Missed
        }
    }

    fn target_in_words(&self) -> String {
        match self.target {
            Target::AtMostTimes(times, side) => format!("≤ {times} × {side}"),
            Target::AtLeastTimes(times, side) => format!("≥ {times} × {side}"),
            Target::Below(limit) => format!("< {} {}", number(limit), self.unit),
        }
    }

    fn as_json(&self) -> Value {
        json!({
            "row": self.name,
            "what": self.what,
            "unit": self.unit,
            "figures": self.figures,
            "ratio_to_bare": self.ratio_to(BARE),
            "ratio_to_python": self.ratio_to(PYTHON),
            "to_reach": self.target_in_words(),
            "limit": self.limit(),
            "verdict": self.standing(),
            "notes": self.notes,
        })
    }
}

impl Standing {
    fn word(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Missed => "MISSED",
            Self::NotMeasured => "not measured",
        }
    }
}

/// A number with as many digits as it deserves: three or four.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// The table, and below it what it has no room for.
pub(crate) fn text(machine: &Machine, rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header([
        "row",
        "unit",
        BARE,
        RUST,
        PYTHON,
        "Rust/bare",
        "Rust/Python",
        "to reach",
        "",
    ]);
    for row in rows {
        let cell = |side: &str| {
            let figure = row.figures.iter().find(|figure| figure.side == side);
            let shown = figure.map_or_else(|| "–".to_owned(), figure_in_words);
            Cell::new(shown).set_alignment(CellAlignment::Right)
        };
        let ratio = |side: &str| {
            let shown = row.ratio_to(side).map_or_else(|| "–".to_owned(), number);
            Cell::new(shown).set_alignment(CellAlignment::Right)
        };
        table.add_row([
            Cell::new(&row.name),
            Cell::new(row.unit),
            cell(BARE),
            cell(RUST),
            cell(PYTHON),
            ratio(BARE),
            ratio(PYTHON),
            Cell::new(row.target_in_words()),
            Cell::new(row.standing().word()),
        ]);
    }
    let mut lines = vec![machine.to_string(), String::new(), table.trim_fmt()];
    for row in rows {
        lines.push(format!("\n{}: {}", row.name, row.what));
        lines.extend(row.figures.iter().filter_map(|figure| {
            let Figure { side, failure, .. } = figure;
            match failure {
                Some(failure) => Some(format!("  {side} could not be measured: {failure}")),
                None if [BARE, RUST, PYTHON].contains(side) => None,
                None => Some(format!(
                    "  {side}: {} {}",
                    figure_in_words(figure),
                    row.unit
                )),
            }
        }));
        lines.extend(row.notes.iter().map(|note| format!("  {note}")));
    }
    lines.join("\n")
}

/// `1.52 (1.49–1.60)`: the median and its spread.
fn figure_in_words(figure: &Figure) -> String {
    match (figure.median(), figure.spread()) {
        (Some(median), Some((low, high))) => {
            format!("{} ({}–{})", number(median), number(low), number(high))
        }
        _ => "failed".to_owned(),
    }
}

/// The whole run as one JSON object.
pub(crate) fn json(machine: &Machine, rows: &[Row]) -> Result<String> {
    let rows: Vec<Value> = rows.iter().map(Row::as_json).collect();
    Ok(serde_json::to_string_pretty(
        &json!({ "machine": machine, "rows": rows }),
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(rust: &[f64], target: Target) -> Row {
        let figure = |side, samples: &[f64]| Figure {
            side,
            samples: samples.to_vec(),
            failure: samples.is_empty().then(|| "it did not start".to_owned()),
        };
        Row {
            name: "exchange/ntp".to_owned(),
            what: "processor time of the server an exchange".to_owned(),
            unit: "µs",
            figures: vec![
                figure(BARE, &[4.0]),
                figure(RUST, rust),
                figure(PYTHON, &[10.0]),
            ],
            target,
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_row_is_judged_against_the_bare_reference() {
        let target = Target::AtMostTimes(1.25, BARE);
        assert_eq!(row(&[5.0], target).standing(), Standing::Reached);
        assert_eq!(row(&[5.1], target).standing(), Standing::Missed);
        assert_eq!(row(&[], target).standing(), Standing::NotMeasured);
        let target = Target::AtLeastTimes(500.0, BARE);
        assert_eq!(row(&[2000.0], target).standing(), Standing::Reached);
        assert_eq!(row(&[1999.0], target).standing(), Standing::Missed);
    }

    #[test]
    fn the_json_form_has_the_ratios_and_the_failure() {
        let row = row(&[5.0], Target::AtMostTimes(1.25, BARE)).as_json();
        assert_eq!(row["ratio_to_bare"], 1.25);
        assert_eq!(row["ratio_to_python"], 0.5);
        assert_eq!(row["verdict"], "reached");
        let row = super::tests::row(&[], Target::Below(1.0)).as_json();
        assert_eq!(row["figures"][1]["failure"], "it did not start");
        assert_eq!(row["verdict"], "not-measured");
    }
}
