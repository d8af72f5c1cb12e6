//! `cargo xtask margin`: a book as JSON in, its margin as JSON out.
//!
//! [`input`] and [`parameters`] are the documented shape, [`decimal`] its numbers; [`portfolio`] turns them into the
//! kernel's terms; [`output`] is what is printed.

mod decimal;
mod input;
mod output;
mod parameters;
mod portfolio;
#[cfg(test)]
mod tests;

use anyhow::{Context, Result};
use std::{fmt, io::Read, path::Path, process::ExitCode};

/// Input that cannot be meant: where, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    /// As in `positions[2].instrument`
    path: String,
    reason: String,
}

impl Refused {
    fn at(path: impl Into<String>, reason: impl ToString) -> Self {
        Self { path: path.into(), reason: reason.to_string() }
    }

    pub fn code(&self) -> ExitCode {
        ExitCode::from(3)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

impl std::error::Error for Refused {}

pub fn run(file: Option<&Path>) -> Result<()> {
    let text = match file {
        Some(file) => std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?,
        None => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
            text
        }
    };
    println!("{}", serde_json::to_string_pretty(&margin(&text)?)?);
    Ok(())
}

fn margin(text: &str) -> Result<output::Output, Refused> {
    let input = input::Input::parse(text)?;
    let portfolio = portfolio::Portfolio::new(&input)?;
    output::Output::of(&portfolio)
}
