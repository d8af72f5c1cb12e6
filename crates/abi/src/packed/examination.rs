//! A book with what ties it to what was signed: the salts of its leaves, and where its marks lie in the committed set.
//!
//! Its tables are in `docs/layouts.md`.
//!
//! **Marks root**: the tree of [`crate::merkle`] over the leaves of [`mark_leaves`] of a portfolio that lists every mark. What a
//! dispute shows lists those that its book needs, and the hashes of the rest.
use super::list::Packed;
use super::{Malformed, PackedExpiry, PackedOption, PackedUnderlying, Portfolio, Quote, Reader};
use crate::merkle;
use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};

/// What `examine` takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examination {
    /// Salt of the cash's leaf.
    pub cash_salt: B256,
    /// Of the positions.
    pub salts: Vec<B256>,
    /// Where the portfolio's marks lie in the committed set.
    pub marks: MarksProof,
    /// The book, its marks and the parameters.
    pub portfolio: Portfolio,
}

/// Which leaves of a mark set a portfolio shows, and the hashes of the rest, from [`merkle::prune`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarksProof {
    /// Leaves of the whole set.
    pub count: u16,
    /// Places of the leaves that are shown, ascending.
    pub places: Vec<u16>,
    /// Of the subtrees that are not shown, from left to right.
    pub hashes: Vec<B256>,
}

impl Examination {
    /// Reads what [`Examination::encode`] wrote, and nothing after it.
    ///
    /// # Errors
    /// [`Malformed`], with the offset in bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let examination = Self::read(&mut reader);
        reader.end()?;
        Ok(examination)
    }

    /// The packed portfolio within a packed examination: what the risk-verifier takes of it.
    ///
    /// # Errors
    /// [`Malformed`], where the bytes end before the portfolio.
    pub fn portfolio_in(bytes: &[u8]) -> Result<&[u8], Malformed> {
        let mut reader = Reader::new(bytes);
        reader.skip(32);
        let salts = reader.u16();
        reader.skip(usize::from(salts).saturating_mul(32));
        reader.u16();
        let places = reader.u16();
        reader.skip(usize::from(places).saturating_mul(2));
        let hashes = reader.u16();
        reader.skip(usize::from(hashes).saturating_mul(32));
        reader.rest()
    }

    /// `None` where a list is too long or a value does not fit its field.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        Self::write(self, &mut out)?;
        Some(out)
    }
}

packed! {
    Examination {
        cash_salt: B256,
        salts: B256 in u16,
        marks: MarksProof,
        portfolio: Portfolio,
    }
    MarksProof {
        count: u16,
        places: u16 in u16 if ascending,
        hashes: B256 in u16,
    }
}

fn ascending(places: &[u16]) -> bool {
    places.is_sorted_by(|one, next| one < next)
}

impl MarksProof {
    /// That these leaves of all lie where the book needs them. `None` where one is not among them.
    pub fn of(all: &[B256], shown: &[B256]) -> Option<Self> {
        let place = |leaf: &B256| all.iter().position(|other| other == leaf).and_then(|at| u16::try_from(at).ok());
        let places: Vec<u16> = shown.iter().map(place).collect::<Option<_>>()?;
        let hashes = merkle::prune(all, &|at| is_among(&places, at));
        Some(Self { count: u16::try_from(all.len()).ok()?, places, hashes })
    }

    /// Root of the set that holds these leaves; `None` where they and the hashes do not make one.
    pub fn root(&self, shown: &[B256]) -> Option<B256> {
        merkle::pruned_root(self.count.into(), &|at| is_among(&self.places, at), shown, &self.hashes)
    }
}

/// Ascending places.
fn is_among(places: &[u16], at: usize) -> bool {
    u16::try_from(at).is_ok_and(|at| places.binary_search(&at).is_ok())
}

/// Leaves of the marks that a portfolio lists, in its order; a leaf's preimage is never as long as a node's.
pub fn mark_leaves(portfolio: &Portfolio) -> Vec<B256> {
    let mut leaves = Leaves(Vec::new());
    leaves.add(SETTLEMENT, &[&portfolio.as_of.to_be_bytes(), &portfolio.settlement.to_be_bytes()]);
    portfolio.underlyings.iter().for_each(|underlying| leaves.underlying(underlying));
    leaves.0
}

const SETTLEMENT: u8 = 0;
const SPOT: u8 = 1;
const PERPETUAL: u8 = 2;
const EXPIRY: u8 = 3;
const OPTION: u8 = 4;

struct Leaves(Vec<B256>);

impl Leaves {
    #[inline(never)]
    fn add(&mut self, kind: u8, parts: &[&[u8]]) {
        let mut preimage = Vec::with_capacity(48);
        preimage.push(kind);
        parts.iter().for_each(|part| preimage.extend_from_slice(part));
        self.0.push(keccak256(preimage));
    }

    fn underlying(&mut self, of: &PackedUnderlying) {
        self.add(SPOT, &[&of.name, &quote(&of.spot)]);
        if let Some((_, mark)) = &of.perpetual {
            self.add(PERPETUAL, &[&of.name, &quote(mark)]);
        }
        for expiry in &of.expiries {
            let PackedExpiry { day, forward, rate, .. } = expiry;
            self.add(EXPIRY, &[&of.name, &day.to_be_bytes(), &quote(forward), &rate.to_be_bytes()]);
            expiry.options.iter().for_each(|option| self.option(of, *day, option));
        }
    }

    fn option(&mut self, of: &PackedUnderlying, day: u32, option: &PackedOption) {
        let PackedOption { strike, put, volatility, confidence, .. } = option;
        let mark = [&volatility.to_be_bytes()[..], &confidence.to_be_bytes()];
        let [volatility, confidence] = mark;
        self.add(
            OPTION,
            &[&of.name, &day.to_be_bytes(), &strike.to_be_bytes(), &[u8::from(*put)], volatility, confidence],
        );
    }
}

fn quote(quote: &Quote) -> [u8; 12] {
    let mut bytes = [0; 12];
    let (price, confidence) = bytes.split_at_mut(8);
    price.copy_from_slice(&quote.price.to_be_bytes());
    confidence.copy_from_slice(&quote.confidence.to_be_bytes());
    bytes
}
