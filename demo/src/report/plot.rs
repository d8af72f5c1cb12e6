//! `plot.svg`: five panels over one time axis.
use super::Figures;
use crate::market::{BEGIN, Day, MIDNIGHT, SOURCES, clock};
use anyhow::{Result, anyhow};
use localnet::{TCASH, USDC, USDE};
use plotters::coord::Shift;
use plotters::prelude::*;
use std::ops::Range;
use std::path::Path;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Points = Vec<(f64, f64)>;

const SIZE: (u32, u32) = (1_200, 1_850);
const COLOURS: [RGBColor; 5] = [
    RGBColor(213, 94, 0),
    RGBColor(0, 114, 178),
    RGBColor(86, 180, 233),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
];
const DARK: RGBColor = RGBColor(30, 30, 30);

/// One line of a panel.
struct Line {
    name: String,
    colour: RGBColor,
    width: u32,
    points: Points,
}

struct Panel {
    title: &'static str,
    unit: &'static str,
    range: Range<f64>,
    /// Most marks on the axis.
    marks: usize,
    places: usize,
    lines: Vec<Line>,
}

/// Draws BTC, USDe by source against the oracle's median, requirements, haircuts and open claims.
pub fn draw(figures: &Figures, day: &Day, minutes: u64, path: &Path) -> Result<()> {
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    draw_on(&root, figures, day, minutes).map_err(|error| anyhow!("drawing {}: {error}", path.display()))
}

fn draw_on(root: &Area<'_>, figures: &Figures, day: &Day, minutes: u64) -> Result<(), Box<dyn std::error::Error>> {
    root.fill(&WHITE)?;
    let root = root.titled("10 October 2025, 20:45 to 23:15 UTC, through Plumbline", ("sans-serif", 26))?;
    let time = minute(BEGIN)..minute(BEGIN + minutes * 60);
    let requirements = requirements(figures, time.end);
    let panels =
        [btc(figures), usde(figures, day, minutes), requirements, haircuts(figures, time.end), claims(figures, &time)];
    for (area, panel) in root.split_evenly((5, 1)).iter().zip(&panels) {
        draw_panel(area, panel, &time)?;
    }
    root.present()?;
    Ok(())
}

fn draw_panel(area: &Area<'_>, panel: &Panel, time: &Range<f64>) -> Result<(), Box<dyn std::error::Error>> {
    let mut chart = ChartBuilder::on(area)
        .caption(panel.title, ("sans-serif", 19))
        .margin_right(24)
        .margin_left(14)
        .x_label_area_size(44)
        .y_label_area_size(84)
        .build_cartesian_2d(time.clone(), panel.range.clone())?;
    let value = |value: &f64| format!("{value:.*}", panel.places);
    let hour = |minutes: &f64| clock(MIDNIGHT + *minutes as u64 * 60);
    let mut mesh = chart.configure_mesh();
    mesh.light_line_style(WHITE).x_labels(9).y_labels(panel.marks).x_label_formatter(&hour).y_label_formatter(&value);
    mesh.x_desc("UTC").y_desc(panel.unit).label_style(("sans-serif", 14)).axis_desc_style(("sans-serif", 15)).draw()?;
    for line in &panel.lines {
        let (colour, style) = (line.colour, line.colour.stroke_width(line.width));
        // The day after is not drawn.
        let points = line.points.iter().copied().filter(|point| point.0 <= time.end);
        let series = chart.draw_series(LineSeries::new(points, style))?;
        series
            .label(line.name.clone())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 22, y)], colour.stroke_width(3)));
    }
    if panel.lines.len() > 1 {
        let mut labels = chart.configure_series_labels();
        labels
            .position(SeriesLabelPosition::LowerRight)
            .background_style(WHITE.mix(0.85))
            .border_style(DARK.mix(0.4))
            .label_font(("sans-serif", 14))
            .draw()?;
    }
    Ok(())
}

fn btc(figures: &Figures) -> Panel {
    let points = rounds(figures, "BTC-USD");
    let range = around(&points, 1_000.0);
    Panel {
        title: "BTC: the oracle's median",
        unit: "USD",
        range,
        marks: 8,
        places: 0,
        lines: vec![Line { name: "BTC".to_owned(), colour: COLOURS[1], width: 2, points }],
    }
}

fn usde(figures: &Figures, day: &Day, minutes: u64) -> Panel {
    let feed = reporter::feed::feed("USDE-USD").unwrap_or_default();
    let slots = (0..minutes * 6).map(|slot| BEGIN + slot * abi::SLOT_SECONDS);
    let prints = |name: &&str| {
        slots
            .clone()
            .filter_map(|time| Some((minute(time), usd(day.quotes(time).ok()?.get(&feed)?.get(*name)?.price))))
            .collect()
    };
    let label =
        |place: usize, name: &str| if place < 2 { format!("{name}: print") } else { format!("{name}: derived") };
    let sources = SOURCES.iter().enumerate().map(|(place, name)| Line {
        name: label(place, name),
        colour: COLOURS[place],
        width: 1,
        points: prints(name),
    });
    let median =
        Line { name: "the oracle's median".to_owned(), colour: DARK, width: 3, points: rounds(figures, "USDE-USD") };
    Panel {
        title: "USDe: each source, and what the oracle made of them",
        unit: "USD",
        range: 0.62..1.02,
        marks: 9,
        places: 2,
        lines: sources.chain([median]).collect(),
    }
}

fn requirements(figures: &Figures, end: f64) -> Panel {
    let lines: Vec<Line> = figures
        .requirements
        .iter()
        .zip(COLOURS)
        .map(|((account, path), colour)| Line {
            name: format!("account {account}"),
            colour,
            width: 2,
            // Stairs count in ten thousandths.
            points: stairs(0, path.iter().map(|(time, micro)| (*time, (micro / 100_000_000) as u32)), end),
        })
        .collect();
    let points = lines.iter().flat_map(|line| &line.points).filter(|point| point.0 <= end);
    let high = points.map(|point| point.1).fold(0.1, f64::max);
    Panel {
        title: "Requirement by account: perpetuals, futures and options of one book",
        unit: "million USD",
        range: 0.0..high * 1.05,
        marks: 6,
        places: 1,
        lines,
    }
}

fn haircuts(figures: &Figures, end: f64) -> Panel {
    let lines = [(USDC, COLOURS[1]), (USDE, COLOURS[0]), (TCASH, COLOURS[3])]
        .into_iter()
        .flat_map(|(symbol, colour)| haircut(figures, symbol, colour, end));
    let lines: Vec<Line> = lines.collect();
    let high = lines.iter().flat_map(|line| &line.points).map(|point| point.1).fold(5.0, f64::max);
    Panel { title: "Haircuts", unit: "%", range: 0.0..high * 1.1, marks: 6, places: 0, lines }
}

/// In force, and for USDe also that of new pledges.
fn haircut(figures: &Figures, symbol: &str, colour: RGBColor, end: f64) -> Vec<Line> {
    let Some(path) = figures.haircuts.paths.get(symbol) else { return Vec::new() };
    let current = stairs(path.base, path.steps.iter().map(|(time, current, _)| (*time, *current)), end);
    let mut lines = vec![Line { name: format!("{symbol}: in force"), colour, width: 2, points: current }];
    if symbol == USDE {
        let new = stairs(path.base, path.steps.iter().map(|(time, _, new)| (*time, *new)), end);
        lines.push(Line { name: format!("{symbol}: new pledges"), colour: COLOURS[4], width: 1, points: new });
    }
    lines
}

fn claims(figures: &Figures, time: &Range<f64>) -> Panel {
    let path = figures.claims.path.iter().map(|(time, open)| (*time, *open as u32 * 10_000));
    let points = stairs(0, path, time.end);
    let high = points.iter().map(|point| point.1).fold(2.0, f64::max);
    Panel {
        title: "Open claims",
        unit: "accounts",
        range: 0.0..high + 0.5,
        marks: 3,
        places: 0,
        lines: vec![Line { name: "open".to_owned(), colour: COLOURS[0], width: 2, points }],
    }
}

/// A step line from the beginning to the end; ppm become per cent.
fn stairs(first: u32, steps: impl Iterator<Item = (u64, u32)>, end: f64) -> Points {
    let mut last = f64::from(first) / 10_000.0;
    let mut points = vec![(minute(BEGIN), last)];
    for (time, ppm) in steps {
        points.push((minute(time), last));
        last = f64::from(ppm) / 10_000.0;
        points.push((minute(time), last));
    }
    points.push((end, last));
    points
}

fn rounds(figures: &Figures, feed: &str) -> Points {
    let rounds = figures.haircuts.rounds.get(feed).into_iter().flatten();
    rounds.filter(|reading| reading.time >= BEGIN).map(|reading| (minute(reading.time), usd(reading.price))).collect()
}

/// Minutes of the day, so that the axis marks round times.
fn minute(time: u64) -> f64 {
    time.saturating_sub(MIDNIGHT) as f64 / 60.0
}

fn usd(price: u64) -> f64 {
    price as f64 / 1e8
}

fn around(points: &Points, margin: f64) -> Range<f64> {
    let low = points.iter().map(|point| point.1).fold(f64::MAX, f64::min);
    let high = points.iter().map(|point| point.1).fold(f64::MIN, f64::max);
    if low > high { 0.0..1.0 } else { low - margin..high + margin }
}
