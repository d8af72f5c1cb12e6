//! Published cases through the command's own path, and input that is refused.

use super::margin;
use serde_json::{Value, json};

fn output(input: &Value) -> Value {
    serde_json::to_value(margin(&input.to_string()).expect("it computes")).expect("it is JSON")
}

fn refused(input: &Value) -> String {
    margin(&input.to_string()).expect_err("it is refused").to_string()
}

/// A published case with all its digits: one short call, 794,852 seconds before 2025-12-26 08:00 UTC.
fn short_call() -> Value {
    json!({
        "asOf": 1_766_736_000 - 794_852,
        "underlyings": {"BTC": {
            "spot": "95663.50604855",
            "expiries": {"20251226": {"forward": "95776.67392708939", "rate": "0.15"}},
        }},
        "positions": [{"instrument": "BTC-20251226-100000-C", "quantity": "-1", "volatility": "0.453803924321583"}],
    })
}

#[test]
fn a_published_case_runs_through() {
    let output = output(&short_call());
    assert_eq!(output["im"], "13603.006416");
    // Published: 10786.741625992; the stated error of prices counts against the account.
    assert_eq!(output["mm"], "10786.741627");
    assert_eq!(output["markValue"], "-1186.41857");
    assert_eq!(output["account"]["initialSurplus"], "-14789.424986");
    let book = &output["underlyings"]["BTC"];
    assert_eq!(book["worst"], "spot 5, volatility up, damping 0.02772");
    assert_eq!(book["scenarios"].as_array().map(Vec::len), Some(33));
    assert_eq!(book["contingencies"]["optionMaintenance"], "286.990519");
}

#[test]
fn every_parameter_can_be_set() {
    let mut input = short_call();
    input["parameters"] = json!({
        "scenarios": [{"spot": "0.1", "volatility": "down"}],
        "volatility": {"up": "0.5", "down": "1", "shortPower": "0", "longPower": "0", "floor": 86400, "least": "0"},
        "skew": {"linear": {"base": "0", "slope": "0"}, "absolute": {"base": "0", "slope": "0"},
                 "leastWidth": "0.01", "width": "4", "widthBase": "0.6", "widthSlope": "0"},
        "discount": {"baseLong": "1", "baseShort": "1", "addLong": "0", "addShort": "0", "multLong": "0", "multShort": "0"},
        "basis": {"up": "0", "down": "0", "addFactor": "0", "timeFactor": "0"},
        "peg": {"threshold": "0", "factor": "0"}, "initialFactor": "2", "maintenanceFactor": "1",
        "perpetual": {"maintenance": "0", "initial": "0"}, "option": {"maintenance": "0", "initial": "0"},
        "confidence": {"threshold": "0", "factor": "0"}, "offset": {"share": "0.5", "among": ["BTC", "ETH"]},
    });
    input["underlyings"]["BTC"]["expiries"]["20251226"]["rate"] = json!("0");
    let output = output(&input);
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<f64>().ok()).expect("a number");
    // Without volatility the shocked call is worth 1.1·F − K; the mark value has been received.
    let loss = 1.1 * 95_776.673_927_09 - 100_000.0 + number(&output["markValue"]);
    assert!((number(&output["mm"]) - loss).abs() < 1e-4, "{output} {loss}");
    assert!((number(&output["im"]) - 2.0 * loss).abs() < 2e-4);
}

#[test]
fn wrong_input_is_refused_with_path_and_reason() {
    let with = |change: fn(&mut Value)| {
        let mut input = short_call();
        change(&mut input);
        refused(&input)
    };
    let numbers = with(|input| input["positions"][0]["quantity"] = json!(-1));
    assert_eq!(numbers, "positions[0].quantity: invalid type: integer `-1`, expected a string at line 1 column 83");
    assert!(
        with(|input| input["positions"][0]["quantity"] = json!("one")).starts_with("positions[0].quantity: \"one\": ")
    );
    assert!(
        with(|input| input["positions"][0]["instrument"] = json!("BTC-SWAP"))
            .starts_with("positions[0].instrument: \"BTC-SWAP\": an instrument is")
    );
    assert!(
        with(|input| input["parameters"] = json!({"volatility": {"upp": "1"}}))
            .starts_with("parameters.volatility.upp: unknown field")
    );
    assert!(
        with(|input| input["parameters"] = json!({"scenarios": [{"spot": "0", "volatility": "sideways"}]}))
            .starts_with("parameters.scenarios[0].volatility: unknown variant")
    );
    assert_eq!(
        with(|input| input["parameters"] = json!({"maintenanceFactor": "2"})),
        "parameters: parameter maintenance_factor is 2, outside 0.000001 to 1"
    );
    assert_eq!(
        with(|input| input["positions"][0]["mark"] = json!("1")),
        "positions[0].mark: does not belong to BTC-20251226-100000-C"
    );
    assert_eq!(
        with(|input| input["positions"][0]["instrument"] = json!("BTC-20251227-100000-C")),
        "positions: no mark for BTC-20251227"
    );
}

#[test]
fn what_would_be_passed_over_is_refused() {
    let mut input = short_call();
    let call = input["positions"][0].clone();
    input["positions"] = json!([call, call]);
    assert_eq!(refused(&input), "positions[1].instrument: BTC-20251226-100000-C stands here twice");
    input["positions"] = json!([{"instrument": "BTC-20251226", "quantity": "1", "confidence": "0.5"}]);
    assert_eq!(refused(&input), "positions[0].confidence: does not belong to BTC-20251226");
    input["positions"] = json!([{"instrument": "BTC-PERP", "quantity": "1"}]);
    assert_eq!(refused(&input), "positions[0].mark: is needed for BTC-PERP");
}

#[test]
fn the_account_form_counts_cash_collateral_and_what_is_unrealised() {
    let output = output(&json!({
        "asOf": 1_760_129_100, "cash": "100", "settlementPrice": "1",
        "underlyings": {"ETH": {"spot": {"price": "3000", "confidence": "1"}}},
        "positions": [{"instrument": "ETH-PERP", "quantity": "1", "mark": "3100", "unrealised": "25.5"}],
        "collateral": [{"underlying": "ETH", "quantity": "1", "price": "3000", "initialHaircut": "0.1", "maintenanceHaircut": "0.05"}],
    }));
    // 100 + 25.5 + 3000 less 300 or 150, less 678 or 536.4.
    assert_eq!(output["account"]["initialSurplus"], "2147.5");
    assert_eq!(output["account"]["maintenanceSurplus"], "2439.1");
}

#[test]
fn the_documented_parameters_are_the_reference_set() {
    let page = include_str!("../../../../docs/risk.md");
    let block = page.split("```json").nth(1).and_then(|rest| rest.split("```").next()).expect("a block");
    let mut parameters: Value = serde_json::from_str(block).expect("JSON");
    parameters.as_object_mut().expect("an object").remove("scenarios");
    let mut input = short_call();
    let plain = output(&input);
    input["parameters"] = parameters;
    assert_eq!(output(&input)["parametersHash"], plain["parametersHash"]);
}
