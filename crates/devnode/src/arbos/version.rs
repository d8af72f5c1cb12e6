//! The versions of ArbOS reproduced here, and what they change.

/// A version of ArbOS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ArbosVersion {
    /// Stylus 2, programs in one account.
    V51,
    /// Stylus 2, programs in two fragments, and gas that an owner may put on activations.
    V60,
    /// Stylus 3, programs in four fragments and twice the WASM. The default.
    #[default]
    V61,
}

/// A version that is not reproduced here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ArbOS {0} is not reproduced: 51, 60 and 61 are")]
pub struct UnknownVersion(String);

impl ArbosVersion {
    /// Nitro's own count.
    pub fn number(self) -> u64 {
        match self {
            Self::V51 => 51,
            Self::V60 => 60,
            Self::V61 => 61,
        }
    }

    /// As `ArbSys.arbOSVersion` tells it.
    pub fn told(self) -> u64 {
        55 + self.number()
    }

    /// Version of Stylus that activations produce; programs of another one do not run.
    pub fn stylus(self) -> u16 {
        if self < Self::V61 { 2 } else { 3 }
    }

    /// Fragments of a program at most, unless the owner says otherwise.
    pub fn fragments(self) -> u8 {
        match self {
            Self::V51 => 0,
            Self::V60 => 2,
            Self::V61 => 4,
        }
    }

    /// Bytes of a program's WASM at most, unless the owner says otherwise.
    pub fn wasm_size(self) -> u32 {
        if self < Self::V61 { 128 * 1024 } else { 256 * 1024 }
    }
}

impl TryFrom<u64> for ArbosVersion {
    type Error = UnknownVersion;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        let known = [Self::V51, Self::V60, Self::V61].into_iter().find(|version| version.number() == number);
        known.ok_or_else(|| UnknownVersion(number.to_string()))
    }
}

impl std::str::FromStr for ArbosVersion {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number: Result<u64, _> = text.parse();
        number.map_err(|_| UnknownVersion(text.to_owned()))?.try_into()
    }
}

impl std::fmt::Display for ArbosVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.number().fmt(f)
    }
}
