//! Price files as venues and spreadsheets write them: each row is read as what it says, or refused with its number.
use plumbline_reporter::{PriceFile, feed};

const TIME: u64 = 1_760_133_270;

/// First time and number of feeds and sources, or the refusal.
fn read(text: impl AsRef<[u8]>) -> Result<(u64, usize), String> {
    let file = PriceFile::read(text.as_ref()).map_err(|error| format!("{error:#}"))?;
    Ok((file.span().0, file.at(u64::MAX).values().map(|quotes| quotes.len()).sum()))
}

fn expect_refused(text: impl AsRef<[u8]>, reasons: &[&str]) {
    let shown = String::from_utf8_lossy(text.as_ref()).into_owned();
    let reason = read(text).expect_err(&shown);
    assert!(reasons.iter().all(|wanted| reason.contains(wanted)), "{shown:?}: {reason}");
}

#[test]
fn the_time_column_says_how_times_are_spelled() {
    for (column, time) in [
        ("time", "2025-10-10T21:54:30Z"),
        ("time", "2025-10-10T23:54:30+02:00"),
        ("time", "2025-10-10 23:54:30.999+02:00"),
        ("time", "1760133270"),
        ("time_s", "1760133270"),
        ("time_ms", "1760133270000"),
        ("utc", "2025-10-10 21:54:30"),
    ] {
        assert_eq!(
            read(format!("{column},feed,source,price\n{time},BTC-USD,*,113000\n")),
            Ok((TIME, 1)),
            "{column} {time}"
        );
    }
    for (column, time) in [
        ("time", "2025-10-10 21:54:30"),
        ("time", "1760133270000"),
        ("time", "1969-12-31T23:59:59Z"),
        ("time_s", "2025-10-10T21:54:30Z"),
        ("time_s", "1760133270.0"),
        ("time_ms", "17601332700000000"),
        ("utc", "2025-10-10T21:54:30Z"),
        ("time", ""),
    ] {
        expect_refused(format!("{column},feed,source,price\n{time},BTC-USD,*,113000\n"), &["row 2", "is not a time"]);
    }
}

#[test]
fn a_refusal_names_the_line_of_the_file() {
    expect_refused(
        "time,feed,source,price\n\n# a comment\n1,BTC-USD,*,1\n1,ETH-USD,*,-5\n",
        &["row 5", "\"-5\" is not a price"],
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prices.csv");
    std::fs::write(&path, "time,feed,source,price\nnow,BTC-USD,*,1\n").unwrap();
    let reason = format!("{:#}", PriceFile::load(&path).unwrap_err());
    assert!(reason.contains("prices.csv") && reason.contains("row 2") && reason.contains("\"now\""), "{reason}");
}

#[test]
fn columns_are_known_and_stand_once() {
    let row = "1,BTC-USD,*,113000\n";
    expect_refused(format!("time,feed,source,price,volume\n1,BTC-USD,*,1,1\n{row}"), &["\"volume\" is not known"]);
    expect_refused(format!("Time,feed,source,price\n{row}"), &["\"Time\" is not known"]);
    expect_refused(format!("feed,source,price\n{row}"), &["no column of times"]);
    expect_refused(format!("time,feed,source\n{row}"), &["no column \"price\""]);
    expect_refused("time,feed,source,price,price\n1,BTC-USD,*,1,2\n", &["two columns are named \"price\""]);
    expect_refused("time,time_s,feed,source,price\n1,1,BTC-USD,*,1\n", &["second column of times"]);
    expect_refused("1760133270,BTC-USD,*,113000\n", &["is not known"]);
    assert_eq!(read("price,source,feed,time\n113000,*,BTC-USD,1760133270\n"), Ok((TIME, 1)));
}

#[test]
fn empty_files_say_so() {
    expect_refused("", &["the file is empty"]);
    expect_refused("\u{feff}", &["empty"]);
    expect_refused("\n\n# nothing\n", &["empty"]);
    expect_refused("time,feed,source,price\n", &["no row"]);
    expect_refused("time,feed,source,price\r\n\r\n", &["no row"]);
}

#[test]
fn spreadsheets_write_quotes_marks_and_carriage_returns() {
    let plain = "time,feed,source,price,confidence\n1760133270,BTC-USD,*,113000,\n1760133270,ETH-USD,a,3830,900000\n";
    assert_eq!(read(plain), Ok((TIME, 2)));
    assert_eq!(read(plain.replace('\n', "\r\n")), Ok((TIME, 2)));
    assert_eq!(read(format!("\u{feff}{plain}")), Ok((TIME, 2)));
    assert_eq!(read(plain.replace("BTC-USD", "\"BTC-USD\"").replace("time,", "\"time\",")), Ok((TIME, 2)));
    assert_eq!(read(format!("\u{feff}{}", plain.replace("time,", "\"time\","))), Ok((TIME, 2)));
    assert_eq!(read(plain.trim_end()), Ok((TIME, 2)), "no newline at the end");
    assert_eq!(read(plain.replace(',', " , ")), Ok((TIME, 2)), "spaces around fields");
}

#[test]
fn what_is_no_row_is_refused() {
    let header = "time,feed,source,price,confidence\n";
    for (row, reason) in [
        ("1760133270,BTC-USD,*,113000", "4 fields"),
        ("1760133270,BTC-USD,*,113000,,", "6 fields"),
        ("1760133270;BTC-USD;*;113000;", "1 fields"),
        ("1760133270,BTC-USD,*,0,", "not a price"),
        ("1760133270,BTC-USD,*,-1,", "not a price"),
        ("1760133270,BTC-USD,*,0.000000001,", "not a price"),
        ("1760133270,BTC-USD,*,184467440738,", "not a price"),
        ("1760133270,BTC-USD,*,1e5,", "not a price"),
        ("1760133270,BTC-USD,*,NaN,", "not a price"),
        ("1760133270,BTC-USD,*,\"113,000\",", "not a price"),
        ("1760133270,BTC-USD,*,,", "not a price"),
        ("1760133270,BTC-USD,,113000,", "no source"),
        ("1760133270,,*,113000,", "not the name of a feed"),
        ("1760133270,BTC USD,*,113000,", "not the name of a feed"),
        ("1760133270,BTC-USD-AND-MUCH-MORE-THAN-32-BYTES,*,113000,", "not the name of a feed"),
        ("1760133270,BTC-USD,*,113000,1000001", "not a confidence"),
        ("1760133270,BTC-USD,*,113000,4294967296", "not a confidence"),
        ("1760133270,BTC-USD,*,113000,-1", "not a confidence"),
        ("1760133270,BTC-USD,*,113000,0.9", "not a confidence"),
        ("1760133270,BTC-USD,*,113000,+1", "not a confidence"),
    ] {
        expect_refused(format!("{header}{row}\n"), &["row 2", reason]);
    }
    expect_refused([header.as_bytes(), b"1760133270,BTC-\xff,*,113000,\n"].concat(), &["row 2", "UTF-8"]);
    expect_refused(b"\xff\xfet\0i\0m\0e\0,\0", &["UTF-8"]);
    for confidence in ["0", "1000000", ""] {
        assert!(read(format!("{header}1760133270,BTC-USD,*,113000,{confidence}\n")).is_ok(), "{confidence}");
    }
}

#[test]
fn rows_repeat_but_do_not_contradict() {
    let header = "time,feed,source,price,confidence\n1760133270,BTC-USD,a,113000,\n";
    for row in ["1760133270,BTC-USD,a,113000,", "2025-10-10T21:54:30Z,BTC-USD,a,113000.0,1000000"] {
        assert_eq!(read(format!("{header}{row}\n")), Ok((TIME, 1)), "{row}");
    }
    for row in
        ["1760133270,BTC-USD,a,1,", "1760133270,BTC-USD,a,113000,999999", "2025-10-10T23:54:30+02:00,BTC-USD,a,1,"]
    {
        expect_refused(format!("{header}{row}\n"), &["row 3", "contradicts"]);
    }
    for row in ["1760133270,BTC-USD,*,1,", "1760133270,ETH-USD,a,1,", "1760133271,BTC-USD,a,1,"] {
        assert!(read(format!("{header}{row}\n")).is_ok(), "{row}");
    }
}

#[test]
fn a_price_holds_until_the_next() {
    let file = "time,feed,source,price,confidence\n\
        2025-10-10T21:55:00Z,USDE-USD,binance,0.70,\n\
        2025-10-10T21:54:00Z,USDE-USD,binance,0.65,\n\
        2025-10-10T21:54:00.5Z,USDE-USD,uniswap,0.9941,900000\n";
    let file = PriceFile::read(file.as_bytes()).unwrap();
    let (begin, feed) = (1_760_133_240, feed::feed("USDE-USD").unwrap());
    assert_eq!(file.span(), (begin, begin + 60));
    assert_eq!(file.at(begin)[&feed].keys().collect::<Vec<_>>(), ["binance"], "the other comes half a second later");
    assert_eq!(file.at(begin + 1)[&feed]["uniswap"].confidence, 900_000);
    assert_eq!(file.at(begin + 59)[&feed]["binance"].price, 65_000_000);
    assert_eq!(file.at(begin + 60)[&feed]["binance"].price, 70_000_000);
    assert!(file.at(begin - 1).is_empty());
}

#[test]
fn where_there_is_no_price_the_file_says_which_is_meant() {
    let file = "time,feed,source,price\n2025-10-10T21:54:00.5Z,USDE-USD,Uniswap,0.9941\n";
    let file = PriceFile::read(file.as_bytes()).unwrap();
    let said = |feed: &str, source: &str| file.silence(feed::feed(feed).unwrap(), source);
    assert_eq!(said("USDE-USD", "uniswap"), "it has no row of USDE-USD by uniswap or * (it has: Uniswap)");
    assert_eq!(said("USDe-USD", "Uniswap"), "it has no row of USDe-USD (it has: USDE-USD)");
    assert_eq!(said("USDE-USD", "Uniswap"), "its first row of USDE-USD by Uniswap is at 2025-10-10T21:54:00.500Z");
}
