use std::fmt;

/// An event that contradicts what the events before it say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Number of the invariant in the design.
    pub invariant: u8,
    /// Whose; none where it is no account's.
    pub account: Option<u64>,
    /// What was looked at.
    pub what: String,
    /// As it should be.
    pub expected: String,
    /// As it is.
    pub found: String,
}

impl Fault {
    /// Of no account.
    pub fn new(invariant: u8, what: impl Into<String>, expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        Self { invariant, account: None, what: what.into(), expected: expected.to_string(), found: found.to_string() }
    }

    /// The same, of an account.
    pub const fn of(mut self, account: u64) -> Self {
        self.account = Some(account);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(account) = self.account {
            write!(formatter, "account {account}: ")?;
        }
        write!(formatter, "{}: expected {}, found {}", self.what, self.expected, self.found)
    }
}

/// Takes `amount` from `from`; where there is less, empties it and says so.
pub(super) fn take(from: &mut u64, amount: u64, what: &str) -> Result<(), Fault> {
    let Some(left) = from.checked_sub(amount) else {
        let fault = Fault::new(9, format!("{what} goes below zero"), format!("at least {amount}"), *from);
        *from = 0;
        return Err(fault);
    };
    *from = left;
    Ok(())
}

/// Adds; an overflow is a fault.
pub(super) fn put(to: &mut u64, amount: u64, what: &str) -> Result<(), Fault> {
    let sum = to.checked_add(amount).ok_or_else(|| Fault::new(9, format!("{what} overflows"), u64::MAX, amount))?;
    *to = sum;
    Ok(())
}

/// Moves a balance that may pass below zero within a set.
pub(super) fn shift(balance: &mut i64, amount: i128, what: &str) -> Result<(), Fault> {
    let sum = i64::try_from(i128::from(*balance) + amount)
        .map_err(|_| Fault::new(9, format!("{what} overflows"), i64::MAX, amount))?;
    *balance = sum;
    Ok(())
}

/// The figure is no larger.
pub(super) fn at_most(invariant: u8, what: &str, most: u64, found: u64) -> Result<(), Fault> {
    if found <= most { Ok(()) } else { Err(Fault::new(invariant, what, format!("at most {most}"), found)) }
}

/// The two figures must agree.
pub(super) fn equal<T: PartialEq + fmt::Display>(
    invariant: u8,
    what: &str,
    expected: T,
    found: T,
) -> Result<(), Fault> {
    if expected == found { Ok(()) } else { Err(Fault::new(invariant, what, expected, found)) }
}
