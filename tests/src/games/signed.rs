//! What agents and venue have signed, and what is right about it: whoever has it may submit it, as it is or altered.
use super::Game;
use super::market::Figures;
use crate::actors::Actor;
use abi::packed::{Applied, Bundle, Move, Set};
use alloy::primitives::B256;
use rand::Rng;
use risk::Book;

#[derive(Clone)]
pub enum Message {
    Mark(Set),
    Settle(Bundle),
}

#[derive(Clone)]
pub struct Signed {
    pub message: Message,
    pub slot: u64,
    pub says: Vec<Says>,
}

/// Of one account: what is stated, and what is right at that slot.
#[derive(Clone, Debug)]
pub struct Says {
    pub desk: Actor,
    pub stated: Figures,
    pub right: Figures,
    /// What its fills cost it against the marks.
    pub cost: u64,
    pub change: Option<Change>,
}

/// A change of a book, as its history keeps it and as it is.
#[derive(Clone, Debug)]
pub struct Change {
    pub previous: B256,
    pub digest: B256,
    /// As stated, and the book behind it.
    pub root: B256,
    pub behind: Book,
    /// As it is.
    pub after: Book,
    /// None: a ruling corrected the book.
    pub applied: Option<Applied>,
}

impl Message {
    fn set(&mut self) -> &mut Set {
        match self {
            Self::Mark(set) => set,
            Self::Settle(bundle) => &mut bundle.set,
        }
    }
}

impl Game {
    /// Who has it changes something that somebody signed.
    pub(super) fn altered(&mut self, signed: &Signed) -> Signed {
        let (mut altered, kind) = (signed.clone(), self.rng.random_range(0..11));
        let amount = self.rng.random_range(1..20_000_000_000i64);
        let at = self.rng.random_range(0..signed.says.len());
        let set = altered.message.set();
        match kind {
            0 => set.statements[at].requirement ^= amount.unsigned_abs(),
            1 => {
                set.statements[at].cumulative_variation -= amount;
                set.house_cumulative_variation += amount;
            }
            2 => set.statements[at].new_root = B256::repeat_byte(amount as u8 | 1),
            3 => set.slot -= 1,
            4 => set.as_of -= 1,
            5 => set.valid_until += 3_600,
            6 => set.signature = set.second_signature.take().unwrap_or([7; 64].into()),
            7 => drop(set.statements.pop()),
            _ => return self.altered_bundle(altered, at as u8),
        }
        altered
    }

    /// Moves come or go, or a fill goes; of a mark only its time.
    fn altered_bundle(&mut self, mut altered: Signed, account: u8) -> Signed {
        let adds = self.chance(50);
        match &mut altered.message {
            Message::Mark(set) => set.valid_until += 1,
            Message::Settle(bundle) if !bundle.moves.is_empty() => drop(bundle.moves.pop()),
            Message::Settle(bundle) if adds || bundle.batches.is_empty() => {
                bundle.moves.push(Move { account, asset: 0, lots: 5_000_000_000 });
            }
            Message::Settle(bundle) => bundle.batches[0].first_sequence += 1,
        }
        altered
    }
}
