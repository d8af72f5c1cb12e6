//! What is printed: amounts in USD as decimal strings.

use super::{Refused, Rule, portfolio::Portfolio};
use risk::{Assessment, BookRequirement, Contingencies, Model, Parameters, ScenarioLoss, Usd, Worst, assess};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// Version of the parameter set, as statements name it
    parameters_hash: String,
    /// Only under `--what-if`: every parameter beyond its governed range, with its value and that range
    #[serde(skip_serializing_if = "Option::is_none")]
    what_if: Option<Vec<String>>,
    /// What the account must hold
    im: String,
    mm: String,
    mark_value: String,
    /// What the offset between underlyings forgives; the sums above have it taken off
    forgiven: Margins,
    /// mark value + unrealised + collateral − haircuts + cash − margin: negative is short
    account: Account,
    underlyings: BTreeMap<String, BookOut>,
}

#[derive(Debug, Serialize)]
struct Margins {
    im: String,
    mm: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    initial_surplus: String,
    maintenance_surplus: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BookOut {
    im: String,
    mm: String,
    mark_value: String,
    worst: String,
    worst_profit: String,
    contingencies: ContingenciesOut,
    scenarios: Vec<ScenarioOut>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ContingenciesOut {
    perpetual_maintenance: String,
    perpetual_initial: String,
    option_maintenance: String,
    option_initial: String,
    confidence: String,
    /// Competes with the scenarios; not added
    basis: String,
}

#[derive(Debug, Serialize)]
struct ScenarioOut {
    scenario: String,
    profit: String,
}

impl Output {
    pub fn of(portfolio: &Portfolio, rule: Rule) -> Result<Self, Refused> {
        let parameters = &portfolio.parameters;
        let model = match rule {
            Rule::Governed => Model::new(parameters),
            Rule::WhatIf => Model::what_if(parameters),
        };
        let model = model.map_err(|error| Refused::at("parameters", error))?;
        let assessed = assess(&portfolio.book, &portfolio.offsetting, &portfolio.marks, &model);
        let Assessment { requirement, losses } = assessed.map_err(|error| Refused::at("positions", error))?;
        let (account, worth) = (&portfolio.account, i128::from(requirement.mark_value.raw()));
        let equity = worth + account.unrealised + account.collateral + account.cash;
        let surplus = |haircut: i128, margin: Usd| usd(equity - haircut - i128::from(margin.raw()));
        let book = |(underlying, book): (&risk::Underlying, &BookRequirement)| {
            (underlying.to_string(), BookOut::of(book, &losses[underlying], parameters))
        };
        Ok(Self {
            parameters_hash: parameters.version_hash().to_string(),
            what_if: (rule == Rule::WhatIf)
                .then(|| parameters.beyond_governed().iter().map(ToString::to_string).collect()),
            im: requirement.initial.to_string(),
            mm: requirement.maintenance.to_string(),
            mark_value: requirement.mark_value.to_string(),
            forgiven: Margins {
                im: requirement.forgiven.initial.to_string(),
                mm: requirement.forgiven.maintenance.to_string(),
            },
            account: Account {
                initial_surplus: surplus(account.initial_haircut, requirement.initial)?,
                maintenance_surplus: surplus(account.maintenance_haircut, requirement.maintenance)?,
            },
            underlyings: requirement.books.iter().map(book).collect(),
        })
    }

    /// `None` where nothing was asked beyond the governed ranges.
    pub fn beyond_governed(&self) -> Option<&[String]> {
        self.what_if.as_deref()
    }
}

impl BookOut {
    fn of(book: &BookRequirement, losses: &[ScenarioLoss], parameters: &Parameters) -> Self {
        let name = |id| parameters.scenario(id).map_or_else(String::new, ToString::to_string);
        let line = |loss: &ScenarioLoss| ScenarioOut { scenario: name(loss.scenario), profit: loss.profit.to_string() };
        Self {
            im: book.initial.to_string(),
            mm: book.maintenance.to_string(),
            mark_value: book.mark_value.to_string(),
            worst: match book.worst {
                Worst::Nothing => "nothing".to_owned(),
                Worst::Basis => "basis".to_owned(),
                Worst::Scenario(id) => name(id),
            },
            worst_profit: book.worst_profit.to_string(),
            contingencies: ContingenciesOut::of(&book.contingencies),
            scenarios: losses.iter().map(line).collect(),
        }
    }
}

impl ContingenciesOut {
    fn of(of: &Contingencies) -> Self {
        Self {
            perpetual_maintenance: of.perpetual_maintenance.to_string(),
            perpetual_initial: of.perpetual_initial.to_string(),
            option_maintenance: of.option_maintenance.to_string(),
            option_initial: of.option_initial.to_string(),
            confidence: of.confidence.to_string(),
            basis: of.basis.to_string(),
        }
    }
}

fn usd(micro: i128) -> Result<String, Refused> {
    let [least, most] = [i64::MIN, i64::MAX].map(Usd::from_raw);
    let outside =
        |_| Refused::at("account", format!("a surplus of {micro} micro-USD is outside {least} to {most} USD"));
    i64::try_from(micro).map(|amount| Usd::from_raw(amount).to_string()).map_err(outside)
}
