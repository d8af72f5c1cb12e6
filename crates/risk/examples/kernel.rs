//! Nanoseconds an evaluation takes: `cargo run --release -p plumbline-risk --example kernel`.
use plumbline_risk::*;
use std::{error::Error, hint::black_box, time::Instant};

const BATCHES: u32 = 200;
const ROUNDS: u32 = 100;

fn main() -> Result<(), Box<dyn Error>> {
    for futures in [0, 1, 8] {
        let (book, marks) = portfolio(futures)?;
        let parameters = Parameters::default();
        let known = requirement(&book, &marks, &parameters)?;
        time(&format!("BTC and ETH perpetual, {futures} BTC futures: whole book"), || {
            requirement(&book, &marks, &parameters).map(|_| ())
        })?;
        time("  one ETH fill, incremental", || {
            let (mut book, mut known) = (book.clone(), known.clone());
            book.apply(&Instrument::perpetual(Underlying::ETH), Quantity::from_raw(1))?;
            known.refresh(Underlying::ETH, &book, &marks, &parameters)
        })?;
        time("  root", || {
            black_box(positions_root(black_box(&book), B256::ZERO));
            Ok(())
        })?;
    }
    Ok(())
}

fn portfolio(futures: u64) -> Result<(Book, Marks), Box<dyn Error>> {
    let mark = Mark::new("110000".parse()?, Ppm::ONE)?;
    let mut marks = Marks::new(1_760_083_200, "1".parse()?)?;
    let mut book = Book::new();
    let dates = (1..=futures).map(|week| Expiry::from_unix(1_760_083_200 + week * 7 * 86_400));
    let dated =
        dates.collect::<Result<Vec<_>, _>>()?.into_iter().map(|expiry| Instrument::future(Underlying::BTC, expiry));
    for instrument in [Underlying::BTC, Underlying::ETH].map(Instrument::perpetual).into_iter().chain(dated) {
        marks.set_spot(instrument.underlying, mark);
        marks.set_mark(instrument, mark);
        book.apply(&instrument, "-1.5".parse()?)?;
    }
    Ok((book, marks))
}

/// The best of many rounds: what the code takes when nothing else runs.
fn time(what: &str, mut run: impl FnMut() -> Result<(), RiskError>) -> Result<(), RiskError> {
    let mut best = u128::MAX;
    for _ in 0..BATCHES {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            black_box(&mut run)()?;
        }
        best = best.min(start.elapsed().as_nanos());
    }
    println!("{what}: {} ns", best / u128::from(ROUNDS));
    Ok(())
}
