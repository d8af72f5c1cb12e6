//! Published cases through the command's own path, and input that is refused.

use super::{Rule, margin};
use serde_json::{Value, json};

fn output_under(rule: Rule, input: &Value) -> Value {
    serde_json::to_value(margin(&input.to_string(), rule).expect("it computes")).expect("it is JSON")
}

fn output(input: &Value) -> Value {
    output_under(Rule::Governed, input)
}

fn refused_text(text: &str) -> String {
    margin(text, Rule::Governed).expect_err(text).to_string()
}

fn refused(input: &Value) -> String {
    refused_text(&input.to_string())
}

/// One perpetual and one BTC pledged, each field to be changed.
fn pledged() -> Value {
    json!({
        "asOf": 1, "settlementPrice": "1",
        "underlyings": {"BTC": {"spot": {"price": "100000", "confidence": "1"}}},
        "positions": [{"instrument": "BTC-PERP", "quantity": "1", "mark": "100000"}],
        "collateral": [{
            "underlying": "BTC", "quantity": "1", "price": "100000", "initialHaircut": "0", "maintenanceHaircut": "0",
        }],
    })
}

/// The value at a JSON pointer replaced, or added to its object.
fn with(mut input: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = input.pointer_mut(parent).expect("its parent");
    match parent {
        Value::Array(items) => items[key.parse::<usize>().expect("an index")] = value,
        _ => parent[key] = value,
    }
    input
}

/// A published case with all its digits: one short call, 794,852 seconds before 2025-12-26 08:00 UTC.
fn short_call() -> Value {
    json!({
        "asOf": 1_766_736_000 - 794_852, "settlementPrice": "1",
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
    input["underlyings"]["ETH"] = json!({"spot": "3000"});
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
    assert_eq!(
        numbers,
        "positions[0].quantity: invalid type: integer `-1`, expected a decimal number in quotes, as in \"-1.5\" at line 1 column 83"
    );
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
    assert_eq!(
        refused(&input),
        "positions[1].instrument: BTC-20251226-100000-C stands already at positions[0].instrument"
    );
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
    let mut blocks = page.split("```json").skip(1).filter_map(|rest| rest.split("```").next());
    let mut block = || serde_json::from_str::<Value>(blocks.next().expect("a block")).expect("JSON");
    let [parameters, scenarios] = [block(), block()];
    let input = short_call();
    let plain = output(&input);
    let under = |parameters: &Value| output(&with(input.clone(), "/parameters", parameters.clone()));
    assert_eq!(under(&parameters)["parametersHash"], plain["parametersHash"]);
    assert_eq!(under(&scenarios)["underlyings"]["BTC"]["scenarios"].as_array().map(Vec::len), Some(1));
}

#[test]
fn every_number_has_one_grammar_whatever_its_length() {
    let decimals = [
        "/settlementPrice",
        "/cash",
        "/underlyings/BTC/spot",
        "/underlyings/BTC/spot/price",
        "/underlyings/BTC/spot/confidence",
        "/positions/0/quantity",
        "/positions/0/mark",
        "/positions/0/confidence",
        "/positions/0/unrealised",
        "/collateral/0/quantity",
        "/collateral/0/price",
        "/collateral/0/confidence",
        "/collateral/0/initialHaircut",
        "/parameters/initialFactor",
        "/parameters/peg/factor",
        "/parameters/skew/linear/slope",
        "/parameters/offset/share",
    ];
    let book = with(pledged(), "/parameters", json!({"peg": {}, "skew": {"linear": {}}, "offset": {}}));
    for pointer in decimals {
        for sign in ["+", "--", "-+", " ", "e", "."] {
            for digits in ["1", "1.5", "1.1234567891", "1.123456789012345678901234567890"] {
                let text = format!("{sign}{digits}");
                let reason = refused(&with(book.clone(), pointer, json!(text)));
                assert!(reason.contains(&text), "{pointer} {text}: {reason}");
            }
        }
        for wrong in [
            "",
            "-",
            ".5",
            ".1234567891",
            "1.",
            "1.e5",
            "1e5",
            "0.1234567891e5",
            "NaN",
            "1.0 ",
            "1.1234567891 ",
            "1_0",
            "1,5",
        ] {
            refused(&with(book.clone(), pointer, json!(wrong)));
        }
        for number in [json!(1), json!(0), json!(-1), json!(0.5)] {
            let reason = refused(&with(book.clone(), pointer, number));
            assert!(reason.contains("in quotes"), "{pointer}: {reason}");
        }
    }
    for time in [json!("1"), json!(1.0), json!(-1), json!(1_766_649_600_000u64)] {
        assert!(refused(&with(book.clone(), "/asOf", time)).starts_with("asOf: "));
    }
}

#[test]
fn digits_beyond_a_unit_round_against_the_account() {
    let surplus = |pointer: &str, text: &str| {
        let account = &output(&with(pledged(), pointer, json!(text)))["account"];
        account["initialSurplus"].as_str().and_then(|text| text.parse::<f64>().ok()).expect("a number")
    };
    let lower = [
        ("/cash", "0.0000019", "0.000001"),
        ("/cash", "-0.0000011", "-0.000002"),
        ("/positions/0/unrealised", "-0.0000011", "-0.000002"),
        ("/positions/0/quantity", "1.000000001", "1.00000001"),
        ("/positions/0/quantity", "-1.000000001", "-1.00000001"),
        ("/positions/0/mark", "100000.000000001", "100000.00000001"),
        ("/collateral/0/quantity", "1.000000019", "1.00000001"),
        ("/collateral/0/price", "99999.999999999", "99999.99999999"),
        ("/collateral/0/initialHaircut", "0.1000000000001", "0.100000000001"),
        ("/settlementPrice", "0.979999999", "0.97999999"),
        ("/underlyings/BTC/spot/confidence", "0.4999999", "0.499999"),
    ];
    for (pointer, long, short) in lower {
        assert_eq!(surplus(pointer, long), surplus(pointer, short), "{pointer} {long}");
    }
    let raised = with(pledged(), "/parameters", json!({"perpetual": {"initial": "0.0100000001"}}));
    assert_eq!(output(&raised)["im"], "22000.1");
}

#[test]
fn what_stands_twice_is_refused_with_both_places() {
    let spot = r#"{"spot":"100000"}"#;
    let positions = r#""positions":[{"instrument":"BTC-PERP","quantity":"1","mark":"100000"}]"#;
    let twice =
        refused_text(&format!("{{\"asOf\":1,\n\"underlyings\":{{\"BTC\":{spot},\n \"BTC\":{spot}}},{positions}}}"));
    assert_eq!(
        twice,
        "underlyings.BTC: stands twice: underlyings.BTC at line 2 column 22 and underlyings.BTC at line 3 column 8"
    );
    let escaped = format!(r#"{{"asOf":1,"underlyings":{{"BTC":{spot},"\u0042TC":{spot}}},{positions}}}"#);
    assert!(refused_text(&escaped).starts_with("underlyings.BTC: stands twice"));
    for (inner, path) in [
        (r#""asOf":1,"asOf":1"#, "asOf"),
        (r#""asOf":1,"parameters":{"peg":{"factor":"1","factor":"1"}}"#, "parameters.peg.factor"),
        (r#""asOf":1,"parameters":{"peg":{},"peg":{}}"#, "parameters.peg"),
        (r#""asOf":1,"collateral":[{"price":"1","price":"2"}]"#, "collateral[0].price"),
        (r#""asOf":1,"nonsense":{"a":{"b":1,"b":1}}"#, "nonsense.a.b"),
    ] {
        let text = format!(r#"{{{inner},"underlyings":{{"BTC":{spot}}},{positions}}}"#);
        assert!(refused_text(&text).starts_with(&format!("{path}: stands twice")), "{text}");
    }
}

#[test]
fn what_a_list_says_twice_is_refused_with_both_paths() {
    let flat = json!({"instrument": "BTC-PERP", "quantity": "0", "mark": "1"});
    let other = json!({"instrument": "BTC-PERP", "quantity": "1", "mark": "100000"});
    assert_eq!(
        refused(&with(pledged(), "/positions", json!([flat, other]))),
        "positions[1].instrument: BTC-PERP stands already at positions[0].instrument"
    );
    let lot = pledged()["collateral"][0].clone();
    let same = with(lot.clone(), "/quantity", json!("1.0"));
    assert_eq!(
        refused(&with(pledged(), "/collateral", json!([lot, same]))),
        "collateral[1]: the same, number for number, stands already at collateral[0]"
    );
    let scenario = |damping: &str| json!({"spot": "0.1", "volatility": "up", "damping": damping});
    assert_eq!(
        refused(&with(pledged(), "/parameters", json!({"scenarios": [scenario("1"), scenario("0.5")]}))),
        "parameters.scenarios[1]: a move of 0.1 with the same volatility stands already at parameters.scenarios[0]"
    );
    assert_eq!(
        refused(&with(pledged(), "/parameters", json!({"offset": {"share": "1", "among": ["BTC", "ETH", "BTC"]}}))),
        "parameters.offset.among[2]: BTC stands already at parameters.offset.among[0]"
    );
}

#[test]
fn collateral_that_differs_adds_up() {
    let lots = json!([
        {"underlying": "BTC", "quantity": "1", "price": "100000", "initialHaircut": "0", "maintenanceHaircut": "0"},
        {"underlying": "BTC", "quantity": "1", "price": "99000", "initialHaircut": "0.1", "maintenanceHaircut": "0.1"},
    ]);
    assert_eq!(output(&with(pledged(), "/collateral", lots))["account"]["initialSurplus"], "167100");
}

#[test]
fn what_is_outside_its_bounds_is_refused_with_path_bound_and_value() {
    let share = "outside 0 to 1";
    for (pointer, path) in [
        ("/collateral/0/initialHaircut", "collateral[0].initialHaircut"),
        ("/collateral/0/maintenanceHaircut", "collateral[0].maintenanceHaircut"),
        ("/collateral/0/confidence", "collateral[0].confidence"),
        ("/positions/0/confidence", "positions[0].confidence"),
        ("/underlyings/BTC/spot/confidence", "underlyings.BTC.spot.confidence"),
    ] {
        for text in ["-0.5", "1.5", "-0.0000000000001", "1.0000000000001"] {
            let reason = refused(&with(pledged(), pointer, json!(text)));
            assert!(reason.starts_with(&format!("{path}: {text:?}: {share}")), "{reason}");
        }
    }
    for (pointer, path, text) in [
        ("/collateral/0/quantity", "collateral[0].quantity", "-1"),
        ("/collateral/0/quantity", "collateral[0].quantity", "92233720368.54775808"),
        ("/collateral/0/quantity", "collateral[0].quantity", "-0.000000000001"),
        ("/collateral/0/price", "collateral[0].price", "0"),
        ("/positions/0/mark", "positions[0].mark", "0"),
        ("/positions/0/quantity", "positions[0].quantity", "92233720368.54775808"),
        ("/underlyings/BTC/spot", "underlyings.BTC.spot", "-1"),
        ("/underlyings/BTC/spot", "underlyings.BTC.spot", "0"),
        ("/settlementPrice", "settlementPrice", "0"),
        ("/cash", "cash", "9223372036854.775808"),
    ] {
        let reason = refused(&with(pledged(), pointer, json!(text)));
        assert!(reason.starts_with(&format!("{path}: {text:?}: outside ")), "{reason}");
    }
    let loose = with(
        with(pledged(), "/collateral/0/initialHaircut", json!("0.1")),
        "/collateral/0/maintenanceHaircut",
        json!("0.2"),
    );
    assert_eq!(refused(&loose), "collateral[0].maintenanceHaircut: 0.2: above the initial haircut of 0.1");
    let dear = with(pledged(), "/collateral/0/quantity", json!("92233720368"));
    assert_eq!(
        refused(&dear),
        "collateral[0].quantity: 92233720368 at 100000 is worth more than 9223372036854.775807 USD"
    );
    for written in ["1.0000001", "-0.0000001", "1.5", "1.50"] {
        let set = json!({"discount": {"baseLong": written}});
        let reason = refused(&with(pledged(), "/parameters", set));
        assert_eq!(reason, format!("parameters: parameter discount.base_long is {written}, outside 0 to 1"));
    }
    let line = |damping: &str| json!({"spot": "0.1", "volatility": "up", "damping": damping});
    let second = with(
        pledged(),
        "/parameters",
        json!({"scenarios": [line("1"), {"spot": "0.2", "volatility": "up", "damping": "1.00000001"}]}),
    );
    assert_eq!(refused(&second), "parameters: scenario 1: damping is 1.00000001, outside 0.000001 to 1");
}

#[test]
fn confidence_of_collateral_counts_whether_it_offsets_or_not() {
    let doubtful = with(pledged(), "/collateral/0/confidence", json!("0.4"));
    let surplus = |input: &Value| output(input)["account"].clone();
    let (plain, doubted) = (surplus(&pledged()), surplus(&doubtful));
    // 100,000 less 22,000; then less 60 % of 100,000, for the initial margin alone.
    assert_eq!((&plain["initialSurplus"], &doubted["initialSurplus"]), (&json!("78000"), &json!("18000")));
    assert_eq!(plain["maintenanceSurplus"], doubted["maintenanceSurplus"]);
    // Against the position the collateral adds 18,000 to the loss; the kernel counts the doubt.
    let offsets = with(doubtful, "/collateral/0/offsets", json!(true));
    let output = output(&offsets);
    assert_eq!((&output["im"], &output["account"]["initialSurplus"]), (&json!("100000"), &json!("0")));
}

#[test]
fn collateral_is_worth_nothing_at_least() {
    let surplus = |offsets: bool, haircut: &str, confidence: &str, factor: &str| {
        let mut input = pledged();
        input["parameters"] = json!({"confidence": {"factor": factor}});
        let fields =
            [("offsets", json!(offsets)), ("initialHaircut", json!(haircut)), ("confidence", json!(confidence))];
        for (field, value) in fields {
            input["collateral"][0][field] = value;
        }
        output(&input)["account"]["initialSurplus"].clone()
    };
    // 22,000 for the position; where it offsets, 18,000 more in the same scenario.
    for (offsets, nothing, tenth) in [(false, "-22000", "-12000"), (true, "-40000", "-30000")] {
        for (haircut, confidence, factor) in [
            ("1", "0", "1"),
            ("1", "0.5", "1"),
            ("0.5", "0.4", "1"),
            ("0", "0", "1"),
            ("0", "0.5", "3"),
            ("1", "0.3", "100"),
        ] {
            assert_eq!(
                surplus(offsets, haircut, confidence, factor),
                json!(nothing),
                "{haircut} {confidence} {factor}"
            );
        }
        assert_eq!(surplus(offsets, "0.4", "0.5", "1"), json!(tenth));
        assert_eq!(surplus(offsets, "0.9", "1", "1"), json!(tenth));
    }
}

#[test]
fn what_has_no_effect_is_refused() {
    let reason = |input: &Value| refused(input);
    assert_eq!(
        reason(&with(short_call(), "/positions/0/unrealised", json!("1"))),
        "positions[0].unrealised: does not belong to BTC-20251226-100000-C"
    );
    for (pointer, path) in
        [("/cash", "cash"), ("/positions/0/volatility", "positions[0].volatility"), ("/parameters", "parameters")]
    {
        let null = reason(&with(pledged(), pointer, Value::Null));
        assert!(null.starts_with(&format!("{path}: is null")), "{null}");
    }
    for (pointer, path) in [
        ("/underlyings/BTC/spot", "underlyings.BTC.spot"),
        ("/positions/0", "positions[0]"),
        ("/parameters", "parameters"),
    ] {
        assert_eq!(
            reason(&with(pledged(), pointer, json!(["1", "1"]))),
            format!("{path}: is a list, where none belongs")
        );
    }
    assert!(
        reason(&with(pledged(), "/collateral/0/haircut", json!("1")))
            .starts_with("collateral[0].haircut: unknown field")
    );
    let elsewhere =
        with(with(pledged(), "/collateral/0/underlying", json!("ETH")), "/collateral/0/offsets", json!(true));
    assert_eq!(reason(&elsewhere), "collateral[0].underlying: no spot price for ETH");
    let deep = format!("{{\"a\":{}1{}}}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    assert!(refused_text(&deep).contains("so deep"));
}

#[test]
fn what_is_nothing_changes_nothing() {
    let plain = output(&pledged());
    let mut more = pledged();
    let empty = with(more["collateral"][0].clone(), "/quantity", json!("0"));
    more["collateral"] = json!([more["collateral"][0], with(empty, "/price", json!("99000"))]);
    assert_eq!(output(&more)["account"], plain["account"]);
}

#[test]
fn what_is_missing_is_named() {
    let without = |mut input: Value, parent: &str, key: &str| {
        let parent = input.pointer_mut(parent).and_then(Value::as_object_mut).expect("its parent");
        parent.remove(key).expect("the key");
        refused(&input)
    };
    for (parent, key, path) in [
        ("", "asOf", "asOf"),
        ("", "underlyings", "underlyings"),
        ("", "positions", "positions"),
        ("/underlyings/BTC", "spot", "underlyings.BTC.spot"),
        ("/underlyings/BTC/spot", "price", "underlyings.BTC.spot.price"),
        ("/positions/0", "quantity", "positions[0].quantity"),
        ("/collateral/0", "price", "collateral[0].price"),
    ] {
        assert_eq!(without(pledged(), parent, key), format!("{path}: is missing"));
    }
    let reason = without(short_call(), "/underlyings/BTC/expiries/20251226", "forward");
    assert_eq!(reason, "underlyings.BTC.expiries.20251226.forward: is missing");
}

#[test]
fn what_is_no_object_of_json_is_the_books_fault() {
    let pretty = serde_json::to_string_pretty(&pledged()).expect("JSON");
    for (text, reason) in [
        (pretty.replacen("\n}", ",\n}", 1), "not JSON, trailing comma at line 2"),
        (format!("\u{feff}{pretty}"), "begins with a byte order mark"),
        (format!("[{pretty}]"), "is a list: one object is read"),
        ("null".to_owned(), "is null: one object is read"),
        ("\"book\"".to_owned(), "is a text: one object is read"),
        (format!("{pretty} {{}}"), "not JSON, trailing characters at line"),
        (String::new(), "not JSON, EOF while parsing a value at line 1"),
    ] {
        let said = refused_text(&text);
        assert!(said.starts_with(&format!("the book: {reason}")), "{said}");
    }
    for (pointer, path) in [("/asOf", "asOf"), ("/parameters", "parameters.volatility.floor")] {
        let value = if pointer == "/asOf" { json!("1") } else { json!({"volatility": {"floor": "1"}}) };
        let reason = refused(&with(pledged(), pointer, value));
        assert!(reason.starts_with(&format!("{path}: invalid type: string \"1\", expected whole seconds")), "{reason}");
    }
}

#[test]
fn what_if_lifts_the_governed_ranges_and_says_so() {
    let mut input = short_call();
    input["parameters"] = json!({
        "scenarios": [{"spot": "5", "volatility": "up", "damping": "1.5"}],
        "volatility": {"shortPower": "1.2"}, "maintenanceFactor": "1.2", "basis": {"up": "1.999999"},
    });
    assert_eq!(refused(&input), "parameters: parameter maintenance_factor is 1.2, outside 0.000001 to 1");
    let output = output_under(Rule::WhatIf, &input);
    assert_eq!(
        output["whatIf"],
        json!([
            "parameter maintenance_factor is 1.2, outside 0.000001 to 1",
            "parameter volatility.short_power is 1.2, outside 0 to 1",
            "parameter basis.up is 1.999999, outside 0 to 1",
            "scenario 0: damping is 1.5, outside 0.000001 to 1",
        ])
    );
    let within = short_call();
    assert_eq!(output_under(Rule::WhatIf, &within)["whatIf"], json!([]));
    assert_eq!(self::output(&within)["whatIf"], Value::Null);
    assert_eq!(output_under(Rule::WhatIf, &within)["im"], self::output(&within)["im"]);
    input["parameters"] = json!({"volatility": {"shortPower": "100.000001"}});
    let too_far = margin(&input.to_string(), Rule::WhatIf).expect_err("too far").to_string();
    assert_eq!(too_far, "parameters: parameter volatility.short_power is 100.000001, outside 0 to 100");
    for (set, reason) in [
        (json!({"discount": {"baseLong": "3.9999999"}}), "discount.base_long is 3.9999999, outside 0 to 3.999999"),
        (
            json!({"skew": {"leastWidth": "1000000.00000001"}}),
            "skew.least_width is 1000000.00000001, outside 0 to 1000000",
        ),
    ] {
        input["parameters"] = set;
        let refused = margin(&input.to_string(), Rule::WhatIf).expect_err("too far").to_string();
        assert_eq!(refused, format!("parameters: parameter {reason}"));
    }
}

/// A published case of the peer with a tail that counts five times: one short call at 4,000, spot up 200 %.
#[test]
fn a_published_case_beyond_the_governed_ranges_runs_through() {
    let input = json!({
        "asOf": 1_766_736_000 - 794_852,
        "settlementPrice": "1.00019088635",
        "underlyings": {"ETH": {
            "spot": "2681.6029850999994",
            "expiries": {"20251226": {"forward": "2682.9997436016715", "rate": "0.15"}},
        }},
        "positions": [{"instrument": "ETH-20251226-4000-C", "quantity": "-1.0", "volatility": "0.8795543651099665", "confidence": "0.95"}],
        "parameters": {
            "scenarios": [
                {"spot": "0.18", "volatility": "up"},
                {"spot": "-0.66", "volatility": "up", "damping": "4"},
                {"spot": "0.5", "volatility": "up", "damping": "1"},
                {"spot": "1", "volatility": "up", "damping": "0"},
                {"spot": "2", "volatility": "up", "damping": "5"},
            ],
            "volatility": {"least": "0.45"},
            "discount": {"baseShort": "1.04", "addLong": "0.08", "addShort": "0.08", "multLong": "1", "multShort": "0.5"},
            "peg": {"threshold": "0.98", "factor": "2"},
        },
    });
    let account = &output_under(Rule::WhatIf, &input)["account"];
    for (field, published) in
        [("initialSurplus", -20_260.640_505_809_88), ("maintenanceSurplus", -16_205.887_314_324_744)]
    {
        let computed: f64 = account[field].as_str().and_then(|text| text.parse().ok()).expect("a number");
        assert!((computed / published - 1.0).abs() < 1e-8, "{field}: {computed} {published}");
    }
}
