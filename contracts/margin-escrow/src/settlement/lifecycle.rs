//! What moves positions in place of fills: the agents sign its cause and a hash of what they applied; where it is nothing that
//! the kernel could follow, both parties of each account sign it too.
use crate::marks::{StatedAccount, StatementApplication};
use abi::eip712::{hash_words, typehash};
use abi::escrow::MarginEscrow::{Expired, LifecycleSettled, UnknownCause};
use abi::escrow::lifecycle;
use abi::packed::{Consent, Lifecycle, lifecycle_digest};
use alloy_primitives::{Address, B256};
use contract_kit::words::Writer;
use escrow_ledger::authority;
use escrow_ledger::encode::emit;
use escrow_ledger::fault::ensure;

impl StatementApplication<'_> {
    pub fn take_lifecycle(&mut self, event: &Lifecycle, consents: &[Consent]) {
        let Lifecycle { cause, reference } = *event;
        ensure(cause <= lifecycle::ADJUSTMENT, || UnknownCause { cause });
        let (digest, domain, now) = (lifecycle_digest(event), self.domain, self.now);
        for stated in &mut self.accounts {
            stated.fills.digest = digest;
        }
        if !consents.is_empty() {
            let secured_party = self.house.secured_party();
            for (stated, consent) in self.accounts.iter().zip(consents) {
                stated.agreed(event, consent, &domain, &secured_party, now);
            }
        }
        emit(&LifecycleSettled { house: self.set.house, cause, reference })
    }
}

impl StatedAccount<'_> {
    /// Both parties signed this change of this book, and no other.
    fn agreed(&self, event: &Lifecycle, consent: &Consent, domain: &B256, secured_party: &Address, now: u64) {
        let valid_until = consent.valid_until;
        ensure(now <= valid_until, || Expired { validUntil: valid_until, timestamp: now });
        let words = Writer::default().uint(self.account.id).uint(event.cause).word(event.reference).word(self.history);
        let words = words.word(self.statement.new_root).uint(valid_until).bytes();
        let hash = hash_words(typehash::POSITION_CHANGE, &words);
        authority::signed(domain, &self.account.slots.party().pledgor, &hash, &consent.pledgor);
        authority::signed(domain, secured_party, &hash, &consent.secured_party);
    }
}
