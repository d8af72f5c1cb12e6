//! Seal: what is private lies encrypted, whoever gets hold of the file, a copy of it, or the database.
//!
//! XChaCha20-Poly1305 with a random nonce before each box, and the box's place in the journal bound to it: what is moved to another
//! row does not open. Private are the terms of fills (salt, instrument, quantity, price), the books made of them, and the positions
//! that expired. The rest is on chain anyway, or says nothing about a position.
use super::JournalError;
use crate::state::fill::Fill;
use alloy::primitives::{B256, keccak256};
use chacha20poly1305::aead::{Aead, AeadCore, KeyInit, OsRng, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use chain::proposal::BookText;
use risk::{Book, Instrument, Price, Quantity};
use serde::{Deserialize, Serialize};

/// Bytes of a nonce.
const NONCE: usize = 24;

#[derive(Clone)]
pub struct Seal {
    cipher: XChaCha20Poly1305,
    /// Names what must be found again without being read.
    names: B256,
}

/// What a box is for, and whose.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// The whole journal: tells whether the key is right.
    Journal,
    /// A venue's batch, by its address' and its first sequence's bytes.
    Terms([u8; 28]),
    /// An account's.
    Book(u64),
    Expired(u64, B256),
}

/// Private terms of one fill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms(B256, String, i64, u64);

impl Seal {
    /// `secret` has 32 bytes that nobody can guess.
    pub fn new(secret: B256) -> Self {
        let key = derived(secret, "journal");
        Self { cipher: XChaCha20Poly1305::new(key.0.as_slice().into()), names: derived(secret, "names") }
    }

    fn close(&self, place: Place, plain: &[u8]) -> Result<Vec<u8>, JournalError> {
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let payload = Payload { msg: plain, aad: &place.bytes() };
        let sealed = self.cipher.encrypt(&nonce, payload);
        let sealed = sealed.map_err(|_| JournalError::Corrupt(format!("{place:?} cannot be sealed")))?;
        Ok([&nonce[..], &sealed].concat())
    }

    fn open(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>, JournalError> {
        let wrong = || JournalError::Corrupt(format!("{place:?} does not open: it is damaged, or of another journal"));
        let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or_else(wrong)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| wrong())?;
        let payload = Payload { msg: sealed, aad: &place.bytes() };
        self.cipher.decrypt(&XNonce::from(nonce), payload).map_err(|_| wrong())
    }

    /// Something sealed by which the key is known again.
    pub fn mark(&self) -> Result<Vec<u8>, JournalError> {
        self.close(Place::Journal, b"plumbline")
    }

    pub fn fits(&self, mark: &[u8]) -> bool {
        self.open(Place::Journal, mark).is_ok()
    }

    /// The terms of a batch's fills, in their order.
    pub fn terms(&self, fills: &[Fill]) -> Result<Vec<u8>, JournalError> {
        let Some(first) = fills.first() else { return Err(JournalError::Corrupt("a batch without fills".to_owned())) };
        let terms: Vec<Terms> = fills.iter().map(Terms::of).collect();
        self.seal_terms(batch_place(first.id.venue.as_slice(), first.id.sequence), &terms)
    }

    pub fn seal_terms(&self, place: Place, terms: &[Terms]) -> Result<Vec<u8>, JournalError> {
        self.close(place, &text(&terms)?)
    }

    pub fn read_terms(&self, place: Place, sealed: &[u8]) -> Result<Vec<Terms>, JournalError> {
        read(&self.open(place, sealed)?)
    }

    pub fn book(&self, account: u64, book: &Book) -> Result<Vec<u8>, JournalError> {
        self.close(Place::Book(account), &text(&BookText::of(book))?)
    }

    pub fn read_book(&self, account: u64, sealed: &[u8]) -> Result<Book, JournalError> {
        let book: BookText = read(&self.open(Place::Book(account), sealed)?)?;
        book.read().ok_or_else(|| JournalError::Corrupt(format!("the book of account {account}")))
    }

    /// What an expired position is found by.
    pub fn name(&self, instrument: &Instrument) -> B256 {
        keccak256([self.names.as_slice(), instrument.to_string().as_bytes()].concat())
    }

    pub fn expired(&self, account: u64, instrument: &Instrument, quantity: Quantity) -> Result<Vec<u8>, JournalError> {
        let place = Place::Expired(account, self.name(instrument));
        self.close(place, &text(&(instrument.to_string(), quantity.raw()))?)
    }

    pub fn read_expired(
        &self,
        account: u64,
        name: B256,
        sealed: &[u8],
    ) -> Result<(Instrument, Quantity), JournalError> {
        let (instrument, quantity): (String, i64) = read(&self.open(Place::Expired(account, name), sealed)?)?;
        Ok((parse(&instrument)?, Quantity::from_raw(quantity)))
    }
}

impl Terms {
    pub fn of(fill: &Fill) -> Self {
        Self(fill.salt, fill.instrument.to_string(), fill.quantity.raw(), fill.price.raw())
    }

    pub const fn new(salt: B256, instrument: String, quantity: i64, price: u64) -> Self {
        Self(salt, instrument, quantity, price)
    }

    pub fn read(&self) -> Result<(B256, Instrument, Quantity, Price), JournalError> {
        let Self(salt, instrument, quantity, price) = self;
        Ok((*salt, parse(instrument)?, Quantity::from_raw(*quantity), Price::from_raw(*price)))
    }
}

impl Place {
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Journal => b"journal".to_vec(),
            Self::Terms(batch) => [b"terms".as_slice(), &batch].concat(),
            Self::Book(account) => [b"book".as_slice(), &account.to_be_bytes()].concat(),
            Self::Expired(account, name) => [b"expired".as_slice(), &account.to_be_bytes(), name.as_slice()].concat(),
        }
    }
}

/// Of a batch.
pub fn batch_place(venue: &[u8], first_sequence: u64) -> Place {
    let mut place = [0; 28];
    place.iter_mut().zip(venue.iter().take(20)).for_each(|(to, from)| *to = *from);
    place[20..].copy_from_slice(&first_sequence.to_be_bytes());
    Place::Terms(place)
}

fn derived(secret: B256, purpose: &str) -> B256 {
    keccak256([b"plumbline relayer ".as_slice(), purpose.as_bytes(), secret.as_slice()].concat())
}

fn parse(name: &str) -> Result<Instrument, JournalError> {
    name.parse().map_err(|error| JournalError::Corrupt(format!("instrument {name}: {error}")))
}

fn text(value: &impl Serialize) -> Result<Vec<u8>, JournalError> {
    serde_json::to_vec(value).map_err(|error| JournalError::Corrupt(error.to_string()))
}

fn read<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, JournalError> {
    serde_json::from_slice(bytes).map_err(|error| JournalError::Corrupt(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_opens_with_its_key_in_its_place_and_whole() {
        let (seal, other) = (Seal::new(B256::repeat_byte(1)), Seal::new(B256::repeat_byte(2)));
        let book = Book::new();
        let sealed = seal.book(7, &book).unwrap();
        assert_eq!(seal.read_book(7, &sealed).unwrap(), book);
        assert!(seal.read_book(8, &sealed).is_err(), "another account's");
        assert!(other.read_book(7, &sealed).is_err(), "another key");
        assert!(seal.read_book(7, &sealed[..sealed.len() - 1]).is_err());
        assert!(seal.read_book(7, &sealed[..3]).is_err());
        assert_ne!(seal.book(7, &book).unwrap(), sealed, "the same twice looks different");
        assert!(seal.fits(&seal.mark().unwrap()) && !other.fits(&seal.mark().unwrap()));
    }
}
