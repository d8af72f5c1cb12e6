//! Times the kernel beside its budgets; `cargo xtask bench kernel` runs it.
use plumbline_risk::*;
use std::{error::Error, hint::black_box, time::Instant};

/// 2025-10-10 20:45 UTC.
const AS_OF: u64 = 1_760_129_100;
const EXPIRIES: u64 = 8;
const FORWARD: u64 = 110_000;
/// A measurement is the best of so many.
const BATCHES: u32 = 60;
const DESKS: usize = 256;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let parameters = Parameters::default();
    println!(
        "one core, best of {BATCHES}; {} scenarios, options over {EXPIRIES} expiries\n",
        parameters.scenarios.len()
    );
    println!("{:<58}{:>12}  budget", "", "µs");
    for count in [1, 8, 64, 512] {
        let (book, marks) = portfolio(count)?;
        let budget = if count == 64 { "150 (stretch 90)" } else { "–" };
        let seconds = time(|| requirement(&book, &marks, &parameters).map(drop))?;
        row(&format!("{count} options: book, marks, parameters → requirement"), seconds, budget);
    }
    known_surface(&parameters)
}

/// What a venue's fill costs when the marks' surface and the book are known.
fn known_surface(parameters: &Parameters) -> Outcome {
    let model = Model::new(parameters)?;
    for count in [64, 512] {
        let (book, marks) = portfolio(count)?;
        let seconds = time(|| Surface::new(&model, &marks).map(drop))?;
        row(&format!("{count} options: surface of one set of marks"), seconds, "–");
        let surface = Surface::new(&model, &marks)?;
        let mut known = KnownBook::new(&surface, &book)?;
        known.requirement()?;
        let option = book.positions().last().ok_or("empty")?.instrument;
        let mut change = Quantity::from_raw(1);
        let seconds = time(|| {
            known.apply(&option, change)?;
            change = change.checked_neg().unwrap_or_default();
            known.requirement().map(drop)
        })?;
        row(&format!("{count} options: one more fill in a known book"), seconds, "–");
    }
    batch(&model)
}

/// Books of 64 options at one surface, as after a price round.
fn batch(model: &Model<'_>) -> Outcome {
    let (book, marks) = portfolio(64)?;
    let surface = Surface::new(model, &marks)?;
    let seconds = time(|| (0..DESKS).try_for_each(|_| KnownBook::new(&surface, &book)?.requirement().map(drop)))?;
    let each = seconds / DESKS as f64;
    row(&format!("{DESKS} books of 64 options at one surface, each"), each, "–");
    println!("{:<58}{:>12.0}  –", "  that is books a second", 1.0 / each);
    Ok(())
}

fn row(what: &str, seconds: f64, budget: &str) {
    println!("{what:<58}{:>12.2}  {budget}", seconds * 1e6);
}

/// `count` options, calls and puts, long and short, at strikes around the forward.
fn portfolio(count: u64) -> Outcome<(Book, Marks)> {
    let mark = Mark::new(FORWARD.to_string().parse()?, Ppm::ONE)?;
    let (mut marks, mut book) = (Marks::new(AS_OF, "1".parse()?)?, Book::new());
    marks.set_spot(Underlying::BTC, mark);
    marks.set_mark(Instrument::perpetual(Underlying::BTC), mark);
    book.apply(&Instrument::perpetual(Underlying::BTC), "-1.5".parse()?)?;
    for index in 0..count {
        let (week, place) = (index % EXPIRIES + 1, index / EXPIRIES);
        let expiry = Expiry::from_unix((AS_OF / 86_400 + week * 14) * 86_400 + 28_800)?;
        marks.set_mark(Instrument::future(Underlying::BTC, expiry), mark);
        marks.set_rate(Underlying::BTC, expiry, "0.05".parse()?);
        let strike: Price = (FORWARD * (70 + place % 64) / 100).to_string().parse()?;
        let right = if place.is_multiple_of(2) { Right::Call } else { Right::Put };
        let option = Instrument::option(Underlying::BTC, expiry, strike, right).ok_or("no such option")?;
        marks.set_vol(option, VolMark::new(Vol::from_raw(400_000_000_000 + index * 1_000_000_000), Ppm::ONE)?);
        let quantity = 100_000_000 * (index as i64 % 7 - 3);
        book.apply(&option, Quantity::from_raw(if quantity == 0 { 50_000_000 } else { quantity }))?;
    }
    Ok((book, marks))
}

/// Seconds a run takes when nothing else does.
fn time<E: Into<Box<dyn Error>>>(mut run: impl FnMut() -> Result<(), E>) -> Outcome<f64> {
    let rounds = rounds(&mut run)?;
    let mut best = f64::MAX;
    for _ in 0..BATCHES {
        let start = Instant::now();
        for _ in 0..rounds {
            black_box(&mut run)().map_err(Into::into)?;
        }
        best = best.min(start.elapsed().as_secs_f64() / f64::from(rounds));
    }
    Ok(best)
}

/// So many that clock and start-up do not show: about a millisecond's worth.
fn rounds<E: Into<Box<dyn Error>>>(run: &mut impl FnMut() -> Result<(), E>) -> Outcome<u32> {
    let start = Instant::now();
    run().map_err(Into::into)?;
    Ok((1e-3 / start.elapsed().as_secs_f64()).clamp(1.0, 10_000.0) as u32)
}
