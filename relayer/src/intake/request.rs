//! The body of `POST /v1/fill-batches`, and the batch it describes.
use crate::config::RiskConfig;
use crate::http::problem::{FieldError, Problem};
use crate::state::fill::{Batch, Fill, FillId};
use abi::escrow::MAX_BATCH;
use alloy::primitives::{Address, B256, Bytes, Signature};
use risk::{Instrument, Price, Quantity};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest time, in milliseconds, that a bundle can express between two fills of a batch or until `settleBy`.
const LONGEST: u64 = (1 << 24) - 1;

/// A venue's fills in sequence, under one signature.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FillBatchRequest {
    /// The venue's address.
    #[schema(value_type = String, pattern = "^0x[0-9a-fA-F]{40}$", example = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8")]
    pub venue: Address,
    /// Sequence of the first fill: the last accepted one's plus 1.
    pub first_sequence: u64,
    /// `batchHash` of the venue's batch before; zero for its first.
    #[schema(value_type = String, pattern = "^0x[0-9a-fA-F]{64}$")]
    pub previous_batch_hash: B256,
    /// The venue's EIP-712 signature over `FillBatch`; 64 bytes (EIP-2098) or 65.
    #[schema(value_type = String, pattern = "^0x([0-9a-fA-F]{128}|[0-9a-fA-F]{130})$")]
    pub signature: Bytes,
    /// 1 to 256.
    #[schema(min_items = 1, max_items = 256)]
    pub fills: Vec<FillRequest>,
}

/// One matched trade.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FillRequest {
    /// If given, `firstSequence` plus the place in `fills`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// Number of the account that buys.
    pub buyer_account: u64,
    /// Number of the account that sells.
    pub seller_account: u64,
    /// Milliseconds since 1970, by the chain's clock.
    pub matched_at: u64,
    /// Milliseconds since 1970, by the chain's clock; past it the fill lapses.
    pub settle_by: u64,
    /// 0, or a number shared by the fills of this batch that settle together.
    #[serde(default)]
    pub group: u16,
    /// 32 bytes that hide the terms.
    #[schema(value_type = String, pattern = "^0x[0-9a-fA-F]{64}$")]
    pub salt: B256,
    /// By the names of `GET /v1/markets`.
    #[schema(pattern = "^[A-Z0-9.-]{1,32}$", example = "BTC-PERP")]
    pub instrument: String,
    /// Units of the underlying, a decimal string with at most 8 decimals.
    #[schema(pattern = "^[0-9]{1,10}(\\.[0-9]{1,8})?$", example = "1.5")]
    pub quantity: String,
    /// USD, a decimal string with at most 8 decimals.
    #[schema(pattern = "^[0-9]{1,10}(\\.[0-9]{1,8})?$", example = "110000.25")]
    pub price: String,
}

/// Wrong fields found so far.
#[derive(Default)]
struct Errors(Vec<FieldError>);

impl Errors {
    fn add<T>(&mut self, pointer: String, detail: impl Into<String>) -> Option<T> {
        self.0.push(FieldError { pointer, detail: detail.into() });
        None
    }
}

impl FillBatchRequest {
    /// # Errors
    /// 413 for too many fills, 422 with every wrong field otherwise.
    pub fn into_batch(self, risk: &RiskConfig, accepted_at: u64) -> Result<Batch, Problem> {
        if self.fills.len() > MAX_BATCH {
            return Err(Problem::too_large("batch-too-large", "Too many fills in a batch")
                .detail(format!("{} fills, at most {MAX_BATCH} are allowed; send several batches", self.fills.len()))
                .field("/fills"));
        }
        let mut errors = Errors::default();
        let signature = self.compact_signature(&mut errors);
        if self.fills.is_empty() {
            errors.add::<()>("/fills".to_owned(), "a batch has at least one fill");
        }
        if self.first_sequence > i64::MAX as u64 - MAX_BATCH as u64 {
            errors.add::<()>("/firstSequence".to_owned(), "out of range");
        }
        let places = self.fills.iter().enumerate();
        let fills: Vec<Option<Fill>> =
            places.map(|(place, fill)| self.fill(place, fill, risk, accepted_at, &mut errors)).collect();
        self.check_spread(&mut errors);
        self.check_groups(&mut errors);
        let fills: Option<Vec<Fill>> = fills.into_iter().collect();
        match (signature, fills) {
            (Some(signature), Some(fills)) if errors.0.is_empty() => Ok(self.batch(signature, fills)),
            _ => Err(Problem::invalid_fields(errors.0)),
        }
    }

    fn batch(&self, signature: [u8; 64], fills: Vec<Fill>) -> Batch {
        let leaves = fills.iter().map(Fill::leaf).collect();
        let (venue, first_sequence, previous_batch_hash) = (self.venue, self.first_sequence, self.previous_batch_hash);
        let mut batch =
            Batch { venue, first_sequence, previous_batch_hash, hash: B256::ZERO, signature, fills, leaves };
        batch.hash = abi::eip712::batch_hash(&batch.typed_data());
        batch
    }

    fn compact_signature(&self, errors: &mut Errors) -> Option<[u8; 64]> {
        let bytes = self.signature.as_ref();
        let compact = match bytes.len() {
            64 => bytes.try_into().ok(),
            65 => Signature::from_raw(bytes).ok().map(|signature| chain::sign::compact(&signature)),
            _ => None,
        };
        compact.or_else(|| {
            errors.add("/signature".to_owned(), format!("{} bytes, 64 or 65 make a signature", bytes.len()))
        })
    }

    fn fill(
        &self,
        place: usize,
        fill: &FillRequest,
        risk: &RiskConfig,
        accepted_at: u64,
        errors: &mut Errors,
    ) -> Option<Fill> {
        let at = |field: &str| format!("/fills/{place}/{field}");
        let sequence = self.first_sequence.saturating_add(place as u64);
        if fill.sequence.is_some_and(|given| given != sequence) {
            errors.add::<()>(at("sequence"), format!("the fill at this place has sequence {sequence}"));
        }
        if fill.buyer_account == fill.seller_account {
            errors.add::<()>(at("sellerAccount"), "buyer and seller are the same account");
        }
        if fill.settle_by < fill.matched_at || fill.settle_by - fill.matched_at > LONGEST {
            errors.add::<()>(at("settleBy"), format!("not between matchedAt and {LONGEST} ms after it"));
        }
        if fill.matched_at > i64::MAX as u64 / 2 {
            errors.add::<()>(at("matchedAt"), "out of range");
        }
        let instrument = self.instrument(fill, risk, &at, errors);
        let quantity = quantity(fill, &at, errors);
        let price = price(fill, &at, errors);
        Some(Fill {
            id: FillId { venue: self.venue, sequence },
            buyer: fill.buyer_account,
            seller: fill.seller_account,
            matched_at: fill.matched_at,
            settle_by: fill.settle_by,
            group: fill.group,
            salt: fill.salt,
            instrument: instrument?,
            quantity: quantity?,
            price: price?,
            accepted_at,
        })
    }

    fn instrument(
        &self,
        fill: &FillRequest,
        risk: &RiskConfig,
        at: &impl Fn(&str) -> String,
        errors: &mut Errors,
    ) -> Option<Instrument> {
        let instrument: Instrument = match fill.instrument.parse() {
            Ok(instrument) => instrument,
            Err(error) => return errors.add(at("instrument"), format!("{:?}: {error}", fill.instrument)),
        };
        if let Some(expiry) = instrument.kind.expiry()
            && expiry.unix().saturating_mul(1_000) <= fill.settle_by
        {
            return errors.add(at("instrument"), format!("{instrument} expires before settleBy"));
        }
        match risk.listed(&instrument) {
            Ok(_) => Some(instrument),
            Err(error) => errors.add(at("instrument"), error.to_string()),
        }
    }

    /// The escrow takes a group whole, or never: its legs are as many as its number says, and their time ends together.
    fn check_groups(&self, errors: &mut Errors) {
        for (place, fill) in self.fills.iter().enumerate().filter(|(_, fill)| fill.group != 0) {
            let legs = || self.fills.iter().filter(|other| other.group == fill.group);
            let (says, found) = (usize::from(fill.group >> 8), legs().count());
            if says != found {
                let detail = format!("{} says {says} fills (its high byte), {found} of the batch have it", fill.group);
                errors.add::<()>(format!("/fills/{place}/group"), detail);
            }
            if legs().any(|other| other.settle_by != fill.settle_by) {
                let detail = format!("fills of group {} differ in it", fill.group);
                errors.add::<()>(format!("/fills/{place}/settleBy"), detail);
            }
        }
    }

    /// A bundle writes times as 24-bit distances from the batch's first.
    fn check_spread(&self, errors: &mut Errors) {
        let times = || self.fills.iter().map(|fill| fill.matched_at);
        if let (Some(first), Some(last)) = (times().min(), times().max())
            && last - first > LONGEST
        {
            errors.add::<()>("/fills".to_owned(), format!("matchedAt spreads over more than {LONGEST} ms"));
        }
    }
}

fn quantity(fill: &FillRequest, at: &impl Fn(&str) -> String, errors: &mut Errors) -> Option<Quantity> {
    match fill.quantity.parse::<Quantity>() {
        Ok(quantity) if quantity > Quantity::ZERO => Some(quantity),
        Ok(_) => errors.add(at("quantity"), "a quantity is above zero; buyer and seller give the direction"),
        Err(error) => errors.add(at("quantity"), error.to_string()),
    }
}

fn price(fill: &FillRequest, at: &impl Fn(&str) -> String, errors: &mut Errors) -> Option<Price> {
    match fill.price.parse::<Price>() {
        Ok(price) if !price.is_zero() && i64::try_from(price.raw()).is_ok() => Some(price),
        Ok(_) => errors.add(at("price"), "a price is above zero and below 92233720368.54775807"),
        Err(error) => errors.add(at("price"), error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(quantity: &str, price: &str) -> FillBatchRequest {
        let fill = FillRequest {
            sequence: None,
            buyer_account: 1,
            seller_account: 2,
            matched_at: 1_000,
            settle_by: 31_000,
            group: 0,
            salt: B256::repeat_byte(1),
            instrument: "BTC-PERP".to_owned(),
            quantity: quantity.to_owned(),
            price: price.to_owned(),
        };
        FillBatchRequest {
            venue: Address::repeat_byte(9),
            first_sequence: 5,
            previous_batch_hash: B256::ZERO,
            signature: vec![1; 64].into(),
            fills: vec![fill],
        }
    }

    fn pointers(request: FillBatchRequest) -> Vec<String> {
        let problem = request.into_batch(&RiskConfig::default(), 0).unwrap_err();
        problem.errors.iter().map(|error| error.pointer.clone()).collect()
    }

    #[test]
    fn leaf_is_that_of_the_typed_data() {
        let batch = request("1.5", "110000.25").into_batch(&RiskConfig::default(), 0).unwrap();
        assert_eq!(batch.fills[0].quantity.raw(), 150_000_000);
        assert_eq!(batch.fills[0].price.raw(), 11_000_025_000_000);
        assert_eq!(batch.leaves, [batch.fills[0].leaf()]);
        assert_eq!(batch.typed_data().fillsRoot, batch.leaves[0]);
        assert_eq!(batch.fills[0].id.sequence, 5);
    }

    #[test]
    fn every_wrong_field_is_named() {
        assert_eq!(pointers(request("-1", "1.123456789")), ["/fills/0/quantity", "/fills/0/price"]);
        assert_eq!(pointers(request("1e3", "0")), ["/fills/0/quantity", "/fills/0/price"]);
        let mut wrong = request("1", "1");
        wrong.fills[0].instrument = "DOGE-PERP".to_owned();
        wrong.fills[0].sequence = Some(6);
        wrong.signature = vec![1; 63].into();
        assert_eq!(pointers(wrong), ["/signature", "/fills/0/sequence", "/fills/0/instrument"]);
        let mut wrong = request("1", "1");
        wrong.fills[0].seller_account = 1;
        wrong.fills[0].settle_by = 999;
        assert_eq!(pointers(wrong), ["/fills/0/sellerAccount", "/fills/0/settleBy"]);
    }

    #[test]
    fn a_group_that_could_never_settle_is_refused() {
        let mut pair = request("1", "1");
        pair.fills = vec![pair.fills[0].clone(); 2];
        pair.fills.iter_mut().for_each(|fill| fill.group = 2 << 8 | 7);
        assert!(pair.clone().into_batch(&RiskConfig::default(), 0).is_ok());
        let mut later = pair.clone();
        later.fills[1].settle_by += 1;
        assert_eq!(pointers(later), ["/fills/0/settleBy", "/fills/1/settleBy"]);
        pair.fills[1].group = 2 << 8 | 8;
        assert_eq!(pointers(pair), ["/fills/0/group", "/fills/1/group"]);
    }

    #[test]
    fn dated_instruments_need_a_listed_expiry_after_settle_by() {
        let mut risk = RiskConfig::default();
        let strikes = vec!["80000".parse().unwrap()];
        risk.markets[0].expiries.push(crate::market::ListedExpiry {
            expiry: "20251031".parse().unwrap(),
            strikes,
            listed: Vec::new(),
        });
        let refusal = |name: &str, settle_by: u64| {
            let mut request = request("1", "1");
            request.fills[0].instrument = name.to_owned();
            (request.fills[0].matched_at, request.fills[0].settle_by) = (settle_by - 1, settle_by);
            request.into_batch(&risk, 0).err().map_or(String::new(), |problem| problem.detail.clone())
        };
        let expiry = 1_761_897_600_000;
        assert_eq!(refusal("BTC-20251031-100000-C", expiry - 1), "");
        assert_eq!(refusal("BTC-20251031", expiry - 1), "");
        let late = refusal("BTC-20251031-100000-C", expiry);
        assert_eq!(late, "/fills/0/instrument: BTC-20251031-100000-C expires before settleBy");
        assert!(refusal("BTC-20251226", 2).contains("BTC-20251226: expiry 20251226 is not listed"));
        assert!(refusal("ETH-20251031-4000-P", 2).contains("expiry 20251031 is not listed"));
    }

    #[test]
    fn an_oversized_batch_is_413() {
        let mut large = request("1", "1");
        large.fills = vec![large.fills[0].clone(); 257];
        assert_eq!(large.into_batch(&RiskConfig::default(), 0).unwrap_err().status, 413);
    }
}
