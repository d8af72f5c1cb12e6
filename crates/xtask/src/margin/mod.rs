//! `cargo xtask margin`: a book as JSON in, its margin as JSON out.
//!
//! [`strict`] refuses what JSON lets pass; [`input`] and [`parameters`] are the documented shape, [`decimal`] its
//! numbers; [`portfolio`] turns them into the kernel's terms; [`output`] is what is printed.

mod decimal;
mod input;
mod output;
mod parameters;
mod portfolio;
mod strict;
#[cfg(test)]
mod tests;

use anyhow::{Context, Result};
use std::{
    fmt,
    io::{ErrorKind, Read, Write},
    path::Path,
    process::ExitCode,
};

/// Where the fault is the book's own, and no key's.
const WHOLE: &str = "the book";

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

/// How far parameters may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Within the ranges that agreements and contracts know.
    Governed,
    /// As far as the arithmetic carries.
    WhatIf,
}

pub fn run(file: Option<&Path>, rule: Rule) -> Result<()> {
    let text = match file {
        Some(file) => std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?,
        None => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
            text
        }
    };
    let output = margin(&text, rule)?;
    print(&serde_json::to_string_pretty(&output)?)?;
    if let Some(beyond) = output.beyond_governed() {
        eprintln!("{}", what_if(beyond));
    }
    Ok(())
}

/// Whoever stops reading has what it wanted.
fn print(text: &str) -> Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

/// What people are told beside the figures.
fn what_if(beyond: &[String]) -> String {
    if beyond.is_empty() {
        return "what if: every parameter is within its governed range".to_owned();
    }
    let list = beyond.iter().map(|line| format!("\n  {line}")).collect::<String>();
    format!("what if: no agreement and no contract takes these parameters, beyond their governed ranges:{list}")
}

fn margin(text: &str, rule: Rule) -> Result<output::Output, Refused> {
    let input = input::Input::parse(text)?;
    let parameters = input.parameters.set()?;
    input.parameters.check(rule).map_err(|error| parameters::refused(error, text))?;
    let portfolio = portfolio::Portfolio::new(&input, parameters)?;
    output::Output::of(&portfolio, rule)
}
