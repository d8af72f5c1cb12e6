//! Who takes part, each a key of the development mnemonic. Public keys of test networks: never fund them elsewhere.
use alloy::primitives::{Address, B256, b256};
use alloy::signers::local::PrivateKeySigner;

/// The phrase that Anvil, Hardhat and this network derive their keys from, `m/44'/60'/0'/0/i`.
pub const MNEMONIC: &str = "test test test test test test test test test test test junk";

const KEYS: [B256; 16] = [
    b256!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
    b256!("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
    b256!("5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
    b256!("7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
    b256!("47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a"),
    b256!("8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba"),
    b256!("92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e"),
    b256!("4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"),
    b256!("dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97"),
    b256!("2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"),
    b256!("f214f2b2cd398c806f84e317254e0f0b801d0643303237d97a22a48e01628897"),
    b256!("701b615bbdfb9de65240bc28bd21bbc0d996645a3dd57e7b12bc2bdf6f192c82"),
    b256!("a267530f49f8280200edf313ee7af6b827f2a8bce2897751d06a843f644967b1"),
    b256!("47c99abed3324a2707c28affff1267e45918ec8c3f20b8aa892e8b065d2942dd"),
    b256!("c526ee95bf44d8fc405a158bb884d9d1238d99f0612e9f33d006bb0789009aaa"),
    b256!("8166f546bab6da521a8369cab06c5d2b9e46670292d85c875ee9ec20e84ffb61"),
];

/// A party's name, role and key. The first ten hold ether; reporters and default manager only sign or are named.
#[derive(Clone)]
pub struct Actor {
    /// `desk-0`, say: its name in the deployment's record.
    pub name: String,
    /// For people: `calculation agent`.
    pub role: &'static str,
    /// Place of the key in the mnemonic.
    pub index: usize,
    /// Signs its transactions and its typed data.
    pub key: PrivateKeySigner,
}

/// All who take part, by what they do.
#[derive(Clone)]
pub struct Actors {
    /// Deploys, owns oracle, registry and test tokens.
    pub operator: Actor,
    /// Pays the gas of bundles.
    pub relayer: Actor,
    /// Holds margin against all desks; owns the house.
    pub secured_party: Actor,
    /// Signs statements, alone: no agreement here names a second agent.
    pub agent: Actor,
    /// Sign fills.
    pub venue: [Actor; 2],
    /// The pledgors, one account each.
    pub desk: [Actor; 4],
    /// Sign prices, each a source group of its own.
    pub reporters: [Actor; 5],
    /// Named in the agreements; does nothing yet.
    pub default_manager: Actor,
}

impl Actors {
    /// The same keys every time.
    pub fn new() -> Self {
        Self {
            operator: actor("operator", "operator", 0),
            relayer: actor("relayer", "relayer", 1),
            secured_party: actor("secured-party", "secured party", 2),
            agent: actor("agent", "calculation agent", 3),
            venue: std::array::from_fn(|i| actor(&format!("venue-{i}"), "venue", 4 + i)),
            desk: std::array::from_fn(|i| actor(&format!("desk-{i}"), "desk", 6 + i)),
            reporters: std::array::from_fn(|i| actor(&format!("reporter-{i}"), "reporter", 10 + i)),
            default_manager: actor("default-manager", "default manager", 15),
        }
    }

    /// Everyone once, in the mnemonic's order.
    pub fn all(&self) -> impl Iterator<Item = &Actor> {
        let single = [&self.operator, &self.relayer, &self.secured_party, &self.agent];
        let many = self.venue.iter().chain(&self.desk).chain(&self.reporters);
        single.into_iter().chain(many).chain([&self.default_manager])
    }
}

impl Default for Actors {
    fn default() -> Self {
        Self::new()
    }
}

impl Actor {
    /// Of its key.
    pub fn address(&self) -> Address {
        self.key.address()
    }

    /// A compact signature (EIP-2098) of a digest.
    pub fn sign(&self, digest: B256) -> [u8; 64] {
        chain::sign::sign(&self.key, digest)
    }

    /// A legal entity identifier that no registrar issued: it starts with TEST and names the party.
    pub fn lei(&self) -> String {
        let name = self.name.replace('-', "").to_uppercase();
        format!("{:0<20}", format!("TEST{name}")).chars().take(20).collect()
    }
}

fn actor(name: &str, role: &'static str, index: usize) -> Actor {
    let key = PrivateKeySigner::from_bytes(&KEYS[index])
        .unwrap_or_else(|error| unreachable!("key {index} of the mnemonic: {error}"));
    Actor { name: name.to_owned(), role, index, key }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_key_is_that_of_the_mnemonic() {
        let actors = Actors::new();
        assert_eq!(actors.operator.address().to_string(), "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
        let places: Vec<_> = actors.all().map(|actor| actor.index).collect();
        assert_eq!(places, (0..16).collect::<Vec<_>>());
    }

    #[test]
    fn identifiers_are_labelled_test() {
        for actor in Actors::new().all() {
            assert!(actor.lei().starts_with("TEST") && actor.lei().len() == 20, "{}", actor.lei());
        }
    }
}
