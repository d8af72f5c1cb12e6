//! Fills as a venue reports them, and what they make of a book.
use super::market::Moment;
use crate::actors::Actor;
use crate::changes::shown_fill;
use crate::draft::Draft;
use abi::packed::{ShownFill, terms_hash};
use abi::types::FillTerms;
use risk::{Book, Instrument, Price, Quantity, fill_variation};

/// A fill that a venue reports.
#[derive(Clone, Debug)]
pub struct Deal {
    pub buyer: Actor,
    pub seller: Actor,
    pub terms: FillTerms,
    /// Seconds since it was matched, and how long it may wait, in milliseconds.
    pub age: u64,
    pub patience: u64,
}

impl Deal {
    pub fn side(&self, desk: Actor) -> i64 {
        i64::from(self.buyer == desk) - i64::from(self.seller == desk)
    }

    fn instrument(&self) -> Instrument {
        Instrument::from_id(self.terms.instrument).expect("an instrument")
    }

    pub fn apply(&self, desk: Actor, book: &mut Book) {
        let quantity = Quantity::from_raw(self.side(desk) * self.terms.quantity as i64);
        if !quantity.is_zero() {
            book.trade(&self.instrument(), quantity, Price::from_raw(self.terms.price)).expect("a small quantity");
        }
    }

    pub fn gained(&self, desk: Actor, moment: &Moment) -> i64 {
        let (quantity, price) = (Quantity::from_raw(self.terms.quantity as i64), Price::from_raw(self.terms.price));
        let gained = fill_variation(quantity, price, moment.price(&self.instrument())).expect("a small quantity");
        match self.side(desk) {
            1 => gained.buyer.raw(),
            -1 => gained.seller.raw(),
            _ => 0,
        }
    }

    pub fn add(&self, draft: Draft) -> Draft {
        let mut draft = draft.fill(self.buyer, self.seller);
        let fill = draft.batches[0].fills.last_mut().expect("the fill just added");
        fill.matchedAt -= self.age * 1_000;
        fill.settleBy = fill.matchedAt + self.patience;
        fill.termsHash = terms_hash(&self.terms);
        draft
    }
}

/// The fills of an account, as a dispute shows them.
pub fn shown(draft: &Draft, deals: &[Deal], account: u64) -> Vec<ShownFill> {
    let fills = draft.batches[0].fills.iter().zip(deals);
    let own = fills.filter(|(fill, _)| [fill.buyerAccount, fill.sellerAccount].contains(&account));
    own.map(|(fill, deal)| shown_fill(fill, &deal.terms)).collect()
}
