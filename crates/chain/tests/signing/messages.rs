//! One message of each type that a party signs.
use crate::{CHAIN, ESCROW, ORACLE, key, signed};
use abi::types::*;
use alloy::primitives::{Address, B256, keccak256};
use alloy::sol_types::SolStruct;
use plumbline_chain::requests::{Cancel, Notice, Read};
use plumbline_chain::sign::Domain;
use serde_json::{Value, json};

/// A type, who signs it, and a message of it: integers in JSON are decimal strings.
pub struct Message {
    pub name: &'static str,
    pub domain: &'static str,
    pub by: &'static str,
    /// As EIP-712 encodes the type.
    pub encoded: String,
    hash: B256,
    json: Value,
}

impl Message {
    fn of<T: SolStruct>(domain: &'static str, by: &'static str, message: &T, json: Value) -> Self {
        let (encoded, hash) = (T::eip712_encode_type().into_owned(), message.eip712_hash_struct());
        Self { name: T::NAME, domain, by, encoded, hash, json }
    }

    /// Every struct of it, as JSON-RPC's `eth_signTypedData_v4` has them.
    pub fn definition(&self) -> Value {
        let structs = self.encoded.split_terminator(')').filter_map(|text| text.split_once('('));
        let structs = structs.map(|(name, _)| {
            let fields = fields(&self.encoded, name);
            let fields = fields.iter().map(|(name, of)| json!({ "name": name, "type": of }));
            (name.to_owned(), fields.collect::<Value>())
        });
        json!({
            "domain": self.domain,
            "encodeType": self.encoded,
            "typeHash": keccak256(&self.encoded),
            "structs": structs.collect::<serde_json::Map<_, _>>(),
        })
    }

    pub fn vector(&self) -> Value {
        let domain = match self.domain {
            "escrow" => Domain::escrow(CHAIN, ESCROW),
            "oracle" => Domain::oracle(CHAIN, ORACLE),
            _ => Domain::relayer(CHAIN, ESCROW),
        };
        let digest = abi::eip712::digest(domain.separator(), self.hash);
        json!({
            "type": self.name, "domain": self.domain, "message": self.json, "structHash": self.hash, "signed": signed(digest),
        })
    }
}

/// `Name(type field,…)Other(…)`.
fn fields<'a>(encoded: &'a str, of: &str) -> Vec<(&'a str, &'a str)> {
    let text = encoded.split_terminator(')').find_map(|text| text.strip_prefix(of)?.strip_prefix('('));
    let text = text.unwrap_or_else(|| panic!("{encoded} has no {of}"));
    text.split(',').filter_map(|field| field.split_once(' ')).map(|(of, name)| (name, of)).collect()
}

fn hash(byte: u8) -> B256 {
    B256::repeat_byte(byte)
}

fn wallet(byte: u8) -> Address {
    Address::repeat_byte(byte)
}

/// In the order of the page.
pub fn messages() -> Vec<Message> {
    [batches(), annex(), orders(), disputes(), agents(), requests(), reports(), token()].into_iter().flatten().collect()
}

fn batches() -> Vec<Message> {
    let (venue, root, before) = (key().address(), hash(0x31), hash(0x32));
    let batch = FillBatch { venue, firstSequence: 41, count: 3, fillsRoot: root, previousBatchHash: before };
    let by = "By a venue, over a batch of fills: `POST /v1/fill-batches`.";
    vec![Message::of(
        "escrow",
        by,
        &batch,
        json!({
            "venue": venue, "firstSequence": "41", "count": "3", "fillsRoot": root, "previousBatchHash": before,
        }),
    )]
}

fn annex() -> Vec<Message> {
    let agreement = Agreement {
        pledgor: wallet(1),
        securedParty: wallet(2),
        agent: wallet(3),
        secondAgent: Address::ZERO,
        defaultManager: wallet(4),
        settlementToken: wallet(5),
        parametersHash: hash(6),
        threshold: 1_000_000,
        independentAmount: 2_000_000,
        minimumTransferAmount: 500_000,
        variationCap: u64::MAX,
        resolutionTime: 3_600,
        lateInterest: 80_000,
        eligibleAssets: 7,
        documentHash: hash(8),
        validUntil: 1_760_216_400,
    };
    let limits = vec![
        TopUpLimit { token: wallet(5), amount: 50_000_000_000 },
        TopUpLimit { token: wallet(9), amount: u128::MAX },
    ];
    let mandate = Mandate {
        account: 1,
        venue: key().address(),
        requirementCap: 9_000_000_000,
        fillVariationCap: 1_000_000_000,
        topUpLimits: limits,
        validUntil: 1_791_666_000,
        nonce: 7,
    };
    let instruction = CollateralInstruction {
        account: 1,
        action: 3,
        token: wallet(5),
        amount: 10_000_000,
        toAccount: 0,
        to: Address::ZERO,
        tokenOut: wallet(9),
        amountOut: 11_000_000,
        nonce: 8,
        validUntil: 1_760_130_600,
    };
    let withdrawal = Withdrawal {
        owner: wallet(1),
        house: 0,
        token: wallet(5),
        amount: 1,
        to: wallet(1),
        nonce: 9,
        validUntil: 1_760_130_600,
    };
    let migration = Migration {
        account: 1,
        agreementHash: agreement.eip712_hash_struct(),
        successor: wallet(10),
        validUntil: 1_760_216_400,
        nonce: 10,
    };
    vec![
        Message::of(
            "escrow",
            "By pledgor and secured party: `openAccount`.",
            &agreement,
            json!({
                "pledgor": wallet(1), "securedParty": wallet(2), "agent": wallet(3), "secondAgent": Address::ZERO,
                "defaultManager": wallet(4), "settlementToken": wallet(5), "parametersHash": hash(6), "threshold": "1000000",
                "independentAmount": "2000000", "minimumTransferAmount": "500000", "variationCap": u64::MAX.to_string(),
                "resolutionTime": "3600", "lateInterest": "80000", "eligibleAssets": "7", "documentHash": hash(8),
                "validUntil": "1760216400",
            }),
        ),
        Message::of(
            "escrow",
            "By the pledgor, for a venue: `registerMandate`.",
            &mandate,
            json!({
                "account": "1", "venue": key().address(), "requirementCap": "9000000000", "fillVariationCap": "1000000000",
                "topUpLimits": [
                    { "token": wallet(5), "amount": "50000000000" }, { "token": wallet(9), "amount": u128::MAX.to_string() },
                ],
                "validUntil": "1791666000", "nonce": "7",
            }),
        ),
        Message::of(
            "escrow",
            "By the pledgor: `execute`; with the secured party's too, `executeWithConsent`.",
            &instruction,
            json!({
                "account": "1", "action": "3", "token": wallet(5), "amount": "10000000", "toAccount": "0", "to": Address::ZERO,
                "tokenOut": wallet(9), "amountOut": "11000000", "nonce": "8", "validUntil": "1760130600",
            }),
        ),
        Message::of(
            "escrow",
            "By the owner of an inventory, or a house's secured party.",
            &withdrawal,
            json!({
                "owner": wallet(1), "house": "0", "token": wallet(5), "amount": "1", "to": wallet(1), "nonce": "9",
                "validUntil": "1760130600",
            }),
        ),
        Message::of(
            "escrow",
            "By pledgor and secured party: `migrate`.",
            &migration,
            json!({
                "account": "1", "agreementHash": migration.agreementHash, "successor": wallet(10), "validUntil": "1760216400",
                "nonce": "10",
            }),
        ),
    ]
}

fn orders() -> Vec<Message> {
    let limits = vec![
        DailyLimit { token: wallet(5), amount: 50_000_000_000 },
        DailyLimit { token: wallet(9), amount: u128::MAX },
    ];
    let top_up = TopUpOrder { account: 1, limits, validUntil: 1_791_666_000, nonce: 11 };
    let substitute = SubstituteOrder {
        account: 1,
        tokenOut: wallet(9),
        haircutLevel: 60_000,
        priceLevel: 99_000_000,
        amount: u128::MAX,
        tokensIn: vec![wallet(5), wallet(7)],
        validUntil: 1_791_666_000,
        nonce: 12,
    };
    let give_back = ReturnOrder {
        account: 1,
        tokens: vec![wallet(5), wallet(9)],
        bufferPpm: 100_000,
        bufferAmount: 1_000_000_000,
        minimum: 100_000_000,
        validUntil: 1_791_666_000,
        nonce: 13,
    };
    vec![
        Message::of(
            "escrow",
            "By the pledgor, standing: `registerTopUpOrder`.",
            &top_up,
            json!({
                "account": "1",
                "limits": [
                    { "token": wallet(5), "amount": "50000000000" }, { "token": wallet(9), "amount": u128::MAX.to_string() },
                ],
                "validUntil": "1791666000", "nonce": "11",
            }),
        ),
        Message::of(
            "escrow",
            "By the pledgor, standing: `registerSubstituteOrder`.",
            &substitute,
            json!({
                "account": "1", "tokenOut": wallet(9), "haircutLevel": "60000", "priceLevel": "99000000",
                "amount": u128::MAX.to_string(), "tokensIn": [wallet(5), wallet(7)], "validUntil": "1791666000", "nonce": "12",
            }),
        ),
        Message::of(
            "escrow",
            "By the pledgor, standing: `registerReturnOrder`.",
            &give_back,
            json!({
                "account": "1", "tokens": [wallet(5), wallet(9)], "bufferPpm": "100000", "bufferAmount": "1000000000",
                "minimum": "100000000", "validUntil": "1791666000", "nonce": "13",
            }),
        ),
    ]
}

fn disputes() -> Vec<Message> {
    let ruling = DisputeRuling { account: 1, dispute: 2, subject: 1, found: hash(0x11), validUntil: 1_760_130_600 };
    let change = PositionChange {
        account: 1,
        cause: 2,
        reference: hash(0x12),
        previousHistory: hash(0x13),
        newRoot: hash(0x14),
        validUntil: 1_760_130_600,
    };
    vec![
        Message::of(
            "escrow",
            "By the second agent, where the pledgor does not show its book: `ruleDispute`.",
            &ruling,
            json!({
                "account": "1", "dispute": "2", "subject": "1", "found": hash(0x11), "validUntil": "1760130600",
            }),
        ),
        Message::of(
            "escrow",
            "By pledgor and secured party: positions change without a fill.",
            &change,
            json!({
                "account": "1", "cause": "2", "reference": hash(0x12), "previousHistory": hash(0x13), "newRoot": hash(0x14),
                "validUntil": "1760130600",
            }),
        ),
    ]
}

fn agents() -> Vec<Message> {
    let statement = |account: u64, variation: i64| MarginStatement {
        account,
        sequence: 5,
        previousHistory: hash(0x21),
        newRoot: hash(0x22),
        fillsDigest: hash(0x23),
        requirement: 4_000_000,
        cumulativeVariation: variation,
        fillVariation: -variation,
    };
    let shown = |account: u64, variation: i64| {
        json!({
            "account": account.to_string(), "sequence": "5", "previousHistory": hash(0x21), "newRoot": hash(0x22),
            "fillsDigest": hash(0x23), "requirement": "4000000", "cumulativeVariation": variation.to_string(),
            "fillVariation": (-variation).to_string(),
        })
    };
    let set = StatementSet {
        house: 1,
        statements: vec![statement(1, -7), statement(2, i64::MAX)],
        houseCumulativeVariation: -i64::MAX,
        topUps: hash(0x24),
        slot: 176_013_001,
        parametersHash: hash(6),
        asOf: 1_760_130_010,
        validUntil: 1_760_130_070,
    };
    let by = "By the agents, over statements of accounts of a house: `settle`, `mark`.";
    vec![Message::of(
        "escrow",
        by,
        &set,
        json!({
            "house": "1", "statements": [shown(1, -7), shown(2, i64::MAX)],
            "houseCumulativeVariation": (-i64::MAX).to_string(), "topUps": hash(0x24), "slot": "176013001",
            "parametersHash": hash(6), "asOf": "1760130010", "validUntil": "1760130070",
        }),
    )]
}

fn requests() -> Vec<Message> {
    let (host, path) =
        ("relayer.example:8443", "/v1/venues/0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65/fills?after=41&limit=50");
    let read = Read { host: host.to_owned(), path: path.to_owned(), expiresAt: 1_760_130_300 };
    let cancel = Cancel { venue: key().address(), firstSequence: 41, count: 3 };
    let (url, body) = ("https://venue.example/plumbline", keccak256("{}"));
    let notice = Notice { venue: key().address(), url: url.to_owned(), sentAt: 1_760_130_000, body };
    vec![
        Message::of(
            "relayer",
            "By whoever reads what is not for everybody: the header `Authorization`.",
            &read,
            json!({
                "host": host, "path": path, "expiresAt": "1760130300",
            }),
        ),
        Message::of(
            "relayer",
            "By a venue, over fills that it takes back: `POST /v1/cancellations`.",
            &cancel,
            json!({
                "venue": key().address(), "firstSequence": "41", "count": "3",
            }),
        ),
        Message::of(
            "relayer",
            "By the relayer's gas key, over what it posts to a venue: the header `Plumbline-Signature`.",
            &notice,
            json!({ "venue": key().address(), "url": url, "sentAt": "1760130000", "body": body }),
        ),
    ]
}

fn reports() -> Vec<Message> {
    let feeds = ["BTC-USD", "USDC-USD"].map(|name| B256::right_padding_from(name.as_bytes())).to_vec();
    let (prices, confidences) = (vec![11_300_000_000_000, 99_990_000], vec![1_000_000, 900_000]);
    let report = SlotReport { slot: 176_013_001, feeds: feeds.clone(), prices, confidences, marksRoot: hash(0x41) };
    vec![Message::of(
        "oracle",
        "By a reporter, once a slot: `submit`, and `submitAndSync` of the registry.",
        &report,
        json!({
            "slot": "176013001", "feeds": feeds, "prices": ["11300000000000", "99990000"],
            "confidences": ["1000000", "900000"], "marksRoot": hash(0x41),
        }),
    )]
}

fn token() -> Vec<Message> {
    let message = plumbline_chain::token::ReceiveWithAuthorization {
        from: wallet(1),
        to: ESCROW,
        value: Default::default(),
        validAfter: Default::default(),
        validBefore: Default::default(),
        nonce: hash(1),
    };
    let by = "By a token's holder, for `depositWithAuthorization` and its like (ERC-3009).";
    vec![Message::of("token", by, &message, Value::Null)]
}
