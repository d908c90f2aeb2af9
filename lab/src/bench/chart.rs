//! The bars: one small chart a row, in one SVG file.

use anyhow::{Result, anyhow};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::bench::machine::Machine;
use crate::bench::measure::Figure;
use crate::bench::report::{PYTHON, RUST, Row, number};

const WIDTH: i32 = 960;
const MARGIN: i32 = 20;
const HEADING: i32 = 70;
const TITLE: i32 = 42;
const BAR: i32 = 22;
/// Where the bars begin and end: left of it their names, right of it their numbers.
const BARS: std::ops::Range<i32> = 220..720;

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// Draws all rows; the result is the text of an SVG file.
pub(crate) fn svg(machine: &Machine, rows: &[Row]) -> Result<String> {
    let mut drawing = String::new();
    let height = rows.iter().map(height).sum::<i32>() + HEADING;
    let size = (WIDTH.unsigned_abs(), height.unsigned_abs());
    {
        let area = SVGBackend::with_string(&mut drawing, size).into_drawing_area();
        draw(&area, machine, rows).map_err(|error| anyhow!("cannot draw the bars: {error}"))?;
    }
    Ok(drawing)
}

fn height(row: &Row) -> i32 {
    let bars = i32::try_from(row.figures.len()).unwrap_or(i32::MAX / BAR);
    TITLE + BAR * bars + MARGIN
}

fn draw(
    area: &Area,
    machine: &Machine,
    rows: &[Row],
) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    area.fill(&WHITE)?;
    let small = ("sans-serif", 12).into_font().color(&BLACK);
    let legend =
        "bar: the median; thin line: from the lowest to the highest; red: what Rust must reach";
    area.draw(&Text::new(
        machine.to_string(),
        (MARGIN, MARGIN),
        small.clone(),
    ))?;
    area.draw(&Text::new(legend, (MARGIN, MARGIN + 18), small))?;
    let mut top = HEADING;
    for row in rows {
        draw_row(area, row, top)?;
        top += height(row);
    }
    area.present()
}

fn draw_row(area: &Area, row: &Row, top: i32) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    let title = ("sans-serif", 15).into_font().color(&BLACK);
    let small = ("sans-serif", 12).into_font().color(&BLACK);
    let grey = ("sans-serif", 11).into_font().color(&RGBColor(96, 96, 96));
    let heading = format!("{} ({})", row.name, row.unit);
    area.draw(&Text::new(heading, (MARGIN, top), title))?;
    area.draw(&Text::new(row.what.as_str(), (MARGIN, top + 20), grey))?;

    let ends = row.figures.iter().filter_map(Figure::spread);
    let longest = ends
        .map(|(_, high)| high)
        .chain(row.limit())
        .fold(0.0, f64::max);
    #[allow(clippy::cast_possible_truncation)] // within the bars' range
    let x = |value: f64| {
        let share = if longest > 0.0 { value / longest } else { 0.0 };
        BARS.start + (share * f64::from(BARS.end - BARS.start)).round() as i32
    };
    let mut y = top + TITLE;
    let right = small.pos(Pos::new(HPos::Right, VPos::Center));
    let left = small.pos(Pos::new(HPos::Left, VPos::Center));
    let first = y;
    for figure in &row.figures {
        let middle = y + BAR / 2;
        let side = Text::new(figure.side, (BARS.start - 8, middle), right.clone());
        area.draw(&side)?;
        let shown = match (figure.median(), figure.spread()) {
            (Some(median), Some((low, high))) => {
                let bar = [(BARS.start, y + 3), (x(median), y + BAR - 3)];
                area.draw(&Rectangle::new(bar, colour(figure.side).filled()))?;
                let whisker = vec![(x(low), middle), (x(high), middle)];
                area.draw(&PathElement::new(whisker, BLACK))?;
                number(median)
            }
            _ => "not measured".to_owned(),
        };
        area.draw(&Text::new(shown, (BARS.end + 8, middle), left.clone()))?;
        y += BAR;
    }
    if let Some(limit) = row.limit() {
        let line = vec![(x(limit), first), (x(limit), y)];
        area.draw(&PathElement::new(line, RED.stroke_width(2)))?;
    }
    Ok(())
}

fn colour(side: &str) -> RGBColor {
    match side {
        RUST => RGBColor(206, 92, 44),
        PYTHON => RGBColor(55, 118, 171),
        _ => RGBColor(160, 160, 160),
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::{BARE, Target};
    use super::*;

    #[test]
    fn every_figure_has_a_bar_and_every_target_a_line() {
        let figure = |side, samples: &[f64]| Figure {
            side,
            samples: samples.to_vec(),
            failure: None,
        };
        let row = Row {
            name: "exchange/ntp".to_owned(),
            what: "processor time".to_owned(),
            unit: "µs",
            figures: vec![
                figure(BARE, &[2.0, 2.1, 2.4]),
                figure(RUST, &[2.5]),
                figure(PYTHON, &[]),
            ],
            target: Target::AtMostTimes(1.25, BARE),
            notes: Vec::new(),
        };
        let drawing = svg(&Machine::here(None), &[row]).unwrap_or_default();
        // The background is a rectangle too.
        assert_eq!(drawing.matches("<rect").count(), 1 + 2);
        for shown in [
            "exchange/ntp (µs)",
            "2.10",
            "2.50",
            "not measured",
            "#FF0000",
        ] {
            assert!(drawing.contains(shown), "{shown} is not in {drawing}");
        }
        assert!(drawing.trim_end().ends_with("</svg>"));
    }
}
